-- Counts. ARGV: lease, how many workers at most. Answers how many jobs there are, how many of them wait for their time,
-- how many are on loan, and the workers with how long ago each was heard of.

local after = '(' .. text(now())
local seen = redis.call(
    'ZRANGEBYSCORE', WORKERS, text(now() - ARGV[1]), '+inf', 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[2]))
local workers = {}
for i = 1, #seen, 2 do
    table.insert(workers, { seen[i], math.max(now() - tonumber(seen[i + 1]), 0) })
end
return {
    redis.call('HLEN', JOBS),
    redis.call('ZCOUNT', DELAYED, after, '+inf'),
    redis.call('ZCOUNT', LENT, after, '+inf'),
    workers
}

-- Takes leave back and keeps what an answer told. Keys go when what they tell is over.
-- KEYS: account, account's quota of the resource that the answer names, account's requests under way
-- ARGV: id, milliseconds that the clock is ahead, what became of the request (unsent, lost, untold, told, ended), limit,
--       left, milliseconds to the reset, milliseconds to pause (0: none), what resets may differ by, how long a server
--       that tells nothing is taken to have no quota (both in milliseconds)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
local was_sent = redis.call('ZREM', KEYS[3], ARGV[1])
local quota = redis.call('HMGET', KEYS[2], 'left', 'reset')
local reset = tonumber(quota[2] or 0)
local known = reset > now
if ARGV[3] == 'lost' and was_sent == 1 and known and quota[1] then
    redis.call('HINCRBY', KEYS[2], 'left', -1)
elseif ARGV[3] == 'untold' and not known then
    redis.call('DEL', KEYS[2])
    redis.call('HSET', KEYS[2], 'reset', now + tonumber(ARGV[9]))
    redis.call('PEXPIRE', KEYS[2], ARGV[9])
elseif ARGV[3] == 'told' then
    local left = tonumber(ARGV[5])
    local new = now + tonumber(ARGV[6])
    -- Answers may overtake each other: within one window, the lowest count is the newest.
    if known and quota[1] and math.abs(reset - new) < tonumber(ARGV[8]) then
        left = math.min(left, tonumber(quota[1]))
        new = reset
    end
    redis.call('HSET', KEYS[2], 'limit', ARGV[4], 'left', left, 'reset', new)
    redis.call('PEXPIRE', KEYS[2], math.max(new - now, 1))
end
local pause = tonumber(ARGV[7])
if pause > 0 then
    local before = tonumber(redis.call('HGET', KEYS[1], 'pause') or 0)
    local new = math.max(before, now + pause)
    redis.call('HSET', KEYS[1], 'pause', new)
    redis.call('PEXPIRE', KEYS[1], math.max(new - now, 60000))
end
return was_sent

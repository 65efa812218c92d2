-- Logs an event and passes it on. KEYS: log, channel. ARGV: number, event, how many are kept, and for how many seconds.
-- Answers 0 and does nothing where the log has this number or a later one: a repetition, or the last words of a worker
-- that lost its sync.

local added = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], ARGV[1] .. '-0', 'event', ARGV[2])
if type(added) == 'table' and added.err then
    if string.find(added.err, 'equal or smaller', 1, true) then return 0 end
    return added
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[2], ARGV[2])
return 1

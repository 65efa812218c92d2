-- Gives leave to send a request, or says why not and for how long (milliseconds).
-- KEYS: account, account's quota of the resource, account's requests under way
-- ARGV: id, whether in the background (0/1), milliseconds that the clock is ahead, most concurrent, points a minute,
--       divisor of the reserve, lease, patience for the first answer (both in milliseconds)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3])
local account = redis.call('HMGET', KEYS[1], 'pause', 'minute', 'points')
local pause = tonumber(account[1] or 0)
if pause > now then
    return { 'closed', pause - now, 'secondary' }
end
local lost = redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - tonumber(ARGV[7]))
local sent = redis.call('ZCARD', KEYS[3])
local quota = redis.call('HMGET', KEYS[2], 'limit', 'left', 'reset')
local reset = tonumber(quota[3] or 0)
if reset <= now then
    -- Nothing is known: one goes ahead.
    if redis.call('ZCOUNT', KEYS[3], '(' .. now - tonumber(ARGV[8]), '+inf') > 0 then
        return { 'soon', 0, 'first' }
    end
elseif quota[2] then
    local left = tonumber(quota[2])
    if lost > 0 then
        left = redis.call('HINCRBY', KEYS[2], 'left', -lost)
    end
    local free = left
    if ARGV[2] == '1' then
        free = left - math.floor(tonumber(quota[1]) / tonumber(ARGV[6]))
    end
    if free <= 0 then
        return { 'closed', reset - now, left <= 0 and 'quota' or 'reserve' }
    end
    if sent >= free then
        return { 'soon', 0, 'quota' }
    end
end
if sent >= tonumber(ARGV[4]) then
    return { 'soon', 0, 'concurrency' }
end
local minute = tonumber(account[2] or 0)
local points = tonumber(account[3] or 0)
if minute + 60000 <= now then
    minute = now
    points = 0
end
if points >= tonumber(ARGV[5]) then
    return { 'soon', minute + 60000 - now, 'points' }
end
redis.call('HSET', KEYS[1], 'minute', minute, 'points', points + 1)
redis.call('PEXPIRE', KEYS[1], minute + 60000 - now)
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[7])
return { 'granted', 0, '' }

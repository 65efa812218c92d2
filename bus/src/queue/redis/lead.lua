-- Takes or keeps a duty. ARGV: duty, worker, for how many milliseconds. Answers 1 if the worker has it now.

local duty = KEYS[1] .. ':duty:' .. ARGV[1]
local holder = redis.call('GET', duty)
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', duty, ARGV[2], 'PX', ARGV[3])
return 1

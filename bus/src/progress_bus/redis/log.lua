-- Reads the log. KEYS: log. ARGV: after which number, how many at most. Answers number and event of each.

local entries = {}
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], (ARGV[1] + 1) .. '-0', '+', 'COUNT', ARGV[2])) do
    entries[i] = { tonumber(string.match(entry[1], '^%d+')), entry[2][2] }
end
return entries

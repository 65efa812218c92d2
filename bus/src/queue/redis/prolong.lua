-- Prolongs loans. ARGV: worker, lease, then id and token of each. Answers which are lost, counted from 0.

local worker, lease = ARGV[1], tonumber(ARGV[2])
see(worker, lease)

local ids, loans, lost = {}, {}, {}
for i = 3, #ARGV, 2 do table.insert(ids, ARGV[i]) end
load(ids)
for i, id in ipairs(ids) do
    if jobs[id] and jobs[id].token == ARGV[2 * i + 2] then
        table.insert(loans, text(now() + lease))
        table.insert(loans, id)
    else
        table.insert(lost, i - 1)
    end
end
if #loans > 0 then redis.call('ZADD', LENT, unpack(loans)) end
return lost

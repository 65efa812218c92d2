-- Takes jobs out. ARGV: their ids. One on loan stays until that is settled.

load(ARGV)
for _, id in ipairs(ARGV) do
    local job = jobs[id]
    if job and holds(job) then
        job.next = 'x'
        changed[id] = job
    elseif job then
        if job.token == '0' then take_out(job) else redis.call('ZREM', LENT, id) end
        forget(job)
    end
end
save()

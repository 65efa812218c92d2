-- Forgets jobs, on loan or not. ARGV: their ids.

load(ARGV)
for _, id in ipairs(ARGV) do
    local job = jobs[id]
    if job then
        if job.token == '0' then take_out(job) else redis.call('ZREM', LENT, id) end
        forget(job)
    end
end
save()

-- Ends loans. ARGV: id, token, what (`done`, `retry`, or `uncounted`: a retry whose attempt does not count) and delay of
-- each.

local ids = {}
for i = 1, #ARGV, 4 do table.insert(ids, ARGV[i]) end
load(ids)

local function done(job, asked)
    if not asked then return forget(job) end
    job.attempt, job.seq = 0, draw(1)
    make_wait(job, asked)
end

local function retry(job, asked, delay)
    if job.next == 'x' then return forget(job) end
    local due = delay > 0 and now() + delay or 0
    make_wait(job, math.min(asked or due, due))
end

local ended = {}
for i = 1, #ARGV, 4 do
    local job, what = jobs[ARGV[i]], ARGV[i + 2]
    if job and job.token ~= '0' and job.token == ARGV[i + 1] then
        local asked = tonumber(job.next)
        table.insert(ended, job.id)
        if what == 'uncounted' then job.attempt = job.attempt - 1 end
        if what == 'done' then done(job, asked) else retry(job, asked, tonumber(ARGV[i + 3])) end
    end
end
if #ended > 0 then redis.call('ZREM', LENT, unpack(ended)) end
save()

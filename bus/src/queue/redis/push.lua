-- Queues jobs. ARGV: id, tenant, priority, delay and message of each. Answers of each whether it was not there.

local ids = {}
for i = 1, #ARGV, 5 do ids[#ids + 1] = ARGV[i] end
load(ids)

-- One that waits keeps its place unless it is wanted earlier. Should its place be gone, as when Redis evicted it, it gets
-- it back.
local function stay(job, due)
    if job.due == 0 then
        if not redis.call('ZSCORE', lane_of(job.priority, job.tenant), job.id) then make_ready(job) end
    elseif due < job.due then
        redis.call('ZREM', DELAYED, job.id)
        make_wait(job, due)
    elseif not redis.call('ZSCORE', DELAYED, job.id) then
        make_wait(job, job.due)
    end
end

local function push_again(job, due, payload)
    if job.token == '0' then
        stay(job, due)
    elseif holds(job) then
        local asked = tonumber(job.next)
        job.next = text(asked and math.min(asked, due) or due)
        job.payload = payload
        changed[job.id] = job
    else
        redis.call('ZREM', LENT, job.id)
        make_wait(job, due)
    end
end

-- A job that is ready has its priority in the name of its lane.
local function raise(job, priority)
    local is_ready = job.token == '0' and job.due == 0
    local woken = wake
    if is_ready then take_out(job) end
    job.priority = priority
    changed[job.id] = job
    if is_ready then
        make_ready(job)
        wake = woken
    end
end

local is_new, new, number = {}, 0, nil
for i = 1, #ARGV, 5 do
    local id, priority, delay, payload = ARGV[i], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), ARGV[i + 4]
    local due = delay > 0 and now() + delay or 0
    local job = jobs[id]
    if job and not job.is_foreign then
        if priority < job.priority then raise(job, priority) end
        push_again(job, due, payload)
        is_new[#is_new + 1] = 0
    else
        number = number or draw(#ids)
        job = {
            id = id, priority = priority, tenant = ARGV[i + 1], seq = number + new, attempt = 0,
            token = '0', due = 0, next = '-', payload = payload
        }
        new = new + 1
        is_new[#is_new + 1] = 1
        jobs[id] = job
        make_wait(job, due)
    end
end
save()
return is_new

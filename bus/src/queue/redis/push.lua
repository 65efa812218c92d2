-- Queues jobs. ARGV: id, tenant, priority, delay and message of each. Answers of each whether it was not there.

local ids, named = {}, {}
-- Whether one job comes twice in this call.
local seen_again = false
for i = 1, #ARGV, 5 do
    local id = ARGV[i]
    if named[id] then seen_again = true end
    named[id] = true
    ids[#ids + 1] = id
end
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
-- The jobs of this call that are new and ready at once, as most are: their records, and who is in which lane.
local fields, lanes = {}, {}
local lane, members
for i = 1, #ARGV, 5 do
    local id, tenant, delay, payload = ARGV[i], ARGV[i + 1], ARGV[i + 3], ARGV[i + 4]
    local job = jobs[id]
    if job and not job.is_foreign then
        local priority = tonumber(ARGV[i + 2])
        if priority < job.priority then raise(job, priority) end
        delay = tonumber(delay)
        push_again(job, delay > 0 and now() + delay or 0, payload)
        is_new[#is_new + 1] = 0
    else
        number = number or draw(#ids)
        local seq = number + new
        new = new + 1
        is_new[#is_new + 1] = 1
        if delay == '0' and not seen_again then
            local priority = ARGV[i + 2]
            seq = text(seq)
            fields[#fields + 1] = id
            fields[#fields + 1] = priority .. ' ' .. tenant .. ' ' .. seq .. ' 0 0 0 -\n' .. payload
            if not lane or lane.tenant ~= tenant or lane.priority ~= priority then
                local name = lane_of(priority, tenant)
                lane = lanes[name] or { priority = priority, tenant = tenant, members = {} }
                lanes[name], members = lane, lane.members
            end
            members[#members + 1] = seq
            members[#members + 1] = id
        else
            delay = tonumber(delay)
            job = {
                id = id, priority = tonumber(ARGV[i + 2]), tenant = tenant, seq = seq, attempt = 0,
                token = '0', due = 0, next = '-', payload = payload
            }
            jobs[id] = job
            make_wait(job, delay > 0 and now() + delay or 0)
        end
    end
end
fill_lanes()
if #fields > 0 then
    redis.call('HSET', JOBS, unpack(fields))
    becoming, wake = lanes, true
end
save()
return is_new

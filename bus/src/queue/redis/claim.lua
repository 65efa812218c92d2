-- Lends jobs. ARGV: worker, how many at most, lease. Answers when the next one is due (-1: none waits for its time), and
-- id, message, attempt and token of each.

local worker, max, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
see(worker, lease)

-- What is due, and what nobody has any more.
local due = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', text(now()), 'LIMIT', 0, PASS)
local expired = redis.call('ZRANGEBYSCORE', LENT, '-inf', text(now()), 'LIMIT', 0, PASS)
load(due, true)
load(expired, true)
if #due > 0 then redis.call('ZREM', DELAYED, unpack(due)) end
if #expired > 0 then redis.call('ZREM', LENT, unpack(expired)) end
for _, id in ipairs(due) do make_ready(jobs[id]) end
for _, id in ipairs(expired) do
    if jobs[id].next == 'x' then forget(jobs[id]) else make_ready(jobs[id]) end
end
fill_lanes()
local moved = wake
wake = false

local taken = {}

-- Takes up to `want` jobs of these tenants, one of each in every round.
local function serve(priority, tenants, want)
    local waiting, quota, order = {}, {}, {}
    for i, tenant in ipairs(tenants) do
        waiting[i], quota[i] = redis.call('ZCARD', lane_of(priority, tenant)), 0
    end
    repeat
        local before = #order
        for i = 1, #tenants do
            if #order < want and quota[i] < waiting[i] then
                quota[i] = quota[i] + 1
                order[#order + 1] = i
            end
        end
    until #order == before
    local popped, nth, served = {}, {}, {}
    local number = #order > 0 and draw(#order)
    for n, i in ipairs(order) do
        popped[i] = popped[i] or redis.call('ZPOPMIN', lane_of(priority, tenants[i]), quota[i])
        nth[i] = (nth[i] or 0) + 1
        served[i] = number + n - 1
        taken[#taken + 1] = {
            id = popped[i][2 * nth[i] - 1], seq = tonumber(popped[i][2 * nth[i]]),
            priority = priority, tenant = tenants[i], token = served[i]
        }
    end
    for i, tenant in ipairs(tenants) do
        if quota[i] == waiting[i] then
            retire(priority, tenant, text(served[i] or 0))
        elseif served[i] then
            redis.call('ZADD', base .. ':turns:' .. priority, text(served[i]), tenant)
        end
    end
end

for priority = 0, LAST_PRIORITY do
    while #taken < max do
        local want = max - #taken
        local tenants = redis.call('ZRANGE', base .. ':turns:' .. priority, 0, want - 1)
        if #tenants == 0 then break end
        serve(priority, tenants, want)
    end
end

local ids, loans, deliveries = {}, {}, {}
local deadline = text(now() + lease)
for i, take in ipairs(taken) do ids[i] = take.id end
load(ids, true)
for _, take in ipairs(taken) do
    local job = jobs[take.id]
    -- Somebody who meddles may have put it in two lanes: it is lent once all the same.
    if job.token == '0' then
        job.priority, job.tenant, job.seq = take.priority, take.tenant, take.seq
        job.attempt, job.token, job.due, job.next = job.attempt + 1, text(take.token), 0, '-'
        changed[job.id] = job
        loans[#loans + 1] = deadline
        loans[#loans + 1] = job.id
        deliveries[#deliveries + 1] = { job.id, job.payload, job.attempt, take.token }
    end
end
if #loans > 0 then redis.call('ZADD', LENT, unpack(loans)) end

if moved then
    for priority = 0, LAST_PRIORITY do
        wake = wake or redis.call('EXISTS', base .. ':turns:' .. priority) == 1
    end
end
save()
local first = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')[2]
return { first and math.max(tonumber(first) - now(), 0) or -1, deliveries }

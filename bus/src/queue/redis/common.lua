-- What every script of the queue begins with. A call of the queue is one script, so nothing is ever seen half done.
--
-- All names begin with KEYS[1], whose hash tag puts them in one slot of a cluster; so they may be made here.
--
--   :jobs            hash    id → job, as `read` and `record` say
--   :ready:P:TENANT  zset    ids of priority P that could be lent now, by order number
--   :turns:P         zset    tenants of whom something is ready, by when they were served
--   :served:P        zset    tenants of whom nothing is ready, likewise; the last ones only
--   :delayed         zset    ids, by when they are due
--   :lent            zset    ids, by when their loan runs out
--   :workers         zset    workers, by when they were heard of
--   :clock           string  the last number drawn
--   :duty:NAME       string  the worker that has this duty
--   :signals         channel
--
-- Times are microseconds by the clock of Redis. They and all numbers drawn are whole and below 2^53, so Lua keeps them.

local base = KEYS[1]
local JOBS, DELAYED, LENT = base .. ':jobs', base .. ':delayed', base .. ':lent'
local WORKERS, CLOCK, SIGNALS = base .. ':workers', base .. ':clock', base .. ':signals'

-- The priority that comes last, and what is assumed of jobs that somebody else put here.
local LAST_PRIORITY = 2
local NO_TENANT = '-'
-- The most jobs that become ready in one claim because they are due, and because their loan ran out.
local PASS = 500
-- Tenants without ready jobs whose turn is remembered, of each priority.
local REMEMBERED = 10000

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

-- Jobs that were read or made in this call, those that must be written, and those to be deleted.
local jobs, changed, gone = {}, {}, {}
-- What becomes ready in this call, by lane.
local becoming = {}
local wake = false

local function text(number)
    return string.format('%.0f', number)
end

local function lane_of(priority, tenant)
    return base .. ':ready:' .. priority .. ':' .. tenant
end

-- Draws a number that is greater than all before. What Redis forgets when it loses everything is made good by its
-- clock: no loan ever gets the token of an earlier one.
local clock
local function draw()
    clock = (clock or math.max(tonumber(redis.call('GET', CLOCK)) or 0, now)) + 1
    return clock
end

-- A job is seven words and a line break before its message. `token` is '0' unless it is on loan; `due` is 0 unless it
-- waits for its time; `next` is what was asked while it was on loan: '-' nothing, 'x' that it be removed, or when it is
-- to be lent again.
local function record(job)
    return table.concat({
        job.priority, job.tenant, text(job.seq), job.attempt, job.token, text(job.due), job.next
    }, ' ') .. '\n' .. job.payload
end

-- Whatever is no such record was put here by somebody else, and is a message as a whole.
local function read(id, raw)
    local priority, tenant, seq, attempt, token, due, asked, payload =
        string.match(raw, '^([0-2]) (%S+) (%d+) (%d+) (%d+) (%d+) (%S+)\n(.*)$')
    if not priority then
        return {
            id = id, priority = LAST_PRIORITY, tenant = NO_TENANT, seq = 0, attempt = 0,
            token = '0', due = 0, next = '-', payload = raw, is_foreign = true
        }
    end
    return {
        id = id, priority = tonumber(priority), tenant = tenant, seq = tonumber(seq), attempt = tonumber(attempt),
        token = token, due = tonumber(due), next = asked, payload = payload
    }
end

-- Reads jobs, at most 2000, into `jobs`. Where `assume`, those that are unknown are empty messages.
local function load(ids, assume)
    if #ids == 0 then return end
    local found = redis.call('HMGET', JOBS, unpack(ids))
    for i, id in ipairs(ids) do
        if not jobs[id] and (found[i] or assume) then
            jobs[id] = read(id, found[i] or '')
        end
    end
end

-- Says when a tenant was served of whom nothing is ready any more.
local function retire(priority, tenant, served)
    local memory = base .. ':served:' .. priority
    redis.call('ZREM', base .. ':turns:' .. priority, tenant)
    redis.call('ZADD', memory, served, tenant)
    redis.call('ZREMRANGEBYRANK', memory, 0, -REMEMBERED - 1)
end

-- Puts what becomes ready in its lanes.
local function fill_lanes()
    for lane, entry in pairs(becoming) do
        redis.call('ZADD', lane, unpack(entry.members))
        local turns = base .. ':turns:' .. entry.priority
        if redis.call('ZADD', turns, 'NX', 0, entry.tenant) == 1 then
            local served = redis.call('ZSCORE', base .. ':served:' .. entry.priority, entry.tenant)
            if served then redis.call('ZADD', turns, served, entry.tenant) end
        end
    end
    becoming = {}
end

local function make_ready(job)
    job.due, job.token, job.next = 0, '0', '-'
    changed[job.id] = job
    local lane = lane_of(job.priority, job.tenant)
    local entry = becoming[lane]
    if not entry then
        entry = { priority = job.priority, tenant = job.tenant, members = {} }
        becoming[lane] = entry
    end
    table.insert(entry.members, job.seq)
    table.insert(entry.members, job.id)
    wake = true
end

-- Lets a job wait. Whoever sleeps until the next one is due must hear of an earlier one.
local function make_wait(job, due)
    if due <= now then return make_ready(job) end
    job.due, job.token, job.next = due, '0', '-'
    changed[job.id] = job
    local first = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')[2]
    if not first or due < tonumber(first) then wake = true end
    redis.call('ZADD', DELAYED, due, job.id)
end

-- Takes a job that waits out of its place.
local function take_out(job)
    if job.due > 0 then
        redis.call('ZREM', DELAYED, job.id)
        return
    end
    fill_lanes()
    local lane = lane_of(job.priority, job.tenant)
    redis.call('ZREM', lane, job.id)
    if redis.call('EXISTS', lane) == 0 then
        local served = redis.call('ZSCORE', base .. ':turns:' .. job.priority, job.tenant)
        retire(job.priority, job.tenant, served or 0)
    end
end

local function forget(job)
    table.insert(gone, job.id)
    jobs[job.id], changed[job.id] = nil, nil
end

-- Whether a job is on a loan that still holds.
local function holds(job)
    if job.token == '0' then return false end
    local deadline = redis.call('ZSCORE', LENT, job.id)
    return deadline and tonumber(deadline) > now
end

local function see(worker, lease)
    redis.call('ZADD', WORKERS, now, worker)
    redis.call('ZREMRANGEBYSCORE', WORKERS, '-inf', now - lease - 1)
end

-- Writes what changed in this call. To be called once, at its end.
local function save()
    fill_lanes()
    if #gone > 0 then redis.call('HDEL', JOBS, unpack(gone)) end
    local fields = {}
    for id, job in pairs(changed) do
        table.insert(fields, id)
        table.insert(fields, record(job))
    end
    if #fields > 0 then redis.call('HSET', JOBS, unpack(fields)) end
    if clock then redis.call('SET', CLOCK, text(clock)) end
    if wake then redis.call('PUBLISH', SIGNALS, 'wake') end
end

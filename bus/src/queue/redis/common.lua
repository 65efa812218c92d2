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

-- Jobs that were read or made in this call, those that must be written, and those to be deleted.
local jobs, changed, gone = {}, {}, {}
-- What becomes ready in this call, by lane.
local becoming = {}
local wake = false

local moment
local function now()
    if not moment then
        local time = redis.call('TIME')
        moment = time[1] * 1000000 + time[2]
    end
    return moment
end

local function text(number)
    return string.format('%d', number)
end

local function lane_of(priority, tenant)
    return base .. ':ready:' .. priority .. ':' .. tenant
end

-- Draws numbers that are greater than all before, and answers the first. They begin with the time, so that no loan ever
-- gets the token of one from before Redis lost everything.
local function draw(count)
    local last = redis.call('INCRBY', CLOCK, count)
    if last == count then
        last = now() + count
        redis.call('SET', CLOCK, text(last))
    end
    return last - count + 1
end

-- A job is seven words and a line break before its message. `token` is '0' unless it is on loan; `due` is 0 unless it
-- waits for its time; `next` is what was asked while it was on loan: '-' nothing, 'x' that it be removed, or when it is
-- to be lent again.
local function record(job)
    return string.format('%d %s %d %d %s %d %s\n', job.priority, job.tenant, job.seq, job.attempt, job.token, job.due,
        job.next) .. job.payload
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
    local members = entry.members
    members[#members + 1] = text(job.seq)
    members[#members + 1] = job.id
    wake = true
end

-- Lets a job wait. Whoever sleeps until the next one is due must hear of an earlier one.
local function make_wait(job, due)
    if due == 0 or due <= now() then return make_ready(job) end
    job.due, job.token, job.next = due, '0', '-'
    changed[job.id] = job
    local first = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')[2]
    if not first or due < tonumber(first) then wake = true end
    redis.call('ZADD', DELAYED, text(due), job.id)
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
    return deadline and tonumber(deadline) > now()
end

local function see(worker, lease)
    redis.call('ZADD', WORKERS, text(now()), worker)
    redis.call('ZREMRANGEBYSCORE', WORKERS, '-inf', text(now() - lease - 1))
end

-- Writes what changed in this call. To be called once, at its end.
local function save()
    fill_lanes()
    if #gone > 0 then redis.call('HDEL', JOBS, unpack(gone)) end
    local fields = {}
    for id, job in pairs(changed) do
        fields[#fields + 1] = id
        fields[#fields + 1] = record(job)
    end
    if #fields > 0 then redis.call('HSET', JOBS, unpack(fields)) end
    if wake then redis.call('PUBLISH', SIGNALS, 'wake') end
end

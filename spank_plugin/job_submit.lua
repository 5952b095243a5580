-- For slurmctld (JobSubmitPlugins=lua): refuses a workspace job whose request cannot hold its image, or
-- whose account, partition or QOS may not use it, so that nothing is queued that no node would run; and
-- shows in the job's record which image it is pinned to. This is for the user's comfort: the request
-- that it reads comes from the user's own command, and each node checks the true allocation again.
--
-- A site without a job_submit.lua of its own copies or links this file beside slurm.conf. A site
-- that has one loads this file at its beginning and asks it first:
--
--     dofile("/usr/local/share/workspace/job_submit.lua")
--
--     function slurm_job_submit(job_desc, part_list, submit_uid)
--         local refused = workspace_check(job_desc, part_list)
--         if refused ~= slurm.SUCCESS then return refused end
--         ...
--     end
--
-- Slurm's Lua is 5.1.

-- Slurm's mark of a number that was not given; 16-bit fields have one of their own.
local NO_VAL = 0xfffffffe
local NO_VAL16 = 0xfffe

local function given(value, no_value)
    if value == nil or value >= no_value or value == 0 then return nil end
    return value
end

-- The line that the plugin has written, such as
-- `1 image=tiny version=1 digest=… disk_mib=2048 needs_memory_mib=160 needs_vcpus=1`; nil for a job
-- without a workspace. The array begins at 0 and may have holes.
local function request_of(job_desc)
    for _, variable in pairs(job_desc.spank_job_env or {}) do
        local line = string.match(variable, "^WORKSPACE=(.+)$")
        if line then return line end
    end
    return nil
end

local function field(line, name)
    return string.match(line .. " ", " " .. name .. "=(%S*) ")
end

-- The names of a list in the line, such as `allow_accounts=a,b`: nil when there is none.
local function names(line, name)
    local text = field(line, name)
    if text == nil then return nil end
    local found = {}
    for word in string.gmatch(text, "[^,]+") do
        found[#found + 1] = string.gsub(word, "%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    end
    return found
end

local function holds(list, name)
    for _, word in ipairs(list) do
        if word == name then return true end
    end
    return false
end

-- The partitions that the job may run in; the default one when it names none.
local function partitions_of(job_desc, part_list)
    local found = {}
    for word in string.gmatch(job_desc.partition or "", "[^,]+") do found[#found + 1] = word end
    if #found > 0 then return found end
    for name, partition in pairs(part_list or {}) do
        if partition.flag_default == 1 then found[#found + 1] = partition.name or name end
    end
    return found
end

-- Why one of the job's own names of a kind keeps it from the image; nil if none does. A name that is not
-- known yet is not judged.
local function name_fault(line, kind, list_name, own)
    local allowed, denied = names(line, "allow_" .. list_name), names(line, "deny_" .. list_name) or {}
    for _, name in ipairs(own) do
        if holds(denied, name) then return string.format("is not for you: %s '%s' is denied", kind, name) end
        if allowed and not holds(allowed, name) then
            local whom = #allowed == 0 and "none" or table.concat(allowed, ", ")
            return string.format("is not for you: of %s it is for %s; you have %s '%s'", list_name, whom, kind, name)
        end
    end
    return nil
end

local function access_fault(job_desc, line, part_list)
    local account = job_desc.account or job_desc.default_account
    local qos = job_desc.qos or job_desc.default_qos
    return name_fault(line, "account", "accounts", { account }) or
        name_fault(line, "partition", "partitions", partitions_of(job_desc, part_list)) or
        name_fault(line, "QOS", "qos", { qos })
end

-- Shows the image and its digest where the site wants it (digest_shown_in of workspace.yaml), behind what
-- is there.
local function show_digest(job_desc, line)
    local place = field(line, "shown_in") or "admin_comment"
    local digest = field(line, "digest")
    if digest == nil or (place ~= "admin_comment" and place ~= "comment") then return end
    local text = string.format("workspace=%s:%s@%s", field(line, "image"), field(line, "version"), digest)
    local before = job_desc[place]
    job_desc[place] = (before == nil or before == "") and text or before .. " " .. text
end

-- Prefers the nodes that have the image, where the site wants it (prefer_cached of workspace.yaml) and the
-- user prefers nothing else.
local function prefer_cached(job_desc, line)
    local feature = field(line, "prefer")
    if feature and (job_desc.prefer == nil or job_desc.prefer == "") then job_desc.prefer = feature end
end

local function count(number, noun)
    return string.format("%d %s%s", number, noun, number == 1 and "" or "s")
end

-- The CPUs that the job asks for in all; nil for an exclusive job, which gets all that its nodes have.
local function cpus_of(job_desc)
    if job_desc.shared == 0 then return nil end
    return given(job_desc.min_cpus, NO_VAL)
end

-- Why the job's memory is too small for the image; nil if it is not, or if only the node can tell:
-- without --mem the site's default counts, and --mem=0 is all that a node has.
local function memory_fault(job_desc, needed_mib, nodes)
    local per_node = given(job_desc.min_mem_per_node, math.huge)
    if per_node and per_node < needed_mib then
        return string.format("needs %dM of memory on each node, its VM's own cost included, but --mem" ..
                             " gives %dM; ask for --mem=%dM", needed_mib, per_node, needed_mib)
    end
    local per_cpu = given(job_desc.min_mem_per_cpu, math.huge)
    local cpus = cpus_of(job_desc)
    if per_cpu and cpus and per_cpu * cpus < needed_mib * nodes then
        return string.format("needs %dM of memory on each node, its VM's own cost included, but" ..
                             " --mem-per-cpu gives %dM in all on %s", needed_mib, per_cpu * cpus,
                             count(nodes, "node"))
    end
    return nil
end

local function cpu_fault(job_desc, needed, nodes)
    local per_node = given(job_desc.pn_min_cpus, NO_VAL16)
    local cpus = cpus_of(job_desc)
    if (per_node and per_node >= needed) or not cpus or cpus >= needed * nodes then return nil end
    return string.format("needs %s on each node, but the job asks for %d on %s", count(needed, "CPU"),
                         cpus, count(nodes, "node"))
end

-- slurm.SUCCESS, or slurm.ERROR with one line for the user.
function workspace_check(job_desc, part_list)
    local line = request_of(job_desc)
    if line == nil then return slurm.SUCCESS end
    local nodes = given(job_desc.min_nodes, NO_VAL) or 1
    local memory_mib = tonumber(field(line, "needs_memory_mib")) or 0
    local vcpus = tonumber(field(line, "needs_vcpus")) or 0
    local fault = access_fault(job_desc, line, part_list) or memory_fault(job_desc, memory_mib, nodes) or
        cpu_fault(job_desc, vcpus, nodes)
    if fault == nil then
        show_digest(job_desc, line)
        prefer_cached(job_desc, line)
        return slurm.SUCCESS
    end
    slurm.log_user("workspace: image '%s' %s", field(line, "image") or "?", fault)
    return slurm.ERROR
end

function slurm_job_submit(job_desc, part_list, submit_uid)
    return workspace_check(job_desc, part_list)
end

-- Slurm wants this function too. What a user changes later is the nodes' to judge.
function slurm_job_modify(job_desc, job_rec, part_list, modify_uid)
    return slurm.SUCCESS
end

return slurm.SUCCESS

-- For slurmctld (JobSubmitPlugins=lua): refuses a workspace job whose request cannot hold its image,
-- so that nothing is queued that no node would run. This is for the user's comfort: the request that
-- it reads comes from the user's own command, and each node checks the true allocation again.
--
-- A site without a job_submit.lua of its own copies or links this file beside slurm.conf. A site
-- that has one loads this file at its beginning and asks it first:
--
--     dofile("/usr/local/share/workspace/job_submit.lua")
--
--     function slurm_job_submit(job_desc, part_list, submit_uid)
--         local refused = workspace_check(job_desc)
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
function workspace_check(job_desc)
    local line = request_of(job_desc)
    if line == nil then return slurm.SUCCESS end
    local nodes = given(job_desc.min_nodes, NO_VAL) or 1
    local memory_mib = tonumber(field(line, "needs_memory_mib")) or 0
    local vcpus = tonumber(field(line, "needs_vcpus")) or 0
    local fault = memory_fault(job_desc, memory_mib, nodes) or cpu_fault(job_desc, vcpus, nodes)
    if fault == nil then return slurm.SUCCESS end
    slurm.log_user("workspace: image '%s' %s", field(line, "image") or "?", fault)
    return slurm.ERROR
end

function slurm_job_submit(job_desc, part_list, submit_uid)
    return workspace_check(job_desc)
end

-- Slurm wants this function too. What a user changes later is the nodes' to judge.
function slurm_job_modify(job_desc, job_rec, part_list, modify_uid)
    return slurm.SUCCESS
end

return slurm.SUCCESS

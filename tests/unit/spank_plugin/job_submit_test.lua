-- Runs spank_plugin/job_submit.lua as slurmctld does, with jobs that are plain tables.
-- Usage: lua job_submit_test.lua PATH/job_submit.lua

local message
slurm = { SUCCESS = 0, ERROR = -1 }
function slurm.log_user(...) message = string.format(...) end

dofile(arg[1])

local NO_VAL, NO_VAL16 = 0xfffffffe, 0xfffe

-- A job as sbatch describes it without options, with changes.
local function job(changes)
    local desc = { min_nodes = NO_VAL, min_cpus = 1, pn_min_cpus = NO_VAL16, shared = NO_VAL16 }
    for name, value in pairs(changes) do desc[name] = value end
    return desc
end

local function request(memory_mib, vcpus)
    return { [0] = "OTHER=1", [1] = "WORKSPACE=1 image=legacy version=1 digest=sha256:00 disk_mib=2048" ..
        " needs_memory_mib=" .. memory_mib .. " needs_vcpus=" .. vcpus }
end

local memory = function(more)
    return "workspace: image 'legacy' needs 192M of memory on each node, its VM's own cost included, but " .. more
end
local cpus = function(more) return "workspace: image 'legacy' needs 2 CPUs on each node, but the job asks for " .. more end

local cases = {
    { "a plain job", {}, nil },
    { "a plain job with other variables", { spank_job_env = { [0] = "OTHER=1" } }, nil },
    { "no memory asked for: the node decides", { spank_job_env = request(192, 1) }, nil },
    { "enough memory", { spank_job_env = request(192, 1), min_mem_per_node = 192 }, nil },
    { "all of a node's memory", { spank_job_env = request(192, 1), min_mem_per_node = 0 }, nil },
    { "too little memory", { spank_job_env = request(192, 1), min_mem_per_node = 64 },
        memory "--mem gives 64M; ask for --mem=192M" },
    { "enough memory by CPUs", { spank_job_env = request(192, 1), min_mem_per_cpu = 96, min_cpus = 2 }, nil },
    { "too little memory by CPUs", { spank_job_env = request(192, 1), min_mem_per_cpu = 64, min_cpus = 2 },
        memory "--mem-per-cpu gives 128M in all on 1 node" },
    { "memory by CPUs over nodes",
        { spank_job_env = request(192, 1), min_mem_per_cpu = 100, min_cpus = 2, min_nodes = 2 },
        memory "--mem-per-cpu gives 200M in all on 2 nodes" },
    { "enough CPUs", { spank_job_env = request(0, 2), min_cpus = 2 }, nil },
    { "too few CPUs", { spank_job_env = request(0, 2) }, cpus "1 on 1 node" },
    { "too few CPUs over nodes", { spank_job_env = request(0, 2), min_cpus = 3, min_nodes = 2 },
        cpus "3 on 2 nodes" },
    { "enough CPUs by --mincpus", { spank_job_env = request(0, 2), pn_min_cpus = 2 }, nil },
    { "whole nodes", { spank_job_env = request(192, 2), min_mem_per_cpu = 1, shared = 0 }, nil },
    { "whole nodes, but too little of their memory",
        { spank_job_env = request(192, 2), min_mem_per_node = 64, shared = 0 }, memory "--mem gives 64M; ask for --mem=192M" },
    { "a request without the numbers", { spank_job_env = { [0] = "WORKSPACE=garbage" } }, nil },
}

local failures = 0
for _, case in ipairs(cases) do
    local what, changes, expected = case[1], case[2], case[3]
    message = nil
    local status = slurm_job_submit(job(changes), {}, 1000)
    local expected_status = expected and slurm.ERROR or slurm.SUCCESS
    if status ~= expected_status or message ~= expected then
        failures = failures + 1
        print(what .. ": expected " .. tostring(expected) .. ", got " .. tostring(message))
    end
end
assert(slurm_job_modify({}, {}, {}, 1000) == slurm.SUCCESS)
os.exit(failures == 0 and 0 or 1)

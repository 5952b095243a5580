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

-- The request of an image that not everybody may use.
local function for_some(fields)
    return { [0] = "WORKSPACE=1 image=legacy version=1 digest=sha256:00 disk_mib=0 needs_memory_mib=0 needs_vcpus=1 " ..
        fields }
end
local refused = function(more) return "workspace: image 'legacy' is not for you: " .. more end

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
    { "an account that is allowed", { spank_job_env = for_some "allow_accounts=a,b", account = "b" }, nil },
    { "an account that is not", { spank_job_env = for_some "allow_accounts=a,b", account = "c" },
        refused "of accounts it is for a, b; you have account 'c'" },
    { "part of a name", { spank_job_env = for_some "allow_accounts=ab", account = "a" },
        refused "of accounts it is for ab; you have account 'a'" },
    { "nobody's", { spank_job_env = for_some "allow_accounts=", account = "a" },
        refused "of accounts it is for none; you have account 'a'" },
    { "a default account that is denied", { spank_job_env = for_some "deny_accounts=a", default_account = "a" },
        refused "account 'a' is denied" },
    { "an account that is not known yet", { spank_job_env = for_some "allow_accounts=a" }, nil },
    { "one of several partitions", { spank_job_env = for_some "allow_partitions=main", partition = "main,gpu" },
        refused "of partitions it is for main; you have partition 'gpu'" },
    { "the default partition", { spank_job_env = for_some "deny_partitions=main" },
        refused "partition 'main' is denied" },
    { "another partition", { spank_job_env = for_some "deny_partitions=main", partition = "gpu" }, nil },
    { "a QOS that is denied", { spank_job_env = for_some "deny_qos=low", qos = "low" }, refused "QOS 'low' is denied" },
    { "a name with a space", { spank_job_env = for_some "allow_accounts=my%20account", account = "my account" }, nil },
    { "a request without the numbers", { spank_job_env = { [0] = "WORKSPACE=garbage" } }, nil },
}

local partitions = { main = { name = "main", flag_default = 1 }, gpu = { name = "gpu", flag_default = 0 } }
local failures = 0
for _, case in ipairs(cases) do
    local what, changes, expected = case[1], case[2], case[3]
    message = nil
    local status = slurm_job_submit(job(changes), partitions, 1000)
    local expected_status = expected and slurm.ERROR or slurm.SUCCESS
    if status ~= expected_status or message ~= expected then
        failures = failures + 1
        print(what .. ": expected " .. tostring(expected) .. ", got " .. tostring(message))
    end
end

-- Where the digest is shown: what a job's record has before, and after.
local shown = "workspace=legacy:1@sha256:00"
for _, case in ipairs({
    { "", {}, { admin_comment = shown } },
    { "", { admin_comment = "", comment = "mine" }, { admin_comment = shown, comment = "mine" } },
    { "", { admin_comment = "the site's" }, { admin_comment = "the site's " .. shown } },
    { "shown_in=comment", { comment = "mine" }, { comment = "mine " .. shown } },
    { "shown_in=none", {}, {} },
    { "allow_accounts=a", { account = "b" }, {} },
}) do
    local desc = job(case[2])
    desc.spank_job_env = for_some(case[1])
    slurm_job_submit(desc, partitions, 1000)
    for _, place in ipairs({ "admin_comment", "comment" }) do
        if desc[place] ~= case[3][place] then
            failures = failures + 1
            print(case[1] .. ": expected " .. place .. " " .. tostring(case[3][place]) .. ", got " .. tostring(desc[place]))
        end
    end
end

-- Which nodes a job prefers: what the user said, then the site's wish.
for _, case in ipairs({
    { "", nil, nil },
    { "", "fast", "fast" },
    { "prefer=ws_legacy", nil, "ws_legacy" },
    { "prefer=ws_legacy", "", "ws_legacy" },
    { "prefer=ws_legacy", "fast", "fast" },
}) do
    local desc = job({ spank_job_env = for_some(case[1]), prefer = case[2] })
    slurm_job_submit(desc, partitions, 1000)
    if desc.prefer ~= case[3] then
        failures = failures + 1
        print(case[1] .. ": expected to prefer " .. tostring(case[3]) .. ", got " .. tostring(desc.prefer))
    end
end
assert(slurm_job_modify({}, {}, {}, 1000) == slurm.SUCCESS)
os.exit(failures == 0 and 0 or 1)

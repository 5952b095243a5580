"""A real job whose programs are struck by faults, and what must hold of it afterwards."""

import re
import time
from dataclasses import dataclass, field

# A job that is not over by then hangs: the deadlines on its way are shorter.
DEADLINE_S = 300
# What has been told to end may need a moment for it.
SETTLE_S = 20

WORKSPACE = "--workspace=tiny --workspace-disk=64M"
# Prints what the commands had to say, `ended: JOB STATE EXIT_CODE SECONDS REASON`, and what the job said. One that is
# held will not go on by itself.
RUN = r"""
began=$(date +%s)
job=$(timeout 60 sbatch --parsable -w "$1" $3 --open-mode=append -o sweep-%j --wrap 'echo begin; echo end') ||
    { echo "ended: - REFUSED - 0 $job"; exit; }
until=$((began + $2))
while [ "$(date +%s)" -lt "$until" ]; do
    line=$(timeout 20 scontrol -o show job "$job")
    state=${line##* JobState=}; state=${state%% *}
    reason=${line##* Reason=}; reason=${reason%% *}
    code=${line##* ExitCode=}; code=${code%% *}
    case $state:$reason in
        # One that is queued again waits for two minutes, unless it is told otherwise.
        PENDING:BeginTime) sleep 2 && timeout 20 scontrol update "job=$job" starttime=now ;;
        PENDING:*eld* | COMPLETED:* | FAILED:* | CANCELLED:* | TIMEOUT:* | NODE_FAIL:* | BOOT_FAIL:*) break ;;
    esac
    sleep 0.15
done
echo "ended: $job $state $code $(($(date +%s) - began)) $reason"
cat "sweep-$job" 2>/dev/null; rm -f "sweep-$job"; true"""


@dataclass
class JobRun:
    """How a job went, and of the faults that were planned those that struck."""

    job: str
    state: str
    code: str
    seconds: int
    reason: str
    output: str
    struck: list = field(default_factory=list)
    missed: list = field(default_factory=list)

    @classmethod
    def parse(cls, answer):
        """What RUN printed."""
        said, _, answer = answer.partition("ended: ")
        head, _, output = answer.partition("\n")
        job, state, code, seconds, reason = head.split(" ", 4)
        return cls(job, state, code, int(seconds), reason, said if state == "REFUSED" else output)


def run_job(slot, faults):
    """One job of user1's on the slot's node; `faults`: at most one for each program."""
    for fault in faults:
        slot.plan(fault.point.program, fault.plan())
    run = JobRun.parse(slot.login.run("sh", "-c", RUN, "run", slot.name, str(DEADLINE_S), WORKSPACE)["output"])
    for fault in faults:
        slot.forget_plan(fault.point.program)
        (run.struck if slot.did_strike(fault.point.program) else run.missed).append(fault)
    return run


def verdict_on(slot, run, neighbour):
    """What does not hold, a line each."""
    wrong = fate_of(run)
    wrong += [f"left: {thing}" for thing in settled(slot, run.job)]
    if reason := slot.why_drained():
        wrong.append(f"the node is drained: {reason}")
        slot.resume()
    if run.state == "PENDING":
        slot.controller.run("scancel", run.job)
    if not slot.domain_runs(neighbour):
        wrong.append("the neighbour's VM does not run")
    return wrong


def fate_of(run, most_begun=1, most_ended=1):
    """It ran once and to its end, or it failed and its user is told why."""
    begun = len(re.findall("^begin$", run.output, re.MULTILINE))
    ended = len(re.findall("^end$", run.output, re.MULTILINE))
    told = f"{run.state} ({run.reason}, {run.code}), begun {begun}, ended {ended}: {run.output.strip()[:500]}"
    if run.state == "COMPLETED":
        is_right = 1 <= ended <= most_ended and ended <= begun <= most_begun
        return [] if is_right else [f"not run once: {told}"]
    if run.state != "FAILED":
        return [f"lost: {told}"]
    if begun > most_begun:
        return [f"run twice: {told}"]
    # By its own words, or Slurm's: killed by a signal.
    has_reason = re.search(r"workspace|error: ", run.output) or not run.code.endswith(":0")
    return [] if has_reason else [f"failed without a word: {told}"]


def settled(slot, job):
    deadline = time.monotonic() + SETTLE_S
    while (left := slot.left(job)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left

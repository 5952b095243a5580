"""A workspace job against the same plain job plus a bare boot of the same machine: what the project
adds to what a VM costs anyway."""

import datetime
import pathlib
import re
import statistics

from lab import Worker
from ratio import Ratio
from workspace_job import ByHand, held_job, slowest

LIMIT = 1.15
HERE = pathlib.Path(__file__).resolve().parent
BARE_BOOT = (HERE / "bare_boot.py").read_text()
BATCH_JOB = (HERE / "batch_job.py").read_text()


def measure(lab, pairs):
    machine, steps_ms = keep_machine(lab)
    seconds = {name: [] for name in ("workspace", "plain", "bare")}
    runs = {
        "workspace": lambda: job(lab, "--workspace=tiny"),
        "plain": lambda: job(lab),
        "bare": lambda: bare_boot(lab, machine),
    }
    for number in range(pairs):
        for name in sorted(runs, reverse=number % 2 == 1):
            touch_memory(lab)
            seconds[name].append(runs[name]())
    sums = [plain + bare for plain, bare in zip(seconds["plain"], seconds["bare"])]
    result = Ratio(
        "cold", "a workspace job / a plain job + a bare boot", LIMIT, seconds["workspace"], sums
    )
    result.notes = [
        "a batch job's, from its start, which the scheduler puts off for as long as a second, to its script's end"
    ]
    result.cause = cause_of(seconds, steps_ms)
    return [result]


def cause_of(seconds, steps_ms):
    """What a workspace job takes above the two others, and the steps that the others have not."""
    median_ms = {name: 1000 * statistics.median(times) for name, times in seconds.items()}
    above_ms = median_ms["workspace"] - median_ms["plain"] - median_ms["bare"]
    own_steps_ms = {name: ms for name, ms in steps_ms.items() if name != "boot"}
    return (
        f"{above_ms:.0f} ms more than {median_ms['plain']:.0f} + {median_ms['bare']:.0f} ms; steps that a"
        f" bare boot has not: {slowest(own_steps_ms)}"
    )


# More than a machine and what starts it have.
TOUCH_MEMORY = "b'x' * (1 << 30)"


def touch_memory(lab):
    """A machine that is itself virtual gives memory back to its host that has been free for two seconds, and whoever
    asks for it next waits for it: that would be whichever run comes after the longer pause."""
    lab.node.run("python3", "-c", TOUCH_MEMORY)


def bare_boot(lab, machine):
    return float(lab.node.run("python3", "-c", BARE_BOOT, machine)["output"])


def job(lab, *options):
    """The seconds from its start to its script's end."""
    number, ended = lab.login.run("python3", "-c", BATCH_JOB, *options)["output"].split()
    return float(ended) - started(lab, number)


STARTS = "(_slurm_rpc_submit_batch_job:|Started|Allocate) JobId={} "
CONTROLLER_LOG = "/var/log/slurm/slurmctld.log"


def started(lab, job):
    """When slurmctld started a job, in seconds since the epoch. One that starts as it is submitted has no line
    in its log but that of the submission."""
    lines = lab.controller.run("grep", "-E", STARTS.format(job), CONTROLLER_LOG)["output"]
    return datetime.datetime.fromisoformat(re.findall(r"^\[([^]]+)\]", lines, re.MULTILINE)[-1]).timestamp()


FOLDER = "/var/tmp/machine"

# The job's initrd is removed once the guest has read it, so it is linked while the prolog runs.
KEEP_INITRD = f"""
kept=/var/lib/workspace/kept.initrd
mkdir -p {FOLDER}
for attempt in $(seq 600); do
    if ln -f /var/lib/workspace/scratch/$1.initrd $kept 2>/dev/null; then
        until virsh -q -c qemu:///system domid workspace-$1 >/dev/null 2>&1; do sleep 0.1; done
        cp $kept {FOLDER}/initrd && rm $kept && exit
    fi
    sleep 0.05
done
exit 1"""


def keep_machine(lab):
    """Boots one workspace, and keeps on the node what its machine was made of."""
    with held_job(lab) as held:
        workspace = ByHand(lab, held, "tiny")
        keeper = Worker(lab.arguments("node", "1"))
        keeper.start("sh", "-c", KEEP_INITRD, "keep", held)
        workspace.boot()
        keeper.finish()
        keeper.close()
        lab.node.run(
            "sh", "-c",
            f"cp /run/workspace/{held}/record {FOLDER}/"
            f" && virsh -c qemu:///system dumpxml workspace-{held} >{FOLDER}/domain.xml",
        )
        steps_ms = workspace.steps_ms()
        workspace.end()
    return FOLDER, steps_ms

"""A workspace job against the same plain job plus a bare boot of the same machine: what the project
adds to what a VM costs anyway."""

import pathlib

from lab import Worker
from ratio import Ratio
from workspace_job import ByHand, held_job, slowest

LIMIT = 1.15
BARE_BOOT = (pathlib.Path(__file__).resolve().parent / "bare_boot.py").read_text()


def measure(lab, pairs):
    machine, steps_ms = keep_machine(lab)
    workspace_jobs, sums = [], []
    for number in range(pairs):
        parts = {
            "workspace": lambda: job(lab, "--workspace=tiny"),
            "bare": lambda: job(lab) + bare_boot(lab, machine),
        }
        seconds = {name: parts[name]() for name in sorted(parts, reverse=number % 2 == 1)}
        workspace_jobs.append(seconds["workspace"])
        sums.append(seconds["bare"])
    result = Ratio("cold", "a workspace job / a plain job + a bare boot", LIMIT, workspace_jobs, sums)
    result.cause = f"the prolog's steps: {slowest(steps_ms)}"
    return [result]


def bare_boot(lab, machine):
    return float(lab.node.run("python3", "-c", BARE_BOOT, machine)["output"])


def job(lab, *options):
    return lab.login.run("srun", "-Q", *options, "true")["seconds"]


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

"""A workspace job against the same plain job plus a bare boot of the same machine: what the project
adds to what a VM costs anyway."""

import pathlib

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
            "bare": lambda: job(lab) + lab.node.run("python3", "-c", BARE_BOOT, machine)["seconds"],
        }
        seconds = {name: parts[name]() for name in sorted(parts, reverse=number % 2 == 1)}
        workspace_jobs.append(seconds["workspace"])
        sums.append(seconds["bare"])
    result = Ratio("cold", "a workspace job / a plain job + a bare boot", LIMIT, workspace_jobs, sums)
    result.cause = f"the prolog's steps: {slowest(steps_ms)}"
    return [result]


def job(lab, *options):
    return lab.login.run("srun", "-Q", *options, "true")["seconds"]


def keep_machine(lab):
    """Boots one workspace, and keeps on the node what its machine was made of."""
    with held_job(lab) as held:
        workspace = ByHand(lab, held, "tiny")
        workspace.boot()
        folder = "/var/tmp/machine"
        lab.node.run(
            "sh", "-c",
            f"mkdir -p {folder} && cp /run/workspace/{held}/initrd /run/workspace/{held}/record {folder}/"
            f" && virsh -c qemu:///system dumpxml workspace-{held} >{folder}/domain.xml",
        )
        steps_ms = workspace.steps_ms()
        workspace.end()
    return folder, steps_ms

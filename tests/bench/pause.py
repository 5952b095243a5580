"""Pausing a VM and letting it go on, against a cold boot: what the job's watch does once Slurm has the job
suspended, the questions to Slurm and the servers of the user's folders included."""

from ratio import Ratio
from workspace_job import LIBEXEC, ByHand, held_job

LIMIT = 0.05
SUSPENDED = 10  # follow/look_status.h
RUNS = 0


def measure(lab, pairs):
    boots, pauses = [], []
    with held_job(lab) as job:
        workspace = ByHand(lab, job, "tiny")
        workspace.boot()
        workspace.end()
        for _ in range(pairs):
            boots.append(workspace.boot())
            # It would be first.
            lab.node.run("pkill", "-KILL", "-x", "job-watch")
            pauses.append(follow(lab, job, "suspend", SUSPENDED) + follow(lab, job, "resume", RUNS))
            workspace.end()
    result = Ratio("pause", "pausing and continuing a VM / a cold boot", LIMIT, pauses, boots)
    result.cause = "the start of the program twice, with libvirt's and Slurm's libraries"
    return [result]


def follow(lab, job, verb, expected):
    """The seconds that the VM takes to be as the job is, once that is so."""
    lab.command("run", "timeout", "60", "scontrol", verb, job)
    look = f'{LIBEXEC}/follow-workspace "$1"; test $? = "$2"'
    return lab.node.run("sh", "-c", look, "look", job, str(expected))["seconds"]

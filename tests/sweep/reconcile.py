"""The reconcile of slurmd's start, struck by faults when a crash of the node has left a whole workspace."""

import contextlib

from job_run import settled
from points import points_in
from slot import LIBEXEC
from workspace_job import hook_environment

PROGRAM = "reconcile"
TIMED_OUT = 124
# What a crash of the node takes: the job's record, and its processes.
CRASH = r'rm -rf "/run/workspace/$1"; pkill -KILL -f "[j]ob-watch $1\b"; true'


class Reconcile:
    """Of the workspace of `job`, a plain job of user1's that holds the slot's node."""

    def __init__(self, slot, job):
        self.slot = slot
        self.job = job
        request = slot.login.run("workspace", "resolve", "--image", "tiny")["output"].strip()
        self.environment = hook_environment(job, request) | {"SLURMD_NODENAME": slot.name}
        self.command = ("workspace", "node", "reconcile", "--node", slot.name)

    def points(self):
        self.crash()
        self.slot.trace(*self.command)
        return points_in(PROGRAM, self.slot.log(PROGRAM))

    def crash(self):
        status, output = self.slot.finish(f"{LIBEXEC}/prolog", environment=self.environment)
        if status != 0 or not self.slot.domain_runs(self.job):
            raise RuntimeError(f"the workspace does not boot: {output}")
        self.slot.node.run("sh", "-c", CRASH, "crash", self.job)

    def strike(self, fault, neighbour):
        """Whether it struck, and what does not hold after the next one, a line each."""
        self.crash()
        status, output = self.slot.trace(*self.command, options=fault.plan().split())
        did_strike = self.slot.did_strike(PROGRAM)
        wrong = []
        if status == TIMED_OUT:
            wrong.append("it hung")
        elif status == 0:
            wrong += [f"it ended well, but left: {thing}" for thing in settled(self.slot, self.job)]
        elif status < 128 and "error: " not in output:
            wrong.append(f"status {status} without a word")
        status, output = self.slot.finish(*self.command)
        if status != 0:
            wrong.append(f"the next one: status {status}: {output.strip()}")
        wrong += [f"left: {thing}" for thing in settled(self.slot, self.job)]
        if not self.slot.domain_runs(neighbour):
            wrong.append("the neighbour's VM does not run")
        return did_strike, wrong


@contextlib.contextmanager
def reconcile_on(slot):
    job = slot.login.run(
        "sbatch", "--parsable", "-w", slot.name, "-o", "held-%j", "--wrap", "echo it runs; exec sleep 100000"
    )["output"].strip()
    slot.login.run("timeout", "120", "sh", "-c", f"until grep -q runs held-{job}; do sleep 0.1; done")
    try:
        yield Reconcile(slot, job)
    finally:
        slot.login.run("scancel", job)

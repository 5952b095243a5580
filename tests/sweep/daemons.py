"""What a job depends on dies while one of the job's programs stands at a point: a daemon, its VM, its helpers."""

from dataclasses import dataclass

import job_run
from points import KILL, Fault

STOP_DEADLINE_S = 90
# Waits until the program stands at its point; prints the job. Nothing where it was not reached.
AWAIT_STOP = r"""
until=$(($(date +%s) + $2))
while ! grep -q 'stopped by SIGSTOP' "/run/sweep/$1.log" 2>/dev/null; do
    [ "$(date +%s)" -lt "$until" ] || exit 0
    [ ! -e "/run/sweep/$1.log" ] || ! grep -q '+++ exited' "/run/sweep/$1.log" || exit 0
    sleep 0.1
done
for pid in $(pgrep -x "$1"); do
    tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^SLURM_JOB_ID=//p' | grep -vx "$(cat /run/sweep/neighbour)"
done | head -n 1"""

# On the node, as root; $1 is the job.
ACTS = {
    "libvirtd": "/run/lab/service kill libvirtd; /run/lab/service start libvirtd",
    "slurmd": "/run/lab/service kill slurmd; /run/lab/service start slurmd",
    "QEMU": 'kill -KILL "$(cat "/run/libvirt/qemu/workspace-$1.pid")" 2>/dev/null; true',
    # The guest begins anew, and its agent with it; the domain then ends.
    "agent": 'virsh -q -c qemu:///system reset "workspace-$1" 2>/dev/null; true',
    "9p server": 'kill -KILL $(ip netns pids "ws-$1" 2>/dev/null) 2>/dev/null; true',
    "watch": r'pkill -KILL -f "[j]ob-watch $1\b"; true',
    "slurmctld": "/run/lab/service kill slurmctld; /run/lab/service start slurmctld",
}
ON_CONTROLLER = ("slurmctld",)
# A prolog whose end slurmd or slurmctld is not there to see is one that goes on, for Slurm: it gives the job up
# after BatchStartTimeout, which is minutes, and requeues it.
LEFT_OUT = {("boot-workspace", "slurmd"), ("boot-workspace", "slurmctld")}


@dataclass(frozen=True)
class Death(Fault):
    """`kind` names what dies, as in ACTS."""

    def plan(self):
        return f"-e inject={self.point.call}:signal=STOP:when={self.point.number}"

    def __str__(self):
        return f"death of {self.kind} at {self.point}"


def deaths_at(points, acts):
    return [
        Death(point, act)
        for act in acts
        for point in points
        if (point.program, act) not in LEFT_OUT and act != KILL
    ]


def run_with_death(slot, death):
    """One job of user1's, stopped at the death's point while it happens."""
    program = death.point.program
    slot.plan(program, death.plan())
    slot.login.start("sh", "-c", job_run.RUN, "run", slot.name, str(job_run.DEADLINE_S))
    job = slot.node.run("sh", "-c", AWAIT_STOP, "await", program, str(STOP_DEADLINE_S))["output"].strip()
    if job:
        where = slot.controller if death.kind in ON_CONTROLLER else slot.node
        where.run("sh", "-c", ACTS[death.kind], "act", job)
    slot.node.run("sh", "-c", f"pkill -CONT -x {program}; true")
    run = job_run.JobRun.parse(slot.login.finish()["output"])
    slot.forget_plan(program)
    (run.struck if job else run.missed).append(death)
    return run

"""What a job depends on dies while one of the job's programs stands at a point: a daemon, its VM, its helpers."""

from dataclasses import dataclass

import job_run
from points import Fault

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
    # Each call of it hangs, and goes on before its deadline.
    "libvirtd's answers": """pid=$(cat /run/libvirtd.pid)
        kill -STOP "$pid"
        (sleep 5; kill -CONT "$pid") >/dev/null 2>&1 &""",
    "slurmd": "/run/lab/service kill slurmd; /run/lab/service start slurmd",
    "VM": """kill -KILL "$(cat "/run/libvirt/qemu/workspace-$1.pid" 2>/dev/null)" 2>/dev/null ||
        virsh -q -c xen:///system destroy "workspace-$1" 2>/dev/null; true""",
    # The guest begins anew, and its agent with it; the domain then ends.
    "agent": 'virsh -q -c qemu:///system reset "workspace-$1" 2>/dev/null; true',
    "9p server": 'kill -KILL $(ip netns pids "ws-$1" 2>/dev/null) 2>/dev/null; true',
    "disks' QEMU": r'pkill -KILL -f "[x]en-qemu.* -name workspace-$1 "; true',
    "watch": r'pkill -KILL -f "[j]ob-watch $1\b"; true',
}
QEMU_ONLY = ("agent",)
# On Xen, and where disks have caps.
XEN_ONLY = ("disks' QEMU",)
# What Slurm must then put right by itself is in left_to_slurm.py.
LEFT_OUT = {("boot-workspace", "slurmd"), ("end-workspace", "slurmd")}


@dataclass(frozen=True)
class Death(Fault):
    """`kind` names what dies, as in ACTS, or the controller."""

    def plan(self):
        return f"-e inject={self.point.call}:signal=STOP:when={self.point.number}"

    def __str__(self):
        return f"death of {self.kind} at {self.point}"


def deaths_at(points, hypervisor):
    acts = [act for act in ACTS if act not in (XEN_ONLY if hypervisor == "qemu" else QEMU_ONLY)]
    return [Death(point, act) for act in acts for point in points if (point.program, act) not in LEFT_OUT]


def start(slot, death):
    """A job of user1's that will stand at the death's point."""
    slot.plan(death.point.program, death.plan())
    slot.login.start("sh", "-c", job_run.RUN, "run", slot.name, str(job_run.DEADLINE_S), job_run.WORKSPACE)


def await_stop(slot, death):
    """The job that stands there; nothing where the point was not reached."""
    answer = slot.node.run("sh", "-c", AWAIT_STOP, "await", death.point.program, str(STOP_DEADLINE_S))
    return answer["output"].strip()


def let_go(slot, death):
    slot.node.run("sh", "-c", f"pkill -CONT -x {death.point.program}; true")


def finish(slot, death, job):
    """To the job's end."""
    run = job_run.JobRun.parse(slot.login.finish()["output"])
    slot.forget_plan(death.point.program)
    (run.struck if job else run.missed).append(death)
    return run


def run_with_death(slot, death):
    """One job, standing at the death's point while it happens."""
    start(slot, death)
    job = await_stop(slot, death)
    if job:
        slot.node.run("sh", "-c", ACTS[death.kind], "act", job)
    let_go(slot, death)
    return finish(slot, death, job)

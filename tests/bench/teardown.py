"""The end of a workspace job against its start, whatever state its guest is in."""

import statistics

from ratio import Ratio
from workspace_job import ByHand, held_job

LIMIT = 0.15
WORST_LIMIT = 0.1
KILL_WAIT_S = 30  # slurm.conf(5): the default; the lab's is shorter, for the tests' sake
# Of the runs that --pairs asks for: every state has its share, and the worst one is looked for.
RUNS_FACTOR = 7
READY_DEADLINE_S = 60

# tiny, with root inside: only root can make a guest panic.
REGISTER = """
set -e
mkdir -p /root/rooted && cd /root/rooted
cp /run/lab/images/tiny/tiny.squashfs root.squashfs
printf 'name: rooted\\nversion: "1"\\nneeds: {memory: 96M}\\nallow_root: true\\n' >manifest.yaml
echo 'root: {file: root.squashfs, format: squashfs}' >>manifest.yaml
workspace image register manifest.yaml
workspace image approve rooted"""

# What a task inside does, which says "ready" first; nothing: no task runs.
TASKS = {
    "idle": "",
    "deaf": "trap '' HUP INT TERM TSTP CONT; echo ready; while :; do :; done",
    "writing": "echo ready; while :; do dd if=/dev/zero of=/var/tmp/of-a-task bs=1M count=64; done",
    "panicked": "echo ready; sleep 1; echo c >/proc/sysrq-trigger; sleep 1000",
    "paused": "echo ready; while :; do :; done",
}


def measure(lab, pairs):
    lab.command("run", "sh", "-c", REGISTER)
    boots, ends, of_state = [], [], {state: [] for state in TASKS}
    with held_job(lab) as job:
        workspace = ByHand(lab, job, "rooted", "--root")
        # The first one fills the node's cache.
        workspace.boot()
        workspace.end()
        for number in range(pairs * RUNS_FACTOR):
            state = list(TASKS)[number % len(TASKS)]
            boots.append(workspace.boot())
            bring_into(lab, job, state)
            ends.append(workspace.end())
            of_state[state].append(ends[-1])
    cause = "the hypervisor's own time to end a domain (virsh destroy)"
    median = Ratio("teardown", "the epilog / the prolog", LIMIT, ends, boots, cause=cause)
    median.notes = [
        f"a guest that is {state}: {statistics.median(seconds) * 1000:.0f} ms,"
        f" at worst {max(seconds) * 1000:.0f} ms, of {len(seconds)}"
        for state, seconds in of_state.items()
    ]
    kill_wait = [KILL_WAIT_S] * len(ends)
    worst = Ratio("at worst", "the epilog / KillWait", WORST_LIMIT, ends, kill_wait, cause=cause, worst=True)
    return [median, worst]


def bring_into(lab, job, state):
    if not TASKS[state]:
        return
    lab.login.run(
        "sh", "-c",
        'rm -f state; srun -Q --overlap --jobid="$1" -n1 -o state sh -c "$2" >/dev/null 2>&1 &'
        ' exec timeout "$3" sh -c "until grep -qs ready state; do sleep 0.05; done"',
        "bring", job, TASKS[state], str(READY_DEADLINE_S),
    )
    if state == "paused":
        lab.node.run("virsh", "-q", "-c", "qemu:///system", "suspend", f"workspace-{job}")
    if state == "panicked":
        # libvirt takes its domain away.
        gone = 'until ! virsh -q -c qemu:///system domid "$1" >/dev/null 2>&1; do sleep 0.05; done'
        lab.node.run("timeout", str(READY_DEADLINE_S), "sh", "-c", gone, "gone", f"workspace-{job}")

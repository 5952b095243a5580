"""The prolog and the epilog of a job and the reconcile of slurmd's start, run by hand as slurmd runs them,
with and without a fault."""

from dataclasses import dataclass

from points import CALLS, points_in
from workspace_job import LIBEXEC, hook_environment

HOOKS = {
    "prolog": [f"{LIBEXEC}/prolog"],
    "epilog": [f"{LIBEXEC}/epilog"],
    "reconcile": ["workspace", "node", "reconcile", "--node", "node1"],
}
LOG = "/tmp/sweep.calls"
# A hook that is not done by then hangs: its own deadlines are shorter.
DEADLINE_S = 170

# What a crash of the node takes: the job's record, and its processes.
CRASH = 'rm -rf "/run/workspace/$1"; pkill -KILL -f "[j]ob-watch.*\\b$1\\b"; true'

# A line of what a job has on the node at this moment; of another job's, nothing.
LEFT = """
virsh -q -c qemu:///system list --all --name | grep -x "workspace-$1" | sed 's/^/domain /'
ip netns list | grep -o "^ws-$1\\b.*" | sed 's/^/network namespace /'
ip -o link show | grep -oE " wsp?$1:" | sed 's/^/link /'
ls -d "/run/workspace/$1" /var/lib/workspace/scratch/"$1".* 2>/dev/null
find /run/workspace /var/lib/workspace/scratch -mindepth 1 -maxdepth 1 -printf '%f\\n' | grep -vE '^[0-9]+(\\.|$)'
pgrep -a 'diod|job-watch|follow-workspac' | grep -w "$1" | sed 's/^/process /'
true"""


@dataclass(frozen=True)
class Struck:
    """How a run ended in which a fault was to strike."""

    status: int
    output: str
    did_strike: bool


class Hooks:
    """Of `job`, a plain job that holds the node; beside it runs `neighbour`, a job with a workspace."""

    def __init__(self, lab, job, neighbour):
        self.lab = lab
        self.job = job
        self.neighbour = neighbour
        self.request = lab.login.run("workspace", "resolve", "--image", "tiny")["output"].strip()
        self.run("prolog")
        self.run("epilog")

    def points_of(self, hook):
        self.prepare(hook)
        self._traced(hook, [])
        log = self.lab.node.run("cat", LOG)["output"]
        self.put_right(hook)
        return points_in(log)

    def prepare(self, hook):
        """An epilog finds a workspace that runs, a reconcile one whose record a crash has taken."""
        if hook == "prolog":
            return
        status, output = self.run("prolog")
        if status != 0 or self.record_state() != "running":
            raise RuntimeError(f"the workspace does not boot: {output}")
        if hook == "reconcile":
            self.lab.node.run("sh", "-c", CRASH, "crash", self.job)

    def run(self, hook):
        return self._finish(*HOOKS[hook])

    def put_right(self, hook):
        """What comes next on the node by itself: slurmd starts once more, the job ends."""
        if hook == "reconcile":
            status, output = self.run("reconcile")
            if status != 0:
                return status, output
        return self.run("epilog")

    def run_with(self, hook, fault):
        status, output = self._traced(hook, ["-e", f"inject={fault}"])
        log = self.lab.node.run("tail", "-n", "3000", LOG)["output"]
        return Struck(status, output, "(INJECTED)" in log or "killed by SIGKILL" in log)

    def record_state(self):
        """"running", "failed: WHY", …, or "" where there is no record."""
        path = f"/run/workspace/{self.job}/record"
        script = f"sed -n 's/^state=//p' {path}; sed -n 's/^reason=\\(.\\)/: \\1/p' {path}"
        return self.lab.node.run("sh", "-c", f"({script}) 2>/dev/null; true")["output"].replace("\n", "")

    def domain_runs(self, job):
        script = f"virsh -q -c qemu:///system domstate workspace-{job} 2>/dev/null || true"
        return self.lab.node.run("sh", "-c", script)["output"].strip() == "running"

    def left(self):
        return self.lab.node.run("sh", "-c", LEFT, "left", self.job)["output"].splitlines()

    def _traced(self, hook, injection):
        return self._finish("strace", "-q", "-o", LOG, "-e", f"trace={CALLS}", *injection, *HOOKS[hook])

    def _finish(self, *argv):
        """Status and output; a status of its own for a run that hangs."""
        environment = hook_environment(self.job, self.request)
        script = 'timeout "$0" "$@" 2>&1; echo "status $?"'
        answer = self.lab.node.run("sh", "-c", script, str(DEADLINE_S), *argv, environment=environment)
        output, _, status = answer["output"].rstrip("\n").rpartition("status ")
        return int(status), output

"""A node on which programs of the project are struck by faults, one job at a time; a neighbour's job runs
beside it all the while."""

import base64
import contextlib
import pathlib

from points import CALLS, PLUGIN, points_in

LIBEXEC = "/usr/libexec/workspace"
# A hook that is not done by then hangs: its own deadlines are shorter.
HOOK_DEADLINE_S = 170
TRACED = ("boot-workspace", "end-workspace", "workspace-exec")
PROGRAMS = (*TRACED, PLUGIN)
PLUGIN_FAULTS = pathlib.Path(__file__).resolve().parents[2] / "build" / "sweep" / "plugin_faults.so"
# A node that is a machine does not see it there.
PLUGIN_FAULTS_ON_NODE = "/run/sweep/plugin_faults.so"
PUT = 'echo "$2" | base64 -d >"$1"'
PUT_TEXT = 'install -d "$(dirname "$1")"; printf %s "$2" >"$1"; chmod 755 "$1"; '

# Each program's place is taken by a script that starts it under strace when a fault waits for it; the fault is
# for one run, so that what is run again runs well. With -D the program keeps its place among its kin.
WRAPPER = r"""#!/bin/sh
name=NAME
plan=/run/sweep/$name.plan
[ "$SLURM_JOB_ID" = "$(cat /run/sweep/neighbour 2>/dev/null)" ] || ! mv "$plan" "$plan.taken" 2>/dev/null ||
    exec strace -D -q -o "/run/sweep/$name.log" -e trace=CALLS $(cat "$plan.taken") \
        /usr/libexec/workspace/real/$name "$@"
exec /usr/libexec/workspace/real/$name "$@"
"""
# The plugin is slurmstepd's; those that slurmd starts to run a plugin's prolog are none of a task's.
STEPD_WRAPPER = f"""#!/bin/sh
plan=/run/sweep/{PLUGIN}.plan
if [ "$1" != spank ] && mv "$plan" "$plan.taken" 2>/dev/null; then
    SWEEP_FAULT=$(cat "$plan.taken") SWEEP_LOG=/run/sweep/{PLUGIN}.log LD_PRELOAD={PLUGIN_FAULTS_ON_NODE}
    export SWEEP_FAULT SWEEP_LOG LD_PRELOAD
fi
exec /usr/sbin/real/slurmstepd "$@"
"""
# A plain job's prolog, or epilog, is over at once, unless it is told to wait.
HOOK_WRAPPER = """#!/bin/sh
if [ -z "$SPANK_WORKSPACE" ] && mv /run/sweep/plain.HOOK /run/sweep/plain.waits 2>/dev/null; then
    until [ -e /run/sweep/plain.go ]; do sleep 0.1; done
fi
exec /usr/libexec/workspace/real/HOOK
"""
INSTALL = """set -e
install -d -m 0777 /run/sweep
folder=$(dirname "$1") name=$(basename "$1")
install -d "$folder/real"
[ -e "$folder/real/$name" ] || mv "$1" "$folder/real/$name"
printf '%s' "$2" >"$1"
chmod 755 "$1"
"""
PLAN = 'cd /run/sweep; rm -f "$1".*; echo "$2" >"$1.new"; chmod 666 "$1.new"; mv "$1.new" "$1.plan"'

# A line of what a job has on the node at this moment; of another job's, nothing.
LEFT = r"""
virsh -q -c "$2:///system" list --all --name | grep -x "workspace-$1" | sed 's/^/domain /'
ip netns list | grep -o "^ws-$1\b.*" | sed 's/^/network namespace /'
ip -o link show | grep -oE " wsp?$1:" | sed 's/^/link /'
ls -d "/run/workspace/$1" /run/workspace/"$1".* /var/lib/workspace/scratch/*"$1".* 2>/dev/null
for folder in /run/workspace /var/lib/workspace/scratch; do
    [ ! -d "$folder" ] || find "$folder" -mindepth 1 -maxdepth 1 -printf '%f\n'
done | grep -vE '^[0-9]+(\.|$)'
find /var/lib/workspace/reports -name "$1.*.new-*" 2>/dev/null
pgrep -af "xen-qemu.* -name workspace-$1 " | sed 's/^/process /'
pgrep -af "/(job-watch|follow-workspace|boot-workspace|end-workspace) $1( |\$)" | sed 's/^/process /'
neighbour=$(stat -L -c %i "/run/netns/ws-$(cat /run/sweep/neighbour 2>/dev/null)" 2>/dev/null)
for pid in $(pgrep -x diod); do
    [ "$(stat -L -c %i "/proc/$pid/ns/net")" = "$neighbour" ] || echo "process $pid, a folder's server"
done 2>/dev/null
losetup -ln -O NAME,BACK-FILE | grep -w "$1" | sed 's/^/loop device /'
grep -w "ws-$1" /proc/self/mountinfo | sed 's/^/mount /'
find /sys/fs/cgroup -type d -name "*workspace-$1*" 2>/dev/null | sed 's/^/cgroup /'
true"""

LAST_WORDS = "grep workspace /var/log/slurm/slurmd.log | tail -n 4; true"


class Slot:
    """Node `number` of the lab, with workers of its own: slots are for threads."""

    def __init__(self, lab, number):
        self.name = f"node{number}"
        self.lab = lab
        self.number = str(number)
        self.controller = lab.worker("run")
        self.log_in()
        self.go_in()

    def log_in(self):
        """By a worker that nobody waits for."""
        self.login = self.lab.worker("run", "--as", "user1")

    def go_in(self):
        self.node = self.lab.worker("node", self.number)
        for program in TRACED:
            wrapper = WRAPPER.replace("NAME", program).replace("CALLS", CALLS)
            self.node.run("sh", "-c", INSTALL, "install", f"{LIBEXEC}/{program}", wrapper)
        for hook in ("prolog", "epilog"):
            self.node.run("sh", "-c", INSTALL, "install", f"{LIBEXEC}/{hook}", HOOK_WRAPPER.replace("HOOK", hook))
        self.node.run("sh", "-c", INSTALL, "install", "/usr/sbin/slurmstepd", STEPD_WRAPPER)
        library = base64.b64encode(PLUGIN_FAULTS.read_bytes()).decode()
        self.node.run("sh", "-c", PUT, "put", PLUGIN_FAULTS_ON_NODE, library)

    def cap_disks(self):
        """Of the VMs that start from now on."""
        self.node.run("sh", "-c", "echo 'caps: {disk_bandwidth: 64M}' >>/etc/workspace/workspace.yaml")

    def lose_power(self):
        """And gets it back."""
        self.lab.command("crash", self.number)
        self.lab.forget(self.node)
        self.lab.command("boot", self.number)
        self.go_in()

    def plan(self, program, options):
        """What Fault.plan() gives for the next run of `program`, or what is only watched."""
        self.node.run("sh", "-c", PLAN, "plan", program, options)

    def trace(self, *argv, options=()):
        """Root's program under strace; its status and output. A status of its own for one that hangs."""
        strace = ["strace", "-q", "-o", "/run/sweep/reconcile.log", "-e", f"trace={CALLS}"]
        return self.finish(*strace, *options, *argv)

    def finish(self, *argv, environment=None):
        script = 'timeout "$0" "$@" 2>&1; echo "status $?"'
        answer = self.node.run("sh", "-c", script, str(HOOK_DEADLINE_S), *argv, environment=environment)
        output, _, status = answer["output"].rstrip("\n").rpartition("status ")
        return int(status), output

    def forget_plan(self, program):
        self.node.run("rm", "-f", f"/run/sweep/{program}.plan")

    def log(self, program):
        return self.node.run("sh", "-c", 'cat "$0" 2>/dev/null; true', f"/run/sweep/{program}.log")["output"]

    def points(self, program):
        return points_in(program, self.log(program))

    def did_strike(self, program):
        log = self.log(program)
        return "(INJECTED)" in log or "killed by SIGKILL" in log

    def left(self, job):
        return self.node.run("sh", "-c", LEFT, "left", job, self.lab.hypervisor)["output"].splitlines()

    def why_drained(self):
        """Slurm's reason and the last of what the node's own log has of workspaces; nothing where it is in service."""
        state, _, reason = self.controller.run("sinfo", "-h", "-n", self.name, "-o", "%T %E")["output"].partition(" ")
        return reason + self.node.run("sh", "-c", LAST_WORDS)["output"] if "drain" in state else ""

    def resume(self):
        self.controller.run("scontrol", "update", f"nodename={self.name}", "state=resume")

    def domain_runs(self, job):
        uri = f"{self.lab.hypervisor}:///system"
        script = f"virsh -q -c {uri} domstate workspace-{job} 2>/dev/null || true"
        return self.node.run("sh", "-c", script)["output"].strip() == "running"

    @contextlib.contextmanager
    def neighbour(self):
        """A job of user1's that lives as long as this; it must then end as it would have without all this."""
        job = self.login.run(
            "sbatch", "--parsable", "-w", self.name, "--workspace=tiny", "--workspace-disk=64M",
            "-o", "neighbour-%j", "--wrap",
            f"echo begin; while [ ! -e end-{self.name} ]; do sleep 1; done; echo end",
        )["output"].strip()  # fmt: skip
        self.login.run("timeout", "120", "sh", "-c", f"until grep -q begin neighbour-{job}; do sleep 0.2; done")
        self.node.run("sh", "-c", f"echo {job} >/run/sweep/neighbour")
        yield job
        self.login.run("touch", f"end-{self.name}")
        self.login.run("timeout", "60", "sh", "-c", f"until grep -qx end neighbour-{job}; do sleep 0.2; done")
        self.node.run("sh", "-c", "rm /run/sweep/neighbour")

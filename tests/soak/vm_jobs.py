"""Jobs with VMs: arrays of 100, of which some tasks are cancelled and some requeued at whatever they are about."""

import random
import time

from counts import COUNTS, settled

ARRAY = 100
# By this chance a task that is found in one of the looks is cancelled, or requeued; each once at most.
TOUCHED = 0.02
LOOK_S = 1
DEADLINE_S = 3600
NODE_PROCESSES = ("munged", "virtlogd", "libvirtd", "slurmd")
CONTROLLER_PROCESSES = ("munged", "slurmctld")
NODE_FILES = ("/run", "/tmp", "/var/lib/workspace/scratch", "/var/lib/libvirt", "/var/cache/workspace")

SCRIPT = "echo begin; sleep 1; echo end"
# Slurm keeps what it knows of a job that has ended for five minutes: no leak, but it would hide one.
FORGET = "grep -q MinJobAge /etc/slurm/slurm.conf || echo MinJobAge=2 >>/etc/slurm/slurm.conf"
# The C library gives a process's threads arenas of their own, eight for each CPU, which fill up one by one and keep
# what was freed: over hundreds of jobs that looks like a loss, also where libvirtd starts and ends nothing but bare VMs
# (1.2 KiB for each; in one arena 0.13). In one arena what was freed is taken again, and what still grows is lost.
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
RESTART = 'for name in "$@"; do /run/lab/service stop "$name"; /run/lab/service start "$name"; done'
MEMORY = r"""for name in "$@"; do
    sed -n "s/^RssAnon:[^0-9]*\([0-9]*\).*/$name \1/p" "/proc/$(pgrep -xo "$name")/status"
done"""
# A line of a task: its name, its state, why it waits.
LIST = "timeout 20 squeue -h -r -o '%F_%K %t %r'"


class VmSoak:
    """`lab` is up and idle."""

    def __init__(self, lab, seed, findings):
        self.lab = lab
        self.random = random.Random(seed)
        self.findings = findings
        self.ended = 0
        self.samples = {}
        self.touched = {"cancel": set(), "requeue": {}}

    def run(self, jobs):
        for worker, processes in self.places().values():
            worker.run("sh", "-c", FORGET)
            worker.run("sh", "-c", RESTART, "restart", *processes, environment=ONE_ARENA)
        self.run_array(8)  # the first ones fill caches and buffers
        before = [settled(lambda node=node: count(node)) for node in self.lab.nodes]
        started, self.ended, self.samples = self.vms(), 0, {}
        for first in range(0, jobs, ARRAY):
            self.run_array(min(ARRAY, jobs - first))
        vms = self.vms() - started
        self.findings.expect(
            vms >= jobs / 2,
            f"{self.ended} jobs ended, of which {len(self.touched['cancel'])} were cancelled and "
            f"{len(self.touched['requeue'])} requeued; {vms} VMs booted",
        )
        for number, node in enumerate(self.lab.nodes):
            after = settled(lambda node=node: count(node), before[number])
            self.findings.equal(f"node{number + 1}", before[number], after)
        states = self.lab.login.run("sinfo", "-h", "-N", "-o", "%N %T")["output"]
        self.findings.expect("drain" not in states, f"the nodes' states: {', '.join(states.splitlines())}")
        for process, samples in self.samples.items():
            self.findings.flat(process, samples)

    def places(self):
        """Where processes live for long, and which."""
        nodes = {f"node{n + 1}": (node, NODE_PROCESSES) for n, node in enumerate(self.lab.nodes)}
        return {"slurmctld's node": (self.lab.controller, CONTROLLER_PROCESSES)} | nodes

    def run_array(self, count_of_tasks):
        """All tasks of one, to their end."""
        array = self.lab.login.run(
            "sbatch", "--parsable", "--workspace=tiny", "--workspace-disk=64M", "--requeue", "--open-mode=append",
            "-o", "soak-%A_%a", f"--array=0-{count_of_tasks - 1}", "--wrap", SCRIPT,
        )["output"].strip()  # fmt: skip
        deadline = time.monotonic() + DEADLINE_S
        before = self.ended
        while tasks := self.list_tasks():
            if time.monotonic() > deadline:
                raise RuntimeError(f"after {DEADLINE_S} s there are still: {tasks}")
            self.ended = before + count_of_tasks - len(tasks)
            self.sample()
            for name, state, reason in tasks:
                self.touch(name, state, reason)
            time.sleep(LOOK_S)
        self.ended = before + count_of_tasks
        self.sample()
        self.look_at_outputs(array, count_of_tasks)

    def list_tasks(self):
        lines = self.lab.login.run("sh", "-c", LIST)["output"].splitlines()
        return [line.split(" ", 2) for line in lines]

    def touch(self, name, state, reason):
        """Cancels or requeues it, or lets one that was requeued come: Slurm holds it back for two minutes."""
        requeued = self.touched["requeue"]
        if state == "PD":
            if reason == "BeginTime" and time.monotonic() - requeued.get(name, 0) > 2:
                self.try_to("scontrol", "update", f"job={name}", "starttime=now")
            return
        if name in self.touched["cancel"] or name in requeued or self.random.random() > TOUCHED:
            return
        if self.random.random() < 0.5:
            self.touched["cancel"].add(name)
            self.try_to("scancel", name)
        else:
            requeued[name] = time.monotonic()
            self.try_to("scontrol", "requeue", name)

    def try_to(self, *command):
        """It may have ended meanwhile."""
        self.lab.controller.run("sh", "-c", '"$@" || true', "sh", "timeout", "20", *command)

    def look_at_outputs(self, array, count_of_tasks):
        """A task that nobody touched ran once and to its end. Of one that was requeued, the last run did."""
        script = 'cd /home/user1; for f in soak-$1_*; do echo "$f $(grep -c begin $f) $(grep -c end $f)"; done'
        lines = self.lab.controller.run("sh", "-c", script, "sh", array)["output"].splitlines()
        runs = {name.removeprefix("soak-"): (int(begun), int(ended)) for name, begun, ended in map(str.split, lines)}
        for name in (f"{array}_{task}" for task in range(count_of_tasks)):
            begun, ended = runs.get(name, (0, 0))
            if name in self.touched["cancel"]:
                right = ended <= 1
            elif name in self.touched["requeue"]:
                right = begun >= ended >= 1 and begun <= 2
            else:
                right = (begun, ended) == (1, 1)
            if not right:
                said = self.lab.controller.run("sh", "-c", f"cat /home/user1/soak-{name} 2>&1; true")["output"]
                self.findings.expect(False, f"task {name} began {begun} times and ended {ended} times: {said}")

    def sample(self):
        for place, (worker, processes) in self.places().items():
            for line in worker.run("sh", "-c", MEMORY, "memory", *processes)["output"].splitlines():
                name, kib = line.split()
                self.samples.setdefault(f"{name} of {place}", []).append((self.ended, int(kib)))

    def vms(self):
        """How many have ended, by the reports."""
        script = "grep -ls outcome=ran /var/lib/workspace/reports/* | wc -l"
        return sum(int(node.run("sh", "-c", script)["output"]) for node in self.lab.nodes)


def count(node):
    return node.run("sh", "-c", COUNTS, "counts", *NODE_FILES)["output"]

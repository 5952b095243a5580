"""A job without a workspace, with the plugin against without: what everybody pays."""

import re

from ratio import Ratio

LIMIT = 1.02
# These runs take a tenth of a second each, and differ by less than one does from the next.
PAIRS_FACTOR = 6
PLUGSTACK = "/etc/slurm/plugstack.conf"
# Slurm's daemons start threads of their own now and then: the fewest of so many counts are the job's.
COUNTS = 5
FORK = re.compile(r"\b(?:clone3?|v?fork)\((?!.*CLONE_THREAD)")
CALLS = "clone,clone3,fork,vfork,execve,connect"


def measure(lab, pairs):
    plugstack = lab.command("node", "1", "cat", PLUGSTACK)
    seconds = {True: [], False: []}
    try:
        for number in range(pairs * PAIRS_FACTOR):
            # The order is turned round each time, so that a drift of the machine cancels out.
            for loaded in (True, False) if number % 2 else (False, True):
                set_plugstack(lab, plugstack if loaded else "")
                seconds[loaded].append(plain_job(lab))
        notes = count_calls(lab, plugstack)
    finally:
        set_plugstack(lab, plugstack)
    result = Ratio(
        "plain", "a plain job, with the plugin / without", LIMIT, seconds[True], seconds[False], notes
    )
    result.cause = "loading the plugin's shared object in srun, slurmd and slurmstepd"
    return [result]


def plain_job(lab):
    return lab.login.run("srun", "-Q", "true")["seconds"]


def set_plugstack(lab, text):
    for box in (("run",), ("node", "1")):
        lab.command(*box, "tee", PLUGSTACK, stdin=text.encode())


def count_calls(lab, plugstack):
    """What a plain job forks and connects to, as strace has it, with the plugin and without."""
    calls = {True: [], False: []}
    for loaded in (True, False):
        set_plugstack(lab, plugstack if loaded else "")
        calls[loaded] = [calls_of_slurmd(lab) + calls_of_srun(lab) for _ in range(COUNTS)]
    forks = {loaded: min(len(FORK.findall(text)) for text in calls[loaded]) for loaded in calls}
    threads = {loaded: min(text.count("CLONE_THREAD") for text in calls[loaded]) for loaded in calls}
    libvirt = sum(len(re.findall(r"connect\(.*libvirt", text)) for text in calls[True])
    return [
        f"processes made: {forks[True]} with the plugin, {forks[False]} without;"
        f" threads: {threads[True]} and {threads[False]}",
        f"connections to libvirt: {libvirt}",
    ]


def calls_of_srun(lab):
    lab.login.run("strace", "-f", "-q", "-o", "/tmp/srun.calls", "-e", f"trace={CALLS}", "srun", "-Q", "true")
    return lab.login.run("cat", "/tmp/srun.calls")["output"]


def calls_of_slurmd(lab):
    """slurmd, its prolog and epilog left out: they are the same with and without the plugin."""
    script = f"""
        strace -f -q -o /tmp/slurmd.calls -e trace={CALLS} -p $(cat /run/slurmd.pid) &
        sleep 1; timeout 60 srun -Q -w $(hostname) true; sleep 1
        kill $!; wait $! || true; cat /tmp/slurmd.calls"""
    return lab.node.run("bash", "-c", script)["output"]

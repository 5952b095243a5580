"""slurmd or slurmctld dies while a job's prolog or epilog runs: what comes then is Slurm's to put right, and takes the
time that its configuration says. A plain job whose own prolog or epilog runs meanwhile shows it in the same minute:
the job with a workspace must come to the same end, and no later."""

import contextlib
import threading
import time

import daemons
import job_run

# The end of a prolog, or of an epilog, that Slurm is not there to see: it queues the job again BatchStartTimeout (and
# ten seconds) after its start, and asks for the epilog again after KillWait and twice MessageTimeout. Both are minutes
# on a site.
SETTINGS = {"BatchStartTimeout": "60", "MessageTimeout": "10"}
SET = r"""for setting in "$@"; do
    sed -i "s/^${setting%%=*}=.*/$setting/" /etc/slurm/slurm.conf
done"""
GET = r"""for name in "$@"; do sed -n "s/^\($name=.*\)/\1/p" /etc/slurm/slurm.conf; done"""
# slurmctld looks for jobs that are missing when a slurmd reports itself, which may be minutes from now.
REPORT_S = 10
# Between the ends of two jobs that go the same way, on a slow machine.
MOST_LATER_S = 60

HOOKS = {"boot-workspace": "prolog", "end-workspace": "epilog"}
SLURMCTLD = "slurmctld"
# What slurmctld has not written when it dies it does not know afterwards, of no job.
SAVED_S = 6


def cases(programs):
    """(program, daemon) pairs."""
    pairs = [(program, daemon) for program in HOOKS for daemon in ("slurmd", SLURMCTLD)]
    return [(program, daemon) for program, daemon in [*pairs, ("workspace-exec", SLURMCTLD)] if program in programs]


def deaths_at(points, daemon):
    return [daemons.Death(point, daemon) for point in points]


@contextlib.contextmanager
def hastened(slots):
    """Slurm with SETTINGS, on all machines, and told often what is on the nodes."""
    controller = slots[0].lab.worker("run")
    before = controller.run("sh", "-c", GET, "get", *SETTINGS)["output"].split()
    ended = threading.Event()

    def configure(settings):
        for machine in (controller, *(slot.node for slot in slots)):
            machine.run("sh", "-c", SET, "set", *settings)
        controller.run("scontrol", "reconfigure")

    def report():
        while not ended.wait(REPORT_S):
            controller.run("sh", "-c", "timeout 20 scontrol reconfigure || true")

    configure([f"{name}={value}" for name, value in SETTINGS.items()])
    thread = threading.Thread(target=report)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        configure(before)


def run_round(slots, deaths, program, daemon):
    """A plain job on the first slot, and one with a workspace for each death on the others, at the same time. Gives the
    plain one's run, and the others'."""
    plain, others = slots[0], slots[1:]
    start_plain(plain, HOOKS.get(program))
    for slot, death in zip(others, deaths):
        daemons.start(slot, death)
    await_plain(plain, HOOKS.get(program))
    jobs = [daemons.await_stop(slot, death) for slot, death in zip(others, deaths)]
    kill(daemon, slots)
    plain.node.run("touch", "/run/sweep/plain.go")
    for slot, death in zip(others, deaths):
        daemons.let_go(slot, death)
    runs = [daemons.finish(slot, death, job) for slot, death, job in zip(others, deaths, jobs)]
    control = job_run.JobRun.parse(plain.login.finish()["output"])
    plain.node.run("sh", "-c", "rm -f /run/sweep/plain.*")
    return control, runs


def start_plain(slot, hook):
    if hook:
        slot.node.run("touch", f"/run/sweep/plain.{hook}")
    slot.login.start("sh", "-c", job_run.RUN, "run", slot.name, str(job_run.DEADLINE_S))


def await_plain(slot, hook):
    if hook:
        slot.node.run("timeout", "60", "sh", "-c", "until [ -e /run/sweep/plain.waits ]; do sleep 0.1; done")


def kill(daemon, slots):
    """And starts it again, at once."""
    restart = ("sh", "-c", f"/run/lab/service kill {daemon}; /run/lab/service start {daemon}")
    if daemon == SLURMCTLD:
        time.sleep(SAVED_S)
        slots[0].controller.run(*restart)
    else:
        for slot in slots:
            slot.node.run(*restart)


def compare(run, control):
    """What does not hold of the plain job, or of the other in its light, a line each."""
    wrong = [f"the plain job: {text}" for text in job_run.fate_of(control)]
    if run.seconds > control.seconds + MOST_LATER_S:
        wrong.append(f"over after {run.seconds} s, a plain job after {control.seconds} s")
    return wrong

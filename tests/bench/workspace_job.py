"""The prolog and the epilog by hand, as slurmd runs them, for a plain job that holds the node."""

import contextlib
import re

LIBEXEC = "/usr/libexec/workspace"


@contextlib.contextmanager
def held_job(lab, *options):
    """A job of user1 that stays, a plain one without options; gives its id once its script runs. (Earlier,
    Slurm might find the workspace that is made here by hand, and start the script in it.)"""
    script = "echo it runs; exec sleep 100000"
    job = lab.login.run("sbatch", "--parsable", *options, "-o", "held-%j", "--wrap", script)["output"].strip()
    try:
        lab.login.run(
            "timeout", "120", "sh", "-c", f"until grep -q runs held-{job} 2>/dev/null; do sleep 0.1; done"
        )
        yield job
    finally:
        lab.login.run("scancel", job)


def hook_environment(job, request):
    """What slurmd gives the prolog and the epilog of a job of user1's on node1."""
    return {
        "SLURM_JOB_ID": job,
        "SLURM_JOB_UID": "2001",
        "SLURM_JOB_GID": "2001",
        "SLURM_JOB_USER": "user1",
        "SLURMD_NODENAME": "node1",
        "SPANK_WORKSPACE": request,
    }


class ByHand:
    """Boots and ends the workspace of `job`, which asked for `image` with more options of resolve."""

    def __init__(self, lab, job, image, *options):
        self.lab = lab
        self.job = job
        asked = lab.login.run("workspace", "resolve", "--image", image, *options)
        self.request = asked["output"].strip()

    def boot(self):
        return self._hook("prolog")

    def end(self):
        return self._hook("epilog")

    def steps_ms(self):
        """The prolog's steps, from the job's record."""
        record = self.lab.node.run("cat", f"/run/workspace/{self.job}/record")["output"]
        if "state=running" not in record:
            raise RuntimeError(f"job {self.job}: the VM does not run: {record}")
        return {name: int(ms) for name, ms in re.findall(r"^step\.(\w+)=(\d+)$", record, re.MULTILINE)}

    def _hook(self, program):
        environment = hook_environment(self.job, self.request)
        return self.lab.node.run(f"{LIBEXEC}/{program}", environment=environment)["seconds"]


def slowest(steps_ms, count=3):
    """"boot 3400 ms, network 80 ms, …" for the reader of a miss."""
    ordered = sorted(steps_ms.items(), key=lambda step: -step[1])
    return ", ".join(f"{name} {ms} ms" for name, ms in ordered[:count])

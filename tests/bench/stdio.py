"""A task's standard streams against plain TCP on the same link, and against sshd in the same guest.

All of them begin and end in the same places: in the guest at a process of the job's, on the node at a file
of the same folder, moved by a process in the job's network namespace and on the job's CPUs. Files that are
read have been read before, and files that are written begin empty: memory that the node has not used yet may
cost more than the whole way."""

import contextlib
import pathlib

from ratio import Ratio
from workspace_job import held_job

HERE = pathlib.Path(__file__).resolve().parent
STREAM_BYTES = 64 << 20
# As times: 0.8 of the raw stream's throughput, and twice that of ssh.
RAW_LIMIT, SSH_LIMIT = 1 / 0.8, 0.5
ECHO_LIMIT, STEP_LIMIT = 1.3, 1.5
IMAGE = "course-mpi"
FOLDER = "/home/user1/stdio"
# The guest's side makes sockets on the control link, which is root's.
REGISTER = f"""
cp -r /run/lab/images/{IMAGE} /root/ && cd /root/{IMAGE} && echo 'allow_root: true' >>manifest.yaml
workspace image register manifest.yaml && workspace image approve {IMAGE}"""


def measure(lab, pairs):
    lab.command("run", "sh", "-c", REGISTER)
    with held_job(lab) as plain, stream_server(lab, pairs) as (job, ask):
        on_the_host, in_the_vm = (("--jobid", of, "--overlap") for of in (plain, job))
        seconds = {name: [] for name in ("out", "in", "raw out", "raw in", "ssh", "echo", "raw echo")}
        runs = {
            "out": lambda: ask("o", STREAM_BYTES, FOLDER), "raw out": lambda: ask("O", STREAM_BYTES, FOLDER),
            "in": lambda: ask("i", STREAM_BYTES, FOLDER), "raw in": lambda: ask("I", STREAM_BYTES, FOLDER),
            "ssh": lambda: ask("ssh", STREAM_BYTES, FOLDER), "raw echo": lambda: ask("echo"),
            "echo": lambda: echo(lab, *in_the_vm),
        }
        host_echo, steps = [], {on_the_host: [], in_the_vm: []}
        for number in range(pairs):
            for name in sorted(runs, reverse=number % 2 == 1):
                seconds[name].append(runs[name]())
            host_echo.append(echo(lab, *on_the_host))
            for place in sorted(steps, reverse=number % 2 == 1):
                steps[place].append(lab.login.run("srun", "-Q", *place, "true")["seconds"])
    both = [a + b for a, b in zip(host_echo, seconds["raw echo"])]
    return [
        ratio("stdout", "64 MiB by a task's stdout / by raw TCP", RAW_LIMIT, seconds["out"], seconds["raw out"]),
        ratio("stdin", "64 MiB by a task's stdin / by raw TCP", RAW_LIMIT, seconds["in"], seconds["raw in"]),
        ratio("ssh", "64 MiB by a task's stdout / by sshd in the same guest", SSH_LIMIT, seconds["out"], seconds["ssh"]),
        ratio("echo", "a byte there and back by srun / by srun on the host + raw TCP", ECHO_LIMIT, seconds["echo"], both),
        ratio("step", "srun true in a running VM / on the host", STEP_LIMIT, steps[in_the_vm], steps[on_the_host]),
    ]


CAUSES = {
    "stdout": "a pipe lies between the task and the agent, and the guest's kernel fills and empties it page by page",
    "stdin": "a pipe lies between the agent and the task, which is woken for each portion that came over the link",
    "ssh": "the same, and the node's disk, where the output goes",
    "echo": "two turns of the guest's CPU more than raw TCP takes: the agent's, there and back",
    "step": "a process, a cgroup and a connection in the guest, whose CPU is emulated where there is no KVM",
}


def ratio(name, what, limit, numerators, denominators):
    return Ratio(name, what, limit, numerators, denominators, cause=CAUSES[name])


@contextlib.contextmanager
def stream_server(lab, pairs):
    """A batch job with stdio_guest.py in it; gives its id and a function that asks it."""
    lab.login.run("mkdir", "-p", FOLDER)
    lab.login.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{FOLDER}/client")
    lab.login.run("truncate", "-s", str((pairs + 1) * STREAM_BYTES), f"{FOLDER}/input")
    lab.login.run("sh", "-c", f"cat {FOLDER}/input >/dev/null")
    lab.command("run", "--as", "user1", "sh", "-c", f"cat >{FOLDER}/guest.py", stdin=(HERE / "stdio_guest.py").read_bytes())
    job = lab.login.run(
        "sbatch", "--parsable", f"--workspace={IMAGE}", "--workspace-root", "--mem=700M", "--input", f"{FOLDER}/input",
        "-o", f"{FOLDER}/output", "-e", f"{FOLDER}/errors", "--wrap", f"exec python3 {FOLDER}/guest.py {FOLDER} {STREAM_BYTES}",
    )["output"].strip()
    program = (HERE / "stdio_node.py").read_text()
    try:
        lab.login.run("timeout", "120", "sh", "-c", f"until test -e {FOLDER}/ready; do sleep 0.1; done")
        cpus = lab.node.run("sed", "-n", "s/^helper_cpus=//p", f"/run/workspace/{job}/record")["output"].strip()

        def ask(*words):
            inside = ["taskset", "-c", cpus, "ip", "netns", "exec", f"ws-{job}"]
            lab.node.run("sh", "-c", f": >{FOLDER}/output")
            done = lab.node.run(*inside, "python3", "-c", program, *(str(word) for word in words))
            return float(done["output"].split()[-1])

        yield job, ask
    finally:
        lab.login.run("scancel", job)
        lab.login.run("rm", "-rf", FOLDER)


def echo(lab, *options):
    program = (HERE / "stdio_srun.py").read_text()
    return float(lab.login.run("python3", "-c", program, *options)["output"].split()[-1])

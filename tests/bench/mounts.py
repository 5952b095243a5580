"""A folder of the node, read inside through its mount, against the same server read on the node itself
through its loopback: by diod's own client programs, since the node's kernel need not know 9p.

The inside's times are taken inside, so that no step's start is in them."""

import contextlib
import statistics

from ratio import Ratio
from workspace_job import held_job

STREAM_MIB = 64
FILES = 500
FOLDER = "/home/user1/bench-mount"
PORT = 5640
AS_USER = ["setpriv", "--reuid=2001", "--regid=2001", "--clear-groups"]
SERVER = ["/usr/sbin/diod", "-f", "-c", "/dev/null", "-n", "-S", "-e", FOLDER, "-L", "/dev/null"]
PREPARE = f"""
rm -rf {FOLDER} && mkdir -p {FOLDER}/many && cd {FOLDER}
head -c {STREAM_MIB}M /dev/urandom >stream
seq {FILES} | while read -r name; do echo "$name" >many/"$name"; done
"""
# Seconds of a command inside, with what it prints thrown away.
TIMED = 'begin=$(date +%s%N); "$@" >/dev/null || exit 1; end=$(date +%s%N); echo $((end - begin))'


def measure(lab, pairs):
    lab.login.run("bash", "-ec", PREPARE)
    inside = {"stream": ["cat", f"{FOLDER}/stream"], "files": ["ls", "-l", f"{FOLDER}/many"]}
    address = ["-s", f"127.0.0.1:{PORT}", "-a", FOLDER]
    outside = {"stream": ["diodcat", *address, "stream"], "files": ["diodls", "-l", *address, "many"]}
    seconds = {name: ([], []) for name in inside}
    with held_job(lab, "--workspace=legacy-bullseye", "--mem=400M") as job, server(lab):
        for number in range(pairs):
            for name, (mounted, direct) in seconds.items():
                for first in (True, False) if number % 2 else (False, True):
                    if first:
                        mounted.append(run_inside(lab, job, inside[name]))
                    else:
                        direct.append(run_outside(lab, outside[name]))
    lab.login.run("rm", "-rf", FOLDER)
    results = [
        Ratio("mount read", f"{STREAM_MIB} MiB through the mount / by loopback", None, *seconds["stream"]),
        Ratio("mount meta", f"ls -l of {FILES} files through the mount / by loopback", None, *seconds["files"]),
    ]
    for result, unit, amount in zip(results, ("MiB/s", "files/s"), (STREAM_MIB, FILES)):
        mounted, direct = (amount / statistics.median(side) for side in (result.numerators, result.denominators))
        result.notes = [f"{mounted:.0f} {unit} inside, {direct:.0f} {unit} by loopback"]
    return results


def run_inside(lab, job, argv):
    step = ["srun", "-Q", f"--jobid={job}", "--overlap", "-n1", "bash", "-c", TIMED, "timed", *argv]
    return int(lab.login.run(*step)["output"]) / 1e9


def run_outside(lab, argv):
    return lab.node.run("sh", "-c", '"$@" >/dev/null', "direct", *AS_USER, *argv)["seconds"]


@contextlib.contextmanager
def server(lab):
    start = '"$@" >/dev/null 2>&1 </dev/null & echo $!'
    argv = [*AS_USER, *SERVER, "-l", f"127.0.0.1:{PORT}"]
    pid = lab.node.run("sh", "-c", start, "server", *argv)["output"].strip()
    try:
        answers = f"until diodls -s 127.0.0.1:{PORT} -a {FOLDER} >/dev/null 2>&1; do sleep 0.1; done"
        lab.node.run("timeout", "20", "sh", "-c", answers)
        yield
    finally:
        lab.node.run("kill", pid)

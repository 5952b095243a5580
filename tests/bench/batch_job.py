"""Submits a batch job with the given options of sbatch, and prints its id and the time of day, in seconds
since the epoch, at which its script has run.

Runs on the login side as a user. The node is idle before: the job before this one may still be ending there.
"""

import os
import subprocess
import sys
import time

DEADLINE_S = 120
POLL_S = 0.005


def main(options):
    wait_until(lambda: output("sinfo", "-h", "-o", "%t") == "idle", "an idle node")
    mark = os.path.join(os.environ["HOME"], f"ran-{os.getpid()}")
    job = output("sbatch", "--parsable", "-o", "/dev/null", *options, "--wrap", f"echo >{mark}")
    wait_until(lambda: os.path.exists(mark), "the job's script")
    print(job, time.time())
    os.unlink(mark)


def output(*argv):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {DEADLINE_S} s in vain for {what}")
        time.sleep(POLL_S)


main(sys.argv[1:])

"""Runs inside a box of the lab: one JSON request a line, one JSON answer a line."""

import json
import os
import subprocess
import sys
import time


def answer(request):
    start = time.monotonic()
    try:
        done = subprocess.run(
            request["argv"],
            env={**os.environ, **request["environment"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=request["deadline_s"],
            check=False,
        )
        status, output = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        status, output = None, f"not done after {request['deadline_s']} s"
    return {"seconds": time.monotonic() - start, "status": status, "output": output}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)

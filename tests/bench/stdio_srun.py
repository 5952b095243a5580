"""On the login side: the round trip of a byte through a task of srun's. Arguments: srun's."""

import subprocess
import sys
import time

ECHOES = 200

with subprocess.Popen(
    ["srun", "-Q", "--unbuffered", *sys.argv[1:], "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
) as task:
    for number in range(ECHOES + 1):
        if number == 1:  # the first one waits for the task to start
            start = time.monotonic()
        task.stdin.write(b"x")
        task.stdout.read(1)
    print((time.monotonic() - start) / ECHOES)
    task.stdin.close()

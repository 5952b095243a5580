"""On the node, in the network namespace of the job: asks stdio_guest.py for a measurement.

Arguments: what, and for the streams how many bytes. Prints the seconds.
"""

import socket
import subprocess
import sys
import time

CONTROL_LINK, PORT, SSH_PORT = "169.254.77.2", 7701, 7702
ECHOES = 200


def read_line(connection):
    line = b""
    while not line.endswith(b"\n"):
        line += connection.recv(1)
    return float(line)


def stream(what, count):
    """o, i: by the task's stdout and stdin; O, I: by this connection."""
    with socket.create_connection((CONTROL_LINK, PORT)) as connection:
        connection.sendall(what.encode())
        if what == "O":
            while count:
                count -= len(connection.recv(min(count, 65536)))
        elif what == "I":
            connection.sendall(bytes(count))
        return read_line(connection)


def ssh(count, folder):
    done = subprocess.run(
        ["ssh", "-F", "none", "-p", str(SSH_PORT), "-i", f"{folder}/client", "-o", "StrictHostKeyChecking=no",
         "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", f"root@{CONTROL_LINK}",
         f"python3 {folder}/pour.py {count}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True, timeout=300,
    )
    return float(done.stderr.split()[-1])


def echoes():
    with socket.create_connection((CONTROL_LINK, PORT)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"e")
        start = time.monotonic()
        for _ in range(ECHOES):
            connection.sendall(b"x")
            connection.recv(1)
        return (time.monotonic() - start) / ECHOES


def main(what, *rest):
    if what == "ssh":
        return ssh(int(rest[0]), rest[1])
    return echoes() if what == "echo" else stream(what, int(rest[0]))


print(main(*sys.argv[1:]))

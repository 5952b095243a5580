"""On the node, in the network namespace of the job: asks stdio_guest.py for a measurement.

Arguments: what, and for the streams how many bytes and the job's folder. Prints the seconds.
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


def stream(what, count, folder):
    """o, i: by the task's stdout and stdin; O, I: by this connection, to and from files as theirs."""
    with socket.create_connection((CONTROL_LINK, PORT)) as connection:
        connection.sendall(what.encode())
        if what == "O":
            receive(connection, count, f"{folder}/raw")
        elif what == "I":
            with open(f"{folder}/input", "rb") as source:
                connection.sendfile(source, count=count)
        return read_line(connection)


def receive(connection, count, path):
    with open(path, "wb", buffering=0) as file:
        while count:
            count -= file.write(connection.recv(min(count, 65536)))


def ssh(count, folder):
    with open(f"{folder}/by-ssh", "wb") as file:
        done = subprocess.run(
            ["ssh", "-F", "none", "-p", str(SSH_PORT), "-i", f"{folder}/client", "-o", "StrictHostKeyChecking=no",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", f"root@{CONTROL_LINK}",
             f"python3 {folder}/pour.py {count}"],
            stdout=file, stderr=subprocess.PIPE, check=True, timeout=300,
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
    if what == "echo":
        return echoes()
    count, folder = int(rest[0]), rest[1]
    return ssh(count, folder) if what == "ssh" else stream(what, count, folder)


print(main(*sys.argv[1:]))

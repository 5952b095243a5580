"""A batch job's script, run as root in its VM: pours and takes bytes by the task's standard streams, by
plain TCP and under sshd, whichever the node asks for, and tells how long each took.

Arguments: the folder with the client's public key, and the bytes of one stream.
"""

import os
import socket
import subprocess
import sys
import time

FOLDER, STREAM_BYTES = sys.argv[1], int(sys.argv[2])
BLOCK = bytes(65536)
PORT, SSH_PORT = 7701, 7702
CONTROL_LINK, INSIDE = "169.254.77.2", "inside"
POUR = (
    "import os,sys,time; b=bytes(65536); left=int(sys.argv[1]); start=time.monotonic()\n"
    "while left: left-=os.write(1,b[:left])\n"
    "print(time.monotonic()-start,file=sys.stderr)"
)


def enter_control_namespace():
    """The agent holds it open, and root may enter it: this program begins anew there."""
    own = os.readlink("/proc/self/ns/net")
    held = [f"/proc/1/fd/{name}" for name in os.listdir("/proc/1/fd")]
    others = [path for path in held if os.readlink(path).startswith("net:") and os.readlink(path) != own]
    if not others:
        raise SystemExit("the agent holds no other network namespace")
    os.execvp("nsenter", ["nsenter", f"--net={others[0]}", sys.executable, *sys.argv, INSIDE])


def start_sshd():
    key = "/root/host_key"
    os.makedirs("/run/sshd", exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    options = {
        "AuthorizedKeysFile": f"{FOLDER}/client.pub", "StrictModes": "no", "PermitRootLogin": "yes",
        "UsePAM": "no", "PidFile": "none",
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    subprocess.run(["/usr/sbin/sshd", "-f", "/dev/null", "-p", str(SSH_PORT), "-h", key, *words], check=True)


def pour(descriptor):
    left, start = STREAM_BYTES, time.monotonic()
    while left:
        left -= os.write(descriptor, BLOCK[:left])
    return time.monotonic() - start


def take(descriptor):
    left, start = STREAM_BYTES, time.monotonic()
    while left:
        got = len(os.read(descriptor, min(left, 65536)))
        if got == 0:
            raise SystemExit("a stream ended early")
        left -= got
    return time.monotonic() - start


def echo(connection):
    while byte := connection.recv(1):
        connection.sendall(byte)


def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while request := connection.recv(1):
        if request == b"e":
            return echo(connection)
        took = {b"o": lambda: pour(1), b"i": lambda: take(0),
                b"O": lambda: pour(connection.fileno()), b"I": lambda: take(connection.fileno())}[request]()
        connection.sendall(f"{took:.6f}\n".encode())
    return None


def main():
    if sys.argv[-1] != INSIDE:
        enter_control_namespace()
    start_sshd()
    listener = socket.create_server((CONTROL_LINK, PORT))
    with open(f"{FOLDER}/pour.py", "w", encoding="ascii") as program:
        program.write(POUR)
    with open(f"{FOLDER}/ready", "w", encoding="ascii"):
        pass
    while True:
        connection, _ = listener.accept()
        with connection:
            serve(connection)


main()

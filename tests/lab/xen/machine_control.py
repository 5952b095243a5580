#!/usr/bin/env python3
"""Talk to one QEMU machine of the lab.

  machine_control.py await QMP_SOCKET LOG TEXT SECONDS   wait until the console's log shows TEXT
  machine_control.py save QMP_SOCKET FILE          stop the machine, write its state, end it
  machine_control.py resume QMP_SOCKET             wait until -incoming has loaded the state, then run
  machine_control.py command CHANNEL_SOCKET LINE   run a shell line in the guest, exit with its status
"""
import json
import socket
import sys
import time

DEADLINE_S = 120


class MachineError(Exception):
    pass


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(DEADLINE_S)
    connection.connect(path)
    return connection


class Qmp:
    """The QEMU monitor: one JSON object a line, events between the answers."""

    def __init__(self, path):
        self._stream = connect(path).makefile("rw")
        self._stream.readline()  # greeting
        self.call("qmp_capabilities")

    def call(self, command, **arguments):
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            line = self._stream.readline()
            if not line:
                raise MachineError(f"{command}: the machine ended")
            answer = json.loads(line)
            if "error" in answer:
                raise MachineError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def wait_for(self, command, done, failed=()):
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            status = self.call(command).get("status")
            if status in done:
                return
            if status in failed:
                raise MachineError(f"{command}: {status}")
            time.sleep(0.05)
        raise MachineError(f"{command}: still {status} after {DEADLINE_S} s")


def await_text(path, log, text, seconds):
    qmp = Qmp(path)
    deadline = time.monotonic() + float(seconds)
    while time.monotonic() < deadline:
        with open(log, errors="replace") as lines:
            if text in lines.read():
                return
        # A processor that KVM cannot run stops the machine without ending QEMU.
        status = qmp.call("query-status")["status"]
        if status != "running":
            raise MachineError(f"the machine stopped: {status}")
        time.sleep(0.5)
    raise MachineError(f"no '{text}' on the console after {seconds} s")


def save(path, state_file):
    qmp = Qmp(path)
    qmp.call("stop")
    # The default limit of 128 MiB/s is meant for a network.
    qmp.call("migrate-set-parameters", **{"max-bandwidth": 8 << 30})
    qmp.call("migrate", uri=f"exec:cat > {state_file}")
    qmp.wait_for("query-migrate", done=("completed",), failed=("failed", "cancelled"))
    qmp.call("quit")


def resume(path):
    qmp = Qmp(path)
    qmp.wait_for("query-status", done=("paused",), failed=("internal-error", "io-error"))
    qmp.call("cont")


def command(path, line):
    connection = connect(path)
    connection.sendall(line.encode() + b"\n")
    for answer in connection.makefile("r", errors="replace"):
        if answer.startswith("lab-exit "):
            return int(answer.split()[1])
        sys.stderr.write(answer)
    raise MachineError("the machine ended during the command")


def main(arguments):
    actions = {
        "await": (await_text, 4),
        "save": (save, 2),
        "resume": (resume, 1),
        "command": (command, 2),
    }
    action, count = actions.get(arguments[0] if arguments else "", (None, 0))
    if action is None or len(arguments) != count + 1:
        sys.stderr.write(__doc__)
        return 2
    try:
        return action(*arguments[1:]) or 0
    except (OSError, MachineError) as error:
        sys.stderr.write(f"machine_control.py: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

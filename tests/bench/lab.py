"""The lab, as the measurements use it: one qemu node, and a worker inside each box."""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LAB_DEADLINE_S = 1800
# Longest of all single runs: a boot under emulation on a busy machine.
RUN_DEADLINE_S = 180


class Lab:
    """Up inside `with`. `login` and `node` are workers; `login` is user1, `node` is root."""

    def __init__(self, repository, name):
        self.program = repository / "tests" / "lab" / "lab"
        self.name = name

    def __enter__(self):
        self.command("up", output=sys.stderr)
        try:
            self.login = Worker(self.arguments("run", "--as", "user1"))
            self.node = Worker(self.arguments("node", "1"))
        except BaseException:
            self.command("down", output=sys.stderr)
            raise
        return self

    def __exit__(self, *_):
        self.login.close()
        self.node.close()
        self.command("down", output=sys.stderr)

    def arguments(self, verb, *rest):
        return [str(self.program), verb, "--name", self.name, *rest]

    def command(self, verb, *rest, output=subprocess.PIPE, stdin=b""):
        done = subprocess.run(
            self.arguments(verb, *rest), input=stdin, stdout=output, timeout=LAB_DEADLINE_S, check=True
        )
        return (done.stdout or b"").decode()


class Worker:
    """worker.py inside a box: it runs commands and times them there, so that the way into the box
    is in no figure."""

    def __init__(self, enter):
        self.process = subprocess.Popen(
            [*enter, "python3", "-c", (HERE / "worker.py").read_text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running = ""

    def run(self, *argv, environment=None):
        """Runs `argv`; gives {"seconds", "output"}. Fails if the command does."""
        self.start(*argv, environment=environment)
        return self.finish()

    def start(self, *argv, environment=None):
        request = {"argv": argv, "environment": environment or {}, "deadline_s": RUN_DEADLINE_S}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        self.running = " ".join(argv)

    def finish(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker ended at: {self.running}")
        answer = json.loads(line)
        if answer["status"] != 0:
            raise RuntimeError(f"{self.running}: status {answer['status']}: {answer['output']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=RUN_DEADLINE_S)

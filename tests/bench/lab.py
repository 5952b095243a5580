"""The lab, as measurements, sweep and soak use it: nodes, of qemu but for the sweep, and a worker inside each box."""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LAB_DEADLINE_S = 1800
# Longest of all single runs: a boot under emulation on a busy machine.
RUN_DEADLINE_S = 360


class Lab:
    """Up inside `with`. `login` is a worker of user1's; `controller` and each of `nodes`, of which `node` is
    the first, are root's."""

    def __init__(self, repository, name, nodes=1, hypervisor="qemu"):
        self.program = repository / "tests" / "lab" / "lab"
        self.name = name
        self.node_count = nodes
        self.hypervisor = hypervisor
        self.workers = []

    def __enter__(self):
        self.command("up", "--hypervisor", self.hypervisor, "--nodes", str(self.node_count), output=sys.stderr)
        try:
            self.login = self.worker("run", "--as", "user1")
            self.controller = self.worker("run")
            self.nodes = [self.worker("node", str(n + 1)) for n in range(self.node_count)]
            self.node = self.nodes[0]
        except BaseException:
            self.command("down", output=sys.stderr)
            raise
        return self

    def __exit__(self, *_):
        for worker in self.workers:
            worker.close()
        self.command("down", output=sys.stderr)

    def worker(self, verb, *rest):
        """One more, for a thread of its own. It ends with the lab."""
        self.workers.append(Worker(self.arguments(verb, *rest)))
        return self.workers[-1]

    def forget(self, worker):
        """A worker whose box has gone."""
        self.workers.remove(worker)
        worker.process.kill()
        worker.process.wait(timeout=RUN_DEADLINE_S)

    def arguments(self, verb, *rest):
        return [str(self.program), verb, "--name", self.name, *rest]

    def command(self, verb, *rest, output=subprocess.PIPE, stdin=b""):
        done = subprocess.run(
            self.arguments(verb, *rest),
            input=stdin,
            stdout=output,
            timeout=LAB_DEADLINE_S,
            check=True,
            # An interruption is for who has the lab, not for what takes it up and down.
            start_new_session=True,
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
            # As above.
            start_new_session=True,
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

"""Signals that Slurm delivers to a step, by their numbers."""

import subprocess
import time

from sides import FEW, in_any_order, probe, run

DEADLINE_S = 200
# Those that a program can catch, without the two that the C library keeps for itself.
CATCHABLE = [number for number in range(1, 65) if number not in (9, 19, 32, 33)]
# Slurm's scancel takes no others.
SENT = [number for number in CATCHABLE if number < 32]


class Step:
    """A step that runs, with its stdin open."""

    def __init__(self, side, name, command):
        self.side, self.name, self.out = side, name, b''
        self.process = subprocess.Popen(
            side.step(['-n1', f'--job-name={name}'], command), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.wait_for(b'ready\n')
        self.step = self.find()

    def find(self):
        listed = run(['squeue', '-h', '-s', '-j', self.side.job, '-o', '%i %j']).out.decode()
        for line in listed.splitlines():
            step, _, name = line.partition(' ')
            if name == self.name:
                return step
        raise RuntimeError(f'no step {self.name} in: {listed}')

    def wait_for(self, text):
        """Until the task has said this; what it said is then gone."""
        deadline = time.monotonic() + DEADLINE_S
        while text not in self.out:
            got = self.read(deadline)
            if not got:
                raise RuntimeError(f'{self.side.name}: {self.name}: no {text!r} in {self.out!r}')
            self.out += got
        before, _, self.out = self.out.partition(text)
        return before

    def read(self, deadline):
        import select
        left = deadline - time.monotonic()
        ready, _, _ = select.select([self.process.stdout], [], [], max(left, 0))
        return self.process.stdout.read(65536) if ready else b''

    def send(self, number):
        sent = run(['scancel', f'--signal={number}', self.step])
        if sent.status != 0:
            raise RuntimeError(f'scancel: {sent.err!r}')

    def ask(self):
        """Has the task answer, and returns what it said before."""
        self.process.stdin.write(b'\n')
        return self.wait_for(b'alive\n')

    def end(self):
        out, err = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, self.out + out, in_any_order(self.side.neutral(err))


def caught(side):
    step = Step(side, 'caught', probe('catch'))
    seen = {}
    for number in SENT:
        step.send(number)
        text = b'got %d\n' % number
        try:
            seen[f'signal {number}, caught'] = step.wait_for(text) + text
        except RuntimeError as error:
            seen[f'signal {number}, caught'] = str(error)
            break
    seen['a task that caught all signals'] = step.end()
    return seen


def ignored(side):
    step = Step(side, 'ignored', probe('ignore'))
    seen = {}
    for number in SENT:
        step.send(number)
        seen[f'signal {number}, ignored'] = step.ask()
    seen['a task that ignored all signals'] = step.end()
    return seen


def deadly(number):
    def signal_step(side):
        step = Step(side, f'deadly{number}', probe('wait'))
        step.send(number)
        return {f'signal {number}, by default': step.end()}
    return signal_step


# By signal(7) these do not end a process; that STOP and its like stop one, others show.
HARMLESS = (17, 18, 19, 20, 21, 22, 23, 28)
PROBES = [caught, ignored]
PROBES += [deadly(number) for number in ((1, 9, 15) if FEW else range(1, 32)) if number not in HARMLESS]

"""The two sides of a comparison: a plain job, and the same job in a workspace."""

import os
import re
import subprocess
from dataclasses import dataclass

# Where the node is emulated, a step of 32 tasks takes minutes: of what is the same for every number,
# some numbers stand for all.
FEW = os.environ.get('FIDELITY_SAMPLE') == 'few'
# Of one command; where the node is emulated and loaded, a step takes its time.
DEADLINE_S = 400


@dataclass(frozen=True)
class Outcome:
    """What came of one command."""
    status: int
    out: bytes
    err: bytes


@dataclass(frozen=True)
class Side:
    """One side: its name, the job that waits there for steps, its node and sbatch's options."""
    name: str
    job: str
    node: str
    options: tuple

    def folder(self, name):
        """A folder of this side's own in the home, the same name on both sides."""
        path = os.path.expanduser(f'~/{self.name}/{name}')
        os.makedirs(path, exist_ok=True)
        return path

    def neutral(self, data):
        """Without what must differ between two jobs: their numbers, nodes and folders."""
        text = data if isinstance(data, bytes) else data.encode()
        text = re.sub(rb'\[?20[0-9]{2}-[0-9-]+T[0-9:.]+\]?', b'TIME', text)
        text = text.replace(b'/home/user1/' + self.name.encode(), b'/home/user1/SIDE')
        text = re.sub(rb'\b%s\b' % self.node.encode(), b'NODE', text)
        return re.sub(rb'(?<![0-9])%s(\.[0-9]+)?(?![0-9])' % self.job.encode(), b'JOB', text)

    def srun(self, options, command, data=None, **keywords):
        """Runs a step of the side's job."""
        return run(self.step(options, command), data, **keywords)

    def step(self, options, command):
        """The words of an srun that is a step of the side's job."""
        return ['srun', '--quiet', f'--jobid={self.job}', '--overlap', *options, *command]


def run(words, data=None, env=None, cwd=None, stdin=None, deadline_s=DEADLINE_S, **keywords):
    """Runs a command to its end. stdin is /dev/null unless data or a file is given."""
    environment = dict(os.environb)
    for name, value in (env or {}).items():
        environment[os.fsencode(name)] = os.fsencode(value)
    if data is None:
        keywords['stdin'] = stdin if stdin is not None else subprocess.DEVNULL
    ended = subprocess.run(words, input=data, env=environment, cwd=cwd, capture_output=True,
                           timeout=deadline_s, check=False, **keywords)
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def in_any_order(err):
    """The lines of srun and of slurmstepd, two processes that write when they come to it."""
    return sorted(err.splitlines())


def without_prolog(out):
    """Without what the lab's TaskProlog prints: of a task that is killed at once, not all of it may
    reach srun."""
    return b''.join(line for line in out.splitlines(keepends=True)
                    if line not in (b'said by the TaskProlog\n', b'with spaces before and behind  \n'))


def probe(*words):
    """The words of a call of the program that says what it sees."""
    return ['/home/user1/probe', *words]


def fields(text):
    """The probe's lines NAME<tab>VALUE, as a table."""
    table = {}
    for line in text.decode(errors='backslashreplace').splitlines():
        name, _, value = line.partition('\t')
        table[name] = value
    return table


def numbers_of(text):
    """Slurm's `0,3-5` as numbers."""
    numbers = []
    for part in text.split(','):
        low, _, high = part.partition('-')
        numbers += range(int(low), int(high or low) + 1)
    return numbers


def other_lines(side, outcome):
    """What is said on stderr besides how the tasks ended."""
    return [line for line in in_any_order(side.neutral(outcome.err)) if b': task' not in line]


def ends_by_task(side, outcome, count):
    """How each task of a step ended, by srun's own lines."""
    ends = {task: 'status 0' for task in range(count)}
    for line in side.neutral(outcome.err).decode().splitlines():
        told = re.match(r'srun: error: NODE: tasks? ([0-9,-]+): (.*)', line)
        if not told:
            continue
        for task in numbers_of(told[1]):
            ends[task] = told[2]
    return ends

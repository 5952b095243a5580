"""How a task ends, and what its step's and job's status then is."""

import signal

from sides import FEW, ends_by_task, other_lines, probe, without_prolog

# A program cannot set them; a task on the node has them as whoever started slurmd had.
OF_THE_C_LIBRARY = (32, 33)
# Tasks of one step: more would need more memory than the smallest VM has.
TASKS_AT_ONCE = 4 if FEW else 32


def statuses_from(base):
    def statuses(side):
        outcome = side.srun(['-O', f'-n{TASKS_AT_ONCE}', '-K0'], probe('exit', str(base)))
        ends = ends_by_task(side, outcome, TASKS_AT_ONCE)
        seen = {f'exit status {base + task}': end for task, end in ends.items()}
        seen[f'status of a step whose tasks end with {base} to {base + TASKS_AT_ONCE - 1}'] = \
            outcome.status, other_lines(side, outcome)
        return seen
    return statuses


def deaths_from(base):
    def deaths(side):
        outcome = side.srun(['-O', f'-n{TASKS_AT_ONCE}', '-K0'], probe('die', str(base)))
        ends = ends_by_task(side, outcome, TASKS_AT_ONCE)
        return {f'death by signal {base + task}': end for task, end in ends.items()
                if base + task not in OF_THE_C_LIBRARY}
    return deaths


def one_status(status):
    def step(side):
        outcome = side.srun(['-n1'], ['sh', '-c', f'exit {status}'])
        return {f'srun whose task ends with {status}':
                (outcome.status, outcome.out, side.neutral(outcome.err))}
    return step


def one_death(number):
    def step(side):
        outcome = side.srun(['-n1'], probe('die', str(number)))
        return {f'srun whose task dies by signal {number}':
                (outcome.status, without_prolog(outcome.out), side.neutral(outcome.err))}
    return step


def missing_programs(side):
    seen = {}
    for name, program in {'is not there': 'no-such-program', 'is not there, by path': '/no/such',
                          'is a folder': '/tmp', 'cannot be executed': '/etc/passwd'}.items():
        seen[f'program that {name}'] = side.srun(['-n1'], [program]).status
    return seen


PROBES = [statuses_from(base) for base in ((0, 124, 252) if FEW else range(0, 256, TASKS_AT_ONCE))]
PROBES += [deaths_from(base) for base in range(1, 17 if FEW else 65, TASKS_AT_ONCE)]
PROBES += [one_status(status) for status in ((0, 37) if FEW else (0, 1, 2, 37, 128, 130, 143, 255))]
PROBES += [one_death(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGKILL,
                                            signal.SIGSEGV, signal.SIGTERM, signal.SIGPIPE)]
PROBES += [missing_programs]

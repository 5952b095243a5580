"""Batch jobs: the script's own task, its files, and the job's state and exit code."""

import os
import re
import time

from inheritance import OF_THE_JOB
from sides import fields, run

# Jobs wait for each other, and for their VMs.
DEADLINE_S = 600
RESOURCES = ('-n1', '--mem=300M', '-t5')


def submit(side, options, script, name='job'):
    """Submits a script, waits for the job's end; its state, code, and the output files' folder."""
    folder = side.folder(f'batch-{name}')
    path = f'{folder}/script'
    with open(path, 'wb') as file:
        file.write(script if isinstance(script, bytes) else f'#!/bin/sh\n{script}\n'.encode())
    outcome = run(['sbatch', '--parsable', '-w', side.node, *RESOURCES, *side.options,
                   f'--chdir={folder}', '--output=out', *options, path, 'an argument', 'ä'])
    if outcome.status != 0:
        raise RuntimeError(f'sbatch: {outcome.err!r}')
    return outcome.out.decode().strip(), folder


# Of the states that a job passes, SIGNALING and its like are short.
ENDS = ('COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL', 'OUT_OF_MEMORY')


def wait(job):
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        shown = run(['scontrol', '-o', 'show', 'job', job]).out.decode()
        state = re.search(r'JobState=(\S+)', shown)[1]
        if state in ENDS:
            return state, re.search(r' ExitCode=(\S+)', shown)[1]
        time.sleep(0.2)
    raise RuntimeError(f'job {job} is {state} after {DEADLINE_S} s')


def read(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return None


def end_of(side, name, options, script):
    job, folder = submit(side, options, script, name)
    ended = wait(job)
    text = (read(f'{folder}/out') or b'').replace(job.encode(), b'JOB')
    return ended, side.neutral(text)


def endings(side):
    return {f'batch: a script that ends by {name}': end_of(side, f'end-{at}', [], script)
            for at, (name, script) in enumerate({
                'exit 3': 'echo said; exit 3',
                'its end, after lines on stdout and stderr in turns':
                    '/home/user1/probe same-file; /home/user1/probe both 300', 'SIGKILL': 'kill -KILL $$',
                'SIGTERM': 'kill -TERM $$', 'a missing interpreter': b'#!/no/such\n'}.items())}


def what_it_is_given(side):
    script = ('echo "$# $1 $2"; basename "$0"; cat "$0" | head -n1; /home/user1/probe state >state; '
              '/home/user1/probe environment >environment; readlink /proc/self/fd/0; '
              'test "$TMPDIR" = /tmp && echo TMPDIR; wc -c; ulimit -n; umask')
    job, folder = submit(side, ['--job-name=a name', '--comment=c'], script, 'given')
    ended = wait(job)
    seen = {'batch: its end and output': (ended, read(f'{folder}/out'))}
    for line, value in fields(side.neutral(read(f'{folder}/state'))).items():
        seen[f'batch state: {line}'] = value
    for variable, value in fields(side.neutral(read(f'{folder}/environment'))).items():
        seen[f'batch environment: {variable}'] = \
            '(of the job)' if variable in OF_THE_JOB else value.replace(job, 'JOB')
    return seen


def files(side):
    job, folder = submit(side, ['--output=o-%j-%x-%u-%N-%a', '--error=e-%A', '--job-name=name'],
                         'echo out; echo err >&2', 'files')
    ended = wait(job)
    names = sorted(name for name in os.listdir(folder) if name[:2] in ('o-', 'e-'))
    return {'batch: --output and --error':
            (ended, [(name.replace(job, 'JOB').replace(side.node, 'NODE'), read(f'{folder}/{name}'))
                     for name in names])}


def exported(side):
    os.environ['FIDELITY_BATCH'] = 'exported'
    return {f'batch: {option}': end_of(side, f'export-{at}', [option],
                                       '/home/user1/probe environment FIDELITY_; echo $HOME')
            for at, option in enumerate(('--export=NONE', '--export=FIDELITY_BATCH,FIDELITY_X=y'))}


def signalled(name, option):
    """--signal counts back from the end of the job's time; Slurm sends it up to half a minute early.
    The script runs by then, inside as well."""
    def job(side):
        script = ('trap "echo got USR1; exit 5" USR1; trap "echo got USR2; exit 6" USR2\n'
                  'i=0; while test $i -lt 1000; do sleep 0.1; i=$((i + 1)); done')
        return {f'batch: --signal {name}': end_of(
            side, f'signal-{option[2:4].strip(":")}', [f'--signal={option}@8', '-t1'], script)}
    return job


def cancelled(side):
    seen = {}
    for name, options in (('scancel', []), ('scancel --signal=USR1 --batch', ['-s', 'USR1', '-b']),
                          ('scancel --signal=KILL', ['-s', 'KILL'])):
        job, folder = submit(
            side, [], 'trap "echo got TERM; exit 7" TERM; trap "echo got USR1; exit 8" USR1\n'
            'echo ready; i=0; while test $i -lt 500; do sleep 0.1; i=$((i + 1)); done',
            f'cancel-{len(seen)}')
        deadline = time.monotonic() + DEADLINE_S
        while b'ready' not in (read(f'{folder}/out') or b''):
            if time.monotonic() > deadline:
                raise RuntimeError(f'job {job} does not run after {DEADLINE_S} s')
            time.sleep(0.1)
        run(['scancel', *options, job])
        ended = wait(job)
        text = (read(f'{folder}/out') or b'').replace(job.encode(), b'JOB')
        # Whether the shell still tells of its sleep's end is a race with its own.
        lines = (line for line in side.neutral(text).splitlines() if line != b'Terminated')
        seen[f'batch: {name}'] = (ended, sorted(lines))
    return seen


def large_script(side):
    script = b'#!/bin/sh\n' + b': comment\n' * 100000 + b'echo "$1"; exit 2\n'
    return {'batch: a script of 1 MB': end_of(side, 'large', [], script)}


PROBES = [endings, what_it_is_given, files, exported, signalled('to the script', 'B:USR1'),
          signalled('by its number', 'B:12'), cancelled, large_script]

"""The life of steps: what ends them, and what is then left."""

import os
import signal
import subprocess
import time

from sides import ends_by_task, other_lines, probe, run, without_prolog


def told(side, outcome, tasks=1):
    """Lines come in any order, and srun names the tasks that ended alike in one line or in several."""
    return outcome.status, sorted(without_prolog(outcome.out).splitlines()), \
        ends_by_task(side, outcome, tasks), other_lines(side, outcome)


RANK_0 = 'test "$SLURM_PROCID" = 0 && {first}; exec /home/user1/probe stay {rest}'


def of_three(side, options, first, rest):
    return told(side, side.srun(['-n3', '-O', *options],
                                ['sh', '-c', RANK_0.format(first=first, rest=rest)]), 3)


def bad_exits(side):
    return {
        '--kill-on-bad-exit, a status': of_three(side, ['-K'], 'exit 3', 40),
        '--kill-on-bad-exit, a signal': of_three(side, ['-K'], 'kill -TERM $$', 40),
        '--kill-on-bad-exit, a good end': of_three(side, ['-K'], 'exit 0', 0.5),
        '--kill-on-bad-exit=0': of_three(side, ['-K0'], 'exit 3', 0.5),
        'a bad end by default': of_three(side, [], 'exit 4', 0.5),
    }


def waits(side):
    return {'--wait=1': of_three(side, ['--wait=1'], 'exit 0', 40),
            '--wait=10': of_three(side, ['--wait=10'], 'exit 0', 0.5),
            '--no-kill': told(side, side.srun(['-n1', '--no-kill'], ['sh', '-c', 'exit 6'])),
            '--quit-on-interrupt': told(side, side.srun(['-n1', '--quit-on-interrupt'], ['true'])),
            '--preserve-env': told(side, side.srun(['-n1', '--preserve-env'], ['true'])),
            '--exclusive': told(side, side.srun(['-n1', '--exact', '-c1'], ['echo', 'exact']))}


def children(side):
    """What a task leaves in the background goes on only while its step does.

    Not for long: the lab's proctrack/linuxproc does not find such a process on the node, and the
    step waits for it."""
    seen = {}
    for name, rest in (('in its group', []), ('in a session of its own', ['setsid'])):
        path = f'{side.folder("children")}/{len(rest)}'
        outcome = side.srun(['-n1'], probe('leave', '3', path, *rest))
        time.sleep(0.5)
        size = os.path.getsize(path)
        time.sleep(0.5)
        seen[f'background process {name}, after its step'] = (
            outcome.status, 'runs' if os.path.getsize(path) > size else 'is gone')
    path = f'{side.folder("children")}/long'
    script = ('test "$SLURM_PROCID" = 0 && exec /home/user1/probe leave 3 ' + path +
              '; sleep 1; stat -c %s ' + path + ' >' + path + '.1; sleep 0.5; stat -c %s ' + path +
              ' >' + path + '.2')
    side.srun(['-n2', '-O'], ['sh', '-c', script])
    sizes = []
    for end in '12':
        with open(f'{path}.{end}', encoding='ascii') as file:
            sizes.append(int(file.read()))
    seen['background process of an ended task, while another task of the step runs'] = \
        'runs' if sizes[1] > sizes[0] else 'is gone'
    seen['background process that holds stdout'] = told(side, side.srun(
        ['-n1'], ['sh', '-c', 'sleep 2 & echo $? said']))
    return seen


def interrupted(name, act):
    """A step that is ended from outside while it runs."""
    def step(side):
        path = f'{side.folder("interrupted")}/{name.replace(" ", "-")}'
        words = side.step(['-n1', f'--job-name={name.replace(" ", "-")}'],
                          ['sh', '-c', f'trap "echo got TERM; exit 9" TERM; echo >{path}; '
                           'i=0; while test $i -lt 80; do sleep 0.1; i=$((i + 1)); done'])
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            deadline = time.monotonic() + 200
            while not os.path.exists(path) and time.monotonic() < deadline:
                time.sleep(0.05)
            act(side, process, name.replace(' ', '-'))
            out, _ = process.communicate(timeout=200)
        # Which of srun's and slurmstepd's lines still come is a race, and whether a task dies by
        # srun's INT or by the KILL that follows it at once.
        status = 'INT or KILL' if process.returncode in (130, 137) else process.returncode
        return {f'step that is ended by {name}': (status, without_prolog(out))}
    return step


def cancel(side, _, name):
    listed = run(['squeue', '-h', '-s', '-j', side.job, '-o', '%i %j']).out.decode()
    step = next(line.split()[0] for line in listed.splitlines() if line.split()[1] == name)
    run(['scancel', step])


def send(number, times=1):
    def act(_, process, __):
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.3)
    return act


def out_of_time(side):
    """A step's own time limit. Slurm looks at it every half minute, and counts whole minutes."""
    seen = {}
    for name, script in (
            ('by default', 'echo begin; exec sleep 300'),
            # Of a child in the background the shell does not say that it was ended, too.
            ('that catches TERM', 'trap "echo got TERM; exit 9" TERM; sleep 300 & echo begin; wait')):
        outcome = side.srun(['-n1', '-t1'], ['sh', '-c', script])
        seen[f'step that is out of its time, {name}'] = told(side, outcome)
    return seen


PROBES = [out_of_time, bad_exits, waits, children, interrupted('scancel', cancel),
          interrupted('TERM to srun', send(signal.SIGTERM)),
          interrupted('INT to srun twice', send(signal.SIGINT, 2)),
          interrupted('HUP to srun', send(signal.SIGHUP)),
          interrupted('QUIT to srun', send(signal.SIGQUIT))]

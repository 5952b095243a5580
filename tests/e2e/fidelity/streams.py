"""What a task reads and writes, and what srun makes of it."""

import glob
import hashlib
import os
import re
import subprocess

from sides import fields, probe, run

MIB = 1 << 20
# Each way. FIDELITY_STREAM_MIB=1024 for a long look.
STREAM_BYTES = int(os.environ['FIDELITY_STREAM_MIB']) * MIB


def seen_by(outcome, side):
    return outcome.status, outcome.out, side.neutral(outcome.err)


def inputs(side):
    seen = {}
    with open('/home/user1/input', 'rb') as file:
        seen['stdin: a file'] = seen_by(side.srun(['-n1'], probe('digest'), stdin=file), side)
    for name, options, data in (
            ('/dev/null', [], None), ('a pipe', [], b'some bytes\n'), ('an empty pipe', [], b''),
            ('no newline', [], b'no newline'), ('zeros', [], bytes(100000)),
            ('one window and a byte', [], b'w' * (256 * 1024 + 1)), ('3 MiB', [], b'3' * 3 * MIB),
            ('--input=none', ['--input=none'], b'not to be read'),
            ('--input=FILE', ['--input=/home/user1/input'], b'not to be read'),
            ('--input=all', ['--input=all'], b'for all'),
            ('a file that is missing', ['--input=/no/such'], None)):
        seen[f'stdin: {name}'] = seen_by(side.srun(['-n1', *options], probe('digest'), data), side)
    # srun itself hangs where its own stdin is closed.
    seen['stdin: closed by the task'] = seen_by(side.srun(
        ['-n1'], ['sh', '-c', 'exec <&-; /home/user1/probe digest'], b'not to be read'), side)
    state = fields(side.srun(['-n1', '--input=none'], probe('state')).out)
    seen['stdin: --input=none is'] = state.get('descriptor 0')
    return seen


def input_of_many(side):
    seen = {}
    for name, options in (('to all tasks', []), ('to the first', ['--input=0']),
                          ('to the last', ['--input=3']), ('to none', ['--input=none'])):
        outcome = side.srun(['-n4', '-O', '--label', *options], probe('digest'), b'x' * 100000)
        seen[f'stdin of four tasks: {name}'] = (outcome.status, sorted(outcome.out.splitlines()),
                                                outcome.err)
    return seen


def unread_input(side):
    return {'stdin: that nobody reads':
            seen_by(side.srun(['-n1'], ['sh', '-c', 'echo done; exit 3'], b'u' * 4 * MIB), side)}


def outputs(side):
    seen = {}
    for name, options, words in (
            ('both streams', [], probe('both', '300')),
            ('no newline at the end', [], ['printf', 'no newline']),
            ('nothing', [], ['true']), ('NUL bytes', [], ['printf', r'a\000b\n\000']),
            ('a line of 200,000', [], ['sh', '-c', 'head -c 200000 /dev/zero | tr "\\0" l; echo']),
            ('--label', ['--label'], probe('both', '50')),
            ('--label without a newline', ['--label'], ['printf', 'one\ntwo']),
            ('--label of an empty line', ['--label'], ['printf', '\n\n']),
            ('--unbuffered', ['--unbuffered'], ['printf', 'one\ntwo']),
            ('--unbuffered and --label', ['--unbuffered', '--label'], ['printf', 'one\ntwo\n']),
            ('--output=none', ['--output=none'], probe('both', '5')),
            ('--error=none', ['--error=none'], probe('both', '5')),
            ('stdout closed', [], probe('closed', '1')), ('stderr closed', [], probe('closed', '2')),
            ('all closed', [], ['sh', '-c', 'exec <&- >&- 2>&-; sleep 0.2; exit 4']),
            ('one file for both', [], probe('same-file')),
            ('opened again by name', [], ['sh', '-c', 'echo o >/dev/stdout; echo e >/dev/stderr'])):
        outcome = side.srun(['-n1', *options], words)
        seen[f'output: {name}'] = seen_by(outcome, side)
    return seen


def output_of_many(side):
    seen = {}
    for name, options in (('--label', ['--label']), ('unlabelled', []),
                          ('the first alone', ['--output=0']), ('all', ['--output=all']),
                          ('--label of twelve', ['--label', '-n12'])):
        outcome = side.srun(['-n3', '-O', *options], probe('both', '20'))
        seen[f'output of many: {name}'] = (outcome.status, sorted(outcome.out.splitlines()),
                                           sorted(outcome.err.splitlines()))
    return seen


PATTERNS = ('out', 'out-%j', 'out-%J', 'out-%s', 'out-%t', 'out-%2t', 'out-%n', 'out-%N', 'out-%u',
            'out-%x', 'out-%%', 'out-%A', 'out-%4j', 'a b', 'out\\%j')


def output_files(side):
    """Names that srun or the node makes, their content, their owner and mode."""
    seen = {}
    for at, pattern in enumerate(PATTERNS):
        folder = side.folder(f'output-{at}')
        outcome = side.srun(['-n2', '-O', f'--output={folder}/{pattern}',
                             f'--error={folder}/err-%t'], probe('both', '3'))
        files = []
        for path in sorted(glob.glob(f'{glob.escape(folder)}/*')):
            name = side.neutral(os.path.basename(path))
            if pattern.endswith('%s'):
                name = re.sub(rb'-[0-9]+$', b'-STEP', name)
            with open(path, 'rb') as file:
                files.append((name, oct(os.stat(path).st_mode), sorted(file.read().splitlines())))
        seen[f'--output={pattern}'] = (outcome.status, outcome.out, side.neutral(outcome.err), files)
    return seen


def open_modes(side):
    seen = {}
    path = f'{side.folder("modes")}/file'
    for mode in ('append', 'truncate'):
        with open(path, 'w', encoding='ascii') as file:
            file.write('before\n')
        outcome = side.srun(['-n1', f'--output={path}', f'--open-mode={mode}'], ['echo', 'after'])
        with open(path, 'rb') as file:
            seen[f'--open-mode={mode}'] = (outcome.status, file.read())
    return seen


def broken_pipe(side):
    words = side.step(['-n1'], probe('write', str(16 * MIB), '3'))
    piped = subprocess.run(['bash', '-c', '"$@" 2>/dev/null | head -c 1000 | wc -c; '
                            'echo "${PIPESTATUS[*]}"', 'bash', *words],
                           capture_output=True, check=False, timeout=400)
    inside = side.srun(['-n1'], ['sh', '-c', '/home/user1/probe write 1000000 3 2>/dev/null | true; '
                                 'echo done'])
    return {'output: that nobody reads': piped.stdout,
            'output: a pipe of the task\'s own, that nobody reads': seen_by(inside, side)}


def digest_of(stream):
    sum_of, total = hashlib.sha256(), 0
    while block := stream.read(MIB):
        sum_of.update(block)
        total += len(block)
    return total, sum_of.hexdigest()


def large_output(side):
    words = side.step(['-n1'], probe('write', str(STREAM_BYTES), '5'))
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        digest = digest_of(process.stdout)
        told = process.stderr.read()
    return {'output: a large stream': (process.returncode, digest, told)}


def large_input(side):
    with subprocess.Popen(probe('write', str(STREAM_BYTES), '6'), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as source:
        outcome = run(side.step(['-n1'], probe('digest')), stdin=source.stdout)
    return {'stdin: a large stream': seen_by(outcome, side)}


def round_trip(side):
    source = subprocess.Popen(probe('write', str(STREAM_BYTES // 4), '8'), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    with subprocess.Popen(side.step(['-n1'], probe('copy')), stdin=source.stdout,
                          stdout=subprocess.PIPE) as process:
        source.stdout.close()
        digest = digest_of(process.stdout)
    source.wait()
    return {'both ways: a large stream': (process.returncode, digest)}


PROBES = [large_output, large_input, round_trip, inputs, input_of_many, unread_input, outputs,
          output_of_many, output_files, open_modes, broken_pipe]

"""What a task is given: arguments, environment, limits, and the rest of a process's state."""

import os
import resource

from sides import fields, probe

WORDS = {
    'empty': '', 'space': ' ', 'spaces': '  a  b  ', 'tab': '\t', 'newline': 'two\nlines',
    'only newline': '\n', 'carriage return': 'a\r\n', 'double quote': '"', 'single quote': "'",
    'quotes': '"a" \'b\' `c`', 'backslash': '\\', 'backslash n': '\\n', 'backslashes': '\\\\\\',
    'dollar': '$HOME', 'braces': '${HOME}', 'command': '$(id)', 'star': '*', 'question mark': '?',
    'bracket': '[a-z]', 'tilde': '~', 'hash': '#', 'bang': '!', 'semicolon': ';', 'pipe': '|',
    'ampersand': '&', 'redirection': '>x <y', 'percent': '%j %% %s', 'equals': 'A=B',
    'comma': 'a,b', 'dash': '-', 'two dashes': '--', 'option': '--workspace=none',
    'long option': '--help', 'umlaut': 'ü', 'beyond the BMP': '𝄞', 'not UTF-8': b'\xff\xfe\x80',
    'latin-1': b'caf\xe9', 'every byte': bytes(range(1, 256)), 'control': '\x01\x1b[31m\x7f',
    '1 KiB': 'k' * 1024, '64 KiB': 'x' * 65536, '100 KiB': '0123456789' * 10240,
    'the longest that execve takes': 'm' * (131072 - 1),
}


def arguments(side):
    outcome = side.srun(['-n1'], [*probe('argv'), *(os.fsencode(word) for word in WORDS.values())])
    table = fields(outcome.out)
    seen = {f'argument: {name}': table.get(str(at)) for at, name in enumerate(WORDS)}
    seen['arguments: their number'] = (table.get('argc'), outcome.status)
    return seen


def many_arguments(side):
    outcome = side.srun(['-n1'], probe('argv', *(f'{n}' for n in range(5000))))
    return {'arguments: 5000': (outcome.status, outcome.out, outcome.err)}


def program_names(side):
    seen = {}
    for name, (words, keywords) in {
            'absolute path': (probe('argv'), {}),
            'relative path': (['./probe', 'argv'], {'cwd': '/home/user1'}),
            'path with ..': (['bin/../probe', 'argv'], {'cwd': '/home/user1'}),
            'found in PATH': (['probe', 'argv'], {'env': {'PATH': '/home/user1:/usr/bin:/bin'}}),
            'not in PATH, but where srun is called':
                (['probe', 'argv'], {'cwd': '/home/user1'}),
            'found in a relative part of PATH':
                (['probe', 'argv'], {'cwd': '/home/user1/bin', 'env': {'PATH': '/usr/bin:/bin:..'}}),
    }.items():
        outcome = side.srun(['-n1'], words, **keywords)
        seen[f'argv[0]: {name}'] = (outcome.status, fields(outcome.out).get('argv[0]'))
    return seen


def environment(side):
    env = {f'FIDELITY_{at}': word for at, word in enumerate(WORDS.values()) if len(word) < 131000}
    env['FIDELITY_100KIB'] = 'v' * 102400
    outcome = side.srun(['-n1'], probe('environment', 'FIDELITY_'), env=env)
    table = fields(outcome.out)
    seen = {f'variable: {name}': table.get(f'FIDELITY_{at}') for at, name in enumerate(WORDS)}
    seen['variable: 100 KiB value'] = table.get('FIDELITY_100KIB')
    seen['variables: their number'] = (len(table), outcome.status)
    return seen


def odd_names(side):
    env = {'fidelity.dot': '1', 'fidelity-dash': '2', 'fidelity space': '3', 'fidelity_é': '4',
           'fidelity%': '5', 'fidelity()': '() { :; }', 'fidelity_fn%%': '() {  echo x\n}'}
    table = fields(side.srun(['-n1'], probe('environment', 'fidelity'), env=env).out)
    return {f'variable with the name {name}': table.get(name) for name in env}


def many_variables(side):
    env = {f'FIDELITY_{n}': f'value {n}' for n in range(10000)}
    outcome = side.srun(['-n1'], probe('environment', 'FIDELITY_'), env=env)
    return {'variables: 10,000': (outcome.status, outcome.out, outcome.err)}


# What Slurm says of two jobs that are not the same one, and on different nodes.
OF_THE_JOB = {'SLURM_JOB_ID', 'SLURM_JOBID', 'SLURM_STEP_ID', 'SLURM_STEPID', 'SLURM_TASK_PID',
              'SLURM_SRUN_COMM_PORT', 'SLURM_LAUNCH_NODE_IPADDR', 'SLURM_STEP_LAUNCHER_PORT',
              'SLURM_TOPOLOGY_ADDR', 'SLURM_JOB_START_TIME', 'SLURM_JOB_END_TIME'}


def whole_environment(side):
    """Every variable that a task has, by its name."""
    table = fields(side.neutral(side.srun(['-n1'], probe('environment')).out))
    return {f'environment: {name}': '(of the job)' if name in OF_THE_JOB else value
            for name, value in table.items()}


EXPORTS = {
    'NONE': ['--export=NONE'], 'ALL': ['--export=ALL'], 'NIL': ['--export=NIL'],
    'a name': ['--export=FIDELITY_A'], 'names': ['--export=FIDELITY_A,FIDELITY_B'],
    'a value': ['--export=FIDELITY_A=other'], 'ALL and a value': ['--export=ALL,FIDELITY_C=new'],
    'a value with spaces': ['--export=ALL,FIDELITY_C=a b  c'],
    'an empty value': ['--export=ALL,FIDELITY_A='],
    'a quoted comma': ['--export=ALL,FIDELITY_C=\'a,b\''],
    'a name that is not set': ['--export=FIDELITY_NOT_SET'],
}


def exports(side):
    seen = {}
    env = {'FIDELITY_A': 'one', 'FIDELITY_B': 'two words'}
    for name, options in EXPORTS.items():
        outcome = side.srun(['-n1', *options], probe('environment', 'FIDELITY_'), env=env)
        seen[f'--export with {name}'] = (outcome.status, outcome.out, outcome.err)
        path = fields(side.srun(['-n1', *options], probe('environment', 'PATH'), env=env).out)
        seen[f'PATH by --export with {name}'] = path.get('PATH')
    outcome = side.srun(['-n1', '--export-file=exports'], probe('environment', 'FIDELITY_'),
                        cwd='/home/user1')
    seen['--export-file'] = (outcome.status, outcome.out, outcome.err)
    return seen


def temporary_folder(side):
    seen = {}
    folder = side.folder('tmpdir')
    for name, env in {'the default': {}, 'made when it is missing': {'TMPDIR': f'{folder}/new'},
                      'there': {'TMPDIR': folder}, 'empty': {'TMPDIR': ''},
                      'in a folder that is missing': {'TMPDIR': f'{folder}/no/such'},
                      'a file': {'TMPDIR': '/etc/passwd'},
                      'set to what cannot be made': {'TMPDIR': '/proc/no'}}.items():
        outcome = side.srun(['-n1'], ['sh', '-c', 'echo "${TMPDIR-unset}"; test -d "$TMPDIR"; echo $?'],
                            env=env)
        seen[f'TMPDIR: {name}'] = (outcome.status, side.neutral(outcome.out))
        if outcome.err:
            seen[f'TMPDIR: {name}, as told'] = side.neutral(outcome.err)
    return seen


def task_prolog(side):
    """The lab's TaskProlog says a line of every kind."""
    env = {'FIDELITY_CHANGED': 'before', 'FIDELITY_UNSET': 'before'}
    outcome = side.srun(['-n1'], probe('environment', 'FIDELITY_'), env=env)
    seen = {f'TaskProlog: {name}': value
            for name, value in fields(side.neutral(outcome.out)).items()}
    seen['TaskProlog: its variables are not missing'] = seen.get('TaskProlog: FIDELITY_PROLOG')
    seen['TaskProlog: stderr and status'] = (outcome.status, outcome.err)
    for status in ('1', '3', '255'):
        failed = side.srun(['-n1'], ['echo', 'runs'], env={'SLURM_FIDELITY_STATUS': status})
        seen[f'TaskProlog: that ends with {status}'] = (failed.status, failed.out)
        seen[f'TaskProlog: that ends with {status}, as told'] = \
            sorted(side.neutral(failed.err).splitlines())
    two = side.srun(['-n2', '-O', '--label'], ['true'])
    seen['TaskProlog: of two tasks'] = sorted(side.neutral(two.out).splitlines())
    return seen


def variables_of_two_tasks(side):
    outcome = side.srun(['-n2', '-O', '--label'], ['sh', '-c', 'echo "TMPDIR=$TMPDIR"'])
    return {'TMPDIR of two tasks': sorted(outcome.out.splitlines())}


def state(side):
    table = fields(side.neutral(side.srun(['-n1'], probe('state')).out))
    return {f'state: {name}': value for name, value in table.items()}


def limited(name, number, soft, hard=None):
    """A limit of the user's shell travels with the job."""
    def step(side):
        def lower():
            resource.setrlimit(number, (soft, hard if hard is not None else
                                        resource.getrlimit(number)[1]))
        table = fields(side.srun(['-n1'], probe('state'), preexec_fn=lower).out)
        return {f'limit {name} of {soft}: {which}': table.get(f'{which} limit {name}')
                for which in ('soft', 'hard')}
    return step


def not_propagated(side):
    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
        resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096))
    seen = {}
    for what in ('NONE', 'ALL', 'CORE', 'NOFILE'):
        outcome = side.srun(['-n1', f'--propagate={what}'], probe('state'), preexec_fn=lower)
        table = fields(outcome.out)
        for limit in ('nofile', 'core'):
            seen[f'--propagate={what}: {limit}'] = table.get(f'soft limit {limit}')
    return seen


def masks(side):
    seen = {}
    for mask in (0, 0o002, 0o022, 0o027, 0o077, 0o777):
        outcome = side.srun(['-n1'], probe('state'), preexec_fn=lambda mask=mask: os.umask(mask))
        seen[f'umask {mask:03o}'] = fields(outcome.out).get('status Umask:')
    return seen


def folders(side):
    seen = {}
    for name, (options, cwd) in {
            'where srun is called': ([], '/home/user1/a dir'),
            '--chdir': (['--chdir=/home/user1/a dir'], '/home/user1'),
            '--chdir to a relative path': (['--chdir=a dir'], '/home/user1'),
            '--chdir to a link': (['--chdir=/home/user1/link'], '/home/user1'),
            '--chdir to the root': (['--chdir=/'], '/home/user1'),
            '--chdir to /tmp': (['--chdir=/tmp'], '/home/user1'),
            'a name that is not UTF-8': ([], b'/home/user1/d\xff'),
            '--chdir to what is not there': (['--chdir=/no/such'], '/home/user1')}.items():
        outcome = side.srun(['-n1', *options], ['sh', '-c', 'pwd; pwd -P; echo "$PWD"'], cwd=cwd)
        seen[f'working directory: {name}'] = (outcome.status, outcome.out,
                                              side.neutral(outcome.err))
    return seen


PROBES = [arguments, many_arguments, program_names, environment, odd_names, many_variables,
          whole_environment, exports, temporary_folder, task_prolog, variables_of_two_tasks, state, not_propagated, masks, folders]
PROBES += [limited('core', resource.RLIMIT_CORE, 0), limited('core', resource.RLIMIT_CORE, 1 << 20),
           limited('nofile', resource.RLIMIT_NOFILE, 256), limited('cpu', resource.RLIMIT_CPU, 1000),
           limited('fsize', resource.RLIMIT_FSIZE, 1 << 30), limited('nproc', resource.RLIMIT_NPROC, 2000),
           limited('stack', resource.RLIMIT_STACK, 1 << 22), limited('data', resource.RLIMIT_DATA, 1 << 33),
           limited('as', resource.RLIMIT_AS, 1 << 40), limited('memlock', resource.RLIMIT_MEMLOCK, 65536),
           limited('nofile', resource.RLIMIT_NOFILE, 512, 1024)]

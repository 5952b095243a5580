"""Where a task in a workspace differs from one on the node, and must.

Each entry has the name of the case, by fnmatch, why it differs, and what the workspace makes of it,
as a regular expression. A case that stands here and does not differ, or differs in another way,
fails the suite like one that differs and does not stand here."""

EXPECTED = [
    ('program that is not there*',
     'slurmstepd ends such a task with an errno, which is as well a status of programs; 127 is what '
     'a shell says, and no program of its own', r'127'),
    ('program that *', 'the same: 126 for a program that cannot be executed', r'126'),
    ('TMPDIR: *, as told',
     "the agent's own words for what slurmstepd says in two lines",
     r"b\"workspace: cannot make TMPDIR '.*': .*; it is /tmp now\\n\""),
    ('TaskProlog: that ends with *, as told', "workspace-exec's words instead of slurmstepd's",
     r"\[b'srun: error: NODE: task 0: Exited with exit code ([0-9]+)', "
     r"b'workspace: TaskProlog /etc/slurm/task_prolog failed status=\1'\]"),
    ('PATH by --export *', "the system's folders are completed behind it (workspace(1), ENVIRONMENT)",
     r'.*/usr/local/sbin.*'),
    ('*environment: PATH', 'the same', r'.*/usr/local/sbin.*'),
    ('*environment: SHELL', "the account's shell where the image lacks the user's", r"'/bin/sh'"),
    ('*environment: WORKSPACE_IMAGE', 'tells a task its image', r"'tiny:1'"),
    ('batch: --export=NONE', 'HOME is given where it is missing', r'.*\\n/home/user1\\n.*'),
    ('batch: --export=FIDELITY_BATCH,FIDELITY_X=y', 'the same', r'.*\\n/home/user1\\n.*'),
    ('*state: * limit sigpending',
     "a kernel makes this limit of its memory's size, and the VM has less than the node; Slurm does "
     'not hand it on', r'[1-9][0-9]+'),
    ('batch environment: SLURM_SPANK_*', "the job's request for a workspace", r'.+'),
    ('batch environment: SHLVL', "a variable of the image's shell", r".*"),
    ('batch state: descriptor 2', 'what is a file on the node is a pipe inside, whose bytes go there',
     'pipe'),
    ('batch: a script that ends by a missing interpreter', 'as for a program that cannot be executed',
     r".*'126:0'.*: its interpreter does not exist inside the workspace.*"),
    ('background process of an ended task, while another task of the step runs',
     'a connection carries one task, and all that it started ends with it; slurmstepd waits for the '
     "step's last task of the node", 'is gone'),
]

"""The places of a program's run at which a fault may strike: its system calls, as strace counts them."""

import errno
import re
from dataclasses import dataclass

# By these a program changes the node or asks somebody; between two of them nothing can be lost that was
# not lost at one of them.
CALLS = (
    "clone,clone3,vfork,execve,connect,sendmsg,sendto,write,writev,pwrite64,openat,mkdir,mkdirat,rename,renameat,"
    "renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,fsync,fdatasync,fchmod,fchmodat,fchown,fchownat,"
    "ftruncate,fallocate,flock,ioctl,setns,unshare,mount,umount2,socket"
)
# Of the files that are opened, those of the programs' libraries are of no interest.
READS_ONLY = re.compile(r"^openat\(.*O_RDONLY")
# The first of strace's log is its own: the program's begin.
FIRST = re.compile(r"^execve\(.* = 0$")
# Who waits for something looks again and again, on a slow machine more often: of calls that are alike but for
# their numbers so many are points.
MOST_LOOKS = 8
KILL = "KILL"
# The plugin's own calls, among all those of slurmstepd, are counted by plugin_faults.c.
PLUGIN = "plugin"
ERRORS = ("ENOSPC", "EIO", "EMFILE", "ENOMEM", "EINTR")


@dataclass(frozen=True)
class Point:
    """The `number`th `call` of the run, the `place`th of all its points. `line` is what strace said of it."""

    program: str
    call: str
    number: int
    place: int
    line: str

    def __str__(self):
        return f"{self.program} {self.place + 1}: {self.line[:100]}"


@dataclass(frozen=True)
class Fault:
    """SIGKILL or an error at a point."""

    point: Point
    kind: str

    def plan(self):
        """What plugin_faults.c wants, or strace(1)."""
        if self.point.program == PLUGIN:
            return f"{self.point.place + 1} {0 if self.kind == KILL else getattr(errno, self.kind)}"
        what = "signal=KILL" if self.kind == KILL else f"error={self.kind}"
        return f"-e inject={self.point.call}:{what}:when={self.point.number}"

    def __str__(self):
        return f"{self.kind} at {self.point}"


def points_in(program, log):
    """All points in a log that `strace -e trace=CALLS` wrote."""
    counts, looks, points = {}, {}, []
    for line in log.splitlines():
        match = re.match(r"(\w+)\(", line)
        if not match:
            continue
        call = match.group(1)
        counts[call] = counts.get(call, 0) + 1
        look = re.sub(r"\d+", "", line)
        looks[look] = looks.get(look, 0) + 1
        if not READS_ONLY.match(line) and not FIRST.match(line) and looks[look] <= MOST_LOOKS:
            points.append(Point(program, call, counts[call], len(points), line))
    return points


def spread(points, count, seed=0):
    """`count` of them, evenly, others for each seed; all where count is 0 or more than there are."""
    if count == 0 or count >= len(points):
        return points
    return [points[(index * len(points) // count + seed) % len(points)] for index in range(count)]


def faults_at(points, errors, seed):
    """At each point SIGKILL and `errors` of the errors, in turns."""
    # slurmstepd's own death is Slurm's to put right.
    turns = [Fault(point, KILL) for point in points if "(slurmstepd)" not in point.line]
    for turn in range(errors):
        turns += [Fault(point, ERRORS[(point.place + turn + seed) % len(ERRORS)]) for point in points]
    return turns

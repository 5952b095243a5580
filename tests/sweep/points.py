"""The places of a program's run at which a fault may strike: its system calls, as strace counts them."""

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
ERRORS = ("ENOSPC", "EIO", "EMFILE", "ENOMEM", "EINTR")


@dataclass(frozen=True)
class Point:
    """The `number`th `call` of the run, the `place`th of all its points. `line` is what strace said of it."""

    call: str
    number: int
    place: int
    line: str

    def __str__(self):
        return f"{self.call} {self.number}: {self.line[:100]}"


def points_in(log):
    """All points in a log that `strace -e trace=CALLS` wrote."""
    counts, points = {}, []
    for line in log.splitlines():
        match = re.match(r"(\w+)\(", line)
        if not match:
            continue
        call = match.group(1)
        counts[call] = counts.get(call, 0) + 1
        if not READS_ONLY.match(line):
            points.append(Point(call, counts[call], len(points), line))
    return points


def spread(points, count):
    """`count` of them, evenly; all where count is 0 or more than there are."""
    if count == 0 or count >= len(points):
        return points
    return [points[index * len(points) // count] for index in range(count)]


def killing(point):
    return f"{point.call}:signal=KILL:when={point.number}"


def failing(point):
    """The errors in turn."""
    return f"{point.call}:error={ERRORS[point.place % len(ERRORS)]}:when={point.number}"


FAULTS = {"kill": killing, "error": failing}

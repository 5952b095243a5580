"""What there is on a node of all that jobs make, as numbers; and whether a process's memory is flat."""

import time

# A `NAME: NUMBER` a line; the arguments are where files are counted. The kernel has more threads at times and
# fewer at others.
COUNTS = r"""
uri=$(sed -n 's/^hypervisor: *//p' /etc/workspace/workspace.yaml 2>/dev/null)
[ -z "$uri" ] || echo "domains: $(virsh -q -c "$uri" list --all --name | grep -c .)"
echo "processes: $(ps -e -o ppid=,comm= |
    awk -v kernel="$(pgrep -x kthreadd)" '$1 != kernel && $2 !~ /^(ps|awk|sh|wc)$/' | wc -l)"
echo "network namespaces: $(ip netns list | wc -l)"
echo "links: $(ip -o link show | wc -l)"
echo "mounts: $(wc -l </proc/self/mountinfo)"
echo "loop devices: $(losetup -ln -O BACK-FILE | grep -c workspace)"
echo "cgroups: $(find /sys/fs/cgroup -type d -name '*workspace*' 2>/dev/null | wc -l)"
echo "files: $(find "$@" -xdev 2>/dev/null | grep -vc /run/lab/)"
echo "sockets: $(ss -Haltux | wc -l)"
true"""
SETTLE_S = 60
# What a process may grow by, in KiB a job, over the second half of the jobs, by the line of least squares. The C
# library's arenas fill up in steps, by ever less; what is lost for each job goes on.
MOST_KIB_A_JOB = 1.0


def settled(count, wanted=None):
    """What `count()` says once it says `wanted`; without it, once it says the same for a second."""
    deadline = time.monotonic() + SETTLE_S
    last = wanted
    while (now := count()) != last and time.monotonic() < deadline:
        if wanted is None:
            last = now
        time.sleep(1)
    return now


def slope(samples):
    """Of (jobs, KiB) pairs: KiB per job over the second half of the jobs."""
    points = [(jobs, kib) for jobs, kib in samples if jobs >= samples[-1][0] / 2]
    mean_jobs = sum(jobs for jobs, _ in points) / len(points)
    mean_kib = sum(kib for _, kib in points) / len(points)
    over = sum((jobs - mean_jobs) * (kib - mean_kib) for jobs, kib in points)
    return over / sum((jobs - mean_jobs) ** 2 for jobs, _ in points)


class Findings:
    """What a soak has found, a line each."""

    def __init__(self):
        self.is_clean = True

    def expect(self, holds, text):
        if not holds:
            self.is_clean = False
        print(f"    {text}" if holds else f"    WRONG: {text}", flush=True)

    def equal(self, where, before, after):
        before, after = before.split("\n"), after.split("\n")
        for line in before + after:
            if line and (line not in before or line not in after):
                self.expect(False, f"{where}: {line} {'before' if line in before else 'after'}")
        same = ", ".join(line for line in before if line and line in after)
        self.expect(True, f"{where}, before and after: {same}")

    def flat(self, process, samples):
        jobs, kib = samples[-1]
        per_job = slope(samples)
        self.expect(
            per_job <= MOST_KIB_A_JOB,
            f"{process}: {samples[0][1]} KiB at first, {kib} KiB after {jobs} jobs; in the second half "
            f"{per_job:+.3f} KiB a job, at most {MOST_KIB_A_JOB:g} are right",
        )

"""The memory that the project itself takes for a VM, in MiB: the proportional set size of all its processes of a
job with one task, that is of workspace-exec, of the job's watch and of the 9p server of the user's home. The
hypervisor's own process and Slurm's are not the project's."""

from ratio import Ratio
from workspace_job import held_job

LIMIT_MIB = 8
SAMPLES = 5

# proc(5): PSS counts a page that several processes have by its share.
SUM = r"""
for pid in $(pgrep -d ' ' 'workspace-exec|job-watch|follow-workspac|diod'); do
    awk -v name="$(cat "/proc/$pid/comm")" '/^Pss:/ {pss = $2} /^Private_/ {private += $2}
        END {print name, pss, private}' "/proc/$pid/smaps_rollup"
done"""


def measure(lab, _pairs):
    sums, private = [], []
    with held_job(lab, "--workspace=tiny"):
        for _ in range(SAMPLES):
            lines = [line.split() for line in lab.node.run("sh", "-c", SUM)["output"].splitlines()]
            names = sorted(name for name, _, _ in lines)
            if names != ["diod", "job-watch", "workspace-exec"]:
                raise RuntimeError(f"not the processes of one VM: {names}")
            sums.append(sum(int(kib) for _, kib, _ in lines) / 1024)
            private.append(sum(int(kib) for _, _, kib in lines) / 1024)
    result = Ratio("memory", "MiB of the project's own processes for a VM", LIMIT_MIB, sums, [1] * SAMPLES)
    result.notes = [
        ", ".join(f"{name} {int(kib) / 1024:.1f} MiB" for name, kib, _ in lines)
        + f"; {max(private):.1f} MiB of it private"
    ]
    result.cause = "the programs' own code, of which each process of a kind has its share"
    return [result]

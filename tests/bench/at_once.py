"""Many jobs at once from one warm image, as real virtual machines, against as many times one alone.

Takes minutes, and makes of the lab's node one of 64 CPUs: it runs only when it is named, and alone. The machine
needs 16 GiB of memory that is free."""

import statistics

from ratio import Ratio

LIMIT = 1.15
JOBS = 64
# Single ones that are timed for each 64 at once: half of them before and half after, so that what else the
# machine does weighs on both. 64 of them are reckoned by their mean.
SINGLES = 16
MAX_PAIRS = 3  # a pair takes minutes
# Of a job; the guest has what `memory_overhead` leaves, which is 96 MiB.
MEMORY_MIB = 160
DEADLINE_S = 1200

# The node's real CPUs are two: the 64 are Slurm's count alone, so no vCPU is bound to one. All boot at once,
# so each takes long, and Slurm is to be patient. A disk takes its space as it is written.
SETTINGS = f"""
set -e
sed -i -e 's/ CPUs=2 RealMemory=[0-9]*/ CPUs={JOBS} RealMemory={JOBS * MEMORY_MIB}/' \\
    -e 's/^PrologEpilogTimeout=.*/PrologEpilogTimeout={DEADLINE_S}/' \\
    -e 's/^BatchStartTimeout=.*/BatchStartTimeout={DEADLINE_S + 20}/' \\
    -e 's,^TaskPlugin=.*,TaskPlugin=task/none,' /etc/slurm/slurm.conf
file=/etc/workspace/workspace.yaml
sed -i -e '/^boot_timeout:/d' -e '/^pin_vcpus:/d' -e '/^disk_reserve:/d' $file
printf 'boot_timeout: 10m\\npin_vcpus: false\\ndisk_reserve: false\\n' >>$file
"""

# Prints when the last epilog of $1 jobs has ended, and when they were submitted. More than one are one array.
RUN = f"""
set -e
cd && rm -f at-once-*
begin=$(date +%s.%N)
array=() name=%j
[ "$1" = 1 ] || array=("--array=1-$1") name=%a
sbatch -Q "${{array[@]}}" -n1 --mem={MEMORY_MIB} --workspace=tiny --workspace-disk=64M -o "at-once-$name" \\
    --wrap 'echo it ran' >/dev/null
SECONDS=0
while [ -n "$(squeue -h)" ]; do
    [ $SECONDS -lt {DEADLINE_S} ] || {{ squeue >&2; exit 1; }}
    sleep 0.1
done
end=$(date +%s.%N)
ran=$(cat at-once-* | grep -cx 'it ran') || true
[ "$ran" = "$1" ] || {{ echo "$ran of $1 jobs ran" >&2; sort at-once-* | uniq -c >&2; exit 1; }}
echo "$end $begin"
"""


def measure(lab, pairs):
    enlarge(lab)
    run(lab, 1)  # the image is warm from here on
    at_once, in_turn = [], []
    for _ in range(min(pairs, MAX_PAIRS)):
        singles = [run(lab, 1) for _ in range(SINGLES // 2)]
        at_once.append(run(lab, JOBS))
        singles += [run(lab, 1) for _ in range(SINGLES // 2)]
        in_turn.append(JOBS * statistics.mean(singles))
    what = f"{JOBS} jobs at once / {JOBS} times a single one, on the same CPUs"
    result = Ratio("jobs", what, LIMIT, at_once, in_turn)
    result.notes = [
        f"{JOBS} at once took {all_s:.0f} s, a single one {single_s / JOBS:.2f} s"
        for all_s, single_s in zip(at_once, in_turn)
    ]
    result.cause = "they wait for each other"
    return [result]


def enlarge(lab):
    lab.command("run", "bash", "-c", SETTINGS)
    lab.command("node", "1", "bash", "-c", SETTINGS)
    lab.command("service", "1", "slurmd", "stop")
    lab.command("run", "/run/lab/service", "stop", "slurmctld")
    lab.command("run", "/run/lab/service", "start", "slurmctld")
    lab.command("service", "1", "slurmd", "start")


def run(lab, count):
    """Seconds until `count` jobs, submitted at once, have ended and left."""
    end, begin = lab.command("run", "--as", "user1", "bash", "-c", RUN, "bash", str(count)).split()
    return float(end) - float(begin)

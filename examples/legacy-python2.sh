#!/bin/bash
#SBATCH --job-name=legacy-python2
#SBATCH --workspace=legacy-bullseye
#SBATCH --ntasks=1
#SBATCH --mem=400M
#SBATCH --time=10
#SBATCH --output=legacy-python2.%j.out
# Python 2 left Debian years ago. This job needs it, so it runs inside a workspace that still has it.

# shellcheck source=/dev/null
echo "I run on $(. /etc/os-release; echo "$PRETTY_NAME"), kernel $(uname -r), as $(id -un) on $(hostname)"

if [ -r /sys/hypervisor/type ]; then
    echo "hypervisor: $(cat /sys/hypervisor/type)"
else
    echo "hypervisor: $(cat /sys/class/dmi/id/sys_vendor 2>/dev/null || echo unknown)"
fi
echo "vCPUs: $(nproc), memory: $(awk '/^MemTotal/ { printf "%d MiB", $2 / 1024 }' /proc/meminfo)"

python2 - "$HOME/measurements.csv" <<'PY'
import sys

print "Python", sys.version.split()[0]
rows = [line.split(",") for line in open(sys.argv[1]).read().splitlines()[1:]]
total = reduce(lambda sum, row: sum + float(row[1]), rows, 0.0)
print "%d measurements, mean %.3f" % (len(rows), total / len(rows))
open(sys.argv[1] + ".mean", "w").write("%.3f\n" % (total / len(rows)))
PY

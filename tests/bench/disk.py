"""Preparing the disks of a job: the size of its image must not matter."""

import statistics

from ratio import Ratio
from workspace_job import ByHand, held_job, slowest

SIZE_LIMIT = 1.2
COPY_LIMIT = 0.05
# What of the prolog prepares disks.
STEPS = ("stage", "disk")
SIZES_MIB = {"large": 8192, "small": 256}

REGISTER = """
set -e
name=$1 size_mib=$2
mkdir -p /root/$name && cd /root/$name
rm -rf tree && mkdir tree && sqfs2tar /run/lab/images/tiny/tiny.squashfs | tar -x -C tree
truncate -s ${size_mib}M root.ext4
mke2fs -q -t ext4 -d tree root.ext4
cat >manifest.yaml <<END
name: $name
version: "1"
description: an image of $size_mib MiB
root: {file: root.ext4, format: ext4}
boot: agent
needs: {memory: 96M, vcpus: 1, disk: 0}
END
timeout 600 workspace image register manifest.yaml
timeout 60 workspace image approve $name
"""


def measure(lab, pairs):
    for name, size_mib in SIZES_MIB.items():
        lab.command("run", "bash", "-c", REGISTER, "register", name, str(size_mib))
    seconds = {name: [] for name in SIZES_MIB}
    copies, steps_ms = [], {}
    with held_job(lab) as job:
        workspaces = {name: ByHand(lab, job, name) for name in SIZES_MIB}
        for workspace in workspaces.values():
            # The first one fills the node's cache: once a node, not once a job.
            workspace.boot()
            workspace.end()
        for number in range(pairs):
            for name in sorted(SIZES_MIB, reverse=number % 2 == 1):
                workspaces[name].boot()
                steps_ms = workspaces[name].steps_ms()
                seconds[name].append(sum(steps_ms[step] for step in STEPS) / 1000)
                workspaces[name].end()
            copies.append(copy_of_1_gib(lab))
    worst = [max(pair) for pair in zip(*seconds.values())]
    results = [
        Ratio("disk size", "preparing for 8 GiB / for 256 MiB", SIZE_LIMIT, seconds["large"], seconds["small"]),
        Ratio("disk copy", "preparing, the slower / cp of 1 GiB", COPY_LIMIT, worst, copies),
    ]
    for result in results:
        result.cause = f"the prolog's steps: {slowest(steps_ms)}"
        result.notes = [f"preparing takes {1000 * statistics.median(worst):.0f} ms"]
    return results


def copy_of_1_gib(lab):
    """Real data on the node's own disk, so that nothing is a hole and nothing is shared."""
    lab.node.run("sh", "-c", "[ -f /var/tmp/1g ] || head -c 1G /dev/urandom >/var/tmp/1g; rm -f /var/tmp/1g.copy")
    return lab.node.run("cp", "--reflink=never", "/var/tmp/1g", "/var/tmp/1g.copy")["seconds"]

"""The node's cache: what checking an image costs, the first time and ever after."""

import statistics

from ratio import Ratio
from workspace_job import ByHand, held_job

WARM_LIMIT = 0.01
# 0.9 of openssl's speed.
HASH_LIMIT = 1 / 0.9
# A second copy would make it 2.
FILL_LIMIT = 1.01
FILLERS = 16
# 64 starts at once / 64 one after the other, on the same CPU.
AT_ONCE_LIMIT = 1.15
STARTERS = 64
IMAGE, IMAGE_MIB = "stored", 1024

# Real data, which no hole and no compression makes less of.
REGISTER = f"""
set -e
mkdir -p /root/{IMAGE} && cd /root/{IMAGE}
rm -rf tree && mkdir tree && sqfs2tar /run/lab/images/tiny/tiny.squashfs | tar -x -C tree
head -c {IMAGE_MIB - 128}M /dev/urandom >tree/data
truncate -s {IMAGE_MIB}M root.ext4
mke2fs -q -t ext4 -d tree root.ext4
rm -rf tree
cat >manifest.yaml <<END
name: {IMAGE}
version: "1"
description: an image of {IMAGE_MIB} MiB of data
root: {{file: root.ext4, format: ext4}}
boot: agent
needs: {{memory: 96M, vcpus: 1, disk: 0}}
END
timeout 600 workspace image register manifest.yaml
timeout 60 workspace image approve {IMAGE}
"""

# What processes wrote, all together, in units of 512 bytes (getrusage(2)).
FILL = f"""
import os, sys
processes = [os.posix_spawnp("workspace", ["workspace", "image", "prefetch", "{IMAGE}"], os.environ,
             file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]) for _ in range({FILLERS})]
ends = [os.wait4(process, 0) for process in processes]
assert all(status == 0 for _, status, _ in ends), ends
print(512 * sum(usage.ru_oublock for _, _, usage in ends))
"""

# Seconds of starts at once, then of as many one after the other. One CPU for all, so that what is compared is
# what they cost each other.
START = f"""
import os, time
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
def start():
    return os.posix_spawnp("workspace", ["workspace", "image", "prefetch", "{IMAGE}"], os.environ,
                           file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
def finish(process):
    assert os.waitpid(process, 0)[1] == 0
def at_once():
    for process in [start() for _ in range({STARTERS})]: finish(process)
def in_turn():
    for _ in range({STARTERS}): finish(start())
for starts in (at_once, in_turn):
    begin = time.monotonic()
    starts()
    print(time.monotonic() - begin)
"""


def measure(lab, pairs):
    lab.command("run", "bash", "-c", REGISTER)
    path = lab.node.run("sh", "-c", "ls -S /var/lib/workspace/store/files/* | head -n 1")["output"].strip()
    hashing = measure_hashing(lab, path, pairs)
    filling = measure_filling(lab, max(pairs // 3, 5))
    return [hashing, filling, measure_at_once(lab, pairs), measure_warm(lab, path, pairs)]


def measure_hashing(lab, path, pairs):
    """Nothing is cached yet, so that one file is hashed by both."""
    ours, theirs = [], []
    for number in range(pairs):
        for name in sorted(("ours", "theirs"), reverse=number % 2 == 1):
            if name == "ours":
                ours.append(lab.node.run("workspace", "image", "verify", IMAGE)["seconds"])
            else:
                theirs.append(lab.node.run("openssl", "dgst", "-sha256", path)["seconds"])
    result = Ratio("hash", f"verifying {IMAGE_MIB} MiB / openssl dgst -sha256", HASH_LIMIT, ours, theirs)
    result.cause = "reading the file in portions and showing how far it is"
    return result


def measure_filling(lab, pairs):
    """Bytes, not seconds."""
    written = []
    for _ in range(pairs):
        lab.node.run("sh", "-c", "rm -rf /var/cache/workspace/files /var/cache/workspace/seals")
        written.append(float(lab.node.run("python3", "-c", FILL)["output"]))
    size = [IMAGE_MIB * 2.0**20] * pairs
    result = Ratio("fill", f"bytes written by {FILLERS} cold starts / the image's", FILL_LIMIT, written, size)
    result.cause = "more than one of them copied"
    return result


def measure_at_once(lab, pairs):
    """The image's way to a job, from the catalogue to its files in the cache, without the VMs: 64 of them
    would not fit on the machine."""
    at_once, in_turn = [], []
    for _ in range(pairs):
        seconds = lab.node.run("python3", "-c", START)["output"].split()
        at_once.append(float(seconds[0]))
        in_turn.append(float(seconds[1]))
    what = f"staging a warm image {STARTERS} times at once / in turn, on one CPU"
    result = Ratio("at-once", what, AT_ONCE_LIMIT, at_once, in_turn)
    result.notes = [f"one takes {1000 * statistics.median(in_turn) / STARTERS:.0f} ms of the CPU"]
    result.cause = "they wait for each other, or find each other's data no longer in the CPU's caches"
    return result


def measure_warm(lab, path, pairs):
    """The prolog's step `stage` of a second job."""
    stages, hashes = [], []
    with held_job(lab) as job:
        workspace = ByHand(lab, job, IMAGE)
        for _ in range(pairs):
            workspace.boot()
            stages.append(max(workspace.steps_ms()["stage"], 1) / 1000)
            workspace.end()
            hashes.append(lab.node.run("openssl", "dgst", "-sha256", path)["seconds"])
        read_bytes = bytes_read_when_warm(lab)
    result = Ratio("warm", "checking a cached image / hashing it", WARM_LIMIT, stages, hashes)
    result.notes = [
        f"checking takes {1000 * statistics.median(stages):.0f} ms; bytes of the image read: {read_bytes}"
    ]
    result.cause = "the step's time is told in whole milliseconds, and one is the least"
    return result


def bytes_read_when_warm(lab):
    """Of the image's file, by a process that only makes sure that it is cached; strace names the file
    of each descriptor."""
    script = f"""
        strace -f -q -y -e trace=read,pread64,readv,mmap -o /tmp/warm.calls workspace image prefetch {IMAGE} >&2
        grep -F /cache/workspace/files/ /tmp/warm.calls | sed 's/.* = //' | awk '{{ n += $1 }} END {{ print n + 0 }}'"""
    return lab.node.run("sh", "-c", script)["output"].split()[-1]

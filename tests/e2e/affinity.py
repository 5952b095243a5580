#!/usr/bin/env python3
"""Watches on which CPUs the threads of a job's processes may run, on the node.

    affinity.py JOB DEADLINE_S [SAMPLES]

Samples every thread of the job's hypervisor process, of what runs in its network namespace (the 9p
servers) and of its tasks' workspace-exec, from before they are there until they are gone, the
deadline, or SAMPLES. Prints a line for each kind of thread and each list of CPUs that it was seen
with: the number of samples, the list, the kind. A thread that waits for its first turn counts as any
other.
"""

import collections
import os
import pathlib
import sys
import time

PROC = pathlib.Path("/proc")


def field(text, name):
    return next(line.split(":", 1)[1] for line in text.splitlines() if line.startswith(name + ":"))


class Job:
    """Tells whether a process works for the job; for others that is asked once."""

    def __init__(self, number):
        self.number = number
        self.kinds = {}

    def kind(self, pid):
        try:
            words = (PROC / pid / "cmdline").read_bytes().split(b"\0")
            key = (pid, os.readlink(PROC / pid / "exe"))
            if not self.kinds.get(key):
                self.kinds[key] = self.look(pid, words)
            return self.kinds[key]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return ""

    def look(self, pid, words):
        program = os.path.basename(words[0]).decode(errors="replace")
        if any(word.startswith(f"guest=workspace-{self.number},".encode()) for word in words):
            return "hypervisor"
        if program == "diod" and self.in_namespace(pid):
            return "9p server"
        if program == "workspace-exec":
            environment = (PROC / pid / "environ").read_bytes().split(b"\0")
            return "workspace-exec" if f"SLURM_JOB_ID={self.number}".encode() in environment else ""
        return ""

    def in_namespace(self, pid):
        try:
            named = os.stat(f"/run/netns/ws-{self.number}")
        except FileNotFoundError:
            return False
        own = os.stat(PROC / pid / "ns/net")
        return (named.st_dev, named.st_ino) == (own.st_dev, own.st_ino)


def threads_of(pid):
    """The status of each of a process's threads that is still there."""
    try:
        threads = os.listdir(PROC / pid / "task")
    except (FileNotFoundError, ProcessLookupError):
        return
    for thread in threads:
        try:
            yield (PROC / pid / "task" / thread / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue


def sample(job, seen):
    """One look at every thread. Returns how many there were."""
    found = 0
    for pid in filter(str.isdigit, os.listdir(PROC)):
        kind = job.kind(pid)
        if not kind:
            continue
        for status in threads_of(pid):
            found += 1
            name = field(status, "Name").strip()
            thread = f"{kind}: {name}" if name.startswith("CPU ") else kind
            seen[field(status, "Cpus_allowed_list").strip(), thread] += 1
    return found


def main():
    job, seen = Job(sys.argv[1]), collections.Counter()
    deadline = time.monotonic() + float(sys.argv[2])
    samples = int(sys.argv[3]) if len(sys.argv) > 3 else sys.maxsize
    started = False
    while time.monotonic() < deadline and sum(seen.values()) < samples:
        found = sample(job, seen)
        if started and not found:
            break
        started = started or found > 0
    for (cpus, thread), count in sorted(seen.items()):
        print(count, cpus, thread)


if __name__ == "__main__":
    main()

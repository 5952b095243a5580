#!/usr/bin/env python3
"""Jobs against libvirt's test driver: no VM, but all that the node makes for one, from the record to the links.
Several processes at once, each with jobs of its own, as prologs and epilogs are.

    driver.py PROGRAM JOBS    in namespaces of its own, where only what these jobs make is there to be counted
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

from counts import COUNTS, Findings, settled

PROCESSES = 12
ALIVE = 25
DEADLINE_S = 3600
END = re.compile(r"done (\d+) cancelled (\d+) requeued (\d+) domains (\d+) files (\d+)")


class DriverSoak:
    """Jobs of `program`, driver-jobs, on a node that is made of `folder`."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.findings = Findings()

    def run(self, jobs):
        subprocess.run([self.program, self.folder], check=True, timeout=60)
        # The first ones make what stays: the cache's copy, the folders.
        self.process(1, 2)
        before = settled(self.count)
        shares = [jobs // PROCESSES + (n < jobs % PROCESSES) for n in range(PROCESSES)]
        with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
            firsts = [1001 + sum(shares[:n]) for n in range(PROCESSES)]
            outputs = list(pool.map(self.process, firsts, shares))
        self.look_at(jobs, outputs)
        self.findings.equal("node", before, settled(self.count, before))
        return self.findings.is_clean

    def process(self, first, count):
        command = [self.program, self.folder, str(first), str(count), str(ALIVE)]
        with open(f"{self.folder}/{first}.log", "wb") as log:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, timeout=DEADLINE_S, check=False)
        if done.returncode != 0:
            with open(f"{self.folder}/{first}.log", encoding="utf-8", errors="replace") as log:
                raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {log.read()[-1000:]}")
        os.unlink(f"{self.folder}/{first}.log")
        return done.stdout.decode()

    def count(self):
        places = [f"{self.folder}/run", f"{self.folder}/scratch", "/run/netns"]
        done = subprocess.run(["sh", "-c", COUNTS, "counts", *places], stdout=subprocess.PIPE, check=True, timeout=60)
        return done.stdout.decode()

    def look_at(self, jobs, outputs):
        ends = [[int(number) for number in END.search(output).groups()] for output in outputs]
        ended, cancelled, requeued, domains, _ = map(sum, zip(*ends))
        self.findings.expect(
            ended == jobs,
            f"{ended} of {jobs} jobs ended; {cancelled} were cancelled in their prolog, {requeued} requeued",
        )
        self.findings.expect(domains == 0, f"domains after them: {domains}")
        self.findings.expect(len({end[4] for end in ends}) == 1, f"files that each process has open: {ends[0][4]}")
        for number, output in enumerate(outputs):
            samples = [tuple(map(int, pair)) for pair in re.findall(r"^memory (\d+) (\d+)$", output, re.MULTILINE)]
            self.findings.flat(f"driver-jobs {number + 1}", samples)


def main():
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    os.makedirs("/run/netns", exist_ok=True)
    # Other people's names would go while these jobs are counted.
    subprocess.run(["umount", "--quiet", "--lazy", "--recursive", "/run/netns"], check=False)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run/netns"], check=True)
    folder = tempfile.mkdtemp(prefix="workspace-soak-")
    try:
        os.chmod(folder, 0o755)  # as QEMU would have to walk to it
        clean = DriverSoak(sys.argv[1], folder).run(int(sys.argv[2]))
    finally:
        shutil.rmtree(folder)
    sys.exit(0 if clean else 1)


if __name__ == "__main__":
    main()

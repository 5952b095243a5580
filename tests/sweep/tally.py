"""What struck and what did not hold, of all slots together."""

import threading
import time


class Tally:
    """For many threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.begun = time.monotonic()
        self.struck = {}
        self.missed = {}
        self.jobs = 0
        self.wrong = 0

    def add(self, struck, missed, wrong):
        """Faults of one run, and what did not hold after it."""
        with self.lock:
            self.jobs += 1
            for faults, counts in ((struck, self.struck), (missed, self.missed)):
                for fault in faults:
                    key = (fault.point.program, fault.kind)
                    counts[key] = counts.get(key, 0) + 1
            for text in wrong:
                self.wrong += 1
                print(f"WRONG: {'; '.join(map(str, struck)) or 'no fault'}\n    {text}", flush=True)
            if self.jobs % 50 == 0:
                print(
                    f"{self.total()} faults in {self.jobs} runs, {self.wrong} findings, {self.seconds()} s",
                    flush=True,
                )

    def total(self):
        return sum(self.struck.values())

    def seconds(self):
        return round(time.monotonic() - self.begun)

    def end(self, left):
        """Prints the table; false if anything did not hold. Faults of which most did not strike have shown
        nothing. `left`: so many were not come to."""
        programs = sorted({program for program, _ in [*self.struck, *self.missed]})
        for program in programs:
            kinds = sorted(kind for name, kind in self.struck if name == program)
            counts = ", ".join(f"{kind} {self.struck[program, kind]}" for kind in kinds)
            missed = sum(count for (name, _), count in self.missed.items() if name == program)
            struck = sum(count for (name, _), count in self.struck.items() if name == program)
            print(f"{program}: {struck} faults: {counts}" + (f"; {missed} did not strike" if missed else ""))
            if struck <= missed:
                self.wrong += 1
                print(f"WRONG: {program}: most faults did not strike")
        clean = "nothing left, nobody harmed, no job lost" if self.wrong == 0 else f"{self.wrong} FINDINGS"
        if left:
            planned = self.total() + sum(self.missed.values()) + left
            print(f"sweep: ended early: of {planned} faults {left} were not come to")
        print(f"sweep: {self.total()} faults in {self.jobs} runs, {self.seconds()} s: {clean}", flush=True)
        return self.wrong == 0

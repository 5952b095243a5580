"""What must hold after a fault, whatever it was."""

import time

TIMED_OUT = 124
# What a hook has told to end may need a moment for it.
SETTLE_S = 20


def verdict_on(hooks, hook, struck):
    """What does not hold, a line each. The node is put right on the way, as the next epilog would."""
    wrong = []
    if struck.status == TIMED_OUT:
        wrong.append("it hung")
    elif struck.status == 0:
        wrong += claims_success[hook](hooks)
    elif struck.status < 128 and "error: " not in struck.output:
        wrong.append(f"status {struck.status} without a word")
    status, output = hooks.put_right(hook)
    if status != 0:
        wrong.append(f"what comes next: status {status}: {output.strip()}")
    wrong += [f"left: {thing}" for thing in settled(hooks)]
    if not hooks.domain_runs(hooks.neighbour):
        wrong.append("the neighbour's VM does not run")
    return wrong


def booted(hooks):
    """A prolog that ended well has a VM, or a reason for the user."""
    state = hooks.record_state()
    if state == "running" and hooks.domain_runs(hooks.job):
        return []
    if state.startswith("failed: ") and len(state) > len("failed: "):
        return []
    return [f"the prolog ended well, but its record says '{state}'"]


def gone(hooks):
    return [f"it ended well, but left: {thing}" for thing in settled(hooks)]


claims_success = {"prolog": booted, "epilog": gone, "reconcile": gone}


def settled(hooks):
    deadline = time.monotonic() + SETTLE_S
    while (left := hooks.left()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


class Tally:
    """The points of one hook and one kind of fault."""

    def __init__(self, hook, fault):
        self.name = f"{hook}, {fault}"
        self.struck = self.missed = 0
        self.is_clean = True

    def add(self, point, struck, wrong):
        if struck.did_strike:
            self.struck += 1
        else:
            self.missed += 1
        for text in wrong:
            self.is_clean = False
            print(f"{self.name}: {point}\n    {text}", flush=True)

    def end(self):
        """Faults of which most did not strike have shown nothing."""
        if self.struck <= self.missed:
            self.is_clean = False
            print(f"{self.name}: most faults did not strike", flush=True)

    def summary(self, points):
        missed = f", {self.missed} that this run did not reach" if self.missed else ""
        clean = "nothing left, no neighbour harmed" if self.is_clean else "NOT CLEAN"
        return f"{self.name}: {points} points, struck at {self.struck}{missed}: {clean}"

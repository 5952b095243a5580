"""The prolog of a warm job without the guest's own boot: the same machine is booted by qemu-system alone, and
what the prolog takes longer is the project's."""

from cold_job import bare_boot, keep_machine, touch_memory
from ratio import Ratio
from workspace_job import ByHand, held_job, slowest

LIMIT = 0.1


def measure(lab, pairs):
    machine, steps_ms = keep_machine(lab)
    own, whole = [], []
    with held_job(lab) as job:
        workspace = ByHand(lab, job, "tiny")
        for number in range(pairs):
            # The order is turned round each time, so that a drift of the machine cancels out.
            seconds = {}
            for name in ("bare", "prolog") if number % 2 else ("prolog", "bare"):
                touch_memory(lab)
                seconds[name] = bare_boot(lab, machine) if name == "bare" else boot_and_end(workspace)
            own.append(seconds["prolog"] - seconds["bare"])
            whole.append(seconds["prolog"])
    result = Ratio("prolog", "the prolog less a bare boot of the same machine / the prolog", LIMIT, own, whole)
    outside = {name: ms for name, ms in steps_ms.items() if name != "boot"}
    result.cause = f"steps beside the wait for the guest: {slowest(outside, 5)}"
    return [result]


def boot_and_end(workspace):
    seconds = workspace.boot()
    workspace.end()
    return seconds

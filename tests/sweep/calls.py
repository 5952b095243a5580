"""Death in the middle of a call to libvirt: of the program that called, or of libvirtd. libvirt's own hook strikes, which
it runs at certain steps of a domain's start and end (libvirt.org/hooks.html)."""

import contextlib
from dataclasses import dataclass

from points import KILL, Fault, Point
from slot import PUT_TEXT

PROGRAM = "libvirt"
LIBVIRTD = "libvirtd"
# Of each program's call, the steps at which the hook runs.
STEPS = {"boot-workspace": ("prepare", "start", "started"), "end-workspace": ("stopped", "release")}
RESTART = "/run/lab/service kill libvirtd; /run/lab/service start libvirtd"
# A program that is killed leaves libvirt in the call for a while, so that the next one comes meanwhile.
HOOK = f"""#!/bin/sh
job=${{1#workspace-}} step=$2
[ "$job" != "$(cat /run/sweep/neighbour 2>/dev/null)" ] && read -r program at kind 2>/dev/null </run/sweep/{PROGRAM}.plan &&
    [ "$at" = "$step" ] && mv /run/sweep/{PROGRAM}.plan /run/sweep/{PROGRAM}.taken || exit 0
if [ "$kind" = {LIBVIRTD} ]; then
    echo '(INJECTED)' >/run/sweep/{PROGRAM}.log
    setsid sh -c '{RESTART}' >/dev/null 2>&1 &
else
    for pid in $(pgrep -x "$program"); do
        tr '\\0' '\\n' <"/proc/$pid/environ" | grep -qx "SLURM_JOB_ID=$job" && kill -KILL "$pid" &&
            echo '(INJECTED)' >/run/sweep/{PROGRAM}.log
    done
    sleep 3
fi >/dev/null 2>&1
exit 0
"""


@dataclass(frozen=True)
class InCall(Fault):
    """`kind`: SIGKILL of the program, or libvirtd."""

    def plan(self):
        return f"{self.point.line} {self.kind}"


# A libvirtd that dies while it starts a QEMU domain keeps it in its list for ever, with a start that nobody ends
# (libvirt 9.0): README, "Known limits".
LEFT_OUT_ON_QEMU = (("prepare", LIBVIRTD), ("start", LIBVIRTD))


def faults_of(programs, hypervisor, with_deaths):
    """The death of libvirtd is one of what the programs depend on."""
    left_out = LEFT_OUT_ON_QEMU if hypervisor == "qemu" else ()
    points = [(program, step) for program in programs for step in STEPS.get(program, ())]
    return [
        InCall(Point(PROGRAM, step, 1, place, f"{program} {step}"), kind)
        for place, (program, step) in enumerate(points)
        for kind in ((KILL, LIBVIRTD) if with_deaths else (KILL,))
        if (step, kind) not in left_out
    ]


@contextlib.contextmanager
def hooked(slot):
    """libvirtd looks for its hooks when it starts."""
    hook = f"/etc/libvirt/hooks/{'qemu' if slot.lab.hypervisor == 'qemu' else 'libxl'}"
    slot.node.run("sh", "-c", PUT_TEXT + RESTART, "put", hook, HOOK)
    try:
        yield
    finally:
        slot.node.run("sh", "-c", f"rm -f {hook}; {RESTART}")

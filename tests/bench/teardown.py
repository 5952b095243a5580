"""The end of a workspace job against its start."""

from ratio import Ratio
from workspace_job import ByHand, held_job

LIMIT = 0.15


def measure(lab, pairs):
    boots, ends = [], []
    with held_job(lab) as job:
        workspace = ByHand(lab, job, "tiny")
        # The first one fills the node's cache.
        workspace.boot()
        workspace.end()
        for _ in range(pairs):
            boots.append(workspace.boot())
            ends.append(workspace.end())
    result = Ratio("teardown", "the epilog / the prolog", LIMIT, ends, boots)
    result.cause = "the hypervisor's own time to end a domain (virsh destroy)"
    return [result]

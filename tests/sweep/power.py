"""A node loses its power while one of a job's programs stands at a point: all of its processes end at once, and
what is in memory goes. Slurm queues the job again when the node is back, after BatchStartTimeout."""

import daemons
import job_run

KIND = "power"


def losses_at(points):
    return [daemons.Death(point, KIND) for point in points]


def run_with_loss(slot, loss):
    """One job of user1's. Nobody else is on the node."""
    daemons.start(slot, loss)
    job = daemons.await_stop(slot, loss)
    if job:
        slot.lose_power()
    run = job_run.JobRun.parse(slot.login.finish()["output"])
    (run.struck if job else run.missed).append(loss)
    return run


def verdict_on(slot, run):
    """A job whose node has lost its power may well have begun before. Where a task's own process was struck its
    script may have ended: until the node has told so, Slurm runs it again, as any without --no-requeue."""
    was_in_task = any(loss.point.program == "workspace-exec" for loss in run.struck)
    wrong = job_run.fate_of(run, most_begun=2, most_ended=2 if was_in_task else 1)
    wrong += [f"left: {thing}" for thing in job_run.settled(slot, run.job)]
    if reason := slot.why_drained():
        wrong.append(f"the node is drained: {reason}")
        slot.resume()
    return wrong

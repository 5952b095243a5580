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
    """A job whose node has lost its power may well have begun before, and its script ended: until the node has
    told so, Slurm knows no better than to run it again, as any job that is not submitted with --no-requeue."""
    wrong = job_run.fate_of(run, most_begun=2)
    wrong += [f"left: {thing}" for thing in job_run.settled(slot, run.job)]
    if slot.is_drained():
        wrong.append("the node is drained")
        slot.resume()
    return wrong

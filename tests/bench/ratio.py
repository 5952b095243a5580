"""Ratios of paired runs: the median with its 95 % interval, and what is said about it."""

import math
import statistics
from dataclasses import dataclass, field

CONFIDENCE = 0.95


@dataclass
class Ratio:
    """One measured ratio. `numerators` and `denominators` are the runs in seconds, in pairs."""

    name: str
    what: str
    limit: float | None  # None: it is told and has no mark
    numerators: list
    denominators: list
    notes: list = field(default_factory=list)  # facts that were counted, not timed
    cause: str = ""  # where the time goes, for a figure that misses its mark
    worst: bool = False  # the mark is on the largest ratio of all, not on the median

    @property
    def ratios(self):
        return [a / b for a, b in zip(self.numerators, self.denominators)]

    @property
    def median(self):
        return statistics.median(self.ratios)

    @property
    def interval(self):
        return median_interval(self.ratios)

    @property
    def figure(self):
        return max(self.ratios) if self.worst else self.median

    @property
    def met(self):
        return self.limit is None or self.figure <= self.limit

    def to_json(self):
        low, high = self.interval
        return {
            "name": self.name,
            "what": self.what,
            "limit": self.limit,
            "median": round(self.median, 4),
            "worst": round(max(self.ratios), 4),
            "marked": "worst" if self.worst else "median",
            "low": round(low, 4),
            "high": round(high, 4),
            "pairs": len(self.ratios),
            "met": self.met,
            "notes": self.notes,
            "cause": "" if self.met else self.cause,
            "ratios": [round(ratio, 4) for ratio in self.ratios],
        }


def median_interval(values):
    """The interval between two order statistics which holds the median with 95 % confidence.

    No distribution is assumed: how many of n values lie below the median is binomial(n, 1/2).
    """
    ordered = sorted(values)
    count = len(ordered)
    below, rank = 0.0, 0
    while rank < count // 2:
        below += math.comb(count, rank) / 2**count
        if below > (1 - CONFIDENCE) / 2:
            break
        rank += 1
    rank = max(rank, 1)
    return ordered[rank - 1], ordered[count - rank]


def table(results):
    lines = [f"{'':10} {'ratio':>7} {'95 % interval':>17} {'mark':>7} {'pairs':>5}  "]
    for result in results:
        low, high = result.interval
        verdict = "no mark" if result.limit is None else "met" if result.met else "MISSED"
        mark = "" if result.limit is None else f"≤{result.limit:6.2f}"
        lines.append(
            f"{result.name:10} {result.figure:7.3f} {low:8.3f}–{high:<8.3f} {mark:>7} "
            f"{len(result.ratios):5}  {verdict}: {result.what}{', at worst' if result.worst else ''}"
        )
        lines += [f"{'':10} {note}" for note in result.notes]
        if not result.met:
            lines.append(f"{'':10} cause: {result.cause}")
    return "\n".join(lines)

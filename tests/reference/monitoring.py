"""What became of contacts that were due, person by person, day by day."""

import datetime as dt
from collections import Counter


def days_of(start, first, last):
    return [start + dt.timedelta(days=day) for day in range(first, last + 1)]


def services(persons, *, rounds, due, until):
    """Count by site, arm and round what became of the contacts that were due.

    Args:
        persons: Dicts of site, arm, start, exit (None: still in benefit), meetings
            (day, kind, status).
        rounds: Number, first and last day of each, and the day on which it is due.
        due: Number to arm to kinds.
        until: Last day known.

    Returns:
        (site, arm, round) to a counter of `due`, `held`, `late`, `missing`, `open`,
        `failed`.
    """
    found = {}
    for person in persons:
        for place, (number, first, last, due_on) in enumerate(rounds):
            kinds = due.get(number, {}).get(person["arm"])
            begins = person["start"] + dt.timedelta(days=due_on)
            has_left = person["exit"] is not None and person["exit"] <= begins
            if kinds is None or begins > until or has_left:
                continue
            window = days_of(person["start"], first, last)
            after = [
                day
                for day in days_of(person["start"], last + 1, last + 2000)
                if day <= until or place + 1 < len(rounds)
            ]
            if place + 1 < len(rounds):
                stop = person["start"] + dt.timedelta(days=rounds[place + 1][1])
                after = [day for day in after if day < stop]
            own = [m for m in person["meetings"] if m[1] in kinds and m[0] <= until]
            counted = found.setdefault(
                (person["site"], person["arm"], number), Counter()
            )
            counted["due"] += 1
            if any(d in window and s == "held" for d, _, s in own):
                counted["held"] += 1
                continue
            if any(d in after and s == "held" for d, _, s in own):
                counted["late"] += 1
                continue
            counted["missing" if window[-1] < until else "open"] += 1
            failed = ("cancelled", "no_show")
            counted["failed"] += any(d in window and s in failed for d, _, s in own)
    return found

"""What became of contacts that were due, person by person, day by day."""

import datetime as dt
from collections import Counter


def days_of(start, first, last):
    return [start + dt.timedelta(days=day) for day in range(first, last + 1)]


def days_after(start, rounds, place, until):
    """Days after the window of a round: up to the next one, or to the last day known."""
    last = rounds[place][2]
    if place + 1 < len(rounds):
        return days_of(start, last + 1, rounds[place + 1][1] - 1)
    return [day for day in days_of(start, last + 1, last + 2000) if day <= until]


def left_by(person, day):
    """Whether the benefit had ended by a day."""
    return person["exit"] is not None and person["exit"] <= day


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
        `failed`, `left`, `outside`, `held_over`.
    """
    found = {}
    for person in persons:
        for place, (number, first, last, due_on) in enumerate(rounds):
            protocol = due.get(number, {})
            kinds = protocol.get(person["arm"], ())
            begins = person["start"] + dt.timedelta(days=due_on)
            if not protocol or begins > until or left_by(person, begins):
                continue
            window = days_of(person["start"], first, last)
            known = [m for m in person["meetings"] if m[0] <= until]
            took_place = [k for d, k, s in known if d in window and s == "held"]
            counted = found.setdefault(
                (person["site"], person["arm"], number), Counter()
            )
            of_others = {k for ks in protocol.values() for k in ks if k not in kinds}
            if not any(k in kinds for k in took_place):
                counted["outside"] += any(k in of_others for k in took_place)
            if not kinds:
                continue
            after = days_after(person["start"], rounds, place, until)
            own = [m for m in known if m[1] in kinds]
            counted["due"] += 1
            if any(d in window and s == "held" for d, _, s in own):
                counted["held"] += 1
                counted["held_over"] += window[-1] < until
                continue
            if any(d in after and s == "held" for d, _, s in own):
                counted["late"] += 1
                continue
            counted["missing" if window[-1] < until else "open"] += 1
            failed = ("cancelled", "no_show")
            counted["failed"] += any(d in window and s in failed for d, _, s in own)
            counted["left"] += person["exit"] in window
    return found

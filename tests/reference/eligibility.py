"""Who enters a trial, person by person and day by day."""

import datetime as dt
from dataclasses import dataclass, field

DAY = dt.timedelta(days=1)
WINDOW = (dt.date(2012, 7, 23), dt.date(2013, 4, 1))
AFTER_DAYS = 91
REVIVAL_DAYS = 28
SITES = (
    "utrecht_noord",
    "rotterdam_alexanderplein",
    "heerenveen",
    "maasland",
    "twente",
    "maastricht",
)


@dataclass
class Spell:
    """A benefit spell; `last` None: it still runs."""

    first: dt.date
    last: dt.date | None
    office: str
    traits: dict = field(default_factory=dict)

    def holds(self, day):
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass
class Claimant:
    """A person with spells that do not overlap, in their order."""

    born: dt.date
    spells: list


def benefits_of(claimant):
    """Spells that carry one another on: a list of lists."""
    chains = []
    for spell in claimant.spells:
        if chains:
            day, without = chains[-1][-1].last + DAY, 0
            while day < spell.first:
                day, without = day + DAY, without + 1
            if without <= REVIVAL_DAYS:
                chains[-1].append(spell)
                continue
        chains.append([spell])
    return chains


def age_on(born, day):
    """Birthdays lived through."""
    years = 0
    while (born.year + years + 1, born.month, born.day) <= (
        day.year,
        day.month,
        day.day,
    ):
        years += 1
    return years


def reason_to_leave(claimant, chain, day):
    """Step of the funnel (2: not in benefit, 3: elsewhere, 4...: excluded), or None."""
    if not any(spell.holds(day) for spell in chain):
        return 2
    known = [spell for spell in chain if spell.first <= day][-1]
    age, traits = age_on(claimant.born, day), known.traits

    def begun(name):
        return name in traits and dt.date.fromisoformat(traits[name]) <= day

    if known.office not in SITES:
        return 3
    excluded = (
        traits.get("wia_35_minus") == "J",
        age >= 55 and begun("network_training_from"),
        age < 27
        and known.office in ("maastricht", "maasland")
        and begun("esf_track_from"),
        begun("start_up_from"),
        known.office == "maasland" and traits.get("dismissed_by_msd") == "J",
    )
    return next((4 + i for i, holds in enumerate(excluded) if holds), None)


def enrol(claimant):
    """Benefit start, day of enrolment, step at which the person leaves; or None."""
    passed = []
    for chain in benefits_of(claimant):
        day = chain[0].first
        for _ in range(AFTER_DAYS):
            day += DAY
        if WINDOW[0] <= day <= WINDOW[1]:
            is_in = any(spell.holds(day) for spell in chain)
            passed.append((not is_in, chain[0].first, day, chain))
    if not passed:
        return None
    _, start, day, chain = min(passed, key=lambda one: one[:2])
    return start, day, reason_to_leave(claimant, chain, day)

"""Who there is: the benefit population of two municipalities, by the stage reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import NEVER, day, shifted
from rctspark.twin.www import targets as t
from rctspark.twin.www.streams import dealt, persons_of, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.twin.ww.calendar import Bools, Days, Ints

SUBJECTS = ("sex", "age", "education", "background", "norm", "arrangement", "duration")
START = day("2018-06-01")
DRAW = day("2018-05-04")
FIRST_INVITATION, LAST_INVITATION = day("2018-02-19"), day("2018-05-01")
COHABITING = 2
PRIME, STEP = 999_999_937, 618_033_989
NOBODY = -1


class Stage(IntEnum):
    """The last stage of the funnel that a person reached."""

    EXCLUDED = 0
    REFERENCE = 1
    NOT_APPLIED = 2
    WITHDREW = 3
    LEFT = 4
    RANDOMISED = 5


@dataclass(slots=True)
class People:
    """Everyone, one value per person in every field.

    Attributes:
        number: Made-up RINPERSOON.
        site: 0 Utrecht, 1 Zeist.
        stage: Last stage reached (`Stage`).
        reason: Place of the ground for exclusion; -1: none.
        arm: Place of the arm; -1: none.
        is_late: Whether the data for the draw came late.
        traits: Subject to the place of its category.
        birth: Day of birth.
        benefit_start: First day of the benefit.
        benefit_end: Last day of the benefit; NaT: it runs on.
        partner: Place of the partner on the same benefit; -1: none.
        invited: Day of the invitation; of the reference group a drawn one.
        applied: Day of consent.
        withdrawn: Day of withdrawal.
    """

    number: Ints
    site: Ints
    stage: Ints
    reason: Ints
    arm: Ints
    is_late: Bools
    traits: dict[str, Ints]
    birth: Days
    benefit_start: Days
    benefit_end: Days
    partner: Ints
    invited: Days
    applied: Days
    withdrawn: Days

    @property
    def size(self) -> int:
        """Number of persons."""
        return int(self.number.size)

    @property
    def is_study(self) -> Bools:
        """Those of Utrecht who were drawn."""
        found: Bools = (self.stage == Stage.RANDOMISED) & (self.site == 0)
        return found

    def of_arm(self, arm: int) -> Bools:
        """Those of Utrecht in one arm."""
        found: Bools = self.is_study & (self.arm == arm)
        return found

    @property
    def is_reference(self) -> Bools:
        """The reference group of Utrecht."""
        found: Bools = (self.stage == Stage.REFERENCE) & (self.site == 0)
        return found


def make_people(seed: int, part: int) -> People:
    """Make everyone of one part: both municipalities.

    Args:
        seed: Seed of the twin.
        part: Number of the part.

    Returns:
        13,650 persons, in an order that says nothing of them.
    """
    rng = stream(seed, part, "people")
    site, stage, reason, arm = _stages()
    traits = _traits(rng, site, stage, arm)
    n = site.size
    order = rng.permutation(n)
    serial = part * n + np.arange(1, n + 1)
    people = People(
        number=(serial * STEP + seed) % PRIME + 1,
        site=site[order],
        stage=stage[order],
        reason=reason[order],
        arm=arm[order],
        is_late=traits.pop("late")[order].astype(bool),
        traits={name: values[order] for name, values in traits.items()},
        birth=np.full(n, NEVER),
        benefit_start=np.full(n, NEVER),
        benefit_end=np.full(n, NEVER),
        partner=np.full(n, NOBODY),
        invited=np.full(n, NEVER),
        applied=np.full(n, NEVER),
        withdrawn=np.full(n, NEVER),
    )
    _date(rng, people)
    _pair(rng, people)
    _invite(rng, people)
    _withdraw(rng, people)
    _end_benefits(rng, people)
    return people


def _stages() -> tuple[Ints, Ints, Ints, Ints]:
    site, stage, reason, arm = [], [], [], []
    for place, funnel in enumerate(t.FUNNELS):
        sizes = t.ZEIST_ARMS if place else t.ARM_SIZES
        excluded = np.repeat(np.arange(len(funnel.excluded)), funnel.excluded)
        drawn = np.repeat(np.arange(len(sizes)), sizes)
        counts = (
            excluded.size,
            funnel.reference,
            funnel.not_applied,
            funnel.withdrew,
            funnel.left,
            funnel.randomised,
        )
        total = sum(counts)
        none = np.full(total, NOBODY)
        of_site, of_arm = none.copy(), none.copy()
        of_site[: excluded.size] = excluded
        of_arm[total - drawn.size :] = drawn
        site.append(np.full(total, place))
        stage.append(np.repeat(np.arange(len(counts)), counts))
        reason.append(of_site)
        arm.append(of_arm)
    parts = (np.concatenate(x) for x in (site, stage, reason, arm))
    found = tuple(parts)
    return found[0], found[1], found[2], found[3]


def _traits(
    rng: np.random.Generator, site: Ints, stage: Ints, arm: Ints
) -> dict[str, Ints]:
    """Deal every characteristic: arms, reference and target have their counts."""
    traits = {name: np.zeros(site.size, dtype=np.int64) for name in (*SUBJECTS, "late")}
    used = {
        name: np.zeros(len(t.TARGET_PCT[name]), dtype=np.int64) for name in SUBJECTS
    }
    utrecht = site == 0

    def give(name: str, who: Ints, counts: Sequence[int]) -> None:
        traits[name][who] = dealt(rng, counts)
        used[name] += np.asarray(counts)

    for number in range(len(t.ARMS)):
        who = np.flatnonzero(utrecht & (arm == number))
        _give_strata(rng, traits, used, who, number)
        for name, counts in (
            ("sex", t.SEX),
            ("age", t.AGE),
            ("education", t.EDUCATION),
            ("background", t.BACKGROUND),
            ("duration", t.DURATION),
        ):
            give(name, who, [row[number] for row in counts])
    reference = np.flatnonzero(utrecht & (stage == Stage.REFERENCE))
    for name in SUBJECTS:
        give(name, reference, persons_of(t.REFERENCE_PCT[name], reference.size))
    middle = (Stage.NOT_APPLIED, Stage.WITHDREW, Stage.LEFT)
    rest = np.flatnonzero(utrecht & np.isin(stage, middle))
    others = np.flatnonzero(~utrecht | (stage == Stage.EXCLUDED))
    for name in SUBJECTS:
        wanted = np.asarray(persons_of(t.TARGET_PCT[name], t.TARGET)) - used[name]
        traits[name][rest] = dealt(rng, [int(n) for n in wanted])
        traits[name][others] = dealt(rng, persons_of(t.TARGET_PCT[name], others.size))
    return traits


def _give_strata(
    rng: np.random.Generator,
    traits: dict[str, Ints],
    used: dict[str, Ints],
    who: Ints,
    number: int,
) -> None:
    """Give one arm its arrangements and norms, and its one late arrival."""
    pairs = [
        (living, arrangement)
        for living, arrangement, counts in t.STRATA
        for _ in range(counts[number])
    ]
    pairs.append(t.LATE[number])
    singles, parents, _ = (row[number] for row in t.NORM)
    norms = iter(dealt(rng, (singles, parents)))
    norm = [
        COHABITING if living == "cohabiting" else next(norms) for living, _ in pairs
    ]
    order = rng.permutation(who)
    traits["arrangement"][order] = [arrangement - 1 for _, arrangement in pairs]
    traits["norm"][order] = norm
    traits["late"][order[-1]] = 1
    for name in ("arrangement", "norm"):
        used[name] += np.bincount(traits[name][who], minlength=used[name].size)


AGES = ((27, 34), (35, 44), (45, 54), (55, 63))
YOUNG, OLD = (18, 26), (64, 65)


def _date(rng: np.random.Generator, people: People) -> None:
    """Draw days of birth and first days of benefit that fit the categories."""
    low, high = (np.array(x)[people.traits["age"]] for x in zip(*AGES, strict=True))
    for reason, (youngest, oldest) in (("J27", YOUNG), ("AOW", OLD)):
        who = people.reason == t.REASONS.index(reason)
        low[who], high[who] = youngest, oldest
    age = rng.integers(low, high + 1)
    # Birthdays in May and June are left out, so that nobody changes category between
    # the draw and the start.
    before = rng.integers(35, 325, size=people.size)
    year = 2018 - age
    anniversary = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + 5
    people.birth = shifted(anniversary.astype("datetime64[D]"), -before)
    months = np.array(((7, 11), (13, 34), (37, 200)))[people.traits["duration"]]
    ago = rng.integers(months[:, 0], months[:, 1] + 1)
    starts = (START.astype("datetime64[M]") - ago).astype("datetime64[D]")
    people.benefit_start = shifted(starts, rng.integers(0, 28, size=people.size))
    new = people.reason == t.REASONS.index("KRT")
    days = rng.integers(5, 65, size=people.size)
    people.benefit_start = np.where(
        new,
        shifted(np.full(people.size, FIRST_INVITATION), -days),
        people.benefit_start,
    )


def _pair(rng: np.random.Generator, people: People) -> None:
    """Make couples of those who live together: same site, stretch and start."""
    together = people.traits["norm"] == COHABITING
    ready = together & np.isin(
        people.stage, (Stage.NOT_APPLIED, Stage.RANDOMISED, Stage.REFERENCE)
    )
    for site in (0, 1):
        for stretch in range(len(t.DURATION)):
            same = (
                ready & (people.site == site) & (people.traits["duration"] == stretch)
            )
            asked = np.isin(people.stage, (Stage.RANDOMISED, Stage.REFERENCE))
            first = rng.permutation(np.flatnonzero(same & asked))
            rest = rng.permutation(np.flatnonzero(same & ~asked))
            queue = np.concatenate([first, rest[first.size :]])
            mates = rest[: first.size]
            left = queue[mates.size :]
            half = left.size // 2
            one = np.concatenate([first[: mates.size], left[:half]])
            other = np.concatenate([mates, left[half : 2 * half]])
            people.partner[one], people.partner[other] = other, one
            people.benefit_start[other] = people.benefit_start[one]


def _invite(rng: np.random.Generator, people: People) -> None:
    """Draw days of invitation; whoever applies does so before the draw."""
    span = int((LAST_INVITATION - FIRST_INVITATION).astype(int))
    days = shifted(
        np.full(people.size, FIRST_INVITATION), rng.integers(0, span + 1, people.size)
    )
    asked = people.stage != Stage.EXCLUDED
    people.invited = np.where(asked, days, NEVER)
    applies = people.stage >= Stage.WITHDREW
    room = (DRAW - days).astype(np.int64) - 1
    later = shifted(days, (rng.random(people.size) * room).astype(np.int64))
    people.applied = np.where(applies, later, NEVER)


def _withdraw(rng: np.random.Generator, people: People) -> None:
    """Draw days of withdrawal by arm and moment, in Utrecht and in Zeist."""
    before = np.isin(people.stage, (Stage.WITHDREW, Stage.LEFT))
    room = (DRAW - people.applied).astype(np.int64)
    early = shifted(people.applied, np.where(before, rng.random(people.size) * room, 0))
    people.withdrawn = np.where(before, early, NEVER)
    moments = (
        ("2018-05-05", "2018-05-10", t.WITHDREW_UNKNOWING),
        ("2018-05-12", "2018-05-31", t.WITHDREW_KNOWING),
        ("2018-06-02", "2019-02-27", t.WITHDREW_EARLY),
        ("2019-04-01", "2019-09-28", t.WITHDREW_LATE),
    )
    for number in range(len(t.ARMS)):
        waiting = rng.permutation(np.flatnonzero(people.of_arm(number)))
        for first, last, counts in moments:
            who, waiting = waiting[: counts[number]], waiting[counts[number] :]
            _leave(rng, people, who, first, last)
        zeist = np.flatnonzero((people.site == 1) & (people.arm == number))
        who = rng.permutation(zeist)[: t.ZEIST_WITHDREW[number]]
        _leave(rng, people, who, "2018-06-02", "2019-09-28")


def _leave(
    rng: np.random.Generator, people: People, who: Ints, first: str, last: str
) -> None:
    length = int((day(last) - day(first)).astype(int)) + 1
    days = rng.integers(0, length, size=who.size)
    people.withdrawn[who] = shifted(np.full(who.size, day(first)), days)


SHARE_ENDING = 0.16


def _end_benefits(rng: np.random.Generator, people: People) -> None:
    """End some benefits after the start; of a couple both. Not printed: chosen."""
    n = people.size
    ends = (rng.random(n) < SHARE_ENDING) & (people.partner == NOBODY)
    days = shifted(np.full(n, START), rng.integers(0, 480, size=n))
    left = people.stage == Stage.LEFT
    people.benefit_end = np.where(left, people.withdrawn, np.where(ends, days, NEVER))

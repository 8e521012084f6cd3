"""Three waves of questionnaires. Response and scores are chosen, not published.

Of the answers the report says in words where arms differ from the control group: that
is built in, and otherwise arms differ in the last wave by less than chance alone does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import Bools, day, shifted
from rctspark.twin.ww.faults import Fault, PlantedFault
from rctspark.twin.ww.files import Sheet
from rctspark.twin.www.people import Stage
from rctspark.twin.www.streams import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Floats, Ints
    from rctspark.twin.www.world import World

WAVES = (
    (0, "2018", "20180601", day("2018-03-05"), day("2018-05-03"), 0.92),
    (8, "2019", "20190415", day("2019-01-14"), day("2019-03-29"), 0.62),
    (16, "2020", "20191115", day("2019-08-19"), day("2019-10-28"), 0.58),
)
"""Wave, period and delivery of its file, first and last day, response."""
SCALES = (
    (("GEZONDHEID", "KALM", "GELUKKIG"), ("ZENUWACHTIG", "PUT", "SOMBER"), 5, 0.84),
    (("LEVEN", "ZINVOL"), (), 11, 0.80),
    (("ZELF1", "ZELF2", "ZELF3", "ZELF4"), (), 5, 0.76),
    (("DIENST1", "DIENST2", "DIENST3"), (), 5, 0.86),
    (("DIENSTCIJFER",), (), 11, None),
    (("RONDKOMEN",), (), 5, None),
)
"""Questions of a subject, those of them that are turned, steps, and Cronbach's alpha.

The alphas are printed (conf/published/www/questionnaire_reliability.csv), once for each
index: the report does not say of which wave, so every wave gives them.
"""
COLUMNS = (
    *("GEZONDHEID", "ZENUWACHTIG", "PUT", "KALM", "SOMBER", "GELUKKIG"),
    *("LEVEN", "ZINVOL", "ZELF1", "ZELF2", "ZELF3", "ZELF4"),
    *("DIENST1", "DIENST2", "DIENST3", "DIENSTCIJFER"),
    *("VRIJWILLIG", "VRIJWILLIGUREN", "ZOEKT", "ZOEKTUREN", "RONDKOMEN"),
)
ONLY_WAVE_16 = ("ZELF1", "ZELF2", "ZELF3", "ZELF4")
SHARE_SKIPPED, SHARE_YES, MOST_HOURS = 0.02, 0.4, 20
ZIA, HIA = 1, 2
LIFTED = {
    (8, "GEZONDHEID"): ((HIA, 0.6),),
    **{(8, f"DIENST{k}"): ((HIA, 0.3),) for k in (1, 2, 3)},
    **{(16, f"ZELF{k}"): ((ZIA, 0.35), (HIA, 0.35)) for k in (1, 2, 3, 4)},
    (8, "ZOEKT"): ((HIA, 0.15),),
}
"""Wave and question to the arms that answer higher, in standard deviations; of yes and
no, in shares."""
AGREE_ALONE = 0.5
HALVINGS = 16
EVENED = {16: 0.6}
"""Part of the differences by chance between arms that is taken away."""
MARKS = 11
OTHER_SITE = 4
FIVE = 5


def questionnaire_sheets(world: World) -> Iterator[Sheet]:
    """Write the answers, a file per wave.

    Args:
        world: One part of the twin.

    Yields:
        Three sheets. Whoever withdrew before a wave has no row in it, and whoever
        withdrew while it ran answered on an earlier day.
    """
    rng = stream(world.seed, world.part, "questionnaires_file")
    people = world.people
    drawn = np.flatnonzero(people.stage == Stage.RANDOMISED)
    # What stays the same of a person from wave to wave.
    steady = rng.normal(size=(len(SCALES), drawn.size))
    for number, period, delivered, first, last, response in WAVES:
        left = people.withdrawn[drawn] <= first
        answers = (rng.random(drawn.size) < response) & ~left
        who = drawn[answers]
        moved = 0.7 * steady + 0.7 * rng.normal(size=steady.shape)
        table = _table(world, rng, who, number, (first, last), moved[:, answers])
        folder = "vragenlijsten"
        name = f"SYNTHETIC vragenlijst {period} V1 {delivered}.csv"
        yield _planted(table, folder, name)


def _planted(table: pa.Table, folder: str, name: str) -> Sheet:
    """Add answers out of range, as copies: the sound answers stay."""
    fault = Fault("out_of_range", 3, {"GEZONDHEID": ("6", "0", "99")})
    copies = table.slice(0, fault.rows)
    texts = pa.array(fault.cells["GEZONDHEID"])
    place = table.schema.get_field_index("GEZONDHEID")
    copies = copies.set_column(place, "GEZONDHEID", texts)
    return Sheet(
        folder,
        name,
        pa.concat_tables([table, copies]),
        tuple(table.column_names),
        faults=(PlantedFault(f"{folder}/{name}", fault.name, fault.rows),),
    )


def _table(
    world: World,
    rng: np.random.Generator,
    who: Ints,
    number: int,
    days: tuple[np.datetime64, np.datetime64],
    latent: Floats,
) -> pa.Table:
    n = who.size
    span = int((days[1] - days[0]).astype(int))
    drawn = shifted(np.full(n, days[0]), rng.integers(0, span + 1, size=n))
    date = np.fmin(drawn, shifted(world.people.withdrawn[who], -1))
    modes = ("W", "P", "B") if number == 0 else ("W", "P")
    languages = (
        ("NL", "EN", "AR", "TI", "TR") if number == 0 else ("NL", "EN", "AR", "TI")
    )
    group = np.where(world.people.site[who] == 0, world.people.arm[who], OTHER_SITE)
    answers = _answers(rng, latent, number, group)
    columns = {
        "GOLF": cells.numbers(np.full(n, number)),
        "DATUM": cells.compact_dates(date),
        "WIJZE": cells.codes(rng.integers(len(modes), size=n), modes),
        "TAAL": cells.codes(rng.integers(len(languages), size=n), languages),
    }
    return pa.table(world.named(who) | columns | {c: answers[c] for c in COLUMNS})


def _answers(
    rng: np.random.Generator, latent: Floats, number: int, group: Ints
) -> dict[str, cells.Cells]:
    found: dict[str, cells.Cells] = {}
    n = int(latent.shape[1])
    for (straight, turned, steps, alpha), common in zip(SCALES, latent, strict=True):
        asked = (*straight, *turned)
        drawn = [(rng.normal(size=n), rng.random(size=n)) for _ in asked]
        own = np.array([one for one, _ in drawn])
        is_answered = np.array([chance >= SHARE_SKIPPED for _, chance in drawn])
        lifted = np.array([_lifted(number, name, group) for name in asked])
        scale = _Scale(number, group, common, own, lifted, steps)
        agree = AGREE_ALONE
        if alpha is not None:
            whole = is_answered.all(axis=0) & (group != OTHER_SITE)
            agree = _agreement(scale, whole, alpha)
        marks = zip(asked, scale.marks(agree), is_answered, strict=True)
        for name, mark, answered in marks:
            values = cells.numbers(FIVE + 1 - mark if name in turned else mark)
            found[name] = cells.only_where(answered, values)
            if name in ONLY_WAVE_16 and number != WAVES[-1][0]:
                found[name] = pa.nulls(n, pa.string())
    for name in ("VRIJWILLIG", "ZOEKT"):
        chance = _evened(rng.random(size=n), number, group)
        yes: Bools = chance < SHARE_YES + _lifted(number, name, group)
        found[name] = cells.codes(yes.astype(np.int64), ("N", "J"))
        hours = np.where(yes, rng.integers(1, MOST_HOURS, size=n), 0)
        answered = rng.random(size=n) >= SHARE_SKIPPED
        found[f"{name}UREN" if name == "VRIJWILLIG" else "ZOEKTUREN"] = (
            cells.only_where(answered, cells.numbers(hours))
        )
    return found


@dataclass(frozen=True, slots=True)
class _Scale:
    """What the answers to the questions of one subject are made of, by person."""

    number: int
    group: Ints
    common: Floats
    own: Floats
    lifted: Floats
    steps: int

    def marks(self, agree: float) -> Ints:
        """Return the answers (questions, persons), higher being better."""
        centre, width = (6.5, 2.2) if self.steps == MARKS else (3.2, 1.1)
        low, high = (0, 10) if self.steps == MARKS else (1, FIVE)
        value = np.sqrt(agree) * self.common + np.sqrt(1 - agree) * self.own
        evened = np.array([_evened(one, self.number, self.group) for one in value])
        raw = np.round(centre + width * (evened + self.lifted))
        return np.clip(raw, low, high).astype(np.int64)


def _agreement(scale: _Scale, whole: Bools, alpha: float) -> float:
    """Find how much questions share for their alpha to come out.

    Args:
        scale: What the answers are made of.
        whole: Persons of whom alpha is: those who answer every question.
        alpha: Cronbach's alpha.

    Returns:
        Part of each question's variance that all have in common.
    """
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        marks = scale.marks(middle)[:, whole]
        n_questions = marks.shape[0]
        of_sum = marks.sum(axis=0).var(ddof=1)
        parts = marks.var(axis=1, ddof=1).sum() / of_sum
        found = n_questions / (n_questions - 1) * (1 - parts)
        low, high = (middle, high) if found < alpha else (low, middle)
    return (low + high) / 2


def _evened(values: Floats, number: int, group: Ints) -> Floats:
    """Bring the means of the groups nearer to that of all, where a wave asks it."""
    evened = values.copy()
    for one in np.unique(group):
        members = group == one
        distance = values[members].mean() - values.mean()
        evened[members] -= EVENED.get(number, 0.0) * distance
    return evened


def _lifted(number: int, name: str, group: Ints) -> Floats:
    """Return by how much each answers one question of one wave higher."""
    lifted = np.zeros(group.size)
    for arm, by in LIFTED.get((number, name), ()):
        lifted[group == arm] = by
    return lifted

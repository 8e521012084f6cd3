"""Every published table of the WW experiment, counted person by person.

Slow, and plainly right: days are walked or compared one by one, and nothing is shared
with the pipeline. A cell is named by table, row (values of the key columns, joined by
` | `) and column, as in `conf/published/ww`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections import defaultdict
from statistics import fmean, variance

DAY = dt.timedelta(days=1)
WEEKS_13 = dt.timedelta(days=91)
FIRST, LAST = dt.date(2012, 7, 23), dt.date(2013, 4, 1)
UNTIL = dt.date(2014, 1, 31)
REVIVAL = 28
HORIZONS = (6, 9, 12, 15)
ROUNDS = {
    4: (105, 70, 140),
    7: (210, 210, 245),
    10: (294, 294, 329),
    12: (378, 378, 396),
}
"""Day on which one must be in benefit, first and last day of its interviews."""
INTERVIEWS = ("individual", "group", "unclear", "suitable_work")
SITES = {"UTN": 1, "RTA": 2, "HRV": 3, "MSL": 4, "TWE": 5, "ALM": 5, "MST": 6}
KEYS = {
    "table_4_1_arm_sizes": ("arm",),
    "table_4_2_contacts_after_week_10": ("contact_type",),
    "table_4_3_to_4_6_interview_rounds": ("round_month", "interview"),
    "table_5_1_balance": ("characteristic", "category"),
    "table_5_2_and_B_1_exit_rates": ("population", "outcome", "horizon_months"),
    "table_5_3_and_B_2_time_fractions": ("population", "state"),
    "table_5_4_and_B_3_job_quality": ("population", "measure"),
}
ARMS, CONTACTS, ROUNDS_TABLE, BALANCE, EXITS, TIME, QUALITY = KEYS


def months_later(day, count):
    """The same day so many months on, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return dt.date(
        year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1])
    )


class Life:
    """One enrolled person."""

    def __init__(self, person, chain):
        self.person = person
        self.start = chain[0][0]
        self.enrolled = self.start + WEEKS_13
        self.last = chain[-1][1]
        self.destination = chain[-1][2]
        self.office = f"office_{SITES[chain[-1][3]]}"
        self.arm = "intensive" if int(person.bsn[-1]) % 2 else "basic"
        self.exit = self.last + DAY if self.last and self.last < UNTIL else None

    @property
    def jobs(self):
        """Jobs that started after enrolment, the first one first."""
        later = (j for j in self.person.jobs if self.enrolled < j.start <= UNTIL)
        return sorted(later, key=lambda j: j.start)

    @property
    def age_band(self):
        birth, day = self.person.birth, self.enrolled
        if birth is None:
            return None
        age = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
        return "under_35" if age < 35 else "35_to_44" if age < 45 else "45_and_over"

    def left_within(self, months):
        mark = months_later(self.start, months)
        if mark > UNTIL:
            return None
        return float(self.exit is not None and self.exit <= mark)

    def found_job_within(self, months):
        left = self.left_within(months)
        if not left:
            return left
        mark = months_later(self.start, months)
        near = any(
            self.start <= job.start <= mark
            and job.start <= months_later(self.exit, 1)
            and self.exit <= months_later(job.start, 1)
            for job in self.person.jobs
        )
        return float(near or self.destination == "WZ")

    def came_back(self):
        return float(
            self.exit is not None
            and any(self.exit < spell[0] <= UNTIL for spell in self.person.spells)
        )

    def shares(self):
        window = (UNTIL - self.enrolled).days + 1
        paid, worked = set(), set()
        for first, last, *_ in self.person.spells:
            paid |= _days(max(first, self.enrolled), min(last or UNTIL, UNTIL))
        for job in self.jobs:
            worked |= _days(job.start, min(job.end, UNTIL))
        return {
            "benefit": len(paid) / window,
            "job": len(worked) / window,
            "other": (window - len(paid | worked)) / window,
        }

    def quality(self):
        jobs = self.jobs
        if not jobs:
            return {}
        first = jobs[0]
        return {
            "first_job_permanent": 100.0 * (first.contract == "O"),
            "first_job_duration": (min(first.end, UNTIL) - first.start).days + 1,
            "number_of_jobs": len(jobs),
            "part_time_factor": 100 * fmean(j.full_time_days / j.days for j in jobs),
            "hourly_wage": fmean(j.pay / j.hours for j in jobs),
        }

    def in_benefit_on(self, day):
        return self.last is None or self.last >= day


def _days(first, last):
    return set(range(first.toordinal(), last.toordinal() + 1))


def enrolled(persons):
    """Everyone who passes thirteen weeks in the window and is not excluded."""
    return [life for p in persons.values() if (life := _life(p)) is not None]


def _life(person):
    chains = []
    for spell in sorted(person.spells, key=lambda s: s[0]):
        last = chains[-1][-1][1] if chains else None
        if chains and (last is None or (spell[0] - last).days - 1 <= REVIVAL):
            chains[-1].append(spell)
        else:
            chains.append([spell])
    for chain in chains:
        day = chain[0][0] + WEEKS_13
        last = chain[-1][1]
        if FIRST <= day <= LAST and (last is None or last >= day):
            then = [spell for spell in chain if spell[0] <= day]
            known = [*chain[:-1], (*chain[-1][:3], then[-1][3], then[-1][4])]
            if then[-1][3] in SITES and not _excluded(person, then[-1], day):
                return Life(person, known)
            return None
    return None


def _excluded(person, spell, day):
    row, office = spell[4], spell[3]

    def begun(name):
        text = row[name]
        return bool(text) and dt.date(*map(int, (text[:4], text[4:6], text[6:]))) <= day

    age = None
    if person.birth:
        birth = person.birth
        age = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return (
        row["IND_WIA35MIN"].upper() == "J"
        or (age is not None and age >= 55 and begun("NETWERKTRAINING_VANAF"))
        or (
            age is not None
            and age < 27
            and office in ("MST", "MSL")
            and begun("ESF_TRAJECT_VANAF")
        )
        or begun("STARTPERIODE_VANAF")
        or (office == "MSL" and row["IND_ONTSLAG_MSD"].upper() == "J")
    )


def count_tables(lives):
    """Count every published table.

    Returns:
        (table, row, column) to a number, or to the text of a mark.
    """
    return count_persons_and_contacts(lives) | _outcomes(lives)


def count_persons_and_contacts(lives):
    """Count tables 4.1 to 5.1, which payroll has no part in.

    Returns:
        (table, row, column) to a number.
    """
    return _counts(lives) | _rounds(lives)


def _counts(lives):
    n = defaultdict(int)
    for life in lives:
        n[ARMS, life.arm, "persons"] += 1
        for day, kind in life.person.contacts:
            if day >= life.start + dt.timedelta(days=70):
                row = "interview" if kind in INTERVIEWS else kind
                for name in (row, "total"):
                    for column in (life.arm, "total"):
                        n[CONTACTS, name, column] += 1
        for row in (
            ("sex", life.person.sex),
            ("age", life.age_band),
            ("living_arrangement", life.person.living),
            ("office", life.office),
        ):
            if row[1]:
                n[BALANCE, " | ".join(row), life.arm] += 1
    return dict(n)


def _rounds(lives):
    n = defaultdict(int)
    for life in lives:
        for month, (due, first, last) in ROUNDS.items():
            if not life.in_benefit_on(life.start + dt.timedelta(days=due)):
                continue
            held = {
                kind
                for day, kind in life.person.contacts
                if kind in INTERVIEWS and first <= (day - life.start).days <= last
            }
            assert len(held) <= 1
            kind = held.pop() if held else "none"
            if month == 4:
                name = "form_unclear" if kind == "unclear" else kind
            else:
                name = "none" if kind == "none" else "any"
            n[ROUNDS_TABLE, f"{month} | {name}", life.arm] += 1
    for name in ("individual", "group"):
        for arm in ("basic", "intensive"):
            n[ROUNDS_TABLE, f"4 | {name}", arm] += 0
    return dict(n)


def _outcomes(lives):
    values = defaultdict(list)
    for life in lives:
        mine = {}
        for months in HORIZONS:
            mine[EXITS, f"exit | {months}"] = life.left_within(months)
            mine[EXITS, f"exit_to_job | {months}"] = life.found_job_within(months)
        mine[EXITS, "reentry"] = life.came_back()
        mine |= {(TIME, state): share for state, share in life.shares().items()}
        mine |= {(QUALITY, name): value for name, value in life.quality().items()}
        for (table, name), value in mine.items():
            if value is None:
                continue
            shown = value if table == QUALITY else 100 * value
            for population in ("all", life.person.sex):
                values[table, f"{population} | {name}", life.arm].append(shown)
    cells = {}
    for table, row in dict.fromkeys((t, r) for t, r, _ in values):
        if row.startswith("unknown") or (
            row.endswith("reentry") and not row.startswith("all")
        ):
            continue
        one, other = values[table, row, "intensive"], values[table, row, "basic"]
        suffix = "" if table == QUALITY else "_pct"
        net = fmean(one) - fmean(other)
        cells[table, row, f"intensive{suffix}"] = fmean(one)
        cells[table, row, f"basic{suffix}"] = fmean(other)
        cells[table, row, "net_effect" if table == QUALITY else "net_effect_pp"] = net
        error = math.sqrt(variance(one) / len(one) + variance(other) / len(other))
        cells[table, row, "stars"] = mark(net / error, row.startswith("all"))
    return cells


def p_of(statistic):
    """Two-sided probability of a normal distribution."""
    return math.erfc(abs(statistic) / math.sqrt(2))


def mark(statistic, is_all):
    """The printed mark: the dagger (20 per cent) stands in B.1-B.3 only."""
    p = p_of(statistic)
    if p < 0.05:
        return "**"
    if p < 0.10:
        return "*"
    return "†" if p < 0.20 and not is_all else ""

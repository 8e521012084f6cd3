"""Change one kind of event at a time: only what depends on it moves, by that much.

What depends on what is written down first, from the definitions: exits decide who is
due, who left and where time went; jobs decide exits to a job, time and job quality;
appointments decide contacts and rounds; personal data decide balance, and which sex's
rows a person is counted in.
"""

from __future__ import annotations

import copy
import datetime as dt

import pytest

from reference.ww_tables import (
    ARMS,
    BALANCE,
    CONTACTS,
    EXITS,
    QUALITY,
    ROUNDS_TABLE,
    TIME,
    UNTIL,
    count_tables,
)

DAY = dt.timedelta(days=1)
DEPENDS = {
    "exits": {ROUNDS_TABLE, EXITS, TIME},
    "jobs": {EXITS, TIME, QUALITY},
    "appointments": {CONTACTS, ROUNDS_TABLE},
    "personal data": {BALANCE, EXITS, TIME, QUALITY},
}
"""Kind of event to the tables that it may move. Table 4.1 depends on none of them."""
N_CHANGED = 7


@pytest.fixture(scope="module")
def before(lives):
    return count_tables(lives)


def changed(lives, chosen, change):
    """The tables after a change to copies of some persons."""
    mine = {id(life) for life in chosen}
    copies = [copy.deepcopy(life) if id(life) in mine else life for life in lives]
    for life, one in zip(lives, copies, strict=True):
        if life is not one:
            change(one)
    return count_tables(copies)


def moved(before, after):
    """Cells whose figure is another one."""
    names = before.keys() | after.keys()
    return {
        cell
        for cell in names
        if cell[2] != "stars" and before.get(cell, 0) != after.get(cell, 0)
    }


def test_an_exit_moves_exits_rounds_and_time_alone(lives, before):
    """Persons who stay leave on day 250: gone at 9, 12 and 15 months, not at 6."""
    chosen = [
        life
        for life in lives
        if life.exit is None
        and not life.jobs
        and life.arm == "basic"
        and life.person.sex == "male"
        and life.left_within(15) is not None
    ][:N_CHANGED]

    def leave(life):
        life.last = life.start + 249 * DAY
        life.exit = life.last + DAY
        life.destination = "MD"
        *earlier, (first, _, _, office, row) = life.person.spells
        life.person.spells = [*earlier, (first, life.last, "MD", office, row)]

    after = changed(lives, chosen, leave)
    cells = moved(before, after)
    assert {table for table, _, _ in cells} == DEPENDS["exits"]
    n_all = before[ARMS, "basic", "persons"]
    n_male = before[BALANCE, "sex | male", "basic"]
    for months in (6, 9, 12):
        for population, n in (("all", n_all), ("male", n_male)):
            cell = (EXITS, f"{population} | exit | {months}", "basic_pct")
            gain = after[cell] - before[cell]
            assert gain == pytest.approx(100 * N_CHANGED / n * (months > 6))
    assert not any("exit_to_job" in row for _, row, _ in cells)
    for month in (10, 12):
        due = [
            sum(
                t[ROUNDS_TABLE, f"{month} | {name}", "basic"]
                for name in ("none", "any")
            )
            for t in (before, after)
        ]
        assert due[0] - due[1] == N_CHANGED
    lost = sum(
        ((UNTIL - life.start).days - 249) / ((UNTIL - life.enrolled).days + 1)
        for life in chosen
    )
    for state, sign in (("benefit", -1), ("other", 1), ("job", 0)):
        cell = (TIME, f"all | {state}", "basic_pct")
        gain = after[cell] - before[cell]
        assert gain == pytest.approx(sign * 100 * lost / n_all, abs=1e-9)


def test_a_job_moves_exits_to_a_job_time_and_job_quality_alone(lives, before):
    """Persons who left for a job on the day lose it: their only job, of one person."""
    chosen = [
        life
        for life in lives
        if len(life.jobs) == 1
        and life.arm == "intensive"
        and life.person.sex == "female"
        and life.found_job_within(6) == 1
        and life.destination != "WZ"
        and life.left_within(15) is not None
    ][:N_CHANGED]
    assert len(chosen) == N_CHANGED

    def lose(life):
        life.person.jobs = [j for j in life.person.jobs if j.start <= life.enrolled]

    after = changed(lives, chosen, lose)
    cells = moved(before, after)
    assert {table for table, _, _ in cells} == DEPENDS["jobs"]
    assert not any("exit |" in row or "reentry" in row for _, row, _ in cells)
    assert not any(row.endswith("benefit") for _, row, _ in cells)
    assert not any(row.startswith("male") for _, row, _ in cells)
    n = before[BALANCE, "sex | female", "intensive"]
    for months in (6, 9, 12):
        cell = (EXITS, f"female | exit_to_job | {months}", "intensive_pct")
        assert before[cell] - after[cell] == pytest.approx(100 * N_CHANGED / n)
    women = [
        life
        for life in lives
        if life.jobs and life.arm == "intensive" and life.person.sex == "female"
    ]
    permanent = sum(life.jobs[0].contract == "O" for life in women)
    lost = sum(life.jobs[0].contract == "O" for life in chosen)
    cell = (QUALITY, "female | first_job_permanent", "intensive")
    share = 100 * (permanent - lost) / (len(women) - N_CHANGED)
    assert after[cell] == pytest.approx(share)


def test_an_appointment_moves_contacts_and_rounds_alone(lives, before):
    """Persons lose the interview of month 7, so they had none in that round."""

    def of_month_7(life):
        return [
            c
            for c in life.person.contacts
            if c[1] == "individual" and 210 <= (c[0] - life.start).days <= 245
        ]

    chosen = [
        life
        for life in lives
        if life.arm == "intensive" and len(of_month_7(life)) == 1
        if life.in_benefit_on(life.start + 210 * DAY)
    ][:N_CHANGED]

    def lose(life):
        for contact in of_month_7(life):
            life.person.contacts.remove(contact)

    after = changed(lives, chosen, lose)
    n = N_CHANGED
    assert {cell: after[cell] - before[cell] for cell in moved(before, after)} == {
        (ROUNDS_TABLE, "7 | any", "intensive"): -n,
        (ROUNDS_TABLE, "7 | none", "intensive"): n,
        **{
            (CONTACTS, row, column): -n
            for row in ("interview", "total")
            for column in ("intensive", "total")
        },
    }


def test_a_workshop_moves_its_own_count_alone(lives, before):
    held = [
        life for life in lives if any(k == "workshop" for _, k in life.person.contacts)
    ]
    chosen = [life for life in held if life.arm == "basic"][:N_CHANGED]
    lost = sum(
        kind == "workshop" for life in chosen for _, kind in life.person.contacts
    )

    def lose(life):
        life.person.contacts = [c for c in life.person.contacts if c[1] != "workshop"]

    after = changed(lives, chosen, lose)
    assert {cell: before[cell] - after[cell] for cell in moved(before, after)} == {
        (CONTACTS, row, column): lost
        for row in ("workshop", "total")
        for column in ("basic", "total")
    }


def test_personal_data_move_balance_and_rows_by_sex_alone(lives, before):
    chosen = [
        life
        for life in lives
        if life.arm == "basic" and life.person.sex == "female" and life.jobs
        if life.person.living == "cohabiting"
    ][:N_CHANGED]

    def change(life):
        life.person.sex = "male"
        life.person.living = "single_no_child"

    after = changed(lives, chosen, change)
    cells = moved(before, after)
    assert {table for table, _, _ in cells} == DEPENDS["personal data"]
    assert not any(row.startswith("all") for _, row, _ in cells)
    gains = {
        row: after[BALANCE, row, "basic"] - before[BALANCE, row, "basic"]
        for table, row, _ in cells
        if table == BALANCE
    }
    assert gains == {
        "sex | male": N_CHANGED,
        "sex | female": -N_CHANGED,
        "living_arrangement | single_no_child": N_CHANGED,
        "living_arrangement | cohabiting": -N_CHANGED,
    }

"""Join benefit, payroll and contacts into the panel, and measure outcomes in days.

Reads:   population; benefit_spells, payroll, contacts of the plan's data version
Writes:  person_month (only the periods in which something happened), person_outcome
Run:     spark-submit jobs/build_panel.py --plan ww
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from rctspark.contracts import (
    ASSIGNMENT,
    BENEFIT_SPELLS,
    CONTACTS,
    FUNNEL,
    PAYROLL,
    PERSON_MONTH,
    PERSON_OUTCOME,
    POPULATION,
)
from rctspark.contracts.silence import (
    HeldMonths,
    find_silences,
    require_full_months,
)
from rctspark.panel.assemble import sum_active_periods
from rctspark.panel.outcomes import assemble_person_outcome
from rctspark.panel.span import span_of
from rctspark.quality.gate import make_gate
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.together import together
from rctspark.sources.early import keep_since_benefit
from rctspark.sources.months import count_months
from rctspark.sources.settle import (
    LINKING,
    attach_job_starts,
    flag_overruled,
    keep_newest,
    keep_persons,
    keep_standing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rctspark.runtime.registers import Registers
    from rctspark.runtime.run import Run


PEOPLE = (POPULATION, ASSIGNMENT, FUNNEL)


def build_panel(run: Run) -> None:
    """Settle the registers of those who are followed, assemble, publish."""
    registers = open_registers(run, (BENEFIT_SPELLS,), linking=LINKING)
    people = run.uses(
        run.store.pin(run.experiment, PEOPLE, data_version=registers.version.name),
        PEOPLE,
    )
    provenance = run.provenance(data_version=registers.version.name, inputs=())
    if run.is_current(run.experiment, provenance):
        run.log.say("panel: nothing has changed since the last release")
        return
    gate = make_gate(run.root / "expectations")
    population, plan = run.store.read(people, POPULATION), run.plan
    spells, payroll, contacts = (
        keep_persons(registers.rows(table), population)
        for table in (BENEFIT_SPELLS, PAYROLL, CONTACTS)
    )
    say_what_is_silent(run, registers)
    settled = keep_standing(flag_overruled(spells, registers.deliveries))
    at_once: list[Callable[[], Any]] = [
        partial(run.stage, "spells", settled),
        partial(require_full_payroll, run, registers),
    ]
    standing, _ = together(lambda do: do(), at_once)
    newest = keep_newest(contacts, registers.deliveries, of=CONTACTS)
    if plan.population.clock is not None:
        newest = keep_since_benefit(newest, population)
    panel = sum_active_periods(
        population,
        spells=standing,
        payroll=payroll,
        contacts=newest,
        span=span_of(plan),
        coverage=registers.coverage,
    )
    outcomes = assemble_person_outcome(
        population,
        spells=standing,
        payroll=attach_job_starts(payroll, registers.deliveries),
        outcomes=plan.outcomes,
        revival_days=plan.population.revival_days,
        benefits=plan.population.benefits,
        earnings_sources=plan.earnings_sources,
        contacts=newest,
        rounds=plan.rounds,
        coverage=registers.coverage,
    )
    run.publish(
        run.experiment,
        run.candidates((PERSON_MONTH, panel), (PERSON_OUTCOME, outcomes)),
        provenance=provenance,
        gate=gate,
    )


def say_what_is_silent(run: Run, registers: Registers) -> None:
    """Say which registers say nothing of days in the plan's follow-up."""
    names = [table.name for table in (BENEFIT_SPELLS, PAYROLL, CONTACTS)]
    asked = run.plan.follow_up_until
    for silence in find_silences(registers.version, names, until=asked):
        run.log.say(
            f"{silence.words}; what needs these days is not known (null), and is shown "
            "as not observed. Deliver the periods that are missing; take a later "
            "data version where they were delivered after its day; or set "
            "follow_up_until."
        )


def require_full_payroll(run: Run, registers: Registers) -> None:
    """Stop where payroll holds no row of months that its files speak for."""
    if not registers.version.of(PAYROLL.name):
        return
    held = count_months(registers.rows(PAYROLL)).collect()
    require_full_months(
        registers.version,
        PAYROLL.name,
        [HeldMonths(**row.asDict()) for row in held],
        until=run.plan.follow_up_until,
        not_known=run.plan.registers.not_known,
    )


if __name__ == "__main__":
    sys.exit(run_job(build_panel, doc=__doc__))

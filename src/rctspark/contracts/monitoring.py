"""What is known of a trial while it runs, on one day.

Plain records of counts, for those who run the trial: not screened, inside only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from rctspark.contracts.balance import CategoryBalance

SERVED = ("held", "late", "missing", "open")
"""What can have become of a contact that was due, in the order of tables."""
RECENT_DAYS = 28
"""Days before the last one known whose inflow is the present pace: whole weeks."""


@dataclass(frozen=True, slots=True)
class Inflow:
    """Persons of one arm and site who entered in one month.

    Attributes:
        month: First day of the month of enrolment.
        site: Office or municipality; empty: one site.
        arm: Arm that the analysis follows.
        persons: Persons.
        recent: Those of them who entered in the last RECENT_DAYS days known.
    """

    month: dt.date
    site: str
    arm: str
    persons: int
    recent: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Persons of one site by the arm of the rule and the arm as recorded.

    Attributes:
        site: Office or municipality; empty: one site.
        arm_by_rule: Arm that the rule gives; empty: the plan has no rule.
        arm_recorded: Arm on the newest list; empty: on no list.
        persons: Persons.
        moved: Those whose lists name more than one arm.
    """

    site: str
    arm_by_rule: str
    arm_recorded: str
    persons: int
    moved: int


@dataclass(frozen=True, slots=True)
class Service:
    """What became of the contacts of one round that were due in one arm and site.

    Attributes:
        site: Office or municipality; empty: one site.
        arm: Arm.
        round: Number of the round.
        due: Persons in benefit on the day on which the round is due; none where the
            protocol gives the arm no contact in the round.
        held: Had the contact inside the window.
        late: Had it after the window.
        missing: The window is over, and there was none.
        open: The window is not over, and there was none yet.
        failed: Of `missing` and `open`, those with one that was cancelled or to which
            the person did not come.
        left: Of `missing` and `open`, those whose benefit ended inside the window.
        outside: Persons in benefit on that day who had, inside the window, a contact
            that the protocol gives to another arm alone, and not their own.
        held_over: Of `held`, those whose window is over: whoever is held sooner is
            known sooner, so shares of a round are of those whose window is over.
    """

    site: str
    arm: str
    round: int
    due: int
    held: int
    late: int
    missing: int
    open: int
    failed: int
    left: int
    outside: int
    held_over: int


@dataclass(frozen=True, slots=True)
class TrialState:
    """A trial as it was known on one day.

    Attributes:
        as_known_on: The day.
        known_until: Last day that the registers of benefits and contacts speak for.
        data_version: Named set of deliveries.
        is_synthetic: Whether a delivery says of itself that it is made up.
        inflow: By month, site and arm.
        sample_ratio_p: p-value of the test that arms have their intended shares;
            None: the plan intends none, or too few are enrolled.
        agreement: By site, arm of the rule and arm as recorded.
        balance: One per categorical characteristic that can be tested.
        too_few: Characteristics that can't be tested yet.
        services: By site, arm and round.
    """

    as_known_on: dt.date
    known_until: dt.date
    data_version: str
    is_synthetic: bool
    inflow: tuple[Inflow, ...]
    sample_ratio_p: float | None
    agreement: tuple[Agreement, ...]
    balance: tuple[CategoryBalance, ...]
    too_few: tuple[str, ...]
    services: tuple[Service, ...]

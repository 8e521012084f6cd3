"""Every error this package raises on purpose.

A message says what broke, where, how many, and what to do next. It never contains a
value taken from a person's row: logs leave the secure environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class RctsparkError(Exception):
    """Base class; jobs turn any of these into readable lines and `exit_code`.

    Attributes:
        exit_code: What the process returns; one per kind of failure. 1 is left to
            errors that nobody foresaw, 2 to a wrong command line.
    """

    exit_code = 1


class ContractError(RctsparkError):
    """A table does not keep a promise made in `rctspark.contracts`."""

    exit_code = 10


class ConfigError(RctsparkError):
    """A file under conf/ can't be used as it is written."""

    exit_code = 11


class PlanError(ConfigError):
    """An analysis was asked for that its registered plan does not allow."""

    exit_code = 12


class DeliveryError(RctsparkError):
    """A delivery is not there, or can't be read as the register it should hold."""

    exit_code = 13


class IdentityError(RctsparkError):
    """Persons can't be told apart, or may not be named: key, kinds, collisions."""

    exit_code = 14


class GateError(RctsparkError):
    """The data failed: a promise or a belief of severity 'stop' is broken."""

    exit_code = 15


class BrokenCheckError(RctsparkError):
    """The check broke: a rule was declared but not evaluated, so nothing is known."""

    exit_code = 16


class StoreError(RctsparkError):
    """Tables can't be read or published: a missing release, a conflict, no disk."""

    exit_code = 17


class EstimationError(RctsparkError):
    """An estimator was given data on which its answer would be meaningless."""

    exit_code = 18


class DisclosureError(RctsparkError):
    """Something was about to leave that the data owner's rules keep inside."""

    exit_code = 19


class MachineError(RctsparkError):
    """The machine lacks what a run needs: Java, jars, disk."""

    exit_code = 20


def listed(faults: Iterable[str]) -> str:
    """Write faults under one another, all at once.

    Args:
        faults: One sentence each.

    Returns:
        The faults, each on a line of its own, indented.
    """
    return "\n".join(f"  - {fault}" for fault in faults)

"""Synthetic registers of an experiment, event by event, with known truth."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

from rctspark.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


class Summary(Protocol):
    """What a twin says of itself."""

    @property
    def persons(self) -> int:
        """Persons in the registers."""

    @property
    def enrolled(self) -> int:
        """Those of them who are in the experiment."""

    @property
    def rows_per_register(self) -> dict[str, int]:
        """Rows written, by register."""


class Writer(Protocol):
    """What a folder of this room offers as `write_registers`."""

    def __call__(self, folder: Path, *, truth: Path, seed: int, scale: int) -> Summary:
        """Write the registers into a folder, and the truth apart from them."""


class InterimWriter(Protocol):
    """What a folder of this room may offer as `write_interim_registers`."""

    def __call__(self, folder: Path, *, seed: int, scale: int) -> dict[str, int]:
        """Add what had been delivered on earlier days; return rows by register."""


def find_interim(experiment: str) -> InterimWriter:
    """Find what adds the interim deliveries of an experiment's twin.

    Args:
        experiment: Name of the plan.

    Returns:
        What writes them.

    Raises:
        ConfigError: The twin has none, or there is no twin.
    """
    find_twin(experiment)
    twin = import_module(f"{__name__}.{experiment}")
    writer: InterimWriter | None = getattr(twin, "write_interim_registers", None)
    if writer is None:
        raise ConfigError(
            f"The twin of {experiment} has final deliveries only: leave --interim out."
        )
    return writer


def find_twin(experiment: str) -> tuple[Writer, int]:
    """Find the twin of an experiment by its name.

    Args:
        experiment: Name of the plan; the twin is the folder of that name here.

    Returns:
        What writes its registers, and the seed that it takes unless told.

    Raises:
        ConfigError: There is none.
    """
    names = [module.name for module in iter_modules(__path__) if module.ispkg]
    if experiment not in names:
        raise ConfigError(
            f"There is no twin of {experiment}; there is one of {', '.join(names)}. "
            "On your own files: make run PLAN=... DELIVERIES=..."
        )
    twin = import_module(f"{__name__}.{experiment}")
    return twin.write_registers, twin.SEED

"""What a run says: lines for people, JSON lines and a status file for machines."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pyspark.sql import Row


@dataclass(slots=True)
class RunLog:
    """The log of one run.

    Attributes:
        folder: `out/runs`.
        run_id: The run.
    """

    folder: Path
    run_id: str
    status: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Make the folder and the first status."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.update(run_id=self.run_id, state="running", started_at=_now(), steps=[])

    def say(self, words: str, **facts: Any) -> None:  # noqa: ANN401 (any JSON)
        """Tell people and machines one thing.

        Args:
            words: For people; no value of a person, no identifier.
            facts: For machines: names and counts.
        """
        seconds = time.monotonic() - self.started
        sys.stderr.write(f"{seconds:7.1f} s  {words}\n")
        sys.stderr.flush()
        line = {"at": _now(), "run_id": self.run_id, "message": words} | facts
        with (self.folder / f"{self.run_id}.log").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def rows(self, table: str, counted: Iterable[Row], *, seconds: float) -> None:
        """Tell how many rows of deliveries were kept and set aside for a table.

        Args:
            table: The table.
            counted: Per delivery `rows_kept`, `rows_rejected`, `rows_conformed`.
            seconds: What the load took, beside others at the same time.
        """
        totals = {"rows_kept": 0, "rows_rejected": 0, "rows_conformed": 0}
        for row in counted:
            for name in totals:
                totals[name] += row[name]
        self.say(
            f"{table}: {totals['rows_kept']:,} rows kept, "
            f"{totals['rows_rejected']:,} set aside, "
            f"{totals['rows_conformed']:,} conformed; {seconds:.1f} s",
            table=table,
            seconds=round(seconds, 1),
            **totals,
        )

    def step(self, name: str, **facts: Any) -> None:  # noqa: ANN401 (any JSON)
        """Record a step that is done: what it made, how many rows, how long.

        Args:
            name: The step.
            facts: `rows` by table, `seconds`, and what else is known.
        """
        self.update(steps=[*self.status["steps"], {"step": name} | facts])

    def update(self, **facts: Any) -> None:  # noqa: ANN401 (any JSON)
        """Write the status file anew, all of it or not at all."""
        self.status |= facts
        path = self.folder / f"{self.run_id}.json"
        partial = path.with_suffix(".partial")
        text = json.dumps(self.status, indent=2, sort_keys=True)
        partial.write_text(text + "\n", encoding="utf-8")
        os.replace(partial, path)  # noqa: PTH105 (atomic on POSIX)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")

"""Twin of the experiment with unemployment benefit (WW), 2012-2014. All made up.

Events come first (`persons`, `spells`, `jobs`, `contacts`, together a `World`), then
the rows as an agency would deliver them (`sheets_*`), with faults planted on purpose,
then the files. The truth (who was drawn, what happened, which rows are faulty) is
written apart and never next to the deliveries.
"""

from __future__ import annotations

from rctspark.twin.ww.interim import write_interim_registers
from rctspark.twin.ww.registers import write_ww_registers
from rctspark.twin.ww.registers import write_ww_registers as write_registers
from rctspark.twin.ww.truth import TwinSummary

SEED = 20120723

__all__ = [
    "SEED",
    "TwinSummary",
    "write_interim_registers",
    "write_registers",
    "write_ww_registers",
]

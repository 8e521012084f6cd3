"""Twin of the experiment with social assistance, 2018-2019. All made up.

Persons and what happened to them come first, then the rows as a statistical office and
two municipalities would deliver them, with faults planted on purpose, then the files.
The truth is written apart and never next to the deliveries.
"""

from __future__ import annotations

from rctspark.twin.www.registers import write_www_registers
from rctspark.twin.www.registers import write_www_registers as write_registers

SEED = 20180504

__all__ = ["SEED", "write_registers", "write_www_registers"]

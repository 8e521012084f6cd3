"""Twin of a reintegration trial in which offices were drawn. All made up.

No such trial was held: the twin shows that a trial of offices needs a plan, a mapping
and nothing else. Its files have the layouts of the benefit agency.
"""

from __future__ import annotations

from rctspark.twin.reintegration.registers import write_registers

SEED = 20150907

__all__ = ["SEED", "write_registers"]

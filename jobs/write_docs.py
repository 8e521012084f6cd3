"""Write the pages that are made from contracts.

Reads:   src/rctspark/contracts
Writes:  docs/tables.md
Run:     make docs
"""

from __future__ import annotations

import sys
from pathlib import Path

from rctspark.contracts import TABLES
from rctspark.contracts.dictionary import write_dictionary


def main() -> int:
    """Write the data dictionary."""
    page = Path("docs") / "tables.md"
    page.write_text(write_dictionary(TABLES.values()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

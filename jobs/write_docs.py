"""Write the pages that are made from contracts and configuration.

Reads:   src/rctspark/contracts, src/rctspark/config
Writes:  docs/tables.md, docs/plans.md, docs/mappings.md, docs/settings.md
Run:     make docs
"""

from __future__ import annotations

import sys
from pathlib import Path

from rctspark.config import Plan, Settings
from rctspark.config.guide import write_guide
from rctspark.config.mapping import Mapping
from rctspark.contracts import TABLES
from rctspark.contracts.dictionary import write_dictionary

PLANS = """
What a plan may say: `conf/experiments/<name>.yaml`, or a file named with `--plan`. The
smallest complete one is `conf/experiments/penn.yaml`. A plan that cannot be read is
refused with all its faults at once, each with line and key. Its hash leaves out
`labels`, `title`, `description`, `source`, comments and whatever is empty.
"""
MAPPINGS = """
What a mapping may say: `conf/mappings/<name>.yaml`. It reads the files that lie in its
`folder` among the deliveries; [registers.md](registers.md) lists the layouts
that the mappings of this repository expect.
"""
SETTINGS = """
What every run shares: `conf/base/settings.yaml`. Over it lies the file that the
environment variable `RCTSPARK_CONF` names, or else `conf/local/settings.yaml`.
Thresholds and exemptions are the data owner's to set, not the analyst's.
"""


def pages() -> dict[str, str]:
    """Return file name to text of every page that is made."""
    return {
        "tables.md": write_dictionary(TABLES.values()),
        "plans.md": write_guide(Plan, title="Plans", opening=PLANS),
        "mappings.md": write_guide(Mapping, title="Mappings", opening=MAPPINGS),
        "settings.md": write_guide(Settings, title="Settings", opening=SETTINGS),
    }


def main() -> int:
    """Write the pages."""
    for name, text in pages().items():
        (Path("docs") / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

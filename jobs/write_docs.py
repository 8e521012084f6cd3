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
What a plan may say: `conf/experiments/<name>.yaml`, or a file named with `--plan`. One
that cannot be read is refused with all its faults at once, each with line and key. Its
hash leaves out `labels`, `title`, `description`, `source`, comments and what is empty.

A new trial needs a plan, and mappings where its files are laid out in another way. This
one is complete, for persons on the weekly lists of an office:

```yaml
name: talks
title: Talks at one office
registers:
  root: talks
  mappings: [uwv_persons, uwv_ww_spells, uwv_payroll, uwv_office_lists]
  as_known_on: 2014-03-01
window: {first: -3, last: 12}
follow_up_until: 2013-12-31
population: {origin: enrolment, benefits: [WW]}
arms: {control: basic, treatments: [intensive]}
assignment: {rule: list, analyse: recorded}
outcomes:
  - {name: exit, kind: exit, within: [3, 6, 12]}
  - {name: working, kind: panel, value: double(jobs > 0), horizons: [0, 12]}
covariates:
  - {name: female, value: "double(sex = 'female')"}
  - {name: age, value: double(age_at_enrolment), measured: enrolment}
models:
  - {name: unadjusted}
  - {name: adjusted, covariates: [female, age]}
analyses:
  - {population: all}
headlines:
  - {outcome: working, horizon: 12, model: adjusted}
labels:
  working: {en: In work, nl: Aan het werk}
```

`make register PLAN=talks.yaml` puts it on record, `make run PLAN=talks.yaml
DELIVERIES=<folder>` runs it. To change a model later, change the file and run again:
its hash is another one, and results say that they deviate from the plan on record until
it is registered anew. `conf/experiments/` holds larger ones: `penn.yaml` with a mapping
of its own, `reintegration.yaml` with offices that are drawn.
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

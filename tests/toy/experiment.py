"""A small experiment: claims by claim number, payroll by BSN, and a link table.

Forty persons, three files, two plans on one register root. Everything that a person
earns is a function of the number of the claim, so a test can say it by hand.
"""

import json
import shutil

PERSONS = 40
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)

CLAIMS = """
name: toy_claims
folder: claims
title: Claims
source: made for tests
file: {format: csv, delimiter: ';', name: 'claims\\.csv', period: '2019', version: V1, delivered_on: 2020-03-01}
covers: {kind: history, since: 2018-01-01, until: 2020-02-29}
identifier: {kind: opaque, columns: [CLAIM]}
columns:
  - {name: CLAIM, meaning: Number of the claim}
  - {name: ARM, meaning: Arm, filled: true}
  - {name: FROM, type: date(yyyyMMdd), meaning: First day, filled: true}
  - {name: UNTIL, type: date(yyyyMMdd), meaning: Last day}
feeds:
  - table: persons
    columns: {sex: "'unknown'", birth_precision: "'unknown'", traits: "map()"}
  - table: benefit_spells
    columns: {benefit: "'UI'", start_date: FROM, end_date: UNTIL, traits: "map()"}
  - table: assignment_lists
    columns: {listed_on: FROM, arm_recorded: ARM, traits: "map()"}
"""

PAY = """
name: toy_pay
folder: pay
title: Payroll
source: made for tests
file: {format: csv, delimiter: ';', decimal: ',', name: 'pay\\.csv', period: '2019', version: V1, delivered_on: 2020-02-01}
covers: {kind: period}
identifier: {kind: bsn, columns: [BSN]}
columns:
  - {name: BSN, meaning: Citizen service number}
  - {name: JOB, meaning: Job, filled: true}
  - {name: FROM, type: date(yyyyMMdd), meaning: First day, filled: true}
  - {name: UNTIL, type: date(yyyyMMdd), meaning: Last day, filled: true}
  - {name: WAGE, type: 'decimal(12,2)', meaning: Pay, filled: true}
feeds:
  - table: payroll
    columns:
      {source: "'payroll'", job_id: xxhash64(JOB), start_date: FROM, end_date: UNTIL,
      wage_eur: WAGE, is_job_start_capped: 'false'}
"""

LINKS = """
name: toy_links
folder: links
title: Which citizen service number a claim belongs to
source: made for tests
file: {format: csv, delimiter: ';', name: 'links\\.csv', period: '2019', version: V1, delivered_on: 2020-02-01}
covers: {kind: period}
identifier: {kind: opaque, columns: [CLAIM]}
columns:
  - {name: CLAIM, meaning: Number of the claim}
  - {name: BSN, meaning: Citizen service number}
feeds:
  - table: person_links
    linked_identifier: {kind: bsn, columns: [BSN]}
    columns: {}
"""

PLAN = """
name: {name}
title: A small experiment
registers: {{root: toy, mappings: [toy_claims, toy_pay, toy_links], as_known_on: 2020-03-01, links: {links}}}
window: {{first: 0, last: {last}}}
follow_up_until: 2019-12-31
population: {{origin: benefit_start, benefits: [UI]}}
arms: {{control: control, treatments: [help]}}
assignment: {{rule: list, analyse: recorded}}
outcomes:
  - {{name: wage_eur, kind: panel, value: double(wage_eur), unit: euro}}
models: [{{name: unadjusted}}]
analyses: [{{population: all}}]
"""

NEVER = {
    "type": "expect_table_row_count_to_be_between",
    "kwargs": {"min_value": 1_000_000},
    "meta": {
        "id": "population.large",
        "words": "a population has a million persons",
        "reason": "made for tests",
        "owner": "tests",
        "severity": "stop",
    },
}


def bsns(count):
    """Citizen service numbers that pass the 11-test, none of them given out."""
    found = []
    for number in range(999000000, 999999999):
        digits = f"{number:09d}"
        total = sum(w * int(d) for w, d in zip(WEIGHTS, digits, strict=True))
        if total % 11 == 0:
            found.append(digits)
        if len(found) == count:
            break
    return found


def lay_out(folder, root):
    """Lay out a project of this experiment alone, with the house's own settings."""
    shutil.copytree(root / "conf" / "base", folder / "conf" / "base")
    shutil.copytree(root / "expectations", folder / "expectations")
    (folder / "conf" / "mappings").mkdir()
    (folder / "conf" / "experiments").mkdir()
    for name, text in (("claims", CLAIMS), ("pay", PAY), ("links", LINKS)):
        (folder / "conf" / "mappings" / f"toy_{name}.yaml").write_text(text)
    plans = (("toy", 5, "true"), ("toy_short", 2, "true"), ("toy_apart", 2, "false"))
    for name, last, links in plans:
        text = PLAN.format(name=name, last=last, links=links)
        (folder / "conf" / "experiments" / f"{name}.yaml").write_text(text)
    return folder


def wage_cents(claim, month):
    """Pay of a claim's person in a month of 2019: none for every fourth."""
    return 0 if claim % 4 == 0 else 100_000 + 1_000 * claim + month


def end_payroll(folder, until):
    """Let the payroll delivery of a project speak for days up to one day only."""
    path = folder / "conf" / "mappings" / "toy_pay.yaml"
    whole, part = (
        "{kind: period}",
        f"{{kind: history, since: 2019-01-01, until: {until}}}",
    )
    text = path.read_text()
    assert whole in text
    path.write_text(text.replace(whole, part))


def deliver(folder, *, linked_twice=(), mistyped=0):
    """Write the three files.

    Args:
        folder: Where to.
        linked_twice: Claims whose BSN is given to another claim besides.
        mistyped: How many rows of payroll have a BSN that fails the 11-test.
    """
    numbers = bsns(PERSONS + 1)
    claims = ["CLAIM;ARM;FROM;UNTIL"]
    pay, links = ["BSN;JOB;FROM;UNTIL;WAGE"], ["CLAIM;BSN"]
    for claim in range(PERSONS):
        arm = "help" if claim % 2 else "control"
        claims.append(f"c{claim};{arm};20190110;20191231")
        links.append(f"c{claim};{numbers[claim]}")
        if claim in linked_twice:
            links.append(f"c{(claim + 1) % PERSONS};{numbers[claim]}")
        for month in range(1, 13):
            cents = wage_cents(claim, month)
            if cents:
                days = f"2019{month:02d}01;2019{month:02d}28"
                wage = f"{cents // 100},{cents % 100:02d}"
                pay.append(f"{numbers[claim]};j{claim};{days};{wage}")
    # Somebody in payroll whom no claim is linked to.
    pay.append(f"{numbers[PERSONS]};jx;20190101;20190131;9999,00")
    for number in numbers[:mistyped]:
        wrong = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
        pay.append(f"{wrong};jy;20190101;20190131;8888,00")
    for name, lines in (("claims", claims), ("pay", pay), ("links", links)):
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def forbid(folder, table, rule):
    """Add a rule to the suite of a table."""
    path = folder / "expectations" / f"{table}.json"
    suite = json.loads(path.read_text())
    suite["expectations"].append(rule)
    path.write_text(json.dumps(suite))

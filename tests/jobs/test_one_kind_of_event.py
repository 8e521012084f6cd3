"""One kind of event changes, the chain runs again: what moves, and by how much.

A part of the twin (every twelfth of the enrolled) goes through the jobs, then again with
new versions of the files of one register, four times. What depends on what is written
down first; a direct count of the same files, which knows nothing of the jobs, says by
how much each cell must move.
"""

import csv
import datetime as dt
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import make_twin
from build_panel import build_panel
from build_population import build_population
from estimate_effects import estimate_effects
from ingest import ingest
from places import write_settings
from publish_results import publish_results
from rctspark.runtime.job import run_job
from rctspark.runtime.secret import make_key
from reference.ww_registers import add_jobs, read_persons
from reference.ww_tables import (
    BALANCE,
    CONTACTS,
    EXITS,
    QUALITY,
    ROUNDS_TABLE,
    TIME,
    count_tables,
    enrolled,
)

pytestmark = pytest.mark.long

DEPENDS = {
    "exits": {ROUNDS_TABLE, EXITS, TIME},
    "jobs": {EXITS, TIME, QUALITY},
    "appointments": {CONTACTS, ROUNDS_TABLE},
    "personal data": {BALANCE, EXITS, TIME, QUALITY},
}
"""Kind of event to the tables that it may move; table 4.1 depends on none of them."""
EVERY, N_CHANGED = 12, 5
CHAIN = (ingest, build_population, build_panel, estimate_effects, publish_results)
VERSION = re.compile(r"V(\d+)")


class Files:
    """Delivered files of a few persons, and what the chain makes of them."""

    def __init__(self, folder, root, whole):
        self.folder, self.root = folder, root
        self.plain, self.delivered = folder / "plain", folder / "deliveries"
        self.lives = []
        chosen = enrolled(read_persons(whole))[::EVERY]
        persons = {life.person.bsn for life in chosen}
        for path in whole.glob("*/SYNTHETIC*"):
            kept = [r for r in self.read(path) if r[0].zfill(9) in persons]
            self.write(self.plain / path.parent.name / path.name, kept, like=path)
        shutil.copytree(self.plain, self.delivered)

    def read(self, path):
        if path.suffix == ".parquet":
            return [
                list(row.values())
                for row in pq.read_table(path).to_pylist()
                if row["BSN"]
            ]
        mark = "," if path.parent.name == "services" else ";"
        with path.open(encoding="utf-8", newline="") as file:
            return [row for row in list(csv.reader(file, delimiter=mark))[1:] if row[0]]

    def write(self, path, rows, *, like):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            schema = pq.read_schema(like)
            columns = list(zip(*rows, strict=True)) or [[] for _ in schema]
            arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
            pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path)
            return
        mark = "," if like.parent.name == "services" else ";"
        header = like.open(encoding="utf-8").readline().rstrip("\n")
        lines = [header, *(mark.join(row) for row in rows)]
        path.write_text("\n".join(lines) + "\n")

    def change(self, register, edit):
        """Write a register's files anew: in place, and as a version of their own."""
        for path in sorted((self.plain / register).glob("SYNTHETIC*")):
            before = self.read(path)
            after = [row for row in map(edit, map(list, before)) if row is not None]
            if after == before:
                continue
            given = [
                int(VERSION.search(p.name).group(1))
                for p in (self.delivered / register).glob("SYNTHETIC*")
            ]
            name = VERSION.sub(f"V{max(given) + 1}", path.name)
            self.write(self.delivered / register / name, after, like=path)
            self.write(path, after, like=path)

    def count(self):
        """The tables by the direct count."""
        self.lives = enrolled(read_persons(self.plain))
        people = {life.person.bsn: life.person for life in self.lives}
        add_jobs(people, self.plain / "payroll")
        return count_tables(self.lives)

    def run(self):
        """The tables by the chain, as laid out before disclosure control."""
        settings = write_settings(self.folder)
        settings.write_text(f"{settings.read_text()}jars: ''\n")
        arguments = ["--plan", "ww", "--root", str(self.root)]
        arguments += ["--deliveries", str(self.delivered)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RCTSPARK_CONF", str(settings))
            for job in CHAIN:
                assert run_job(job, doc=job.__doc__, argv=arguments) == 0
        path = self.folder / "out" / "released" / "ww" / "published_vs_reproduced.csv"
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {
            (r["table"], r["row"], r["column"]): r["reproduced"]
            for r in rows
            if r["column"] != "stars"
        }


def shorten(plan):
    """Leave of the plan what its tables need."""
    wanted = ("all", "male", "female")
    plan["models"] = [{"name": "unadjusted"}]
    plan["analyses"] = [
        a | {"models": ["unadjusted"]}
        for a in plan["analyses"]
        if a["population"] in wanted
    ]
    plan["headlines"] = [{"outcome": "exit", "horizon": 12, "model": "unadjusted"}]
    return {k: v for k, v in plan.items() if k not in ("families", "durations")}


@pytest.fixture(scope="module")
def files(spark, root, tmp_path_factory):
    assert spark is not None
    folder = tmp_path_factory.mktemp("events")
    whole = folder / "whole"
    assert make_twin.main(["--experiment", "ww", "--folder", str(whole)]) == 0
    project = folder / "project"
    for part in ("base", "mappings", "published/ww"):
        shutil.copytree(root / "conf" / part, project / "conf" / part)
    shutil.copytree(root / "expectations", project / "expectations")
    plan = yaml.safe_load((root / "conf" / "experiments" / "ww.yaml").read_text())
    path = project / "conf" / "experiments" / "ww.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(shorten(plan), allow_unicode=True, sort_keys=False))
    make_key(folder / "key")
    return Files(folder, project, whole)


def is_rounded(cell, text, found):
    """Say whether a text is a number, rounded as its table rounds it."""
    whole = cell[0] == QUALITY and cell[1].endswith("part_time_factor")
    unit = 1.0 if whole else 10.0 ** -len(text.partition(".")[2])
    return abs(float(text) - found) <= unit / 2 + 1e-9


def require_same(laid, counted):
    """Hold every number of the chain against the direct count."""
    numbers = {cell: text for cell, text in laid.items() if text}
    assert len(numbers) > 150
    # A category that the direct count doesn't have is one that nobody is in.
    wrong = [c for c, t in numbers.items() if not is_rounded(c, t, counted.get(c, 0.0))]
    assert wrong == []


def first(lives, holds):
    chosen = [life for life in lives if holds(life)][:N_CHANGED]
    assert len(chosen) == N_CHANGED
    return {life.person.bsn: life for life in chosen}


def leave_on_day_250(files):
    """Persons who stay leave on day 250, to no job."""
    mine = first(
        files.lives,
        lambda x: x.exit is None and not x.jobs and x.left_within(15) is not None,
    )

    def edit(row):
        life = mine.get(row[0].zfill(9))
        if life is not None and row[4] in ("", "99991231"):
            last = life.start + dt.timedelta(days=249)
            if row[3] <= f"{last:%Y%m%d}":
                row[4], row[5] = f"{last:%Y%m%d}", "MD"
        return row

    files.change("ww_spells", edit)


def lose_the_job(files):
    """Persons who left for a job within six months lose it, and all other pay."""
    mine = first(
        files.lives,
        lambda x: len(x.jobs) == 1 and x.found_job_within(6) and x.destination != "WZ",
    )
    files.change("payroll", lambda row: None if row[0].zfill(9) in mine else row)


def lose_interviews(files):
    """Persons lose their individual interviews."""
    mine = first(
        files.lives,
        lambda x: any(kind == "individual" for _, kind in x.person.contacts),
    )

    def edit(row):
        is_one = row[4].upper() == "AFS" and row[5].upper() == "EVG"
        return None if row[0] in mine and is_one else row

    files.change("agenda", edit)


def change_personal_data(files):
    """Women become men, and single."""
    mine = first(
        files.lives,
        lambda x: (
            x.person.sex == "female" and x.person.living == "cohabiting" and x.jobs
        ),
    )

    def edit(row):
        if row[0] in mine:
            row[1], row[5] = "M", "A"
        return row

    files.change("persons", edit)


def test_each_kind_of_event_moves_what_depends_on_it_by_what_a_count_predicts(files):
    counted, laid = files.count(), files.run()
    require_same(laid, counted)
    changes = {
        "exits": leave_on_day_250,
        "jobs": lose_the_job,
        "appointments": lose_interviews,
        "personal data": change_personal_data,
    }
    for kind, change in changes.items():
        change(files)
        counted_then, laid_then = files.count(), files.run()
        require_same(laid_then, counted_then)
        moved = {cell[0] for cell in laid if laid[cell] != laid_then[cell]}
        assert moved == DEPENDS[kind], kind
        laid = laid_then

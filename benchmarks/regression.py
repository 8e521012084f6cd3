"""Ten outcomes x sixteen months x three arms x three models: sums against rows.

Each way is a process of its own, so peak memory is its own: this package's cells and
sums (from cells that are there), its two passes over a Spark table, its two passes
over arrays, statsmodels and pyfixest fitted one by one on the rows. The last two are
timed on a few fits and scaled, which is said. All effects that two ways have in
common are compared. duckreg needs an environment of its own, which `--duckreg` names;
its covariates must have few values, so its regressions are those of the cells.

    python benchmarks/regression.py --persons 100000 1000000 --folder <folder>
    python benchmarks/regression.py --ways cells duckreg --duckreg <python with duckreg>
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from measuring import Runs, measure

if TYPE_CHECKING:
    from rctspark.contracts.sums import SourceOfSums

OUTCOMES, MONTHS = 10, 16
ARMS = ("control", "zia", "hia", "wl")
NUMBERS = ("age", "benefit_months", "wage_24_cents", "wage_6_cents")
CATEGORIES = {
    "sex": ("male", "female"),
    "education": ("low", "middle", "high", "unknown"),
    "background": ("none", "western", "other"),
    "norm": ("single", "single_parent", "couple", "couple_children", "other"),
}
SHARED = ("age", "benefit_months", *CATEGORIES)
MODELS = {
    "m1": (*SHARED, "wage_24_cents"),
    "m2": (*SHARED, "wage_6_cents"),
    "m3": (),
}
CELL_MODELS = {
    "m1": tuple(CATEGORIES),
    "m2": ("sex", "education", "norm"),
    "m3": (),
}
FITS = OUTCOMES * MONTHS * len(MODELS)
PEER_FITS = 20
CHUNK = 100_000
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
SEED = 20180601


def generate(folder: Path, persons: int) -> Path:
    """Write persons with covariates and outcomes, in a few parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / f"persons_{persons}"
    if (path / "_done").is_file():
        return path
    (path / "rows").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    for part, start in enumerate(range(0, persons, CHUNK)):
        n = min(CHUNK, persons - start)
        table = pa.table(_columns(rng, n, start))
        pq.write_table(
            table, path / "rows" / f"part_{part:04d}.parquet", compression="zstd"
        )
    (path / "_done").write_text("")
    return path


def _columns(rng: np.random.Generator, n: int, start: int) -> dict[str, Any]:
    age = rng.integers(27, 66, n).astype(float)
    wage = np.where(rng.random(n) < 0.6, 0.0, rng.lognormal(13, 1, n)).round()
    columns: dict[str, Any] = {
        "person_id": np.arange(start, start + n),
        "arm": rng.choice(ARMS, n),
        "age": age,
        "benefit_months": rng.integers(3, 240, n).astype(float),
        "wage_24_cents": wage,
        "wage_6_cents": (wage * rng.random(n) / 4).round(),
    }
    for name, values in CATEGORIES.items():
        columns[name] = rng.choice(values, n)
    taste = rng.normal(size=n) + 0.01 * (46 - age) + (wage > 0)
    for outcome in range(OUTCOMES):
        for month in range(1, MONTHS + 1):
            drawn = taste + rng.normal(size=n) + 0.05 * (columns["arm"] == "zia")
            value = drawn > 1.5 if outcome else np.where(drawn > 1, drawn * 1e5, 0.0)
            columns[f"o{outcome}@{month}"] = value.astype(float)
    return columns


def keys() -> tuple[tuple[str, int], ...]:
    """Return every outcome and month."""
    return tuple((f"o{o}", m) for o in range(OUTCOMES) for m in range(1, MONTHS + 1))


def covariates() -> tuple[Any, ...]:
    """Return the covariates as a plan declares them."""
    from rctspark.config.plan import Covariate

    numbers = [Covariate(name=n, value=n) for n in NUMBERS]
    categories = [
        Covariate(name=n, value=n, categories=c) for n, c in CATEGORIES.items()
    ]
    return (*numbers, *categories)


def effects(source: SourceOfSums, models: dict[str, tuple[str, ...]]) -> list[Any]:
    """Estimate every effect from a source."""
    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.estimators.regression.linear import estimate_linear

    return list(
        estimate_linear(
            source,
            models=[Model(name=n, covariates=c) for n, c in models.items()],
            inference=Inference(covariance="HC1"),
            thresholds=Thresholds(),
        )
    )


def keep(found: list[Any], path: Path, way: str) -> None:
    """Write effects for the comparison."""
    rows = {
        f"{c.model}/{c.outcome}@{c.horizon}/{c.arm}": [c.estimate, c.std_error]
        for c in found
    }
    (path / f"effects_{way}.json").write_text(json.dumps(rows))


def session() -> Any:  # noqa: ANN401 (Spark is imported where it runs)
    """Start a small local session."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "3g")
        .config("spark.ui.enabled", "false")
        # As docs/operation.md sets a machine for large runs. Without the first, Java
        # only interprets the long methods that Spark generates for so many columns.
        .config(
            "spark.driver.extraJavaOptions",
            "-XX:-DontCompileHugeMethods -XX:+UseParallelGC "
            "-XX:ReservedCodeCacheSize=256m",
        )
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def run_table(path: Path, runs: Runs) -> None:
    """Two passes over the Spark table."""
    from rctspark.sample.sums import TableSums

    spark = session()
    table = spark.read.parquet(str(path / "rows"))
    source = TableSums(table, ARMS, covariates(), keys())
    for _ in range(2):
        with runs.one():
            found = effects(source, MODELS)
    keep(found, path, "table")


def run_cells(path: Path, runs: Runs) -> None:
    """Cells made by Spark (the first run), then effects from them (the second)."""
    from rctspark.estimators.regression.sources import CellSums
    from rctspark.sample.cells import collect_cells, count_cells

    spark = session()
    table = spark.read.parquet(str(path / "rows"))
    few = tuple(c for c in covariates() if c.categories)
    with runs.one():
        print(count_cells(table, arms=ARMS, covariates=few))
        cells = collect_cells(table, arms=ARMS, covariates=few, outcomes=keys())
    with runs.one():
        found = effects(CellSums(cells), CELL_MODELS)
    keep(found, path, "cells")


def run_arrays(path: Path, runs: Runs) -> None:
    """Two passes over arrays."""
    from rctspark.estimators.regression.sources import PersonSums

    sample = arrays(path)
    for _ in range(2):
        with runs.one():
            found = effects(PersonSums(sample, ARMS), MODELS)
    keep(found, path, "arrays")


def arrays(path: Path) -> Any:  # noqa: ANN401 (imported where it runs)
    """Read the persons as the analysis sample."""
    from rctspark.contracts.sample import AnalysisSample

    rows = pd.read_parquet(path / "rows")
    coded = {n: rows[[n]].to_numpy(dtype=float) for n in NUMBERS}
    columns = {n: (n,) for n in NUMBERS}
    for name, values in CATEGORIES.items():
        codes = pd.Categorical(rows[name], categories=values).codes
        coded[name] = (codes[:, None] == np.arange(1, len(values))).astype(float)
        columns[name] = tuple(f"{name}={v}" for v in values[1:])
    return AnalysisSample(
        arm=rows["arm"].to_numpy(dtype=np.str_),
        covariates=coded,
        columns=columns,
        outcomes={(o, m): rows.pop(f"{o}@{m}").to_numpy() for o, m in keys()},
    )


def run_statsmodels(path: Path, runs: Runs) -> None:
    """Some fits of M1 to M3, one by one on the rows."""
    import statsmodels.api as sm

    rows = pd.read_parquet(
        path / "rows", columns=_peer_columns() + [f"{o}@{m}" for o, m in _peer_keys()]
    )
    found: dict[str, list[float]] = {}
    with runs.one():
        for i, (outcome, month) in enumerate(_peer_keys()):
            model = list(MODELS)[i % len(MODELS)]
            parts = [(rows["arm"] == a).to_numpy(dtype=float) for a in ARMS[1:]]
            for name in MODELS[model]:
                if name in CATEGORIES:
                    parts += [
                        (rows[name] == v).to_numpy(dtype=float)
                        for v in CATEGORIES[name][1:]
                    ]
                else:
                    parts.append(rows[name].to_numpy())
            design = np.column_stack([np.ones(len(rows)), *parts])
            y = rows[f"{outcome}@{month}"].to_numpy()
            fit = sm.OLS(y, design).fit(cov_type="HC1", use_t=True)
            for a, arm in enumerate(ARMS[1:], start=1):
                key = f"{model}/{outcome}@{month}/{arm}"
                found[key] = [fit.params[a], fit.bse[a]]
    (path / "effects_statsmodels.json").write_text(json.dumps(found))


def run_pyfixest(path: Path, runs: Runs) -> None:
    """The same fits by pyfixest, several outcomes of a model in one call."""
    import pyfixest

    rows = pd.read_parquet(
        path / "rows", columns=_peer_columns() + [f"{o}@{m}" for o, m in _peer_keys()]
    )
    rows.columns = [c.replace("@", "_at_") for c in rows.columns]
    rows["arm"] = pd.Categorical(rows["arm"], categories=ARMS)
    found: dict[str, list[float]] = {}
    with runs.one():
        for place, (model, names) in enumerate(MODELS.items()):
            chosen = _peer_keys()[place :: len(MODELS)]
            left = " + ".join(f"{o}_at_{m}" for o, m in chosen)
            right = " + ".join(
                ["C(arm)", *(f"C({n})" if n in CATEGORIES else n for n in names)]
            )
            fits = pyfixest.feols(f"{left} ~ {right}", rows, vcov="HC1", lean=True)
            fits = fits.to_list() if hasattr(fits, "to_list") else [fits]
            for (outcome, month), fit in zip(chosen, fits, strict=True):
                tidy = fit.tidy()
                for arm in ARMS[1:]:
                    row = tidy.loc[[i for i in tidy.index if f".{arm}]" in i]].iloc[0]
                    found[f"{model}/{outcome}@{month}/{arm}"] = [
                        float(row["Estimate"]),
                        float(row["Std. Error"]),
                    ]
    (path / "effects_pyfixest.json").write_text(json.dumps(found))


def duckreg_spec(path: Path) -> Path:
    """Write what `peer_duckreg.py` is to fit: the regressions from cells."""
    dummies = [f"(arm = '{a}')::DOUBLE AS arm_{a}" for a in ARMS[1:]]
    named = {n: [f"{n}_{v}" for v in values[1:]] for n, values in CATEGORIES.items()}
    dummies += [
        f"({n} = '{v}')::DOUBLE AS {n}_{v}"
        for n, values in CATEGORIES.items()
        for v in values[1:]
    ]
    outcomes = [f'"{o}@{m}" AS {o}_at_{m}' for o, m in _peer_keys()]
    fits = []
    for i, (outcome, month) in enumerate(_peer_keys()):
        model = list(CELL_MODELS)[i % len(CELL_MODELS)]
        columns = [f"arm_{a}" for a in ARMS[1:]]
        columns += [c for name in CELL_MODELS[model] for c in named[name]]
        fits.append(
            {
                "outcome": f"{outcome}_at_{month}",
                "columns": columns,
                "keys": [f"{model}/{outcome}@{month}/{arm}" for arm in ARMS[1:]],
            }
        )
    rows = f"read_parquet('{path / 'rows' / '*.parquet'}')"
    spec = {
        "table": f"CREATE TABLE persons AS SELECT {', '.join(dummies + outcomes)} "  # noqa: S608 (our own names)
        f"FROM {rows}",
        "fits": fits,
        "effects": str(path / "effects_duckreg.json"),
    }
    written = path / "duckreg.json"
    written.write_text(json.dumps(spec))
    return written


def _peer_keys() -> list[tuple[str, int]]:
    every = keys()
    return list(every[:: len(every) // PEER_FITS])[:PEER_FITS]


def _peer_columns() -> list[str]:
    return ["arm", *NUMBERS, *CATEGORIES]


WAYS = {
    "cells": run_cells,
    "table": run_table,
    "arrays": run_arrays,
    "statsmodels": run_statsmodels,
    "pyfixest": run_pyfixest,
}
SCALED = ("statsmodels", "pyfixest", "duckreg")
OF_CELLS = ("cells", "duckreg")


def compare(path: Path, ways: list[str]) -> dict[str, float]:
    """Largest difference from the first way with the same models, in their errors."""
    found_by = {
        way: json.loads((path / f"effects_{way}.json").read_text()) for way in ways
    }
    apart = {}
    for way, found in found_by.items():
        alike = [w for w in ways if (w in OF_CELLS) == (way in OF_CELLS)]
        base = found_by[min(alike, key=lambda w: w in SCALED)]
        if base is found:
            continue
        apart[way] = max(
            abs(a - b) / base[key][1]
            for key, values in found.items()
            for a, b in zip(values, base[key], strict=True)
        )
    return apart


def side_by_side(folder: Path, persons: int, ways: list[str], duckreg: str) -> None:
    """Run every way on one number of persons and print the table.

    Args:
        folder: Where the persons are.
        persons: How many.
        ways: The ways.
        duckreg: Program that runs Python with duckreg.
    """
    path = generate(folder, persons)
    print(f"\n{persons:,} persons, {FITS} regressions, {FITS * 3} effects, HC1")
    print(f"{'way':12} {'seconds':>9} {'cpu':>9} {'peak MB':>8}  remark")
    for way in ways:
        command = [sys.executable, __file__, "--way", way, "--data", str(path)]
        if way == "duckreg":
            peer = Path(__file__).with_name("peer_duckreg.py")
            command = [duckreg, str(peer), str(duckreg_spec(path))]
        taken = measure(command)
        factor = FITS / PEER_FITS if way in SCALED else 1
        remark = f"{PEER_FITS} fits, scaled to {FITS}" if way in SCALED else ""
        if way == "cells":
            remark = "from the cells; making them is in the whole process"
        print(
            f"{way:12} {taken.warm * factor:9.1f} {taken.warm_cpu * factor:9.1f} "
            f"{taken.peak_mb:8.0f}  {remark} (whole process {taken.cold:.0f} s)",
            flush=True,
        )
    for way, apart in compare(path, ways).items():
        print(f"{way}: at most {apart:.1e} standard errors from the others")


def main() -> None:
    """Measure all ways, or be one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, nargs="+", default=[100_000])
    parser.add_argument("--folder", type=Path, default=Path("out/regression"))
    parser.add_argument(
        "--ways", nargs="+", choices=[*WAYS, "duckreg"], default=list(WAYS)
    )
    parser.add_argument("--duckreg", default=sys.executable)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    if given.way:
        runs = Runs()
        WAYS[given.way](given.data, runs)
        runs.report()
        return
    # Every way is a process that this one starts: each has one thread for algebra.
    os.environ |= dict.fromkeys(ONE_THREAD, "1")
    for persons in given.persons:
        side_by_side(given.folder, persons, given.ways, given.duckreg)


if __name__ == "__main__":
    main()

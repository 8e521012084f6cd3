"""Some of the benchmark's regressions by duckreg, an environment of its own.

duckreg has robust errors for one outcome at a time, of persons put together who share
all covariates; it then fills a square matrix of cells by cells, so a covariate such as
wages, with a cell for nearly everyone, can't be among them.

    <python with duckreg> benchmarks/peer_duckreg.py <spec.json>
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb
import ibis
from duckreg.estimators import DuckRegression

from measuring import Runs


def main(spec: dict[str, object]) -> None:
    """Fit each regression; write effects and errors."""
    runs = Runs()
    found: dict[str, list[float]] = {}
    with runs.one():
        connection = duckdb.connect()
        connection.execute(str(spec["table"]))
        backend = ibis.duckdb.from_connection(connection)
    # The last run is what is compared: the table is there, as cells are.
    with runs.one():
        for fit in spec["fits"]:
            regression = DuckRegression(
                db_name=None,
                connection=backend,
                table_name="persons",
                formula=f"{fit['outcome']} ~ {' + '.join(fit['columns'])}",
                cluster_col="",
                seed=1,
                n_bootstraps=0,
            )
            regression.fit()
            regression.fit_vcov()
            errors = regression.vcov.diagonal() ** 0.5
            for place, key in enumerate(fit["keys"], start=1):
                numbers = [regression.point_estimate[place], errors[place]]
                found[key] = [float(n) for n in numbers]
    Path(str(spec["effects"])).write_text(json.dumps(found))
    runs.report()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))

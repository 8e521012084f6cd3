"""An error that nobody foresaw: told by its kind and place, never by its text."""

import json

import pytest

BSN, WAGE = "999000012", "12,345.67"


def divide(run):
    """Break in Python, on a row of a person."""
    assert run.spark is not None
    try:
        int(f"{BSN};{WAGE}")
    except ValueError as broken:
        raise ZeroDivisionError(f"{BSN} earned {WAGE} in no hour") from broken


def cast(run):
    """Break in Spark, on a row of a person."""
    run.spark.sql(f"SELECT CAST('{BSN};{WAGE}' AS DATE) AS day").collect()


@pytest.fixture(params=[(divide, "ZeroDivisionError"), (cast, "DateTimeException")])
def stopped(request, run, workplace, capfd):
    """The kind of error, what was said, the lines of the log, the status."""
    job, kind = request.param
    before = set((workplace / "out").glob("runs/*"))
    assert run(job, "--plan", "penn") == 1
    left = sorted(set((workplace / "out").glob("runs/*")) - before)
    (status, log) = left
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    out, said = capfd.readouterr()
    files = "".join(path.read_text() for path in left)
    return kind, out + said, lines, json.loads(status.read_text()), files


def test_it_ends_with_1_and_one_line_that_says_where_to_look(stopped):
    kind, said, lines, status, _ = stopped
    line = said.strip().splitlines()[-1]
    assert f"stopped by an error that nobody foresaw: {kind} at " in line
    assert f"{status['run_id']}.log" in line
    assert (status["state"], status["exit_code"]) == ("failed", 1)
    assert status["error"] == lines[-1]["error"] == kind
    assert any("test_unforeseen.py" in place for place in lines[-1]["places"])


def test_neither_its_text_nor_a_stack_trace_is_shown_or_kept(stopped):
    _, said, *_, files = stopped
    for text in (said, files):
        for withheld in (BSN, WAGE, "Traceback", "in no hour", "\n  File ", "\tat "):
            assert withheld not in text

"""What a person's new jobs are like, row by row in plain Python: slow, plainly right."""

from __future__ import annotations

from reference.person_month import each_day


def rows_of_job(life, rows, job):
    """Rows of payroll of one job that begin while outcomes may look."""
    return [
        r
        for r in rows
        if r["job_id"] == job
        and r["source"] in life.plan["earnings_sources"]
        and r["start_date"] <= life.person["observed_until"]
    ]


def new_jobs(life):
    """Jobs that started after enrolment and in follow-up, the first one first."""
    after, until = life.person["enrolment_date"], life.person["observed_until"]
    found = [
        (start, end, job)
        for job, (start, end) in life.jobs.items()
        if after < start <= until
    ]
    return sorted(found)


def is_permanent(rows):
    known = [r for r in rows if r["contract"]]
    if not known:
        return None
    first = min(r["start_date"] for r in known)
    return float(
        "permanent" in {r["contract"] for r in known if r["start_date"] == first}
    )


def ratio(rows, part, whole):
    both = [r for r in rows if r[part] is not None and r[whole] is not None]
    total = sum(r[whole] for r in both)
    return float(sum(r[part] for r in both)) / float(total) if total > 0 else None


def mean(values):
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def measures_of(life, rows):
    """Every measure of a person's new jobs; None: not defined."""
    jobs = new_jobs(life)
    if not jobs:
        names = ("permanent", "days", "number", "factor", "wage")
        return dict.fromkeys(names)
    start, end, first = jobs[0]
    last = min(end, life.person["observed_until"])
    own = [rows_of_job(life, rows, job) for *_, job in jobs]
    return {
        "permanent": is_permanent(rows_of_job(life, rows, first)),
        "days": float(len(each_day(start, last))) if last >= start else None,
        "number": float(len(jobs)),
        "factor": mean([ratio(r, "full_time_days", "job_days") for r in own]),
        "wage": mean([ratio(r, "wage_eur", "hours") for r in own]),
    }

"""A slow reading of the files of 2018-2019: who is who, and what they earned."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from decimal import Decimal

ARMS = {"MWW": "control", "ZIA": "zia", "HIA": "hia", "WL": "wl"}
NAMES = tuple(ARMS.values())
START = dt.date(2018, 6, 1)


def rows(deliveries, folder, part="*.csv"):
    """Rows that name somebody, duplicates once; column names in upper case."""
    found = {}
    for path in sorted((deliveries / folder).glob(f"SYNTHETIC{part}")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter=";"):
                named = {k.upper(): v for k, v in row.items()}
                if named["RINPERSOONS"] in "RS" and len(named["RINPERSOON"]) == 9:
                    found[tuple(named.items())] = named
    return list(found.values())


def day(text):
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text else None


def completed_months(first, last):
    return (
        (last.year - first.year) * 12
        + last.month
        - first.month
        - (last.day < first.day)
    )


def read_traits(deliveries):
    """What tables 1 and 3 are about, from the registers alone."""
    told = defaultdict(dict)
    tell_births(deliveries, told)
    tell_levels(deliveries, told)
    tell_benefits(deliveries, told)
    return told


def tell_births(deliveries, told):
    origin = dict.fromkeys(("6029", "5010", "7028", "6024"), "western")
    origin |= dict.fromkeys(("6043", "5022", "5007", "5107"), "non_western")
    for r in rows(deliveries, "gbapersoon"):
        if r["GBAGESLACHT"] not in "12":
            continue
        one = told[r["RINPERSOON"]]
        one["sex"] = {"1": "male", "2": "female"}[r["GBAGESLACHT"]]
        month, born = int(r["GBAGEBOORTEMAAND"]), r["GBAGEBOORTEDAG"]
        born = 15 if born == "--" else int(born)
        age = 2018 - int(r["GBAGEBOORTEJAAR"]) - ((month, born) > (6, 1))
        bands = ((35, "27-34"), (45, "35-44"), (55, "45-54"), (999, "55+"))
        one["age"] = next(name for limit, name in bands if age < limit)
        is_native = r["GBAHERKOMSTGROEPERING"] == "0000"
        one["migration_background"] = (
            "none" if is_native else origin[r["GBAHERKOMSTGROEPERING"]]
        )


def tell_levels(deliveries, told):
    levels = {"1": "low", "2": "middle", "3": "high"}
    for r in rows(deliveries, "hoogsteopl"):
        code = r["OPLNIVSOI2016AGG4HBMETNIRWO"]
        if code != "7777":
            told[r["RINPERSOON"]]["education"] = levels.get(code[0], "unknown")
    for r in rows(deliveries, "arrangementen"):
        first, last = day(r["VAN"]), day(r["TOT"])
        if r["ARRANGEMENT"] in "1234" and first < START and (not last or last >= START):
            told[r["RINPERSOON"]]["arrangement"] = r["ARRANGEMENT"]


def tell_benefits(deliveries, told):
    norms = {"A": "single", "O": "single_parent", "G": "cohabiting"}
    for r in rows(deliveries, "bijstand"):
        people = [r["RINPERSOON"], r["RINPERSOONPARTNER"]]
        if r["UITKERINGSOORT"] == "99" or r["EINDE"] == "19500101":
            continue
        months = completed_months(day(r["AANVANG"]), START)
        stretch = "under_1_year" if months < 12 else "1_to_3_years"
        for person in filter(None, people):
            told[person]["benefit_norm"] = norms[r["NORM"].upper()]
            told[person]["benefit_duration"] = (
                "3_years_or_more" if months >= 36 else stretch
            )


def pay_rows(deliveries):
    for year, version in ((2016, "V2"), (2017, "V2"), (2018, "V2"), (2019, "V109")):
        for r in rows(deliveries, "spolisbus", f"*{year} {version} *.csv"):
            try:
                cents = Decimal(r["SBASISLOON"].replace(",", "."))
                first, last = day(r["SDATUMAANVANGIKO"]), day(r["SDATUMEINDEIKO"])
            except (ArithmeticError, ValueError):
                continue
            if last >= first and r["SCONTRACTSOORT"].upper() in "OBN":
                assert (first.year, first.month) == (last.year, last.month)
                yield r, first, cents


def read_pay(deliveries):
    """Pay, hours and best contract by person and month since January 2016."""
    wage, hours = defaultdict(Decimal), defaultdict(Decimal)
    contract = defaultdict(lambda: "N")
    for r, first, amount in pay_rows(deliveries):
        key = (r["RINPERSOON"], (first.year - 2016) * 12 + first.month - 1)
        wage[key] += amount
        hours[key] += Decimal(r["SBASISUREN"].replace(",", "."))
        contract[key] = max(contract[key], r["SCONTRACTSOORT"].upper(), key="NBO".index)
    return wage, hours, contract

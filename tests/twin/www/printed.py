"""Published figures of 2018-2019, and whether a number rounds to one."""

import csv
from decimal import Decimal


def published(root, name):
    with (root / "conf" / "published" / "www" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def agrees(value, printed):
    """Whether a number rounds to the printed one, halves either way."""
    digits = -Decimal(printed).as_tuple().exponent
    return abs(value - float(printed)) <= 0.5 * 10**-digits + 1e-9

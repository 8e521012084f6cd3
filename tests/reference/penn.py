"""Figures of the Pennsylvania trial, as ../shared/data/README.md prints them."""

WEEKS = {
    "bonus_1": ("-0.278", "0.337"),
    "bonus_2": ("-0.725", "0.280"),
    "bonus_3": ("-0.387", "0.312"),
    "bonus_4": ("-0.832", "0.311"),
    "bonus_5": ("-0.147", "0.311"),
    "bonus_6": ("-1.002", "0.336"),
}
"""Arm to effect on weeks and its standard error, six arms at once."""

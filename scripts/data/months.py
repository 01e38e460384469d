#!/usr/bin/env python3
"""Writes crates/clean/src/rules/date/months.tsv: names of months, weekdays and halves of the day, from CLDR.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install Babel==2.19.0
    /tmp/venv/bin/python scripts/data/months.py > crates/clean/src/rules/date/months.tsv

A line is kind, number and names; names that differ only in case, accents, dots and spaces are written once.
"""

import sys
import unicodedata

import babel
from babel import Locale
from babel.core import get_cldr_version

LOCALES = """
en en_GB en_AU en_CA fr fr_CA fr_CH es es_MX es_AR es_CO pt pt_PT de de_AT it nl nl_BE pl ru uk bg
sr_Cyrl sr_Latn sr_Cyrl_BA sr_Latn_BA el tr ar ar_SY ar_MA ar_DZ ar_TN ar_IQ ar_SA id hi
""".split()

# Spellings that people and older software write and CLDR does not have.
EXTRA = {
    ("month", 1): ["janv", "jänner", "ιαν"],
    ("month", 3): ["maerz", "mrz", "mär", "mrt"],
    ("month", 5): ["мая"],
    ("month", 8): ["agt"],
    ("month", 9): ["sept", "σεπτ"],
    ("month", 11): ["nop"],
    ("half", 1): ["пр.об.", "пре подне"],
    ("half", 2): ["сл.об."],
}


def key(name):
    """As `fold` of crates/clean/src/rules/date/fold.rs, without dots and spaces."""
    letters = unicodedata.normalize("NFD", name.lower().replace("ı", "i"))
    kept = (it for it in letters if it.isalpha() or "\u093e" <= it <= "\u094d")  # vowel signs of Hindi
    return "".join(kept).replace("ς", "σ")


def names():
    found = {}

    def add(kind, number, name):
        if name and not any(c.isdigit() for c in name):
            found.setdefault((kind, number), {}).setdefault(key(name), unicodedata.normalize("NFC", name.lower()))

    for locale in map(Locale.parse, LOCALES):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[context][width].items():
                    add("month", number, name)
            for width in ("wide", "abbreviated", "short"):
                for number, name in locale.days[context].get(width, {}).items():
                    add("weekday", number + 1, name)
            for width in ("wide", "abbreviated"):
                periods = locale.day_periods.get(context, {}).get(width, {})
                add("half", 1, periods.get("am"))
                add("half", 2, periods.get("pm"))
    for (kind, number), spellings in EXTRA.items():
        for spelling in spellings:
            add(kind, number, spelling)
    return found


def main():
    found = names()
    source = f"CLDR {get_cldr_version()} (Babel {babel.__version__})"
    print(f"# Months, weekdays (1 is Monday) and halves of the day (1 is before noon), from {source}.")
    print("# Written by scripts/data/months.py. Licence of CLDR: Unicode-3.0.")
    kinds = ["month", "weekday", "half"]
    for (kind, number), spellings in sorted(found.items(), key=lambda it: (kinds.index(it[0][0]), it[0][1])):
        for spelling in spellings:
            others = [n for (k, n), s in found.items() if k == kind != "weekday" and n != number and spelling in s]
            if others:
                sys.exit(f"{spelling} is {kind} {number} and {others}")
        print(kind, number, *sorted(spellings.values()), sep="\t")


main()

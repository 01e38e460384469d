"""Compares two exports of contacts, `ferry export contacts --exact`, column by column. Fails if they differ anywhere.

    same.py ONE.csv OTHER.csv

All columns are compared. Nothing in them is of a run, and the sources of both plans have the same names.
"""

import csv
import sys


def contacts(path):
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        by_id = {row["contact_id"]: row for row in reader}
    return reader.fieldnames, by_id


def main():
    (columns, one), (others, other) = map(contacts, sys.argv[1:])
    assert columns == others, f"the columns are {columns} and {others}"
    different = [f"{it}: only in one of them" for it in sorted(one.keys() ^ other.keys())]
    for key in sorted(one.keys() & other.keys()):
        pairs = ((it, one[key][it], other[key][it]) for it in columns)
        different += [f"{key}: {it} is {a!r} and {b!r}" for it, a, b in pairs if a != b]
    print("\n".join(different[:20]) or f"the same {len(one)} contacts, in all {len(columns)} columns")
    sys.exit(1 if different or not one else 0)


main()

"""Runs two builds of Ferry on the same inputs and compares what they leave behind: see scripts/compare.

    compare.py OLD NEW REPOSITORY [--postgres PSQL CLUSTER] [--keep FOLDER]

Everything becomes either rows (Parquet, CSV, NDJSON, database tables) or a document (JSON). The rules of renames.tsv
put the old side into the words of the new one and take exempt fields out of both; then both must be equal.
"""

import argparse
import pathlib
import shutil
import sys
import tempfile

from compare_cases import run_cases
from compare_read import artifacts, database
from compare_rules import Rules
from compare_show import first_difference

EQUAL, RENAMED, DIFFERS = "equal", "equal after renaming", "DIFFERS"


def compare(name, old, new, rules):
    """The verdict about one artifact or table, and what to say about it."""
    if old is None or new is None:
        return DIFFERS, f"only the {'new' if old is None else 'old'} program writes it"
    if old.digest is not None and old.digest == new.digest:
        return EQUAL, "byte for byte"
    translated, renamed, exempt = rules.translate(name, old.content())
    expected, _, exempt_of_new = rules.translate(name, new.content(), is_new=True)
    difference = first_difference(translated, expected)
    if difference:
        return DIFFERS, difference
    notes = []
    if renamed:
        notes.append(", ".join(sorted(renamed)))
    if exempt | exempt_of_new:
        notes.append("exempt: " + ", ".join(sorted(exempt | exempt_of_new)))
    if old.digest is not None and not notes:
        notes.append("the content; bytes differ")
    return (RENAMED if renamed else EQUAL), "; ".join(notes)


def compare_case(case, old, new, rules):
    """Compares what both programs left in one case; returns how often each verdict was given."""
    names = {rules.new_name(name): name for name in old}
    verdicts = {EQUAL: 0, RENAMED: 0, DIFFERS: 0}
    for name in sorted(names.keys() | new.keys()):
        if rules.is_exempt(name) or (name not in new and rules.is_exempt(names[name])):
            continue
        verdict, note = compare(name, old.get(names.get(name)), new.get(name), rules)
        if verdict == EQUAL and names.get(name, name) != name:
            verdict, note = RENAMED, f"{names[name]} → {name}; {note}"
        verdicts[verdict] += 1
        print(f"{verdict:21} {case}: {name}" + (f"   ({note})" if note else ""))
    return verdicts


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("old")
    arguments.add_argument("new")
    arguments.add_argument("repository", type=pathlib.Path)
    arguments.add_argument("--postgres", nargs=2, metavar=("PSQL", "CLUSTER"))
    arguments.add_argument("--keep", type=pathlib.Path, help="keep what both programs wrote in this folder")
    arguments = arguments.parse_args()

    rules = Rules(arguments.repository / "scripts/peers/renames.tsv")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ferry-compare."))
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        folder = arguments.keep.resolve()
    totals = {EQUAL: 0, RENAMED: 0, DIFFERS: 0}
    try:
        for case in run_cases(arguments, folder, rules):
            old, new = ({**artifacts(side.folder), **database(side, rules)} for side in (case.old, case.new))
            for verdict, count in compare_case(case.name, old, new, rules).items():
                totals[verdict] += count
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in totals.items()))
    for rule in rules.unused():
        print(f"unused rule: {rule}")
    sys.exit(totals[DIFFERS] > 0 or totals[EQUAL] + totals[RENAMED] == 0)


if __name__ == "__main__":
    main()

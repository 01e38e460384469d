#!/usr/bin/env python3
"""Derives everything anew with `ferry serve --replay`, and checks that every table is as it was.

    replay.py DIR --ferry BIN

DIR is the folder of a storm whose server has ended. Prints each table with its rows before and after, and ends with 1 if any
row differs.
"""

import argparse
import json
from pathlib import Path

import fold
from databases import open_database
from servers import Server

TABLES = {"sqlite": "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
          "postgres": "select table_name as name from information_schema.tables where table_schema = current_schema() "
                      "and table_type = 'BASE TABLE'"}
DERIVED = ("delivery", "conversation", "number_state", "account_state")  # docs/database.md, delivery


def dump(database):
    """Returns the rows of every table, as sorted texts."""
    names = sorted(row["name"] for row in database.rows(TABLES[database.kind]))
    return {name: sorted(json.dumps(row, sort_keys=True, default=bytes.hex)
                         for row in database.rows(f"select * from {name}")) for name in names}


def compare(before, after):
    """Prints the tables. Returns how many rows differ."""
    n_different = 0
    print(f"{'table':28} {'before':>8} {'after':>8} {'differ':>8}")
    for name in sorted(before.keys() | after.keys(), key=lambda name: (name not in DERIVED, name)):
        old, new = set(before.get(name, ())), set(after.get(name, ()))
        wrong = sorted(old ^ new)
        if old or new:
            print(f"{name:28} {len(before[name]):8} {len(after[name]):8} {len(wrong):8}{'  derived' * (name in DERIVED)}")
        for text in wrong[:4]:
            print(f"      {'before' if text in old else 'after'}: {text[:400]}")
        n_different += len(wrong)
    return n_different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of a storm")
    parser.add_argument("--ferry", type=Path, required=True, help="program to test")
    arguments = parser.parse_args()
    report = json.loads((arguments.folder / "storm.json").read_text())
    database = open_database(report["database"], arguments.folder)
    database.start()
    server = Server(arguments.ferry, arguments.folder, fold.read_settings(arguments.folder), database.url)
    before = dump(database)
    print(server.command("serve", "plan.toml", "--replay").strip())
    after = dump(database)
    database.stop()
    raise SystemExit(min(compare(before, after), 1))


if __name__ == "__main__":
    main()

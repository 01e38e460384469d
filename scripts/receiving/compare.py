#!/usr/bin/env python3
"""Holds the database of a storm against what fold.py makes of the same traffic.

    compare.py DIR [--shown 3]

Reads DIR (storm.py), and prints a table: rows compared, equal, different, with a few differences. Ends with 1 if anything
differs. Receipts are taken from the database, after it was checked that each is between the sending of the body and its answer.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import fold
import sections
from databases import open_database
from people_held import PeopleHeld
from views import Views

CLOCKS_DIFFER = 5  # milliseconds by which the clocks of two processes may seem to differ


class Table:
    """Rows of a comparison."""

    def __init__(self, n_shown):
        self.n_shown, self.n_different = n_shown, 0

    def add(self, name, expected, found):
        """Compares two dictionaries, key by key. A key that one lacks is a difference."""
        keys = sorted(expected.keys() | found.keys(), key=str)
        wrong = [key for key in keys if key not in found or key not in expected or expected[key] != found[key]]
        self.n_different += len(wrong)
        print(f"{name:58} {len(keys):8} {len(keys) - len(wrong):8} {len(wrong):8}")
        for kind, some in _grouped(wrong, expected, found).items():
            for key in some[: self.n_shown]:
                print(f"      {kind}: {key}: expected {_short(expected.get(key))}, found {_short(found.get(key))}")


def _grouped(wrong, expected, found):
    """Sorts differences into lacking, surplus, and different."""
    groups = {}
    for key in wrong:
        kind = "lacking" if key not in found else "surplus" if key not in expected else "different"
        groups.setdefault(kind, []).append(key)
    return groups


def _short(value):
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return text if len(text) < 220 else text[:220] + "…"


def folded(folder, received):
    """Folds the traffic of a folder. Returns the fold and its document."""
    machine = fold.Fold(fold.read_settings(folder), received)
    for line in fold.read_lines(folder):
        machine.request(line)
    return machine, machine.state()


def compare_requests(table, folder, views):
    """Compares answers with those expected, and bodies with acknowledgements."""
    lines = [(line["status"], line["faults"]) for line in fold.read_lines(folder)]
    rows = [text.split("\t") for text in (folder / "requests.tsv").read_text().splitlines()]
    answered = {int(row[0]): int(row[2]) for row in rows}
    table.add("answers of requests", {place: status for place, (status, _) in enumerate(lines)}, answered)
    acknowledged = {row[1] for row in rows if int(row[2]) == 200}
    stored = {body["digest"] for body in views.bodies}
    table.add("acknowledged bodies = stored bodies", dict.fromkeys(acknowledged, 1), dict.fromkeys(stored, 1))
    forged = [place for place, (_, faults) in enumerate(lines) if "forged" in faults]
    digests = {row[1] for row in rows if lines[int(row[0])][0] != 200} - acknowledged
    print(f"      forged: {len(forged)} sent, {sum(answered.get(place) == 200 for place in forged)} accepted, "
          f"{len(digests & stored)} bodies of refused requests are stored")
    times = {}
    for _, digest, status, _, first, last in rows:
        if status == "200":
            seen = times.setdefault(digest, [])
            seen.append((int(first) // 10**6 - CLOCKS_DIFFER, int(last) // 10**6 + CLOCKS_DIFFER))
    late = {body["body_id"]: body["digest"] for body in views.bodies if not any(
        first <= body["received_at"] // 1_000 <= last for first, last in times.get(body["digest"], []))}
    table.add("receipts between sending and answer", dict.fromkeys((body["body_id"] for body in views.bodies), True),
              {body["body_id"]: body["body_id"] not in late for body in views.bodies})


def compare_counts(table, folder, machine, document, views):
    """Compares what `ferry events stats` counted, and the rows of bodies."""
    stats = json.loads((folder / "storm.json").read_text())["stats"]
    counts = document["counts"]
    n_came = sum(body["n_events"] for body in views.bodies)
    expected = {"events": counts["events"], "dead": counts["dead"], "duplicates": n_came - counts["events"],
                "bodies": len(views.bodies), "waiting": 0, "unsigned_bodies": 0}
    table.add("counts of `ferry events stats`", expected, {name: stats[name] for name in expected})
    table.add("broken parts of bodies", machine.dead, views.dead())
    reads = {}
    for line in fold.read_lines(folder):
        if line["status"] == 200:
            body = line["body"].encode()
            reads[fold.hashlib.sha256(body).hexdigest()] = len(fold.read_body(line["kind"], body)[0])
    table.add("events of bodies", reads, {body["digest"]: body["n_events"] for body in views.bodies})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of a storm")
    parser.add_argument("--shown", type=int, default=3, help="differences of each kind to show")
    arguments = parser.parse_args()
    report = json.loads((arguments.folder / "storm.json").read_text())
    database = open_database(report["database"], arguments.folder)
    database.start()
    try:
        compare(arguments, database)
    finally:
        database.stop()


def compare(arguments, database):
    """Compares everything, and ends with 1 if anything differs."""
    views, table = Views(database), Table(arguments.shown)
    machine, document = folded(arguments.folder, views.received())
    print(f"{'':58} {'rows':>8} {'equal':>8} {'differ':>8}")
    compare_requests(table, arguments.folder, views)
    compare_counts(table, arguments.folder, machine, document, views)
    people = PeopleHeld(document, views.contact_ids())
    for name, expected, found in sections.all_of(machine, document, views, people):
        table.add(name, expected, found)
    print(f"not compared: {sections.NOT_COMPARED}")
    print(f"{table.n_different} differences; kinds of events: {dict(Counter(event['kind'] for event in views.events))}")
    raise SystemExit(min(table.n_different, 1))


if __name__ == "__main__":
    main()

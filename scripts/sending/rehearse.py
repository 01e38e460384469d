#!/usr/bin/env python3
"""Rehearses a whole campaign on a clock that stands still between events: weeks take minutes.

    rehearse.py [--people 100000] [--seed 1] [--database sqlite|postgres|URL] [--ferry BIN] [--out DIR]

People of six countries (people.py), two steps in three languages (plans.py), a portfolio that begins with 2,000 people a day
and grows, messages that fail, people who say stop in three ways. Prints the plan, the waves, the stops, the proof, and what
the oracle (check.py) says. Ends with 0 only if the campaign finished and the oracle agrees. The last line has a digest of
what became of each person: two rehearsals of one seed have the same.
"""

import argparse
import hashlib
import json
import shutil
import signal
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import check
import outcomes
import people
import plans
from world import World

sys.path.append(str(Path(__file__).resolve().parent.parent / "receiving"))
from databases import open_database  # noqa: E402

START = datetime(2026, 10, 6, 7, tzinfo=timezone.utc)  # a Tuesday: each day has other people who sleep, and other holidays
DAYS = 30
REMINDER = 'only = "not delivered in invite"\nwait = "2 days"\n'


def answers(persons):
    """What people do after a message arrived, by people.BEHAVIOUR."""
    does = {"stop-word": {"writes": "STOP"}, "stop-button": {"presses": "Stop promo"}, "stop-app": "stops"}
    return [{"does": what, "after": [5, 3600], "when": {"to": _who(persons, name)}}
            for name, what in does.items() if _who(persons, name)]


def failures(persons):
    """Which messages fail, by people.BEHAVIOUR. The platform spares people of offers in the first two days only: a reminder of which
    most messages fail would pause the campaign, and rightly."""
    until = {"131049": {"until": f"{START + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}}
    return [{"code": int(name), "when": {"to": _who(persons, name)} | until.get(name, {})}
            for name in ("131026", "131049", "131050") if _who(persons, name)]


def _who(persons, name):
    return [person.phone for person in persons if person.does == name]


class Rehearsal:
    """One rehearsal in a folder."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.database = open_database(arguments.database, folder)
        self.database.start()
        self.world = World(arguments.ferry, folder, self.database.url)
        self.sender, self.seconds = None, {}

    def run(self):
        """Does all. Returns whether all is right."""
        persons = self._timed("prepare", self._prepare)
        self._show("plan", "campaign", "plan", "spring", "--rehearse")
        print("# ferry campaign start spring --rehearse", flush=True)
        code = self._timed("send", self._send)
        self._show("status", "campaign", "status", "spring", "--rehearse")
        self._show("prove", "campaign", "prove", "spring", "--sandbox-log", "sandbox.log", expect=(0, 1))
        verdict = self._timed("check", lambda: check.check(self.folder, self.database, self.world))
        print("# the oracle (scripts/sending/check.py)")
        print(check.text(verdict))
        rows = outcomes.table(self.folder, self.database)
        print("\n# what became of people")
        print(outcomes.text(rows, persons))
        print("seconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.seconds.items()))
        is_right = code == 0 and verdict["is_right"]
        print(f"{'all is right' if is_right else 'NOT right'}; digest of outcomes {outcomes.digest(rows)}")
        return is_right

    def _prepare(self):
        arguments, world = self.arguments, self.world
        persons = people.make(arguments.seed, arguments.people)
        files = people.save(persons, self.folder)
        self._make_key()
        address = world.start_sandbox(arguments.seed, "--frozen-clock", "--starts-at", f"{START:%Y-%m-%dT%H:%M:%SZ}")
        # Gates: a few failures among the first messages of a small rehearsal are a high share.
        sending = f"per_hour = {arguments.per_hour}\ntest_wave = 100\nmax_failed = 0.3\nmin_delivered = 0.7\nmax_stops = 0.3\n"
        campaign = f'not_after = "{START + timedelta(days=DAYS - 1):%Y-%m-%d}"\n'
        (self.folder / "plan.toml").write_text(
            plans.plan("rehearsal", self.database.url, address, files, sending, campaign, arguments.reminder and REMINDER), encoding="utf-8")
        world.prepare()
        hook = world.start_receiver()
        settings = plans.settings(hook, answers=answers(persons), statuses={"failures": failures(persons), "late": 0.02,
                                  "late_by": [60, 7200], "doubled": 0.02, "reordered": 0.05})
        world.post("/sandbox/sending", settings)
        profile = {"per_second": 80, "per_hour": arguments.per_hour, "tier": "TIER_2K", "hours": [9, 20], "has_reminder": bool(arguments.reminder)}
        (self.folder / "profile.json").write_text(json.dumps(profile))
        return persons

    def _make_key(self):
        """Makes the key of the contacts from the seed: their order, and what becomes of each message, follow from it."""
        key = self.folder / "ferry.key"
        key.write_text(hashlib.sha256(f"rehearsal {self.arguments.seed}".encode()).hexdigest() + "\n")
        key.chmod(0o600)

    def _send(self):
        self.sender = self.world.sender("--rehearse")
        code = self.sender.process.wait()
        print(self.sender.log.read_text())
        return code

    def _show(self, title, *words, expect=(0,)):
        print(f"# ferry {' '.join(words)}")
        print(self._timed(title, lambda: self.world.command(*words, expect=expect)), flush=True)

    def _timed(self, name, work):
        began = time.monotonic()
        try:
            return work()
        finally:
            self.seconds[name] = time.monotonic() - began

    def end(self):
        """Leaves nothing running."""
        if self.sender:
            self.sender.kill()
        self.world.end()
        self.database.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parent.parent.parent
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="sqlite", help="sqlite, postgres (a server of its own), or an address")
    parser.add_argument("--ferry", type=Path, default=root / "target/release/ferry")
    parser.add_argument("--per-hour", type=int, default=0, help="messages an hour; 0 lifts that limit")
    parser.add_argument("--no-reminder", dest="reminder", action="store_false", help="leaves the second step out")
    parser.add_argument("--out", type=Path, help="folder to write to, which stays")
    arguments = parser.parse_args()
    folder = arguments.out or Path(tempfile.mkdtemp(prefix="ferry-rehearsal."))
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    rehearsal = Rehearsal(arguments, folder.resolve())
    try:
        is_right = rehearsal.run()
    finally:
        rehearsal.end()
        if not arguments.out:
            shutil.rmtree(folder)
    sys.exit(not is_right)


if __name__ == "__main__":
    main()

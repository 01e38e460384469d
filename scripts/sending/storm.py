#!/usr/bin/env python3
"""Sends a campaign by the real clock while everything fails that can fail, and has the oracle judge what is left.

    storm.py --ferry BIN --out DIR [--people 300] [--seed 1] [--database sqlite|postgres|URL] [--per-second 80]
             [--kills 10] [--restarts 0] [--senders 1] [--stops 0] [--stop-rate 50] [--aimed 0] [--steps 0] [--confirm]

Kills (SIGKILL, of one sender, of all, or of `ferry serve`) count only if a message was between its intent and its answer: a row of the
outbox is in state `intent` afterwards. `--senders 2` lets two send at once. `--restarts` are crashes of PostgreSQL, whose
server is then the storm's own. `--stops` people write STOP, at `--stop-rate` a second, and `--aimed` others just when their
message is about to leave: at least a quarter of these messages must cross their STOP, that is, arrive after the STOP was sent.
`--steps` are steps of the sender's clock by an hour (clock_step.c).
With `--confirm` stops are confirmed, and a fifth of the people answer STOP. Asserts the least numbers of what must have happened,
writes storm.json, with the CPU of the senders for each request, their start included, and ends with 0 if all is right.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import aim
import check
import people
import plans
import stops
from world import SECRET, World

sys.path.append(str(Path(__file__).resolve().parent.parent / "receiving"))
from databases import open_database  # noqa: E402

# Countries without rules about hours. Their numbers reserved for fiction last for 97,500 people.
ANYWHERE = {"AU": (0.82, ("en", 1.0)), "GB": (0.13, ("en", 1.0)), "DE": (0.04, ("de", 1.0)), "US": (0.01, ("en", 1.0))}
QUIET = 45  # seconds without anything to do after which a storm gives up: an intent becomes unknown after 30
CAMPAIGN = 'not_after = "{day}"\nhours = "any"\n'
SENDING = """per_second = {per_second}
per_hour = 0
test_wave = 0
watch_minutes = 0
timeout_ms = 1500
hours = "any"
max_failed = 1
max_stops = 1
min_delivered = 0
max_refusers = 1
"""


CONFIRM = 'confirm_stop = "You get no more messages from us."\n'


def faults(share):
    """What goes wrong with messages: each of these in a share of them."""
    if not share:
        return []
    some = {"when": {"share": share}}
    return [{"kind": "error", "code": 130429, "http": 429, "when": {"seconds_of": [1, 15]}},
            {"kind": "silent_before", **some}, {"kind": "silent_after", **some},
            {"kind": "close_before", **some}, {"kind": "close_after", **some},
            {"kind": "reset_unread", **some}, {"kind": "reset_before", **some}, {"kind": "reset_after", **some},
            {"kind": "cut", **some}, {"kind": "error", "http": 500, **some}, {"kind": "error_after", "http": 500, **some},
            {"kind": "error_after", "code": 131016, "http": 503, **some},
            {"kind": "slow", "seconds": 0.3, "when": {"share": 0.2}}]


class Storm:
    """One storm in a folder."""

    def __init__(self, arguments):
        self.arguments, self.folder = arguments, arguments.out.resolve()
        self.random = random.Random(f"storm {arguments.seed}")
        self.database = open_database(arguments.database, self.folder)
        self.database.start()
        self.world = World(arguments.ferry, self.folder, self.database.url)
        self.senders, self.cpu_seconds = [], 0.0  # those that run, and the CPU of those that have ended
        self.report = {"kills_of_sender": 0, "kills_of_receiver": 0, "kills_without_intent": 0, "restarts": 0, "steps": 0,
                       "starts": 0, "resumed": 0, "ended": {}}
        self.stops, self.aim, self.step = None, None, self.folder / "clock"

    def run(self):
        """Does all, and returns the report."""
        self._prepare()
        began = time.monotonic()
        self._start_senders()
        self._start_stops()
        self._strike()
        self._finish()
        self.report["seconds"] = round(time.monotonic() - began, 1)
        verdict = check.check(self.folder, self.database, self.world)
        self.report["cpu_ms_of_a_message"] = round(1000 * self.cpu_seconds / max(1, verdict["numbers"]["requests"]), 3)
        return self.report | {"verdict": verdict, "too_few": self._too_few(verdict)}

    def _prepare(self):
        arguments, world = self.arguments, self.world
        people.COUNTRIES.clear()
        people.COUNTRIES.update(ANYWHERE)
        persons = people.make(arguments.seed, arguments.people)
        self.phones = [person.phone for person in persons]
        files = people.save(persons, self.folder)
        address = world.start_sandbox(arguments.seed)
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 5 * 86_400))
        (self.folder / "plan.toml").write_text(plans.plan("storm", self.database.url, address, files, SENDING.format(
            per_second=arguments.per_second) + CONFIRM * arguments.confirm, CAMPAIGN.format(day=day), None), encoding="utf-8")
        world.prepare()
        self._settings(world.start_receiver())
        profile = {"per_second": arguments.per_second, "per_hour": 0, "tier": "TIER_UNLIMITED", "hours": None,
                   "confirms": arguments.confirm}
        (self.folder / "profile.json").write_text(json.dumps(profile))

    def _settings(self, hook):
        arguments, linger = self.arguments, self.arguments.linger
        made = plans.settings(
            hook, portfolios={plans.PORTFOLIO: {"tier": "TIER_UNLIMITED"}}, faults=faults(arguments.share),
            numbers={plans.NUMBER: {"account": plans.ACCOUNT, "messages_a_second": arguments.per_second}},
            statuses={"late": 0.05, "late_by": [1, max(1, 0.8 * linger)], "missing": 0.01, "doubled": 0.02, "reordered": 0.05,
                      "failures": [{"code": 131026, "when": {"share": 0.01}}, {"code": 131049, "when": {"share": 0.01}}]},
            answers=[{"does": {"writes": "STOP"}, "after": [0.2, min(5, 0.5 * linger)],
                      "when": {"share": 0.2 if arguments.confirm else 0.02}}])
        made["webhooks"] |= {"retry_seconds": 600}
        self.world.post("/sandbox/sending", made)

    def _start_senders(self):
        """Starts senders until there are as many as there must be."""
        for sender in [it for it in self.senders if not it.is_running()]:
            self.senders.remove(sender)
            self.cpu_seconds += sender.cpu_seconds
            code = str(sender.process.returncode)
            if code != "-9":
                self._note(f"a sender ended with {code}")
            self.report["ended"][code] = self.report["ended"].get(code, 0) + 1
        while len(self.senders) < self.arguments.senders:
            self.report["starts"] += 1
            self.senders.append(self.world.sender("--quiet", environment=self._environment(),
                                                  log=f"sender{len(self.senders)}.out"))

    def _environment(self):
        """The environment of a sender, whose clock is that of the file `clock` if there are steps."""
        if not self.arguments.steps:
            return None
        library = self.folder / "clock_step.so"
        if not library.exists():
            subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, Path(__file__).parent / "clock_step.c"], check=True)
            self.step.write_text("+0\n")
        return self.world.environment | {"LD_PRELOAD": str(library), "CLOCK_STEP": str(self.step)}

    def _start_stops(self):
        """Lets people write, once messages have begun to leave."""
        arguments, until = self.arguments, time.monotonic() + 120
        while not self._requests() and self.senders[0].is_running() and time.monotonic() < until:
            time.sleep(0.01)
        if arguments.stops or arguments.aimed:
            chosen = self.random.sample(self.phones, min(arguments.stops, len(self.phones)))
            self.stops = stops.Stops(self.world.port, SECRET, chosen, arguments.stop_rate, self.folder, arguments.aimed)
            self.stops.start()
        if arguments.aimed:
            self.aim = aim.Aim(self.database, self.stops.aimed)
            self.aim.start()

    def _requests(self):
        """How many requests the sandbox has seen."""
        with open(self.folder / "sandbox.log", "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 65_536))
            numbers = [line[5:line.index(b",")] for line in file.read().split(b"\n") if line.startswith(b'{"n":')]
        return int(numbers[-1]) if numbers else 0

    def _strike(self):
        """Kills, crashes and steps, each when so many requests have come as was drawn."""
        arguments = self.arguments
        last = int(arguments.people * 0.8)
        strikes = [self._kill] * arguments.kills + [self._crash] * arguments.restarts + [self._step_clock] * arguments.steps
        places = sorted(((self.random.randrange(last), number) for number in range(len(strikes))))
        until = time.monotonic() + arguments.patience
        while places and time.monotonic() < until and self._is_left():
            self._keep_going()
            if self._requests() < places[0][0]:
                time.sleep(0.01)
                continue
            if strikes[places[0][1]]() is not False:
                places.pop(0)
        self.report["strikes_left"] = len(places)

    def _keep_going(self):
        self._start_senders()
        if not self.world.receiver.is_running():
            self.report["receiver_ended"] = self.report.get("receiver_ended", 0) + 1
            self.world.start_receiver()
        if self._campaign() == "paused":
            reason = self.database.rows("select reason from campaign_view")[0]["reason"]
            self._note(f"paused: {reason}")
            self.report.setdefault("pauses", []).append(reason)
            self.world.command("campaign", "resume", "spring", "--reason", "the storm goes on", expect=(0, 1, 2))
            self.report["resumed"] += 1

    def _campaign(self):
        rows = self._ask("select state from campaign_view")
        return rows[0]["state"] if rows else None

    def _ask(self, query):
        """Rows of a query, or none while the database is down."""
        try:
            return self.database.rows(query)
        except SystemExit:
            return []

    def _is_left(self):
        return self._campaign() != "finished"

    def _intents(self):
        rows = self._ask("select count(*) as n from outbox_view where state = 'intent'")
        return rows[0]["n"] if rows else 0

    def _kill(self):
        """Kills senders or the receiver while a message is on its way. Returns whether the kill counts."""
        until = time.monotonic() + 5
        while not self._intents():
            time.sleep(0.002)
            if time.monotonic() > until or not self._is_left():
                return False
        time.sleep(self.random.uniform(0, 0.02))
        is_receiver = self.random.random() < 0.25
        senders = self.senders if self.random.random() < 0.25 else [self.random.choice(self.senders)]
        for process in [self.world.receiver] if is_receiver else senders:
            process.kill()
        counts = self._intents() > 0
        name = "kills_without_intent" if not counts else "kills_of_receiver" if is_receiver else "kills_of_sender"
        self.report[name] += 1
        self._note(name)
        if is_receiver:
            self.world.start_receiver()
        self._start_senders()
        return counts

    def _note(self, what):
        """Notes what was done, and when."""
        with open(self.folder / "events.tsv", "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%H:%M:%S')}\t{self._requests()}\t{what}\n")

    def _crash(self):
        self._note("restart of the database")
        self.database.restart()
        self.report["restarts"] += 1

    def _step_clock(self):
        """Moves the clock of the senders by an hour, lets them notice, and moves it back."""
        self.step.write_text(self.random.choice(("+3600\n", "-3600\n")))
        time.sleep(3)
        self.report.setdefault("requests_during_steps", []).append(self._requests())
        time.sleep(2)
        self.report["requests_during_steps"].append(self._requests())
        self.step.write_text("+0\n")
        self.report["steps"] += 1

    def _finish(self):
        """Lets the senders come to an end, and webhooks that are late arrive."""
        quiet, seen = time.monotonic(), None
        until = time.monotonic() + self.arguments.patience
        while self._is_left() and time.monotonic() < until and time.monotonic() < quiet + QUIET:
            self._keep_going()
            now = (self._requests(), self._intents())
            if now != seen:
                quiet, seen = time.monotonic(), now
            time.sleep(0.2)
        self._end_stops()
        time.sleep(self.arguments.linger)
        for sender in self.senders:
            sender.stop()
            self.cpu_seconds += sender.cpu_seconds
        until = time.monotonic() + QUIET  # an intent without an answer becomes unknown after 30 seconds
        while self._intents() and time.monotonic() < until:
            time.sleep(1)
            self.world.command("campaign", "settle", "spring")
        self.world.end()  # what is judged changes no more

    def _end_stops(self):
        """Waits until all stops are acknowledged, and measures them."""
        if self.aim:
            self.aim.end()
        if self.stops:
            self.stops.close()
            self.stops.join(timeout=60)
            lines = stops.lines(self.folder)
            self.report["stops"] = {"done": self.stops.n_done, "aimed": self.stops.n_aimed, "sent_again": self.stops.n_again,
                                    **stops.speed(lines),
                                    **aim.hits(lines, check.Log(self.folder / "sandbox.log").requests, self.database)}

    def _too_few(self, verdict):
        """What must have happened more often for the storm to prove anything."""
        numbers, arguments = verdict["numbers"], self.arguments
        n_written = arguments.stops + arguments.aimed
        n_quiet = max(0, arguments.people - n_written)
        late = sum(1 for line in open(self.folder / "sandbox.log", encoding="utf-8") if '"status":' in line)
        least = {"taken": arguments.people * 0.6 - n_written, "unknown_taken_or_settled": n_quiet * arguments.share,
                 "statuses": numbers["taken"], "kills": arguments.kills, "crossed": arguments.aimed / 4}
        have = {"taken": numbers["taken"], "unknown_taken_or_settled": self._doubtful(), "statuses": late,
                "kills": self.report["kills_of_sender"] + self.report["kills_of_receiver"],
                "crossed": self.report.get("stops", {}).get("crossed", 0)}
        return [f"{name}: {have[name]}, not {n:.0f}" for name, n in least.items() if have[name] < n]

    def _doubtful(self):
        """Messages that were taken and whose answer the sender never saw whole."""
        return sum(request.is_taken and request.answer != "whole" for request in check.Log(self.folder / "sandbox.log").requests)

    def end(self):
        """Leaves nothing running."""
        for sender in self.senders:
            sender.kill()
        self.world.end()
        self.database.stop()


def parser_of(description):
    """The arguments of a storm."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ferry", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; it must not be there")
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--per-second", type=int, default=80)
    parser.add_argument("--share", type=float, default=0.01, help="share of messages that each fault happens to")
    for name in ("kills", "restarts", "stops", "aimed", "steps"):
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--senders", type=int, default=1)
    parser.add_argument("--confirm", action="store_true", help="stops are confirmed")
    parser.add_argument("--stop-rate", type=float, default=50)
    parser.add_argument("--linger", type=float, default=12, help="seconds at the end in which late webhooks may come")
    parser.add_argument("--patience", type=float, default=1_800, help="seconds after which a storm is given up")
    return parser


def main():
    arguments = parser_of(__doc__).parse_args()
    arguments.out.mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    storm = Storm(arguments)
    try:
        report = storm.run()
    finally:
        storm.end()
    (arguments.out / "storm.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps({name: value for name, value in report.items() if name != "verdict"}, indent=1))
    print(check.text(report["verdict"]))
    if report["too_few"] or not report["verdict"]["is_right"]:
        sys.exit(1)


if __name__ == "__main__":
    main()

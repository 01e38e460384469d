#!/usr/bin/env python3
"""Sends webhook traffic to `ferry serve` while the server is killed and the database restarted, until all is answered.

    storm.py --ferry BIN --events N --seed S --out DIR [--database sqlite|postgres|URL] [--kills K] [--restarts R]

A kill (SIGKILL) counts only if requests were in flight: sent whole or in part before it, and lost by it. It goes on until
K kills count. `--database postgres` makes a server of its own, which `--restarts` restarts as a crash would. Near the end
the server is stopped once by SIGTERM under load. DIR gets the traffic, the plan, the logs (sending.py) and storm.json.
Then run compare.py DIR.
"""

import argparse
import json
import mmap
import random as randomness
import struct
import subprocess
import sys
import time
from pathlib import Path

import traffic
from databases import open_database
from servers import Server

LAST_STOP = 0.97  # share of the requests that is answered when the server is stopped by SIGTERM
LONGEST_PAUSE = 0.03  # seconds between the moment that was drawn, and the kill


class Storm:
    """One storm: a server, a database, and a process that sends."""

    def __init__(self, arguments):
        self.folder, self.random = arguments.out.resolve(), randomness.Random(f"storm {arguments.seed}")
        self.arguments = arguments
        self.n_requests, self.phones = self._traffic()
        settings = json.loads((self.folder / "settings.json").read_text())
        self.database = open_database(arguments.database, self.folder)
        self.database.start()
        self.server = Server(arguments.ferry, self.folder, settings, self.database.url)
        (self.folder / "progress").write_bytes(bytes(16))
        with open(self.folder / "progress", "r+b") as file:
            self.progress = mmap.mmap(file.fileno(), 16)
        self.report = {"kills": 0, "kills_without_requests": 0, "lost_by_kills": 0, "lost_in_part_by_kills": 0,
                       "database_restarts": 0, "ended_by_itself": 0, "starts": 0}

    def _traffic(self):
        """Writes the traffic. Returns the number of requests, and the numbers that people had at the beginning."""
        made = traffic.Traffic(self.arguments.seed, self.arguments.events)
        n_requests = traffic.save(made, made.make(), self.folder)["requests"]
        new = {new.phone for _, _, new in made.cast.moves}
        return n_requests, sorted(person.phone for person in made.cast.people if person.phone not in new)

    def run(self):
        """Does all, and returns the report. Half of the people are loaded before the traffic, and all of them after it."""
        self.server.load(self.phones[::2])
        self._know_templates()
        self.server.start()
        began = time.monotonic()
        sender = self._sender()
        self._strike(sender)
        self.report["answers"] = json.loads(sender.communicate()[0])
        self.report["seconds"] = round(time.monotonic() - began, 1)
        self._derived()
        self.report["last_exit"] = self.server.stop()[1]
        self.report["starts"] = self.server.n_starts
        self.server.load(self.phones)
        self.report["stats"] = json.loads(self.server.command("events", "stats", "--format", "json"))
        return self.report

    def _know_templates(self):
        """Adds the templates of the traffic as if they had been submitted: what webhooks say of others is only kept."""
        rows = set()
        for text in open(self.folder / "traffic.jsonl", encoding="utf-8"):
            line = json.loads(text)
            if line["status"] == 200 and "message_template_name" in line["body"]:
                rows.update(_templates(json.loads(line["body"])))
        values = ", ".join(f"('{account}', '{name}', '{language}', '{number}', '-', 'UTILITY', 'PENDING', '-', 0)"
                           for account, name, language, number in sorted(rows))
        if values:
            self.database.execute("insert into account_template (account, name, language, template_id, digest, category, "
                                  f"status, scenario, changed_at) values {values}")

    def _sender(self):
        words = (self.folder, self.server.port, self.arguments.connections, self.arguments.seed, self.folder)
        return subprocess.Popen([sys.executable, str(Path(__file__).parent / "sending.py"), *map(str, words)],
                                stdout=subprocess.PIPE, text=True)

    def _strike(self, sender):
        """Kills, restarts and stops, each at a moment that was drawn: when so many requests are answered."""
        arguments, last = self.arguments, int(self.n_requests * LAST_STOP)
        places = [(self.random.randrange(last), self._kill) for _ in range(arguments.kills)]
        places += [(self.random.randrange(last), self._restart) for _ in range(arguments.restarts)]
        places = sorted(places, key=lambda pair: pair[0]) + [(last, self._terminate)]
        while places and sender.poll() is None:
            if not self.server.is_running():
                self.report["ended_by_itself"] += 1
                self.server.start()
            if self._answered() < places[0][0]:
                time.sleep(0.002)
                continue
            place, strike = places.pop(0)
            if strike() is False:
                places.insert(0, (place, strike))
        if places and arguments.kills:
            raise SystemExit(f"the traffic ended before {len(places)} strikes: give it more events")

    def _answered(self):
        return struct.unpack("<qq", self.progress[:])[0]

    def _kill(self):
        """Kills the server. Returns whether requests were in flight."""
        time.sleep(self.random.uniform(0, LONGEST_PAUSE))
        at = self.server.kill()
        time.sleep(0.005)
        self.server.start()
        lost = self._lost(at)
        self.report["kills" if lost else "kills_without_requests"] += 1
        self.report["lost_by_kills"] += len(lost)
        self.report["lost_in_part_by_kills"] += sum(n_sent < n_bytes for n_sent, n_bytes in lost)
        return bool(lost)

    def _lost(self, at):
        """Returns (bytes sent, bytes in all) of the attempts that were in flight at a moment and never got an answer."""
        rows = []
        for text in (self.folder / "lost.tsv").read_text().splitlines()[-2_000:]:
            began, ended, n_sent, n_bytes = map(int, text.split("\t"))
            if began < at <= ended and n_sent > 0:
                rows.append((n_sent, n_bytes))
        return rows

    def _restart(self):
        self.database.restart()
        self.report["database_restarts"] += 1

    def _terminate(self):
        """Stops the server under load, and starts it again."""
        at, code, seconds = self.server.stop()
        time.sleep(0.05)
        lost = self._lost(at)
        whole = sum(n_sent == n_bytes for n_sent, n_bytes in lost)
        self.report["sigterm"] = {"exit": code, "seconds": round(seconds, 2), "lost": len(lost), "lost_whole": whole}
        self.server.start()

    def _derived(self):
        """Waits until everything is derived."""
        query = "select (select count(*) from event_cursor where number < (select max(number) from event)) as n_behind"
        until = time.monotonic() + 600
        while self.database.rows(query)[0]["n_behind"] and time.monotonic() < until:
            time.sleep(0.1)

    def end(self):
        """Leaves nothing running."""
        if self.server.is_running():
            self.server.kill()
        self.database.stop()


def _templates(body):
    """Yields (account, name, language, id) of the templates in a body."""
    for entry in (entry for entry in body["entry"] if isinstance(entry, dict)):
        for change in (change for change in entry["changes"] if isinstance(change, dict)):
            value = change.get("value")
            if isinstance(value, dict) and "message_template_name" in value:
                yield (entry["id"], value["message_template_name"], value["message_template_language"],
                       value["message_template_id"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ferry", type=Path, required=True, help="program to test")
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; it must not be there")
    parser.add_argument("--database", default="sqlite", help="sqlite, postgres, or the address of a database")
    parser.add_argument("--kills", type=int, default=0, help="kills that count")
    parser.add_argument("--restarts", type=int, default=0, help="restarts of the database")
    parser.add_argument("--connections", type=int, default=64)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True)
    storm = Storm(arguments)
    try:
        report = storm.run() | {"events": arguments.events, "seed": arguments.seed, "database": arguments.database,
                                "requests": storm.n_requests}
    finally:
        storm.end()
    (arguments.out / "storm.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()

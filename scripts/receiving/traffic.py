#!/usr/bin/env python3
"""Writes invented webhook traffic: what three platforms might send within a week, with every fault of the road.

    traffic.py --seed N [--events 100000] --out DIR

DIR/traffic.jsonl has one request a line, in the order of sending. DIR/settings.json has the secrets, the paths, the
moment that counts as the start, and counts of what was made. README.md says what each line holds and what is expected.
"""

import argparse
import json
import random as randomness
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import bodies
import faults
import message_items
import status_items
import twilio_items
from account_items import AccountItems
from people import DAY, Cast

START = 1_795_219_200  # 2026-11-21, midnight in UTC
EIGHT_DAYS = 8 * DAY * 1_000
BODIES_A_SECOND = 500
PATHS = {"meta": "/webhooks/meta", "360dialog": "/webhooks/360dialog", "twilio": "/webhooks/twilio"}
TOO_LARGE = 4 * 1024 * 1024 + 1
LARGE_FROM = 20_000  # events; smaller traffic has no large bodies
IN_3_MB = 44  # messages of 64 kB


@dataclass
class Request:
    """One request. `items` are the events in it; `at` is when the platform would send it if all went well."""

    kind: str
    body: str
    at: int
    items: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    cases: list = field(default_factory=list)
    headers: list = None
    send_ms: int = 0
    status: int = 200
    n_broken_events: int = 0


class Traffic:
    """Makes events, puts them into requests, adds faults, and sets the times of sending."""

    def __init__(self, seed, n_events):
        self.random = randomness.Random(seed)
        self.n_events, self.made = n_events, Counter()
        n_people = max(200, min(12_000, n_events // 25))
        self.cast = Cast(self.random, n_people, START - 7 * DAY, START - DAY // 2)
        self.accounts = AccountItems(self.cast)
        self.webhooks = {kind: self._webhook(seed, kind) for kind in PATHS}
        self.weights = self._weights()

    def _webhook(self, seed, kind):
        webhook = {"kind": kind, "path": PATHS[kind], "secrets": [f"{kind}-secret-{seed}-{n}" for n in ("new", "old")]}
        if kind == "twilio":
            webhook |= {"secrets": webhook["secrets"][:1], "public_url": "https://hooks.example.test/webhooks/twilio"}
        return webhook | ({"verify_token": f"verify-{seed}"} if kind == "meta" else {})

    def _weights(self):
        m, a = message_items, self.accounts
        with_cast = {m.plain: 16, m.words: 5, m.button: 2.5, m.rich: 5, m.quiet: 1, m.covered: 0.6, m.call: 1,
                     m.preference: 1.5, m.identity_changed: 0.3, status_items.delivery: 15, status_items.group_delivery: 0.2}
        plain = {a.number: 0.7, a.account: 0.9, a.template: 1.8, a.kept: 1.2, a.told: 0.8}
        rows = [(lambda kind, make=make: make(self.cast, kind), weight) for make, weight in with_cast.items()]
        return list(zip(*(rows + list(plain.items()))))

    def make(self):
        """Makes all requests, in the order of sending."""
        items = [item for kind in ("meta", "360dialog") for item in message_items.moves(self.cast, kind)]
        items = items[: self.n_events // 4]
        forms = []
        n_wanted = self.n_events - (IN_3_MB if self.n_events >= LARGE_FROM else 0)
        while (missing := n_wanted - len(items) - len(forms)) > 0:
            if self.random.random() < 0.06:
                forms += self._forms()[:missing]
            else:
                items += self._story(missing)
        self.made["events"] = len(items) + len(forms)
        requests = self._requests(items) + [self._form(form) for form in forms]
        requests += self._odd()
        self._schedule(requests)
        for request in requests:
            request.headers = faults.signed(self.random, self.webhooks[request.kind], request.body)
        requests += self._doubled(requests)
        requests += self._refused(requests)
        requests.sort(key=lambda request: request.send_ms)
        return requests

    def _forms(self):
        make = self.random.choice((twilio_items.inbound, twilio_items.delivery))
        return make(self.cast)

    def _story(self, missing):
        """Makes one story. At the end, where few events are missing, single texts fill up."""
        kind = self.random.choice(("meta",) * 6 + ("360dialog",))
        if missing < 12:
            return message_items.plain(self.cast, kind)
        return self.random.choices(*self.weights)[0](kind)

    def _form(self, form):
        at = self.random.randint(self.cast.first, self.cast.last)
        return Request("twilio", twilio_items.body(form), at, [form])

    def _requests(self, items):
        """Puts items into bodies: most alone, some with a few others, one with a thousand, one of 3 MB."""
        requests = []
        for kind in ("meta", "360dialog"):
            rows = sorted((item for item in items if item.kind == kind), key=lambda item: item.at)
            while rows:
                size = self.random.choices((1, self.random.randint(2, 5), self.random.randint(6, 30)), (75, 20, 5))[0]
                if len(rows) > 20_000 and not self.made["thousand"]:
                    self.made["thousand"], size = 1, 1_000
                requests.append(self._request(kind, rows[-size:]))
                del rows[-size:]
        return requests

    def _request(self, kind, items):
        body = bodies.assemble(self.random, items)
        request = Request(kind, "", max(item.at for item in items), items)
        request.cases = sorted({case for item in items for case in item.cases})
        if self.random.random() < 0.006:
            request.n_broken_events = bodies.spoil(self.random, body)
            self.made["events"] += request.n_broken_events
            request.cases.append("broken part")
            self.made["dead"] += 1
        request.body = bodies.write(self.random, body)
        return request

    def _odd(self):
        """Signed bodies without an event, a body of nearly 3 MB, and one that is too large."""
        random, requests = self.random, []
        for _ in range(max(3, self.n_events // 500)):
            at, kind = random.randint(self.cast.first, self.cast.last), random.choice(("meta", "360dialog"))
            if random.random() < 0.3:
                body = f'{{"object": "{bodies.OBJECT}", "entry": []{" " * random.randrange(40)}}}'
                requests.append(Request(kind, body, at, cases=["no entry"]))
            else:
                body, is_event = bodies.unreadable(random)
                requests.append(Request(kind, body, at, cases=["unreadable"]))
                self.made["events" if is_event else "dead"] += 1
        if self.n_events >= LARGE_FROM:
            requests += [self._large(IN_3_MB, "3 MB"), self._large(66, "too large")]
        return requests

    def _large(self, n_messages, case):
        items = [item for _ in range(n_messages) for item in message_items.plain(self.cast, "meta")]
        for item in items:
            item.payload["text"]["body"], item.cases = "x" * 65_536, (case,)
        body = json.dumps(bodies.assemble(self.random, items), separators=(",", ":"))
        request = Request("meta", body, self.cast.last, items, cases=[case])
        if len(body) >= TOO_LARGE:
            request.status = 413
        else:
            self.made["events"] += len(items)
        return request

    def _schedule(self, requests):
        """Sets the times of sending: as events happened, but a quarter anywhere, and one in a hundred 8 days late."""
        requests.sort(key=lambda request: request.at)
        length = len(requests) * 1_000 // BODIES_A_SECOND + 1_000
        for place, request in enumerate(requests):
            request.send_ms = place * 1_000 // BODIES_A_SECOND
            if self.random.random() < 0.25:
                request.send_ms, request.faults = self.random.randrange(length), ["reordered"]
            if self.random.random() < 0.01:
                request.send_ms += EIGHT_DAYS
                request.faults.append("late")

    def _doubled(self, requests):
        """Sends a fifth of the events again: as the same body, or among others in another body."""
        random, doubles, n_doubled = self.random, [], 0
        good = [request for request in requests if request.status == 200 and 0 < len(request.items) < 40]
        sharing = [request for request in good if all(getattr(item, "may_share", False) for item in request.items)]
        while n_doubled < self.made["events"] // 5:
            if random.random() < 0.7 or not sharing:
                request = random.choice(good)
                copy = Request(request.kind, request.body, request.at, request.items, ["doubled"], request.cases, request.headers,
                               n_broken_events=request.n_broken_events)
                earliest = request.send_ms
            else:
                copy, earliest = self._again(random.sample(sharing, min(len(sharing), random.randint(1, 4))))
            copy.send_ms = earliest + random.choice((0, 0, random.randrange(50), random.randrange(60_000), EIGHT_DAYS))
            copy.faults += ["late"] if copy.send_ms >= EIGHT_DAYS else []
            doubles.append(copy)
            n_doubled += len(copy.items) + copy.n_broken_events
        self.made["duplicates"] = n_doubled
        return doubles

    def _again(self, sources):
        """Puts events that were sent into a body of their own. Returns it with when the last of them was sent first."""
        sources = [source for source in sources if source.kind == sources[0].kind]
        items = [self.random.choice(source.items) for source in sources]
        body = bodies.write(self.random, bodies.assemble(self.random, items))
        webhook = self.webhooks[sources[0].kind]
        copy = Request(webhook["kind"], body, 0, items, ["doubled", "other body"])
        copy.headers = faults.signed(self.random, webhook, body)
        return copy, max(source.send_ms for source in sources)

    def _refused(self, requests):
        """Makes what must be refused: one request in twenty is forged, one in two hundred is cut."""
        random, refused = self.random, []
        length = len(requests) * 1_000 // BODIES_A_SECOND
        for fault, n_wanted in (("forged", len(requests) // 19), ("truncated", max(2, len(requests) // 200))):
            for n in range(n_wanted):
                source = random.choice(requests) if fault == "truncated" and n % 2 else self._fresh()
                if source.status != 200 or source.cases == ["3 MB"]:
                    continue
                spoil = faults.forged if fault == "forged" else faults.cut
                headers, body = spoil(random, self.webhooks[source.kind], source.body)
                refused.append(Request(source.kind, body, 0, [], [fault], [], headers, random.randrange(length), 401))
        return refused

    def _fresh(self):
        """Makes a request whose events are nowhere else."""
        kind = self.random.choice(("meta",) * 6 + ("360dialog", "twilio"))
        if kind == "twilio":
            return Request(kind, twilio_items.body(self._forms()[0]), 0)
        make = self.random.choice((message_items.plain, message_items.words, message_items.preference, status_items.delivery))
        return Request(kind, bodies.write(self.random, bodies.assemble(self.random, make(self.cast, kind))), 0)


def save(traffic, requests, folder):
    """Writes the requests and the settings."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "traffic.jsonl", "w", encoding="utf-8") as file:
        for r in requests:
            row = {"kind": r.kind, "path": PATHS[r.kind], "headers": r.headers, "body": r.body, "faults": r.faults,
                   "cases": r.cases, "send_ms": r.send_ms, "status": r.status}
            file.write(json.dumps(row) + "\n")
    counts = Counter(fault for request in requests for fault in request.faults)
    n_good = sum(request.status == 200 for request in requests)
    made = {key: traffic.made[key] for key in ("events", "duplicates", "dead")}
    settings = {"start_ms": START * 1_000, "webhooks": list(traffic.webhooks.values()),
                "made": made | {"bodies": n_good, "requests": len(requests), "faults": dict(sorted(counts.items()))}}
    (folder / "settings.json").write_text(json.dumps(settings, indent=1) + "\n")
    return settings["made"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True, help="number that decides everything that is invented")
    parser.add_argument("--events", type=int, default=100_000, help="events that are not doubled")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args()
    traffic = Traffic(arguments.seed, arguments.events)
    print(json.dumps(save(traffic, traffic.make(), arguments.out)))


if __name__ == "__main__":
    main()

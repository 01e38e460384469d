#!/usr/bin/env python3
"""Says what must be known after a file of webhook traffic was received, in whatever order it came.

    fold.py DIR [--received FILE]

It reads DIR/traffic.jsonl and DIR/settings.json, and prints one JSON document with sorted keys. It looks at bodies,
headers, kinds and times of sending, never at the faults that the generator noted. FILE has when bodies came in: the
SHA-256 of the body in hex, a tab, and milliseconds. Without it, the times of sending are the planned ones.
"""

import argparse
import hashlib
import json
from collections import Counter
from pathlib import Path

from accounts import Accounts
from conversations import Conversations
from deliveries import Deliveries
from events import read_body
from people_found import PeopleFound, written
from signatures import is_signed

LIMIT = 4 * 1024 * 1024


class Fold:
    """Takes requests in any order, then tells the state."""

    def __init__(self, settings, received=None):
        self.start, self.received = settings["start_ms"], received or {}
        self.webhooks = {webhook["path"]: webhook for webhook in settings["webhooks"]}
        self.counts, self.kinds, self.unknown = Counter(), Counter(), Counter()
        self.events, self.bodies, self.dead = {}, {}, {}

    def request(self, line):
        """Takes one request. Returns the answer that it deserves: 200, 401 or 413."""
        body, webhook = line["body"].encode(), self.webhooks[line["path"]]
        if len(body) > LIMIT:
            return self._refuse(413)
        if not is_signed(webhook, line["headers"], body):
            return self._refuse(401)
        digest = hashlib.sha256(body).hexdigest()
        at = self.received.get(digest, self.start + line["send_ms"])
        events, n_broken = read_body(webhook["kind"], body)
        self.counts["bodies"] += 1
        self.counts["occurrences"] += len(events)
        self.dead[digest] = n_broken
        for event in events:
            first = self.events.get(event.key)
            self.events[event.key] = (event, at) if first is None else (first[0], min(first[1], at))
        return 200

    def _refuse(self, status):
        self.counts[f"refused_{status}"] += 1
        return status

    def state(self):
        """Applies every event once and writes down what is known."""
        people = PeopleFound()
        self.people, self.deliveries, self.accounts = people, Deliveries(people), Accounts()
        self.conversations = Conversations(people)
        for event, received in self.events.values():
            self.kinds[event.kind] += 1
            self._apply(event, received)
        people.close()
        return {"counts": self._counts(), "people": people.rows, "conversations": self._windows(),
                "consent": self._consent(), "identity": self._identity(), "deliveries": self.deliveries.close(),
                "evidence": self._evidence(), **{name: self.accounts.close(name) for name in ("numbers", "accounts", "templates")}}

    def _apply(self, event, received):
        kind, conversations = event.kind, self.conversations
        if kind.startswith("message/"):
            conversations.message(event, received)
        elif kind.startswith("status/"):
            self.deliveries.status(event)
            conversations.status_contact(event)
            if event.item.get("errors") and int(event.item["errors"][0]["code"]) == 131050:
                conversations.refused_offers(event)
        elif kind.startswith("twilio status/"):
            self.deliveries.twilio(event, received)
        elif kind == "twilio message":
            conversations.twilio(event, received)
        elif kind == "call":
            conversations.call(event, received)
        elif kind == "user_preferences":
            conversations.preference(event, received)
        elif kind == "user_id_update":
            conversations.id_update(event)
        else:
            self.accounts.take(event)

    def _counts(self):
        counts, n_events = self.counts, len(self.events)
        return {"bodies": counts["bodies"], "distinct_bodies": len(self.dead), "events": n_events,
                "duplicates": counts["occurrences"] - n_events, "dead": sum(self.dead.values()),
                "refused": counts["refused_401"], "too_large": counts["refused_413"], "by_kind": dict(self.kinds)}

    def _windows(self):
        last = {}
        for (ident, sender), when in self.conversations.last.items():
            place = self.people.name([ident]), sender
            last[place] = max(last.get(place, when), when)
        return [{"person": person, "sender": sender, "last_inbound_ms": ms, "clock": clock}
                for (person, sender), (ms, clock) in sorted(last.items())]

    def _consent(self):
        found = self.conversations
        rows = {name: [row for row in found.statements if row["state"] == name] for name in ("stop", "start")}
        rows |= {"review": found.reviews, "open": found.open}
        consent = {name: sorted(map(self._with_person, part), key=lambda row: row["key"]) for name, part in rows.items()}
        return consent | {"standing": self._standing(consent["stop"] + consent["start"])}

    def _standing(self, statements):
        """The last own word of each person, and the last state of the platform's switch. At one time, stop wins."""
        last = {}
        for row in statements:
            place = row["person"], {"message": "own_word", "platform": "platform"}[row["basis"]]
            word = row["at_ms"], row["state"] == "stop", row["state"], row["clock"]
            last[place] = max(last.get(place, word), word)
        standing = {}
        for (person, basis), (ms, _, state, clock) in sorted(last.items()):
            standing.setdefault(person, {})[basis] = {"state": state, "at_ms": ms, "clock": clock}
        return standing

    def _identity(self):
        found, name = self.conversations, self.people.name
        latest, names = {}, {}
        for ident, word in found.usernames.items():
            latest[name([ident])] = max(latest.get(name([ident]), word), word)
            names.setdefault(name([ident]), set()).update(found.names[ident])
        holds = {}
        for ident, when in found.holds.items():
            holds[name([ident])] = max(holds.get(name([ident]), when), when)
        changes = [row | {"old": [written(i) for i in row["old"]], "new": [written(i) for i in row["new"]]} for row in found.changes]
        return {"changes": sorted(changes, key=lambda row: row["key"]),
                "holds": [{"person": person, "at_ms": ms, "clock": clock} for person, (ms, clock) in sorted(holds.items())],
                "usernames": {person: {"username": word, "at_ms": ms, "all": sorted(names[person])}
                              for person, (ms, word) in latest.items()}}

    def _evidence(self):
        """Who is known to be on WhatsApp, perhaps so (by what opens no window, as a reaction), and who could not be reached
        (131026, which is no proof of absence)."""
        on, perhaps, off = ({self.people.name([ident]) for ident in ids} for ids in (
            self.conversations.confirmed | self.deliveries.confirmed, self.conversations.perhaps, self.deliveries.undeliverable))
        return {"confirmed": sorted(on), "perhaps": sorted(perhaps - on), "undeliverable_only": sorted(off - on)}

    def _with_person(self, row):
        return row | {"ids": [written(i) for i in row["ids"]], "person": self.people.name(row["ids"])}


def read_lines(folder):
    """Yields the requests of a folder."""
    with open(Path(folder) / "traffic.jsonl", encoding="utf-8") as file:
        for text in file:
            yield json.loads(text)


def read_settings(folder):
    return json.loads((Path(folder) / "settings.json").read_text(encoding="utf-8"))


def written_down(state):
    """Writes the state in one way."""
    return json.dumps(state, sort_keys=True, indent=1) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder that traffic.py wrote")
    parser.add_argument("--received", type=Path, help="when bodies came in: digest, tab, milliseconds")
    arguments = parser.parse_args()
    received = {}
    if arguments.received:
        for row in arguments.received.read_text().split("\n"):
            if row:
                digest, ms = row.split("\t")
                received[digest] = min(received.get(digest, int(ms)), int(ms))
    fold = Fold(read_settings(arguments.folder), received)
    for line in read_lines(arguments.folder):
        fold.request(line)
    print(written_down(fold.state()), end="")


if __name__ == "__main__":
    main()

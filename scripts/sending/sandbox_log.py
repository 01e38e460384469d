"""Reads the log of the sandbox, which says what really happened. Times are microseconds since 1970."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
STOPS = ("stop", "button stop", "stop promo", "stop promos", "keine angebote", "stops")  # what people write, press or switch here


@dataclass(slots=True)
class Request:
    """A request to send a message. `is_taken` says whether the platform has the message, whatever the sender was told."""

    n: int
    at: int
    real_at: int
    path: str
    number: str
    to: str
    opaque: str
    template: str
    language: str
    category: str
    is_open: bool
    is_taken: bool
    code: int | None
    answer: str
    kind: str | None = "template"

    @property
    def is_text(self):
        """Whether it is a message without a template: of those Ferry sends the confirmations of stops alone, in a storm."""
        return self.kind == "text"


@dataclass(slots=True)
class Inbound:
    """Something that a person did. `acknowledged` is the real time of the 200, or None."""

    what: str
    person: str
    at: int
    acknowledged: int | None

    @property
    def is_stop(self):
        return self.what.lower().strip(" .!") in STOPS

    @property
    def is_said(self):
        """Whether the person wrote or pressed it, and did not choose it in the app."""
        return self.what != "stops"


class Log:
    """All lines of a log."""

    def __init__(self, path):
        self.requests, self.inbound, self.over = [], [], []
        self.statuses = defaultdict(list)  # opaque id: [(at, status, code)]
        self.n_statuses = 0
        with open(path, encoding="utf-8") as file:
            for text in file:
                if text.endswith("\n"):  # the last line can be cut off while the sandbox runs
                    self._add(json.loads(text))
        self.requests.sort(key=lambda request: (request.at, request.n))
        self.taken = [request for request in self.requests if request.is_taken]

    def _add(self, line):
        if "n" in line:
            self.requests.append(Request(line["n"], moment(line["at"]), line["real_at_us"], line["path"], line["number"], line["to"],
                                         line["opaque"], line["template"], line["language"], line["category"],
                                         line["is_open"], line["outcome"] in ("accepted", "held"), line["code"],
                                         line["answer"], line["type"]))
        elif "status" in line:
            self.n_statuses += 1
            self.statuses[line["opaque"]].append((moment(line["at"]), line["status"], line["code"]))
        elif "inbound" in line:
            self.inbound.append(Inbound(line["inbound"], line["from"], moment(line["at"]), line["acknowledged_real_at_us"]))
        elif "over" in line:
            self.over.append(line)

    def failure(self, opaque):
        """Returns (at, code) of the failure of a message, or None."""
        return next(((at, code) for at, status, code in self.statuses.get(opaque, ()) if status == "failed"), None)

    def delivered_at(self, opaque):
        """Returns when a message arrived, or None."""
        return min((at for at, status, _ in self.statuses.get(opaque, ()) if status in ("delivered", "read")), default=None)


def moment(text):
    """Reads a time such as 2026-11-01T09:00:00.123456Z."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def shown(micros):
    """Writes a time."""
    return (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

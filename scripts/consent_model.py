#!/usr/bin/env python3
"""An independent model of the consent ledger.

It works out who may be written to a second time, in plain Python. It is written from docs/consent.md without looking
at the code, neither Rust nor SQL. Please keep it so. The views of both databases (SQLite and PostgreSQL) are tested
against it: `scripts/consent_model.py histories` prints random histories with the result that the views have to show.

    consent_model.py histories --seed 1 --count 10000 [--rule strictest]   random histories with the expected result
    consent_model.py wordings                                              the wordings that the histories name
    consent_model.py stats < HISTORIES                                     what occurs how often
    consent_model.py test                                                  the sentences of the rules, as tests

A history is one JSON object a line:

    history, rule, contacts   its number, the rule of the database, the number of contacts
    operations                in order; `at` never decreases, and only statements of one run share it
    outcomes                  one per operation: done, refused, or nothing (it changed nothing)
    expected                  one per contact, after all operations
    choices                   places where the prose is open and this history touches one (see CHOICES)

In `expected`, the second element of a row of `now` is always a list of operation indexes. It has several only where the
smallest statement id would decide. `consent_channel` is a list for the same reason, else a text.
All histories may be in one database: the words of each contain its number.
"""

import argparse
import collections
import json
import random
import sys
import unittest
from dataclasses import dataclass, field, replace
from typing import Optional

MESSAGING = ("sms", "viber", "whatsapp")
PURPOSES = ("conversation", "utility", "marketing", "authentication")
STRICTNESS = {"yes": 1, "unclear": 2, "no": 3, "stop": 4}
RECORDED = ("list", "record", "inbound", "platform", "review")  # the state is recorded, not read from words
LATEST, STRICTEST = "latest-statement", "strictest"
WHATSAPP_BEGAN = 1_235_433_600_000_000  # 2009-02-24T00:00:00Z

CHOICES = {
    "retraction-state": "may a statement be retracted? Its state now decides, not the state recorded",
    "said-again-while-merged": "a statement said again during a merge stays as first recorded: old ones are not copied at the unmerge",
    "own-retracted-revived": "a merge takes back the survivor's own retraction if the absorbed holds it; the unmerge retracts again",
    "absorbed-retracted-revived": "an unmerge takes back the absorbed's retraction of what was said during the merge",
    "retracted-not-copied": "merges and unmerges copy held statements only",
    "copy-retracted-while-merged": "a retraction of a copy at the survivor does not reach the absorbed",
    "copy-of-two-contacts": "a copy that an earlier merge made stays when a later merge of the same statement is undone",
    "suppression-while-merged": "suppression changed at the survivor during a merge does not reach the absorbed",
}

WORDINGS = [
    ("web-form", "1", "en", "Send me offers.", ("marketing",)),
    ("web-form", "2", "en", "Send me offers and news of my orders.", ("marketing", "utility")),
    ("checkout", "1", "fr", "Tenez-moi au courant de ma commande.", ("utility",)),
    ("checkout", "2", "fr", "Écrivez-moi pour tout.", ("conversation", "utility", "marketing", "authentication")),
    ("call", "1", "en", "Send me codes to sign in.", ("authentication",)),
    ("call", "2", "en", "Answer my questions and send me offers.", ("conversation", "marketing")),
]
NAMED_PURPOSES = {(name, version): purposes for name, version, _, _, purposes in WORDINGS}


# --- Statements -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    """What was said. Everything but the state is its identity; where the state is recorded, and not read from words, it is
    a part of the identity too."""

    channel: str
    purpose: str
    state: str
    said_from: Optional[int]
    said_until: Optional[int]
    basis: str
    words: str
    source: str = "crm"
    wording: Optional[str] = None
    wording_version: Optional[str] = None
    first_run_at: int = 0
    index: int = 0

    def identity(self):
        when = (self.said_from, self.said_until)
        state = self.state if self.basis in RECORDED else None
        said = (self.channel, self.purpose, self.basis, self.words, self.source, when, state)
        return said + (self.wording, self.wording_version)

    def is_yes(self):
        return self.state == "yes"

    def is_dated(self):
        return self.said_from is not None


# --- What counts. All functions take held statements, with the state that their words have now. ------------


def covers(statement, purpose, channel, yes_needs_wording=True):
    """Does the statement say something about the purpose, on this channel?"""
    named = statement.purpose in (purpose, "messages")
    if not statement.is_yes():
        return named
    if statement.basis == "inbound":
        return purpose == "conversation"
    if channel == "whatsapp" and yes_needs_wording and (statement.said_from is None or statement.said_from < WHATSAPP_BEGAN):
        return False
    if statement.wording is not None:
        wording = (statement.wording, statement.wording_version)
        return named and purpose in NAMED_PURPOSES.get(wording, ())
    if channel == "whatsapp" and yes_needs_wording:
        return False
    return named


def heard(held):
    """A decision stands for the unclear answers with its channel, purpose, words and date: they are not heard."""

    def about(statement):
        return (statement.channel, statement.purpose, statement.words, statement.said_from, statement.said_until)

    decided = {about(one) for one in held if one.basis == "review" and one.state != "unclear"}
    return [one for one in held if one.state != "unclear" or one.basis == "review" or about(one) not in decided]


def own_statements(held, channel, purpose, yes_needs_wording):
    """Rule 1: of this channel or of `all`."""
    result = []
    for statement in heard(held):
        if statement.basis == "platform" or statement.channel not in (channel, "all"):
            continue
        if channel == "whatsapp" and statement.channel == "all" and statement.is_yes():
            continue
        if covers(statement, purpose, channel, yes_needs_wording):
            result.append(statement)
    return result


def statements_of_other_channels(held, channel, purpose):
    """Rule 2: refusals and unclear statements of the other messaging channels, for marketing only."""
    if purpose != "marketing":
        return []
    result = []
    for statement in heard(held):
        if statement.basis == "platform" or statement.is_yes():
            continue
        if statement.channel in MESSAGING and statement.channel != channel and covers(statement, purpose, channel):
            result.append(statement)
    return result


def blocks_in_force(held):
    """Rule 3: by channel and purpose, the last platform statement that covers the purpose, if it is a stop.

    The statement id decides ties. We do not know it, so the generator makes none.
    """
    last = {}
    for statement in held:
        if statement.basis != "platform":
            continue
        for purpose in purposes_named_by(statement.purpose):
            key = (statement.channel, purpose)
            other = last.get(key)
            if other is None or when(statement.said_from) > when(other.said_from):
                last[key] = statement
    return {key: statement for key, statement in last.items() if statement.state == "stop"}


def purposes_named_by(purpose):
    return PURPOSES if purpose == "messages" else (purpose,)


def what_counts_for(held, channel, purpose, rule, yes_needs_wording=True):
    """The statements that count for channel and purpose; several only if the smallest id would decide."""
    blocks = blocks_in_force(held)
    if (channel, purpose) in blocks:
        return [blocks[channel, purpose]]

    statements = own_statements(held, channel, purpose, yes_needs_wording)
    statements += statements_of_other_channels(held, channel, purpose)
    if purpose == "marketing":
        statements += [blocks[other, purpose] for other in MESSAGING if (other, purpose) in blocks]
    return what_counts(statements, rule)


def what_counts(statements, rule):
    """The rule of the database."""
    if rule == LATEST:
        statements = candidates(statements) or statements
    if not statements:
        return []
    best = max(rank(statement) for statement in statements)
    return [statement for statement in statements if rank(statement) == best]


def candidates(statements):
    dated = [statement for statement in statements if statement.is_dated()]
    undated = [statement for statement in statements if not statement.is_dated()]

    starts = [statement.said_from for statement in dated if statement.state != "unclear"]
    if starts:
        start_of_the_last = max(starts)
        dated_candidates = [statement for statement in dated if statement.said_until >= start_of_the_last]
    else:
        dated_candidates = dated

    yes_times = [min(statement.said_from, statement.first_run_at) for statement in dated if statement.is_yes()]
    undated_candidates = []
    for statement in undated:
        if statement.is_yes():
            continue
        if not yes_times or max(yes_times) <= statement.first_run_at:
            undated_candidates.append(statement)

    return dated_candidates + undated_candidates


def rank(statement):
    """The greatest counts. Equal ranks are left to the smallest statement id."""
    strictness = STRICTNESS[statement.state]
    return (strictness, when(statement.said_from), when(statement.said_until), -statement.first_run_at)


def when(moment):
    """Undated is lowest."""
    return -1 if moment is None else moment


def consent_now(held, rule):
    """All rows of `consent_now` of one contact."""
    rows = {}
    for channel in MESSAGING:
        for purpose in PURPOSES:
            counting = what_counts_for(held, channel, purpose, rule)
            if counting:
                indexes = sorted(statement.index for statement in counting)
                rows[f"{channel} {purpose}"] = [counting[0].state, indexes]
    return rows


# --- The summary ------------------------------------------------------------------------------------------------------


def summary(held, rule):
    """The row of `consent_summary` of one contact."""
    counting = []
    for channel in MESSAGING:
        counting += what_counts(summary_statements(held, channel), rule)

    said = what_counts_for(held, "whatsapp", "marketing", rule, yes_needs_wording=False)
    whatsapp_consent = said[0].state if said else None
    if not counting:
        return summary_row(None, None, None, whatsapp_consent)

    def channel_rank(statement):
        return (STRICTNESS[statement.state], when(statement.said_from))

    best = max(channel_rank(statement) for statement in counting)
    winners = [statement for statement in counting if channel_rank(statement) == best]
    channels = sorted({statement.channel for statement in winners})
    channel = channels[0] if len(channels) == 1 else channels
    return summary_row(winners[0].state, channel, winners[0].said_from, whatsapp_consent)


def summary_row(consent, channel, at, whatsapp_consent):
    return {"consent": consent, "consent_channel": channel, "consent_at": at, "whatsapp_consent": whatsapp_consent}


def summary_statements(held, channel):
    """The blocks on this channel, else all that was said on it or on `all`, without inbound yes; whatever the purpose."""
    blocks = [block for (blocked, _), block in blocks_in_force(held).items() if blocked == channel]
    if blocks:
        return blocks

    result = []
    for statement in heard(held):
        if statement.basis == "platform" or statement.channel not in (channel, "all"):
            continue
        if statement.basis == "inbound" and statement.is_yes():
            continue
        if channel == "whatsapp" and statement.channel == "all" and statement.is_yes():
            continue
        result.append(statement)
    return result


# --- The ledger -------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """A statement of one contact."""

    statement: Statement
    speaker: int  # the contact whose identity said it
    is_retracted: bool = False
    said_here: bool = True  # False: only a merge or an unmerge copied it


@dataclass
class Merge:
    survivor: int
    absorbed: int
    at: int
    made_held: set = field(default_factory=set)  # what the survivor holds because of this merge
    retracted: set = field(default_factory=set)  # what was retracted at the survivor then: it counts as said since if it is held
    suppression_changed: bool = False
    copy_retracted: bool = False


class Ledger:
    """The contacts of one history."""

    def __init__(self, n_contacts):
        self.rows = [{} for _ in range(n_contacts)]  # by identity
        self.suppressed = [False] * n_contacts
        self.merges = []  # in force, in order
        self.readings = {}  # (basis, words) to state
        self.said_by = {}  # identity to the indexes of its `say` operations: the identity does not contain the contact
        self.choices = set()

    def apply(self, index, operation):
        """Carries out an operation. Returns done, refused or nothing."""
        match operation["op"]:
            case "say":
                return self.say(operation["contact"], statement_of(index, operation))
            case "reread":
                return self.reread(operation["basis"], operation["words"], operation["state"])
            case "retract":
                return self.retract(operation["contact"], self.identity_of(operation))
            case "unretract":
                return self.unretract(operation["contact"], self.identity_of(operation))
            case "merge":
                return self.merge(operation["survivor"], operation["absorbed"], operation["at"])
            case "unmerge":
                return self.unmerge(operation["survivor"], operation["absorbed"])
            case "suppress":
                return self.suppress(operation["contact"], True)
            case "unsuppress":
                return self.suppress(operation["contact"], False)
            case "key":
                return "done"
        raise ValueError(operation)

    def reread(self, basis, words, state):
        """A person's own STOP is never read as an unclear answer or as a yes."""
        rows = [row.statement for rows in self.rows for row in rows.values()]
        is_stop = any((one.basis, one.words, one.state) == ("message", words, "stop") for one in rows)
        if basis == "message" and is_stop and STRICTNESS[state] < STRICTNESS["no"]:
            return "refused"
        self.readings[(basis, words)] = state
        return "done"

    def identity_of(self, operation):
        """The statement that a retraction means: the one of the `say` with this index."""
        for identity in self.rows[operation["contact"]]:
            if operation["statement"] in self.said_by[identity]:
                return identity
        raise ValueError(operation)

    def is_absorbed(self, contact):
        return any(merge.absorbed == contact for merge in self.merges)

    def root(self, contact):
        """The contact that speaks for this one now."""
        for merge in self.merges:
            if merge.absorbed == contact:
                return self.root(merge.survivor)
        return contact

    def merges_into(self, contact):
        return [merge for merge in self.merges if self.root(merge.survivor) == contact]

    def state_now(self, statement):
        return self.readings.get((statement.basis, statement.words), statement.state)

    def held(self, contact):
        rows = self.rows[contact].values()
        statements = [row.statement for row in rows if not row.is_retracted]
        return [replace(statement, state=self.state_now(statement)) for statement in statements]

    def say(self, speaker, statement):
        """Somebody who was merged into another contact speaks for that one, and the ledger names who spoke."""
        contact = self.root(speaker)
        identity = statement.identity()
        self.said_by.setdefault(identity, []).append(statement.index)
        row = self.rows[contact].get(identity)
        if row is None:
            self.rows[contact][identity] = Row(statement, speaker)
            return "done"

        if self.merges_into(contact):
            self.choices.add("said-again-while-merged")
        row.said_here = True
        if not row.is_retracted:
            return "nothing"
        row.is_retracted = False
        return "done"

    def retract(self, contact, identity):
        row = self.rows[contact][identity]
        if row.is_retracted:
            return "nothing"
        if not self.may_retract(contact, identity):
            return "refused"
        row.is_retracted = True
        self.note_change_of_copy(contact, identity)
        return "done"

    def unretract(self, contact, identity):
        row = self.rows[contact][identity]
        if not row.is_retracted:
            return "nothing"
        row.is_retracted = False
        self.note_change_of_copy(contact, identity)
        return "done"

    def note_change_of_copy(self, contact, identity):
        for merge in self.merges_into(contact):
            if identity in self.rows[merge.absorbed]:
                merge.copy_retracted = True

    def may_retract(self, contact, identity):
        """The rule of the trigger. Also notes where another reading of the prose would decide otherwise."""
        statement = self.rows[contact][identity].statement
        is_of_merged = any(identity in self.rows[merge.absorbed] for merge in self.merges_into(contact))

        def rule(state):
            if state == "yes" or statement.basis == "unreadable":
                return True
            return self.says_it_twice(contact, identity) or is_of_merged

        allowed = rule(self.state_now(statement))
        if allowed != rule(statement.state):
            self.choices.add("retraction-state")
        return allowed

    def says_it_twice(self, contact, identity):
        """Has another held statement, as strict as this one, the same basis and words about that channel and purpose?"""
        statement = self.rows[contact][identity].statement
        strictness = STRICTNESS[self.state_now(statement)]
        for other_identity, other in self.rows[contact].items():
            if other_identity == identity or other.is_retracted:
                continue
            said = other.statement
            is_about_it = said.channel in (statement.channel, "all") and said.purpose in (statement.purpose, "messages")
            if STRICTNESS[self.state_now(said)] < strictness:
                continue
            if is_about_it and (said.basis, said.words) == (statement.basis, statement.words):
                return True
        return False

    def merge(self, survivor, absorbed, at):
        merge = Merge(survivor, absorbed, at)
        merge.retracted = {identity for identity, row in self.rows[survivor].items() if row.is_retracted}
        for identity, row in self.rows[absorbed].items():
            if row.is_retracted:
                self.choices.add("retracted-not-copied")
                continue
            own = self.rows[survivor].get(identity)
            if own is None:
                self.rows[survivor][identity] = Row(row.statement, row.speaker, said_here=False)
                merge.made_held.add(identity)
            elif own.is_retracted:
                if own.said_here:
                    self.choices.add("own-retracted-revived")
                own.is_retracted = False
                merge.made_held.add(identity)

        if self.suppressed[absorbed]:
            self.suppressed[survivor] = True
        self.merges.append(merge)
        return "done"

    def unmerge(self, survivor, absorbed):
        merge = self.merges.pop()
        assert (merge.survivor, merge.absorbed) == (survivor, absorbed), "only the last merge may be undone"
        if merge.suppression_changed:
            self.choices.add("suppression-while-merged")
        if merge.copy_retracted:
            self.choices.add("copy-retracted-while-merged")

        self.retract_copies(merge)
        self.part_what_was_said_since(merge)
        return "done"

    def retract_copies(self, merge):
        for identity, row in self.rows[merge.survivor].items():
            if identity in merge.made_held:
                row.is_retracted = True
            elif identity in self.rows[merge.absorbed] and not row.said_here and not row.is_retracted:
                self.choices.add("copy-of-two-contacts")

    def part_what_was_said_since(self, merge):
        """A refusal stays with both, and so does an answer that is not understood. A yes stays with who said it."""
        for identity, row in self.rows[merge.survivor].items():
            is_before = row.statement.first_run_at <= merge.at and identity not in merge.retracted
            if is_before or identity in merge.made_held:
                continue
            if row.is_retracted:
                self.choices.add("retracted-not-copied")
                continue
            if self.state_now(row.statement) == "yes":
                if self.root(row.speaker) != merge.absorbed:
                    continue
                row.is_retracted = True
            theirs = self.rows[merge.absorbed].get(identity)
            if theirs is None:
                self.rows[merge.absorbed][identity] = Row(row.statement, row.speaker, said_here=False)
            elif theirs.is_retracted:
                self.choices.add("absorbed-retracted-revived")
                theirs.is_retracted = False

    def suppress(self, contact, is_suppressed):
        for merge in self.merges_into(contact):
            merge.suppression_changed = True
        if self.suppressed[contact] == is_suppressed:
            return "nothing"
        self.suppressed[contact] = is_suppressed
        return "done"

    def expected(self, contact, rule):
        if self.is_absorbed(contact):
            return {"now": None, "summary": None, "suppressed": None, "is_merged": True}
        held = self.held(contact)
        return {
            "now": consent_now(held, rule),
            "summary": summary(held, rule),
            "suppressed": self.suppressed[contact],
            "is_merged": False,
        }


def statement_of(index, operation):
    """The statement of a `say` operation."""
    said = dict(operation["statement"])
    said["said_from"] = said.pop("from")
    said["said_until"] = said.pop("until")
    return Statement(**said, first_run_at=operation["at"], index=index)


# --- Random histories ---------------------------------------------------------------------------------------------------

HOUR = 3_600_000_000
DAY = 24 * HOUR
MONDAY = 1_772_409_600_000_000  # 2026-03-02, 00:00 UTC
HOURS = (0, 9 * HOUR, 12 * HOUR, 18 * HOUR, DAY - 1)

CHANNELS = {"whatsapp": 42, "sms": 20, "viber": 14, "all": 14, "email": 8}
BASES = {
    "cell": 22, "message": 20, "record": 22, "opt_out": 8, "event": 5, "list": 4,
    "inbound": 7, "platform": 9, "review": 3, "unreadable": 2,
}
STATES = {
    "cell": {"yes": 50, "unclear": 20, "no": 20, "stop": 10},
    "message": {"yes": 40, "unclear": 22, "no": 18, "stop": 20},
    "record": {"yes": 80, "no": 12, "stop": 8},
    "opt_out": {"yes": 5, "unclear": 20, "no": 40, "stop": 35},
    "event": {"yes": 50, "no": 25, "stop": 25},
    "list": {"yes": 40, "no": 60},
    "inbound": {"yes": 70, "no": 15, "stop": 15},
    "platform": {"stop": 55, "yes": 45},
    "review": {"yes": 40, "unclear": 20, "no": 40},
    "unreadable": {"unclear": 1},
}
SAID_PURPOSES = {"messages": 36, "marketing": 38, "utility": 12, "conversation": 8, "authentication": 6}
BLOCKED_PURPOSES = {"messages": 30, "marketing": 35, "utility": 27, "conversation": 5, "authentication": 3}
REREAD_BASES = ("cell", "opt_out", "message")
UNKNOWN_WORDINGS = [("web-form", "9"), ("poster", "1")]


def pick(rng, weights):
    return rng.choices(list(weights), weights=list(weights.values()))[0]


class Generator:
    """Makes one history. It depends only on the seed and the number, so the rule does not change the operations."""

    def __init__(self, seed, number):
        self.rng = random.Random(f"{seed} {number}")
        self.number = number
        self.n_contacts = self.rng.choices([1, 2, 3], weights=[35, 35, 30])[0]
        self.ledger = Ledger(self.n_contacts)
        self.operations = []
        self.outcomes = []
        self.days = self.rng.sample(range(5), self.rng.choice([1, 2, 2, 3, 5]))
        self.share_undated = self.rng.choice([0.0, 0.15, 0.15, 0.5])
        self.platform_times = set()  # channel, purpose and time

    def history(self, rule):
        n_operations = self.rng.randint(1, 12)
        grid = [MONDAY + day * DAY + hour for day in range(-1, 7) for hour in HOURS]
        moments = sorted(self.rng.sample(grid, n_operations))
        for i, at in enumerate(moments):
            operation = self.operation(i, at)
            self.operations.append(operation)
            self.outcomes.append(self.ledger.apply(i, operation))

        expected = [self.ledger.expected(contact, rule) for contact in range(self.n_contacts)]
        return {
            "history": self.number, "rule": rule, "contacts": self.n_contacts, "operations": self.operations,
            "outcomes": self.outcomes, "expected": expected, "choices": sorted(self.ledger.choices),
        }

    def operation(self, i, at):
        kind = pick(self.rng, self.possible_operations(i))
        if kind != "say":
            return {"op": kind, **getattr(self, kind)(), "at": at}

        run = f"r{i}"
        last = self.operations[-1] if self.operations else None
        if last is not None and last["op"] == "say" and self.rng.random() < 0.25:
            at, run = last["at"], last["run"]  # one run often records several statements
        statement = self.possible(self.statement(), at)
        return {"op": "say", "contact": self.speaker(), "at": at, "run": run, "statement": statement}

    def possible(self, statement, at):
        """The database refuses a yes that is dated more than two days after it was recorded, and words that can be read as
        one later."""
        can_be_yes = statement["state"] == "yes" or statement["basis"] in REREAD_BASES
        if not can_be_yes or (statement["from"] or 0) <= at + 2 * DAY:
            return statement
        if statement["basis"] == "platform":
            return {**statement, "state": "stop"}
        return {**statement, "from": at, "until": at}

    def possible_operations(self, i):
        says = [operation for operation in self.operations if operation["op"] == "say"]
        kinds = {"say": 100 if i < 2 else 56, "key": 2, "suppress": 3}
        if any(self.ledger.suppressed):
            kinds["unsuppress"] = 8
        if len(self.free_contacts()) > 1 and i > 0:
            kinds["merge"] = 18
        if self.ledger.merges:
            kinds["unmerge"] = 14
        if self.retractable(False):
            kinds["retract"] = 11
        if self.retractable(True):
            kinds["unretract"] = 6
        if any(operation["statement"]["basis"] in REREAD_BASES for operation in says):
            kinds["reread"] = 8
        return kinds

    def free_contacts(self):
        return [contact for contact in range(self.n_contacts) if not self.ledger.is_absorbed(contact)]

    def contact(self):
        return self.rng.choice(self.free_contacts())

    def speaker(self):
        """Somebody who was merged into another contact can still speak."""
        if self.ledger.merges and self.rng.random() < 0.4:
            return self.rng.randrange(self.n_contacts)
        return self.contact()

    def retractable(self, is_retracted):
        """Pairs of a contact and a statement that it holds or that is retracted there."""
        pairs = []
        for contact in self.free_contacts():
            for identity, row in self.ledger.rows[contact].items():
                if row.is_retracted == is_retracted:
                    pairs.append((contact, self.ledger.said_by[identity][0]))
        return pairs

    def retract(self):
        held, retracted = self.retractable(False), self.retractable(True)
        if retracted and self.rng.random() < 0.05:
            held = retracted  # a second retraction changes nothing
        contact, statement = self.rng.choice(held)
        return {"contact": contact, "statement": statement}

    def unretract(self):
        contact, statement = self.rng.choice(self.retractable(True))
        return {"contact": contact, "statement": statement}

    def reread(self):
        said = [operation["statement"] for operation in self.operations if operation["op"] == "say"]
        statement = self.rng.choice([one for one in said if one["basis"] in REREAD_BASES])
        state = self.rng.choice(list(STRICTNESS))
        return {"basis": statement["basis"], "words": statement["words"], "state": state}

    def merge(self):
        survivor, absorbed = self.rng.sample(self.free_contacts(), 2)
        return {"survivor": survivor, "absorbed": absorbed}

    def unmerge(self):
        last = self.ledger.merges[-1]
        return {"survivor": last.survivor, "absorbed": last.absorbed}

    def suppress(self):
        return {"contact": self.contact()}

    def unsuppress(self):
        return {"contact": self.contact()}

    def key(self):
        return {}

    def statement(self):
        says = [operation["statement"] for operation in self.operations if operation["op"] == "say"]
        if says and self.rng.random() < 0.12:
            return dict(self.rng.choice(says))  # said again, perhaps by somebody else
        if says and self.rng.random() < 0.12:
            return self.variant(says[-1])
        unclear = [statement for statement in says if statement["state"] == "unclear" and statement["basis"] != "review"]
        if unclear and self.rng.random() < 0.15:
            return self.decision(self.rng.choice(unclear))
        blocks = [statement for statement in says if statement["basis"] == "platform"]
        if blocks and self.rng.random() < 0.25:
            return self.platform_statement(self.rng.choice(blocks)["channel"])

        basis = pick(self.rng, BASES)
        channel = pick(self.rng, CHANNELS)
        if basis == "platform":
            return self.platform_statement("sms" if channel == "all" else channel)
        state = pick(self.rng, STATES[basis])
        wording = self.wording(basis, state, channel)
        return self.new_statement(basis, channel, pick(self.rng, SAID_PURPOSES), state, self.time(), wording)

    def decision(self, unclear):
        """How an unclear answer is read. Sometimes it is for another channel, which settles nothing."""
        state = self.rng.choice(["yes", "yes", "no", "stop"])
        channel = unclear["channel"] if self.rng.random() < 0.8 else pick(self.rng, CHANNELS)
        wording = self.wording("review", state, channel)
        said = {"basis": "review", "state": state, "channel": channel, "source": "crm"}
        return {**unclear, **said, "wording": wording[0], "wording_version": wording[1]}

    def platform_statement(self, channel):
        purpose = pick(self.rng, BLOCKED_PURPOSES)
        state = pick(self.rng, STATES["platform"])
        return self.new_statement("platform", channel, purpose, state, self.platform_time(channel, purpose), (None, None))

    def new_statement(self, basis, channel, purpose, state, time, wording):
        return {
            "channel": channel, "purpose": purpose, "state": state, "from": time[0], "until": time[1],
            "basis": basis, "words": f"{state}-{self.rng.randrange(3)}-h{self.number}",
            "source": self.rng.choice(["sms", "crm"]), "wording": wording[0], "wording_version": wording[1],
        }

    def variant(self, statement):
        """Another statement that differs in one thing: often a tie, or the same words twice."""
        if statement["basis"] == "platform":
            return dict(statement)
        said_from, said_until = self.time()
        changes = [
            {"source": "crm" if statement["source"] == "sms" else "sms"},
            {"words": f"{statement['state']}-{self.rng.randrange(3)}-h{self.number}"},
            {"channel": pick(self.rng, CHANNELS)},
            {"purpose": pick(self.rng, SAID_PURPOSES)},
            {"from": said_from, "until": said_until},
        ]
        return {**statement, **self.rng.choice(changes)}

    def time(self):
        if self.rng.random() < self.share_undated:
            return None, None
        midnight = MONDAY + self.rng.choice(self.days) * DAY
        if self.rng.random() < 0.4:
            return midnight, midnight + DAY - 1
        instant = midnight + self.rng.choice(HOURS)
        return instant, instant

    def platform_time(self, channel, purpose):
        """Rarely undated, and never twice the same for a channel and purpose: the statement id would decide."""
        is_undated = self.rng.random() < 0.1
        while True:
            instant = None if is_undated else MONDAY + self.rng.randrange(5) * DAY + self.rng.choice(HOURS)
            is_undated = False
            times = {(channel, named, instant) for named in purposes_named_by(purpose)}
            if self.platform_times.isdisjoint(times):
                self.platform_times |= times
                return instant, instant

    def wording(self, basis, state, channel):
        if basis in ("platform", "inbound", "unreadable"):
            return None, None
        share = 0.08 if state != "yes" else 0.8 if channel == "whatsapp" else 0.35
        if self.rng.random() > share:
            return None, None
        if self.rng.random() < 0.08:
            return self.rng.choice(UNKNOWN_WORDINGS)
        name, version, _, _, _ = self.rng.choice(WORDINGS)
        return name, version


# --- Commands -------------------------------------------------------------------------------------------------------------


def print_histories(seed, count, rule):
    for number in range(count):
        print(json.dumps(Generator(seed, number).history(rule), ensure_ascii=False))


def print_wordings():
    for name, version, language, text, purposes in WORDINGS:
        row = {"name": name, "version": version, "language": language, "text": text, "purposes": list(purposes)}
        print(json.dumps(row, ensure_ascii=False))


def print_stats(lines):
    states = collections.defaultdict(collections.Counter)
    n_with, summaries, outcomes = collections.Counter(), collections.Counter(), collections.Counter()
    n_histories = n_contacts = n_rows = n_ties = n_with_choice = 0
    choices = collections.Counter()
    for line in lines:
        history = json.loads(line)
        n_histories += 1
        kinds = [operation["op"] for operation in history["operations"]]
        n_with.update(set(kinds))
        n_with["two merges"] += kinds.count("merge") > 1
        n_with.update(kinds_of_statements(history["operations"]))
        outcomes.update(f"{kind} {outcome}" for kind, outcome in zip(kinds, history["outcomes"]))
        choices.update(history["choices"])
        n_with_choice += bool(history["choices"])
        for contact in history["expected"]:
            if contact["is_merged"]:
                continue
            n_contacts += 1
            summaries[f"consent {contact['summary']['consent']}"] += 1
            summaries[f"whatsapp_consent {contact['summary']['whatsapp_consent']}"] += 1
            summaries["suppressed"] += contact["suppressed"]
            summaries["several consent_channel"] += isinstance(contact["summary"]["consent_channel"], list)
            for key, (state, indexes) in contact["now"].items():
                states[key][state] += 1
                n_rows += 1
                n_ties += len(indexes) > 1

    print(f"{n_histories} histories, {n_contacts} contacts not absorbed, {n_rows} rows, {n_ties} left to the id")
    print("\nstates of consent_now")
    for channel in MESSAGING:
        for purpose in PURPOSES:
            counts = states[f"{channel} {purpose}"]
            n = sum(counts.values())
            shares = "  ".join(f"{state} {share(counts[state], n)}" for state in STRICTNESS)
            print(f"  {channel + ' ' + purpose:24} {n:6} rows: {shares}")
    print_shares("summaries, of contacts", summaries, n_contacts)
    print_shares("histories with", n_with, n_histories)
    print_counts("outcomes", outcomes)
    print_shares("histories that touch an open choice", choices, n_histories)
    print(f"  any: {share(n_with_choice, n_histories)}")


def kinds_of_statements(operations):
    statements = [operation["statement"] for operation in operations if operation["op"] == "say"]
    kinds = set()
    purposes = collections.defaultdict(set)
    for statement in statements:
        if statement["basis"] == "platform":
            kinds.add("platform")
            purposes[statement["channel"]].add(statement["purpose"])
            if statement["from"] is None:
                kinds.add("platform, undated")
        if statement["basis"] == "inbound" and statement["state"] != "yes":
            kinds.add("inbound refusal")
    if any(len(of_channel) > 1 for of_channel in purposes.values()):
        kinds.add("platform, purposes mixed")
    return kinds


def print_shares(title, counts, n):
    print(f"\n{title}")
    for name, count in sorted(counts.items()):
        print(f"  {name:32} {count:6} {share(count, n)}")


def print_counts(title, counts):
    print(f"\n{title}")
    for name, count in sorted(counts.items()):
        print(f"  {name:32} {count:6}")


def share(count, n):
    return f"{100 * count / n:5.1f} %" if n else "    -"


# --- Tests: sentences of the rules ----------------------------------------------------------------------------------------


def at(day, hour=0):
    return MONDAY + day * DAY + hour * HOUR


def said(channel, purpose, state, when=None, hour=None, basis="cell", wording=None, recorded=9):
    """A statement of a day, of an instant if the hour is given, or undated if the day is not."""
    if when is None:
        said_from = said_until = None
    elif hour is None:
        said_from, said_until = at(when), at(when) + DAY - 1
    else:
        said_from = said_until = at(when, hour)
    name, version = wording.split() if wording else (None, None)
    return Statement(channel, purpose, state, said_from, said_until, basis, state, "crm", name, version, at(recorded))


def state(channel, purpose, *held, rule=LATEST):
    counting = what_counts_for(list(held), channel, purpose, rule)
    return counting[0].state if counting else None


OFFERS = "web-form 1"  # names marketing
ALL_PURPOSES = "checkout 2"  # names all four


class Sentences(unittest.TestCase):
    """What counts, for held statements."""

    def test_nothing_said_means_no_row(self):
        self.assertEqual(consent_now([], LATEST), {})

    def test_a_stop_by_sms_ends_marketing_on_whatsapp_and_not_utility(self):
        held = [said("whatsapp", "messages", "yes", 1, wording=ALL_PURPOSES), said("sms", "messages", "stop", 2)]
        self.assertEqual(state("whatsapp", "marketing", *held), "stop")
        self.assertEqual(state("whatsapp", "utility", *held), "yes")
        self.assertEqual(state("sms", "utility", *held), "stop")

    def test_a_later_yes_on_viber_reopens_viber_only(self):
        held = [said("sms", "marketing", "no", 1), said("viber", "marketing", "yes", 2)]
        self.assertEqual(state("viber", "marketing", *held), "yes")
        self.assertEqual(state("whatsapp", "marketing", *held), "no")
        self.assertEqual(state("sms", "marketing", *held), "no")

    def test_a_refusal_of_utility_on_another_channel_does_not_count(self):
        self.assertIsNone(state("whatsapp", "marketing", said("sms", "utility", "stop", 1)))

    def test_a_yes_of_another_channel_does_not_count(self):
        self.assertIsNone(state("viber", "marketing", said("sms", "marketing", "yes", 1)))

    def test_an_unclear_answer_on_another_channel_counts_for_marketing(self):
        held = [said("whatsapp", "marketing", "yes", 1, wording=OFFERS), said("viber", "marketing", "unclear", 2)]
        self.assertEqual(state("whatsapp", "marketing", *held), "unclear")

    def test_a_refusal_on_all_ends_everything_everywhere(self):
        rows = consent_now([said("all", "messages", "stop", 1)], LATEST)
        self.assertEqual(len(rows), 12)
        self.assertEqual({row[0] for row in rows.values()}, {"stop"})

    def test_a_yes_to_all_is_no_yes_for_whatsapp(self):
        yes = said("all", "messages", "yes", 1, wording=ALL_PURPOSES)
        self.assertIsNone(state("whatsapp", "marketing", yes))
        self.assertEqual(state("sms", "marketing", yes), "yes")

    def test_email_never_counts(self):
        self.assertEqual(consent_now([said("email", "messages", "stop", 1)], LATEST), {})
        self.assertIsNone(summary([said("email", "messages", "stop", 1)], LATEST)["consent"])

    def test_a_message_that_the_person_starts_grants_conversation_only(self):
        hello = said("whatsapp", "messages", "yes", 1, 9, basis="inbound")
        self.assertEqual(consent_now([hello], LATEST), {"whatsapp conversation": ["yes", [0]]})
        self.assertIsNone(summary([hello], LATEST)["consent"])

    def test_a_message_that_the_person_starts_reopens_conversation_after_a_stop(self):
        held = [said("sms", "messages", "stop", 1), said("sms", "messages", "yes", 2, 9, basis="inbound")]
        self.assertEqual(state("sms", "conversation", *held), "yes")
        self.assertEqual(state("sms", "marketing", *held), "stop")

    def test_a_yes_without_a_wording_covers_nothing_on_whatsapp(self):
        yes = said("whatsapp", "marketing", "yes", 1)
        self.assertEqual(consent_now([yes], LATEST), {})
        self.assertEqual(summary([yes], LATEST)["whatsapp_consent"], "yes")

    def test_a_yes_without_a_wording_does_not_lift_a_refusal_on_whatsapp(self):
        held = [said("whatsapp", "marketing", "no", 1), said("whatsapp", "marketing", "yes", 2)]
        self.assertEqual(state("whatsapp", "marketing", *held), "no")
        self.assertEqual(summary(held, LATEST)["whatsapp_consent"], "yes")

    def test_a_yes_without_a_wording_lifts_a_stop_on_sms(self):
        held = [said("sms", "messages", "stop", 1), said("sms", "marketing", "yes", 2)]
        self.assertEqual(state("sms", "marketing", *held), "yes")
        self.assertEqual(state("sms", "utility", *held), "stop")

    def test_a_wording_covers_only_what_it_names(self):
        yes = said("whatsapp", "messages", "yes", 1, wording="web-form 2")
        self.assertEqual(sorted(consent_now([yes], LATEST)), ["whatsapp marketing", "whatsapp utility"])

    def test_a_yes_to_one_purpose_covers_no_other_that_its_wording_names(self):
        yes = said("whatsapp", "utility", "yes", 1, wording="web-form 2")
        self.assertEqual(sorted(consent_now([yes], LATEST)), ["whatsapp utility"])

    def test_an_unknown_wording_names_nothing_on_sms_as_well(self):
        self.assertIsNone(state("sms", "marketing", said("sms", "marketing", "yes", 1, wording="web-form 9")))

    def test_the_wording_of_a_refusal_does_not_matter(self):
        self.assertEqual(state("sms", "utility", said("sms", "messages", "no", 1, wording=OFFERS)), "no")

    def test_a_block_of_the_platform_decides_alone(self):
        held = [said("whatsapp", "messages", "stop", 1, 9, "platform"), said("whatsapp", "marketing", "yes", 2, wording=OFFERS)]
        self.assertEqual(state("whatsapp", "marketing", *held), "stop")

    def test_a_block_for_marketing_leaves_utility(self):
        held = [said("sms", "marketing", "stop", 2, 9, "platform"), said("sms", "messages", "yes", 1)]
        self.assertEqual(state("sms", "marketing", *held), "stop")
        self.assertEqual(state("sms", "utility", *held), "yes")

    def test_a_resume_of_utility_does_not_end_a_block_of_marketing(self):
        held = [said("whatsapp", "marketing", "stop", 1, 9, "platform"), said("whatsapp", "utility", "yes", 2, 9, "platform")]
        self.assertEqual(consent_now(held, LATEST)["whatsapp marketing"], ["stop", [0]])
        self.assertIsNone(state("whatsapp", "utility", *held))
        self.assertEqual(summary(held, LATEST), summary_row("stop", "whatsapp", at(1, 9), "stop"))

    def test_a_resume_of_one_purpose_ends_that_part_of_a_block_of_messages(self):
        held = [said("sms", "messages", "stop", 1, 9, "platform"), said("sms", "utility", "yes", 2, 9, "platform")]
        rows = ["sms authentication", "sms conversation", "sms marketing", "viber marketing", "whatsapp marketing"]
        self.assertEqual(sorted(consent_now(held, LATEST)), rows)

    def test_a_later_block_of_utility_does_not_hide_a_block_of_marketing(self):
        marketing = replace(said("sms", "marketing", "stop", 1, 9, "platform"), index=1)
        utility = replace(said("sms", "utility", "stop", 2, 9, "platform"), index=2)
        rows = {key: indexes for key, (_, indexes) in consent_now([marketing, utility], LATEST).items()}
        self.assertEqual(rows, {"sms marketing": [1], "sms utility": [2], "viber marketing": [1], "whatsapp marketing": [1]})

    def test_a_later_resume_of_messages_ends_the_blocks_of_all_purposes(self):
        held = [said("sms", "marketing", "stop", 1, 9, "platform"), said("sms", "utility", "stop", 2, 9, "platform")]
        self.assertEqual(consent_now(held + [said("sms", "messages", "yes", 3, 9, "platform")], LATEST), {})

    def test_an_undated_resume_is_before_every_dated_block(self):
        block, resume = said("sms", "messages", "stop", 1, 9, "platform"), said("sms", "messages", "yes", basis="platform")
        self.assertEqual(state("sms", "utility", resume, block), "stop")
        self.assertEqual(state("sms", "utility", block, resume), "stop")

    def test_an_undated_block_decides_alone_until_a_dated_resume(self):
        block, yes = said("sms", "messages", "stop", basis="platform", recorded=1), said("sms", "messages", "yes", 2)
        resume = said("sms", "messages", "yes", 1, 9, "platform")
        self.assertEqual(state("sms", "utility", block, yes), "stop")
        self.assertEqual(state("sms", "utility", block, yes, resume), "yes")

    def test_an_undated_block_on_another_channel_is_an_undated_refusal(self):
        block = said("sms", "marketing", "stop", basis="platform", recorded=2)
        self.assertEqual(state("viber", "marketing", block, said("viber", "marketing", "yes", 2, 0)), "stop")
        self.assertEqual(state("viber", "marketing", block, said("viber", "marketing", "yes", 2, 1)), "yes")

    def test_a_block_of_utility_on_another_channel_does_not_count(self):
        block = said("sms", "utility", "stop", 1, 9, "platform")
        self.assertEqual(sorted(consent_now([block], LATEST)), ["sms utility"])
        self.assertIsNone(summary([block], LATEST)["whatsapp_consent"])

    def test_whatsapp_consent_looks_at_blocks_of_marketing(self):
        yes = said("whatsapp", "marketing", "yes", 1)
        utility = said("whatsapp", "utility", "stop", 2, 9, "platform")
        marketing = said("whatsapp", "marketing", "stop", 0, 9, "platform")
        self.assertEqual(summary([yes, utility], LATEST)["whatsapp_consent"], "yes")
        self.assertEqual(summary([yes, utility, marketing], LATEST)["whatsapp_consent"], "stop")

    def test_a_decision_stands_for_the_answers_that_it_is_about_and_for_no_others(self):
        answer = replace(said("sms", "messages", "unclear", 2), words="perhaps")
        yes = replace(said("sms", "messages", "yes", 2, basis="review"), words="perhaps")
        self.assertEqual(state("sms", "marketing", answer, yes), "yes")
        self.assertEqual(state("whatsapp", "marketing", answer, yes), None)
        self.assertEqual(summary([answer, yes], LATEST)["consent"], "yes")
        self.assertEqual(state("sms", "marketing", answer, replace(yes, state="no")), "no")
        self.assertEqual(state("sms", "marketing", answer, yes, said("viber", "marketing", "stop", 3)), "stop")
        before = at(1)
        for other in (
            {"words": "maybe"},
            {"channel": "viber"},
            {"purpose": "marketing"},
            {"said_from": before, "said_until": before},
            {"basis": "record"},
        ):
            self.assertEqual(state("sms", "utility", answer, replace(yes, **other)), "unclear", other)

    def test_an_inbound_refusal_is_an_ordinary_refusal(self):
        held = [said("sms", "messages", "yes", 1), said("sms", "messages", "stop", 2, 9, basis="inbound")]
        for row in ("sms utility", "sms conversation", "sms marketing", "whatsapp marketing"):
            self.assertEqual(consent_now(held, LATEST)[row][0], "stop")
        self.assertEqual(summary(held, LATEST), summary_row("stop", "sms", at(2, 9), "stop"))

    def test_a_resume_of_the_platform_is_no_consent(self):
        held = [said("sms", "messages", "stop", 1, 9, "platform"), said("sms", "messages", "yes", 2, 9, "platform")]
        self.assertEqual(consent_now(held, LATEST), {})
        self.assertIsNone(summary(held, LATEST)["consent"])

    def test_a_resume_of_the_platform_leaves_what_people_said(self):
        resume = said("sms", "messages", "yes", 3, 9, "platform")
        self.assertEqual(state("sms", "marketing", said("sms", "messages", "no", 1), resume), "no")

    def test_a_block_on_another_channel_is_a_refusal_until_a_later_yes(self):
        yes = said("whatsapp", "marketing", "yes", 2, 12, wording=OFFERS)
        self.assertEqual(state("whatsapp", "marketing", yes, said("sms", "messages", "stop", 3, 9, "platform")), "stop")
        self.assertEqual(state("whatsapp", "marketing", yes, said("sms", "messages", "stop", 1, 9, "platform")), "yes")
        self.assertIsNone(state("whatsapp", "utility", said("sms", "messages", "stop", 3, 9, "platform")))

    def test_the_later_statement_counts_and_on_one_moment_the_stricter(self):
        no, yes = said("sms", "marketing", "no", 1, 9), said("sms", "marketing", "yes", 1, 12)
        self.assertEqual(state("sms", "marketing", no, yes), "yes")
        self.assertEqual(state("sms", "marketing", no, said("sms", "marketing", "yes", 1, 9)), "no")

    def test_a_refusal_of_a_day_may_be_later_than_a_yes_inside_the_day(self):
        held = [said("sms", "marketing", "no", 1), said("sms", "marketing", "yes", 1, 18)]
        self.assertEqual(state("sms", "marketing", *held), "no")
        held = [said("sms", "marketing", "no", 1), said("sms", "marketing", "yes", 2, 0)]
        self.assertEqual(state("sms", "marketing", *held), "yes")

    def test_an_unclear_answer_counts_until_a_later_clear_one(self):
        yes, no = said("sms", "marketing", "yes", 1), said("sms", "marketing", "no", 3)
        unclear = said("sms", "marketing", "unclear", 2)
        self.assertEqual(state("sms", "marketing", yes, unclear), "unclear")
        self.assertEqual(state("sms", "marketing", unclear, said("sms", "marketing", "yes", 3)), "yes")
        self.assertEqual(state("sms", "marketing", unclear, no), "no")

    def test_an_unclear_answer_does_not_hide_an_earlier_refusal(self):
        held = [said("sms", "marketing", "no", 1), said("sms", "marketing", "unclear", 2)]
        self.assertEqual(state("sms", "marketing", *held), "no")

    def test_an_undated_refusal_counts_unless_a_yes_is_later_than_its_recording(self):
        refusal = said("sms", "marketing", "no", recorded=2)
        self.assertEqual(state("sms", "marketing", refusal, said("sms", "marketing", "yes", 2, 0)), "no")
        self.assertEqual(state("sms", "marketing", refusal, said("sms", "marketing", "yes", 2, 1)), "yes")

    def test_a_yes_from_the_future_counts_as_said_when_recorded(self):
        refusal = said("sms", "marketing", "no", recorded=2)
        self.assertEqual(state("sms", "marketing", refusal, said("sms", "marketing", "yes", 5, recorded=1)), "no")

    def test_an_undated_yes_counts_only_alone(self):
        undated = said("sms", "marketing", "yes")
        self.assertEqual(state("sms", "marketing", undated), "yes")
        self.assertEqual(state("sms", "marketing", undated, said("sms", "marketing", "unclear", 1)), "unclear")
        self.assertEqual(state("sms", "marketing", undated, said("sms", "marketing", "no", recorded=0)), "no")

    def test_the_strictest_rule_looks_at_no_date(self):
        held = [said("sms", "marketing", "no", 1), said("sms", "marketing", "yes", 2)]
        self.assertEqual(state("sms", "marketing", *held, rule=STRICTEST), "no")

    def test_ties_go_to_the_later_then_to_the_first_recorded_then_to_the_id(self):
        early = replace(said("sms", "marketing", "no", 1), index=0)
        first = replace(said("sms", "marketing", "no", 2, recorded=3), index=1)
        second = replace(said("sms", "marketing", "no", 2, recorded=4), index=2)
        same = replace(first, words="never", index=3)
        indexes = lambda *held: consent_now(list(held), STRICTEST)["sms marketing"][1]
        self.assertEqual(indexes(early, first, second), [1])
        self.assertEqual(indexes(early, first, second, same), [1, 3])

    def test_the_summary_shows_the_strictest_channel(self):
        held = [said("sms", "utility", "no", 1), said("viber", "marketing", "yes", 2)]
        self.assertEqual(summary(held, LATEST), summary_row("no", "sms", at(1), None))

    def test_the_summary_shows_the_channel_that_the_statement_names(self):
        held = [said("all", "messages", "no", 1)]
        self.assertEqual(summary(held, LATEST), summary_row("no", "all", at(1), "no"))

    def test_the_summary_takes_a_block_as_a_refusal(self):
        held = [said("viber", "messages", "stop", 1, 9, "platform")]
        self.assertEqual(summary(held, LATEST), summary_row("stop", "viber", at(1, 9), "stop"))

    def test_in_the_summary_a_block_of_any_purpose_decides_alone_on_its_channel(self):
        block = said("viber", "utility", "stop", 1, 9, "platform")
        held = [block, said("viber", "messages", "yes", 2), said("viber", "messages", "stop", 3)]
        self.assertEqual(summary(held, LATEST), summary_row("stop", "viber", at(1, 9), "stop"))

    def test_in_the_summary_a_block_is_a_stop_beside_the_other_channels(self):
        block = said("viber", "utility", "stop", 1, 9, "platform")
        self.assertEqual(summary([block, said("sms", "messages", "no", 2)], LATEST), summary_row("stop", "viber", at(1, 9), "no"))
        self.assertEqual(summary([block, said("sms", "messages", "stop", 2)], LATEST), summary_row("stop", "sms", at(2), "stop"))

    def test_in_the_summary_the_last_of_several_blocks_counts(self):
        held = [said("sms", "marketing", "stop", 1, 9, "platform"), said("sms", "utility", "stop", 2, 9, "platform")]
        self.assertEqual(summary(held, LATEST), summary_row("stop", "sms", at(2, 9), "stop"))

    def test_in_the_summary_a_yes_to_all_is_no_yes_for_whatsapp(self):
        held = [said("whatsapp", "messages", "unclear", 1), said("all", "messages", "yes", 2)]
        self.assertEqual(summary(held, LATEST), summary_row("unclear", "whatsapp", at(1), "unclear"))

    def test_in_the_summary_a_yes_to_all_counts_for_sms_and_viber(self):
        held = [said("sms", "messages", "unclear", 1), said("viber", "messages", "no", 1), said("all", "messages", "yes", 2)]
        self.assertEqual(summary(held, LATEST), summary_row("yes", "all", at(2), "no"))


class LedgerSentences(unittest.TestCase):
    """Recording, retractions, readings and merges."""

    def setUp(self):
        self.ledger = Ledger(3)
        self.n = 0

    def do(self, op, **details):
        self.n += 1
        return self.ledger.apply(self.n, {"op": op, "at": at(0, self.n), **details})

    def say(self, contact, channel="sms", state="no", words="no-1", day=1, basis="cell"):
        statement = {
            "channel": channel, "purpose": "marketing", "state": state, "from": at(day), "until": at(day), "basis": basis,
            "words": words, "source": "crm", "wording": None, "wording_version": None,
        }
        self.do("say", contact=contact, run="r", statement=statement)
        return self.n

    def now(self, contact):
        return consent_now(self.ledger.held(contact), LATEST).get("sms marketing", [None])[0]

    def test_a_yes_can_be_retracted_and_saying_it_again_takes_that_back(self):
        k = self.say(0, state="yes", words="yes-1")
        self.assertEqual(self.do("retract", contact=0, statement=k), "done")
        self.assertIsNone(self.now(0))
        self.say(0, state="yes", words="yes-1")
        self.assertEqual(self.now(0), "yes")
        self.assertEqual(self.ledger.held(0)[0].index, k)

    def test_a_refusal_can_be_retracted_only_if_it_is_said_twice(self):
        k = self.say(0)
        self.assertEqual(self.do("retract", contact=0, statement=k), "refused")
        other = self.say(0, day=2)
        self.assertEqual(self.do("retract", contact=0, statement=k), "done")
        self.assertEqual(self.do("retract", contact=0, statement=other), "refused")
        self.assertEqual(self.do("unretract", contact=0, statement=k), "done")

    def test_an_unreadable_statement_can_be_retracted(self):
        k = self.say(0, state="unclear", words="?", basis="unreadable")
        self.assertEqual(self.do("retract", contact=0, statement=k), "done")

    def test_words_are_understood_as_they_are_read_now(self):
        self.say(0)
        self.do("reread", basis="cell", words="no-1", state="yes")
        self.assertEqual(self.now(0), "yes")

    def test_a_merge_copies_and_an_unmerge_retracts_the_copies(self):
        self.say(1)
        for _ in range(2):
            self.do("merge", survivor=0, absorbed=1)
            self.assertEqual(self.now(0), "no")
            self.do("unmerge", survivor=0, absorbed=1)
            self.assertEqual((self.now(0), self.now(1)), (None, "no"))

    def test_an_unmerge_leaves_what_the_survivor_said_itself(self):
        self.say(0)
        self.say(1)
        self.do("merge", survivor=0, absorbed=1)
        self.do("unmerge", survivor=0, absorbed=1)
        self.assertEqual((self.now(0), self.now(1)), ("no", "no"))

    def test_what_is_said_during_a_merge_is_said_of_both(self):
        self.do("merge", survivor=0, absorbed=1)
        self.do("merge", survivor=2, absorbed=0)
        self.say(2)
        self.do("unmerge", survivor=2, absorbed=0)
        self.do("unmerge", survivor=0, absorbed=1)
        self.assertEqual([self.now(contact) for contact in range(3)], ["no", "no", "no"])

    def test_a_yes_during_a_merge_stays_with_who_said_it(self):
        self.do("merge", survivor=0, absorbed=1)
        self.do("merge", survivor=2, absorbed=0)
        self.say(1, state="yes", words="yes-1")
        self.assertEqual(self.now(2), "yes")
        self.do("unmerge", survivor=2, absorbed=0)
        self.assertEqual([self.now(contact) for contact in (0, 2)], ["yes", None])
        self.do("unmerge", survivor=0, absorbed=1)
        self.assertEqual([self.now(contact) for contact in range(3)], [None, "yes", None])

    def test_a_yes_of_the_survivor_during_a_merge_is_not_said_of_the_absorbed(self):
        self.do("merge", survivor=0, absorbed=1)
        self.say(0, state="yes", words="yes-1")
        self.do("unmerge", survivor=0, absorbed=1)
        self.assertEqual((self.now(0), self.now(1)), ("yes", None))

    def test_a_refusal_of_the_absorbed_during_a_merge_is_said_of_both(self):
        self.do("merge", survivor=0, absorbed=1)
        self.say(1)
        self.do("unmerge", survivor=0, absorbed=1)
        self.assertEqual((self.now(0), self.now(1)), ("no", "no"))

    def test_what_was_said_before_a_merge_is_not_said_of_the_absorbed(self):
        self.say(0)
        self.do("merge", survivor=0, absorbed=1)
        self.do("unmerge", survivor=0, absorbed=1)
        self.assertIsNone(self.now(1))

    def test_a_copy_of_a_refusal_can_be_retracted(self):
        k = self.say(1)
        self.do("merge", survivor=0, absorbed=1)
        self.assertEqual(self.do("retract", contact=0, statement=k), "done")

    def test_a_merge_with_a_suppressed_contact_suppresses_the_survivor(self):
        self.do("suppress", contact=1)
        self.do("merge", survivor=0, absorbed=1)
        self.do("key")
        self.do("unmerge", survivor=0, absorbed=1)
        self.assertEqual(self.ledger.suppressed, [True, True, False])

    def test_histories_are_the_same_for_a_seed_and_words_have_one_state(self):
        states = {}
        for number in range(300):
            history = Generator(1, number).history(LATEST)
            self.assertEqual(history, Generator(1, number).history(LATEST))
            self.assertEqual(history["operations"], Generator(1, number).history(STRICTEST)["operations"])
            for operation in history["operations"]:
                if operation["op"] == "say" and operation["statement"]["basis"] not in RECORDED:
                    statement = operation["statement"]
                    key = (statement["basis"], statement["words"])
                    self.assertEqual(states.setdefault(key, statement["state"]), statement["state"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    histories = commands.add_parser("histories")
    histories.add_argument("--seed", type=int, default=1)
    histories.add_argument("--count", type=int, default=1000)
    histories.add_argument("--rule", choices=[LATEST, STRICTEST], default=LATEST)
    for name in ("wordings", "stats", "test"):
        commands.add_parser(name)

    arguments = parser.parse_args()
    match arguments.command:
        case "histories":
            print_histories(arguments.seed, arguments.count, arguments.rule)
        case "wordings":
            print_wordings()
        case "stats":
            print_stats(sys.stdin)
        case "test":
            unittest.main(argv=[sys.argv[0]], verbosity=2)


if __name__ == "__main__":
    main()

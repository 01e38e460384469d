#!/usr/bin/env python3
"""Checks the generator and the fold against each other, without any product.

    check.py [--seed N] [--events 20000]

The same document must come out of shuffled, doubled and differently batched traffic. The counts must be those that the
generator noted. And a fold that makes a known mistake must give another document: otherwise the traffic shows nothing. Mistakes are tried from 20000 events on.
"""

import argparse
import json
import random as randomness
import tempfile
from pathlib import Path
from unittest import mock

import accounts
import conversations
import deliveries
import fold
import people_found
import signatures
import traffic
import words

MANY = 20_000  # events; in smaller traffic some mistakes make no difference
VARYING = ("bodies", "distinct_bodies", "duplicates", "refused", "too_large")


def folded(settings, lines):
    """Folds lines. Returns the document, and the answers that differ from the expected ones."""
    machine = fold.Fold(settings)
    wrong = [line["status"] for line in lines if machine.request(line) != line["status"]]
    return machine.state(), wrong


def same(state):
    """Writes a document without the counts that depend on how often things came."""
    counts = {key: value for key, value in state["counts"].items() if key not in VARYING}
    return fold.written_down(state | {"counts": counts})


def check(name, is_right):
    print(("right  " if is_right else "WRONG  ") + name)
    return 0 if is_right else 1


def check_signatures():
    """Compares with RFC 4231 (test 2), and with a value that Twilio's rule gives by hand."""
    url, form = "https://hooks.example.test/a?b=1", b"To=whatsapp%3A%2B33199009990&Body=two+words&Empty="
    by_hand = "https://hooks.example.test/a?b=1BodytwowordsEmptyTowhatsapp:+33199009990".replace("twowords", "two words")
    mac = signatures.base64.b64encode(signatures.hmac.new(b"token", by_hand.encode(), "sha1").digest()).decode()
    digits = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    return check("signatures are those of the standards", signatures.sign("twilio", "token", form, url) == mac
                 and signatures.sign("meta", "Jefe", b"what do ya want for nothing?") == "sha256=" + digits)


def check_counts(settings, lines, state, wrong):
    made, counts = settings["made"], state["counts"]
    n_wrong = check("every request gets the answer that it deserves", not wrong)
    n_wrong += check("events, duplicates, dead and bodies are as many as were made",
                     all(counts[key] == made[key] for key in ("events", "duplicates", "dead", "bodies")))
    n_wrong += check("kinds add up to events, and requests to bodies and refusals",
                     sum(counts["by_kind"].values()) == counts["events"] and len(lines) == made["requests"]
                     == counts["bodies"] + counts["refused"] + counts["too_large"])
    n_wrong += check("nobody has two phones, and everybody has a name",
                     all(sum(i.startswith("+") for i in row["ids"]) < 2 and row["person"] for row in state["people"]))
    share = made["faults"]["forged"] / made["requests"]
    return n_wrong + check("a fifth is doubled, one in twenty is forged",
                           0.199 < made["duplicates"] / made["events"] < 0.21 and 0.045 < share < 0.055)


def check_orders(settings, lines, state, random):
    shuffled = lines + [line | {"send_ms": line["send_ms"] + random.randrange(10**6)} for line in lines]
    random.shuffle(shuffled)
    once = [line for line in lines if "doubled" not in line["faults"] and line["status"] == 200]
    n_wrong = check("shuffled and doubled traffic is the same", same(folded(settings, shuffled)[0]) == same(state))
    n_wrong += check("traffic without doubles is the same", same(folded(settings, once)[0]) == same(state))
    return n_wrong + check("traffic with one event a body is the same", same(folded(settings, alone(settings, once))[0]) == same(state))


def alone(settings, lines):
    """Gives every message and status a body of its own. Bodies with a broken part stay as they are."""
    secrets = {webhook["kind"]: webhook["secrets"][0] for webhook in settings["webhooks"]}
    rows = []
    for line in lines:
        if line["kind"] == "twilio" or set(line["cases"]) & {"broken part", "unreadable", "no entry"}:
            rows.append(line)
            continue
        for entry in json.loads(line["body"])["entry"]:
            for change in (part for change in entry["changes"] for part in _parts(change)):
                body = json.dumps({"object": "whatsapp_business_account", "entry": [entry | {"changes": [change]}]})
                signature = signatures.sign(line["kind"], secrets[line["kind"]], body.encode())
                rows.append(line | {"body": body, "headers": [[signatures.HEADERS[line["kind"]], signature]]})
    return rows


def _parts(change):
    value = change["value"]
    if change["field"] != "messages" or "errors" in value:
        return [change]
    rest = {key: part for key, part in value.items() if key not in ("messages", "statuses")}
    return [change | {"value": rest | {part: [item]}} for part in ("messages", "statuses") for item in value.get(part, [])]


def check_mistakes(settings, lines, state):
    """Makes one mistake at a time. Each must show."""
    opening, plain = conversations.OPENING, words._plain
    mistakes = {
        "an edit opens the window": mock.patch.object(conversations, "OPENING", opening | {"edit"}),
        "a revocation opens the window": mock.patch.object(conversations, "OPENING", opening | {"revoke"}),
        "an unknown type opens the window": mock.patch.object(conversations, "OPENING", opening | {"hologram"}),
        "a reaction opens the window": mock.patch.object(conversations, "OPENING", opening | {"reaction"}),
        "an order does not open it": mock.patch.object(conversations, "OPENING", opening - {"order"}),
        "a call does not open it": mock.patch.object(conversations.Conversations, "call", lambda *_: None),
        "a time in the future counts": mock.patch.object(conversations, "_earlier", lambda at, _: (at, "event")),
        "played is not read": mock.patch.dict(deliveries.STATES, {"played": "sent"}),
        "the latest time of a state counts": mock.patch.object(deliveries, "min", lambda a, b, key: max(a, b, key=key), create=True),
        "accents matter": mock.patch.object(words, "_plain", lambda text: text.casefold().strip().rstrip(".!")),
        "space matters": mock.patch.object(words, "_plain", lambda text: plain(text) if text == text.strip() else text),
        "a full stop matters": mock.patch.object(words, "_plain", lambda text: plain(text) if text.strip(".!") == text else text),
        "titles of buttons are not read": mock.patch.object(words, "read_button", lambda payload, _: words.read(payload or "")),
        "payloads of buttons are not read": mock.patch.object(words, "read_button", lambda _, title: words.read(title or "")),
        "the switch for offers is not read": mock.patch.object(conversations.Conversations, "preference", lambda *_: None),
        "an announced category counts": mock.patch.object(
            accounts.Accounts, "_template_category_update",
            lambda self, event, item: self._keep(event, "templates", accounts._template(event), "category", item.get("correct_category", item["new_category"]))),
        "ids are not bound": mock.patch.object(people_found.PeopleFound, "bind", lambda self, ids: [self._root(i) for i in ids]),
        "signatures are not checked": mock.patch.object(fold, "is_signed", lambda *_: True),
        "one secret of two is known": mock.patch.object(fold, "is_signed", lambda webhook, *more: signatures.is_signed(
            webhook | {"secrets": webhook["secrets"][:1]}, *more)),
    }
    n_wrong = 0
    for name, mistake in mistakes.items():
        with mistake:
            n_wrong += check(f"it shows if {name}", same(folded(settings, lines)[0]) != same(state))
    return n_wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = traffic.Traffic(arguments.seed, arguments.events)
        traffic.save(made, made.make(), Path(folder))
        settings, lines = fold.read_settings(folder), list(fold.read_lines(folder))
    state, wrong = folded(settings, lines)
    n_wrong = check_signatures() + check_counts(settings, lines, state, wrong)
    n_wrong += check_orders(settings, lines, state, randomness.Random(arguments.seed))
    if arguments.events >= MANY:
        n_wrong += check_mistakes(settings, lines, state)
    print(f"{len(lines)} requests, {state['counts']['events']} events: {n_wrong} wrong")
    raise SystemExit(min(n_wrong, 1))


if __name__ == "__main__":
    main()

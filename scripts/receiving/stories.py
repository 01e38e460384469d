#!/usr/bin/env python3
"""Tells small stories to `ferry serve`, each to a database of its own, and says what is not as the facts have it.

    stories.py --ferry BIN [WORD]      only the stories whose names hold WORD

A story is a list of steps: ("load", numbers), or a body, which is sent after everything before it was derived. Then a
question is asked of the database. Ends with 1 if an answer is wrong.
"""

import argparse
import http.client
import json
import tempfile
import time
from pathlib import Path

import signatures
from databases import Sqlite
from servers import Server

ACCOUNT, NUMBER, START = "1021000000000001", "206500000000000", 1_795_000_000
ANA, NEW = "33199000001", "33199000002"
SETTINGS = {"webhooks": [{"kind": "meta", "path": "/webhooks/meta", "secrets": ["secret"], "verify_token": "word"}]}
MARKETING = ("select coalesce((select state from consent_now_view where contact_id = c.contact_id and channel = 'whatsapp' and "
             f"purpose = 'marketing'), '') as answer from contact_view as c where e164 = '+{ANA}'")
HELD = f"select held as answer from contact_view where e164 = '+{ANA}'"
CONTACTS = ("select count(distinct coalesce((select lower(hex(contact_id)) from contact_survivor where lower(hex(merged_id)) = "
            "event_view.contact_id), event_view.contact_id)) as answer from event_view where contact_id <> ''")
DEAD = "select (select count(*) from dead_letter_view) || ' of ' || (select count(*) from event_view) as answer"
READING = "select coalesce(max(reading), '') as answer from event_view"


def message(text="hello", phone=None, bsuid=None, at=0, username=None, **more):
    """Makes an inbound message and its contact."""
    item = {"id": f"wamid.{at}.{phone}.{bsuid}", "timestamp": str(START + at), "type": "text", "text": {"body": text}}
    contact = {"profile": {"name": "Ana"} | ({"username": username} if username else {})}
    if phone:
        item["from"] = contact["wa_id"] = phone
    if bsuid:
        item["from_user_id"] = contact["user_id"] = bsuid
    return {key: value for key, value in (item | more).items() if value is not None}, contact


def body(*messages, extra=()):
    """Puts messages into a body."""
    value = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "33199009900", "phone_number_id": NUMBER},
             "contacts": [contact for _, contact in messages if contact], "messages": [item for item, _ in messages]}
    changes = [{"field": "messages", "value": value}] if messages else []
    return {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": [*changes, *extra]}]}


def changed(kind, at, **system):
    """Makes the message that tells of a change of ids. It is from the old number."""
    item = {"id": f"wamid.S{at}", "timestamp": str(START + at), "type": "system", "from": ANA,
            "system": {"type": kind, "body": "changed", "previous_user_id": "FR.1", "user_id": "FR.2", **system}}
    item["system"] = {key: value for key, value in item["system"].items() if value is not None}
    return body((item, None))


UPDATE = body(extra=[{"field": "user_id_update", "value": {"user_id_update": [
    {"detail": "changed", "user_id": {"previous": "FR.1", "current": "FR.2"}, "timestamp": str(START + 50)}]}}])
LOAD, BOTH = ("load", [ANA]), body(message(phone=ANA, bsuid="FR.1", at=10))
BY_BSUID, AFTER = body(message("STOP", bsuid="FR.1")), body(message("STOP", bsuid="FR.1", at=20))
TOGETHER = body(message(phone=ANA, bsuid="FR.1"), message("STOP", bsuid="FR.1", at=20))
NOW_NEW = body(message(phone=NEW, bsuid="FR.2", at=90))
MOVED, RENAMED = changed("user_changed_number", 50, wa_id=NEW), changed("user_changed_user_id", 50)
ONLY_NUMBERS = changed("user_changed_number", 50, wa_id=NEW, previous_user_id=None, user_id=None)
BY_NEW, BY_NEW_ID = body(message("STOP", NEW, at=90)), body(message("STOP", bsuid="FR.2", at=90))
OF_NEW = MARKETING.replace(ANA, NEW)
REVOKED = body(message("", ANA, "FR.1", 10, type="revoke", revoke={"original_message_id": "wamid.1"}))
UNKNOWN = body(message("", ANA, "FR.1", 10, type="hologram", hologram={"depth": 1}))
IN_GROUP = body(extra=[{"field": "messages", "value": {
    "messaging_product": "whatsapp", "metadata": {"display_phone_number": "33199009900", "phone_number_id": NUMBER},
    "statuses": [{"id": "wamid.group", "status": "delivered", "timestamp": str(START + 10), "recipient_type": "group",
                  "recipient_id": "group", "recipient_participant_id": ANA, "recipient_participant_user_id": "FR.1"}]}}])
STORIES = [
    ("STOP by number, loaded before", [LOAD, body(message("STOP", ANA))], MARKETING, "stop"),
    ("STOP by number, loaded later", [body(message("STOP", ANA)), LOAD], MARKETING, "stop"),
    ("loaded; number and BSUID; STOP by BSUID", [LOAD, BOTH, AFTER], MARKETING, "stop"),
    ("loaded; STOP by BSUID; number and BSUID", [LOAD, BY_BSUID, BOTH], MARKETING, "stop"),
    ("STOP by BSUID; number and BSUID; loaded", [BY_BSUID, BOTH, LOAD], MARKETING, "stop"),
    ("hello by BSUID; STOP by number and BSUID; loaded", [
        body(message(bsuid="FR.1")), body(message("STOP", ANA, "FR.1", 10)), LOAD], MARKETING, "stop"),
    ("hello by BSUID; number and BSUID; STOP by number; loaded", [
        body(message(bsuid="FR.1")), BOTH, body(message("STOP", ANA, at=20)), LOAD], MARKETING, "stop"),
    ("loaded; number and BSUID, and STOP by BSUID, in one body", [LOAD, TOGETHER], MARKETING, "stop"),
    ("number and BSUID, and STOP by BSUID, in one body; loaded", [TOGETHER, LOAD], MARKETING, "stop"),
    ("loaded; number changed; STOP by the new number", [LOAD, ONLY_NUMBERS, BY_NEW], MARKETING, "stop"),
    ("loaded; STOP by the new number; the change is told later", [LOAD, BY_NEW, ONLY_NUMBERS], MARKETING, "stop"),
    ("number changed; STOP by the new number; that is loaded", [ONLY_NUMBERS, BY_NEW, ("load", [NEW])], OF_NEW, "stop"),
    ("STOP by the new number; number changed; that is loaded", [BY_NEW, ONLY_NUMBERS, ("load", [NEW])], OF_NEW, "stop"),
    ("number and BSUID changed; STOP by the new BSUID; new number loaded", [
        MOVED, BY_NEW_ID, ("load", [NEW])], OF_NEW, "stop"),
    ("STOP; number changed; new number loaded", [
        body(message("STOP", ANA)), ONLY_NUMBERS, ("load", [NEW])], OF_NEW, "stop"),
    ("loaded; BSUID changed; STOP by the old BSUID is told later", [LOAD, BOTH, RENAMED, AFTER], MARKETING, "stop"),
    ("loaded; STOP by the old BSUID; BSUID changed", [LOAD, BOTH, AFTER, RENAMED], MARKETING, "stop"),
    ("BSUID changed; STOP by the new one; number and old BSUID; loaded", [
        UPDATE, BY_NEW_ID, BOTH, LOAD], MARKETING, "stop"),
    ("number and BSUID; BSUID changed; STOP by the new one; loaded", [BOTH, UPDATE, BY_NEW_ID, LOAD], MARKETING, "stop"),
    ("loaded; number and BSUID in a status of a group; STOP by BSUID", [LOAD, IN_GROUP, AFTER], MARKETING, "stop"),
    ("loaded; STOP by BSUID; number and BSUID in a status of a group", [LOAD, BY_BSUID, IN_GROUP], MARKETING, "stop"),
    ("loaded; number and BSUID in a revocation; STOP by BSUID", [LOAD, REVOKED, AFTER], MARKETING, "stop"),
    ("loaded; number and BSUID in a message of an unknown type; STOP by BSUID", [LOAD, UNKNOWN, AFTER], MARKETING, "stop"),
    ("BSUID, then number and BSUID: one contact", [LOAD, body(message(bsuid="FR.1")), BOTH], CONTACTS, 1),
    ("number changed: one contact", [BOTH, changed("user_changed_number", 50, wa_id=NEW), NOW_NEW], CONTACTS, 1),
    ("number and BSUID; the new number writes; the change is told later: one contact", [
        BOTH, body(message(phone=NEW, at=90)), changed("user_changed_number", 50, wa_id=NEW)], CONTACTS, 1),
    ("number changed: the old one is held", [LOAD, BOTH, changed("user_changed_number", 50, wa_id=NEW)], HELD, "yes"),
    ("BSUID changed: one contact", [BOTH, changed("user_changed_user_id", 50), body(message(bsuid="FR.2", at=90))], CONTACTS, 1),
    ("BSUID changed: nobody is held", [LOAD, BOTH, changed("user_changed_user_id", 50)], HELD, "no"),
    ("BSUID and number changed: one contact", [BOTH, changed("user_changed_user_id", 50, wa_id=NEW), NOW_NEW], CONTACTS, 1),
    ("BSUID and number changed: the old one is held", [
        LOAD, BOTH, changed("user_changed_user_id", 50, wa_id=NEW)], HELD, "yes"),
    ("user_id_update: one contact", [BOTH, UPDATE, body(message(bsuid="FR.2", at=90))], CONTACTS, 1),
    ("message without an id: a dead letter, and an event", [body(message(bsuid="FR.1", id=None))], DEAD, "1 of 1"),
    ("message with an unreadable time: a dead letter, and an event", [
        body(message(bsuid="FR.1", timestamp="yesterday"))], DEAD, "1 of 1"),
    ("STOP without an id: a refusal", [LOAD, body(message("STOP", ANA, id=None))], MARKETING, "stop"),
    ("STOP with an unreadable time: a refusal", [LOAD, body(message("STOP", ANA, timestamp="yesterday"))], MARKETING, "stop"),
    ("change without a field: a dead letter", [body(message(bsuid="FR.1"), extra=[{"value": {"no": 1}}])], DEAD, "1 of 1"),
    ("STOP 36180: a refusal", [body(message("STOP 36180", ANA))], READING, "stop"),
    ("STOP 12345: a refusal", [body(message("STOP 12345", ANA))], READING, "stop"),
    ("stop, o Zé não vem: for review", [body(message("stop, o Zé não vem", ANA))], READING, "unclear"),
    ("yes but later: nothing", [body(message("yes but later", ANA))], READING, ""),
]


def tell(ferry, steps, question):
    """Tells a story to a new database. Returns the answer to the question."""
    with tempfile.TemporaryDirectory() as folder:
        database = Sqlite(folder)
        server = Server(ferry, Path(folder), SETTINGS, database.url)
        server.start()
        try:
            for step in steps:
                if isinstance(step, tuple):
                    server.load(step[1])
                else:
                    _send(server, database, step)
        finally:
            server.stop()
        return [row["answer"] for row in database.rows(question)]


def _send(server, database, step):
    text = json.dumps(step).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    signature = signatures.sign("meta", "secret", text)
    connection.request("POST", "/webhooks/meta", text, {"X-Hub-Signature-256": signature})
    if connection.getresponse().status != 200:
        raise SystemExit("a body was not taken")
    waiting = "select (select count(*) from event_cursor) as n, (select max(number) from event) as last, " \
              "(select min(number) from event_cursor) as derived"
    while (row := database.rows(waiting)[0])["last"] is not None and (not row["n"] or row["derived"] < row["last"]):
        time.sleep(0.01)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ferry", type=Path, required=True, help="program to test")
    parser.add_argument("word", nargs="?", default="", help="part of the names of the stories to tell")
    arguments = parser.parse_args()
    n_wrong = 0
    for name, steps, question, expected in STORIES:
        if arguments.word in name:
            found = tell(arguments.ferry, steps, question)
            n_wrong += found != [expected]
            print(f"{'right' if found == [expected] else 'WRONG':6} {name}" + ("" if found == [expected] else
                                                                            f": expected {expected!r}, found {found}"))
    raise SystemExit(min(n_wrong, 1))


if __name__ == "__main__":
    main()

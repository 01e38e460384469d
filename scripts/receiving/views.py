"""Reads what Ferry knows after receiving, through the views and tables that docs/database.md names.

The shapes are those of the fold's document, so that both can be held against each other. Times become milliseconds.
"""

import json
from collections import defaultdict

STATES = ("sent", "delivered", "read", "failed")
TWILIO = "whatsapp:+"


class Views:
    """All rows of a database that receiving has written."""

    def __init__(self, database):
        self.database = database
        rows = database.rows
        self.survivors = self._survivors()
        self.bodies = rows("select * from webhook_body_view order by body_id")
        self.events = rows("select * from event_view order by number")
        for event in self.events:
            event["fact"] = json.loads(event["fact"]) if isinstance(event["fact"], str) else event["fact"]
            event["content"] = event["fact"]["content"]
            event["sender"] = _sender(event["sender"])
            event["contact_id"] = self.stays(event["contact_id"])
        self.by_number = {event["number"]: event for event in self.events}
        self.by_digest = {event["digest"]: event for event in self.events}
        self.body_by_id = {body["body_id"]: body for body in self.bodies}

    def _survivors(self):
        """Returns who stayed, by the contacts that were merged away."""
        rows = self.database.rows(f"select {self._hex('merged_id')} as merged, {self._hex('contact_id')} as stays "
                                  "from contact_survivor")
        return {row["merged"]: row["stays"] for row in rows}

    def _hex(self, column):
        return f"lower(hex({column}))" if self.database.kind == "sqlite" else f"encode({column}, 'hex')"

    def stays(self, contact):
        """Returns the contact that a contact is part of in the end."""
        return self.survivors.get(contact, contact)

    def received(self):
        """Returns when each body came in, by SHA-256. Of a body that came twice, the one that was stored first counts."""
        return {body["digest"]: body["received_at"] // 1_000 for body in reversed(self.bodies)}

    def dead(self):
        """Returns how many parts of each body could not be read, by SHA-256."""
        return {body["digest"]: body["n_broken"] for body in self.bodies}

    def contact_ids(self):
        """Returns the ids that events named together with each contact: ("phone", digits) and ("bsuid", account, id)."""
        found = defaultdict(set)
        for event in self.events:
            for person in (event["content"].get("person"), event["content"].get("before")):
                if event["contact_id"] and person:
                    found[event["contact_id"]].update(ids_of(event["account"], person))
        for contact, phone in self.loaded().items():
            found[contact].add(("phone", phone.removeprefix("+")))
        return found

    def loaded(self):
        """Returns the numbers of the contacts that were loaded from a file."""
        rows = self.database.rows("select contact_id, e164 from contact_view where e164 is not null")
        return {row["contact_id"]: row["e164"] for row in rows}

    def holds(self):
        """Returns the contacts to which nothing may be sent."""
        return {row["contact_id"]: row["reason"] for row in self.database.rows("select * from contact_hold_view")}

    def conversations(self):
        """Yields (contact, sender, ms)."""
        for row in self.database.rows("select * from conversation_view"):
            yield row["contact_id"], _sender(row["sender"]), row["last_inbound_at"] // 1_000

    def statements(self):
        """Yields (event, row) for each statement that a webhook brought and that is in people's words or a platform's."""
        query = "select * from consent_view where first_run = 'webhook' and basis <> 'inbound'"
        for row in self.database.rows(query):
            row["contact_id"] = self.stays(row["contact_id"])
            yield self.by_number[int(row["source_row"].removeprefix("webhook:"))], row

    def consent_now(self):
        """Returns what counts for marketing on WhatsApp, by contact."""
        query = "select contact_id, state from consent_now_view where channel = 'whatsapp' and purpose = 'marketing'"
        return {row["contact_id"]: row["state"] for row in self.database.rows(query)}

    def deliveries(self):
        """Returns the deliveries by (id of the platform, participant of a group or None)."""
        first = f"select {self._hex('message_key')} as message_key, first_event from delivery"
        first = {row["message_key"]: row["first_event"] for row in self.database.rows(first)}
        found = {}
        for row in self.database.rows("select * from delivery_view"):
            event = self.by_number[first[row["message_key"]]]
            content = event["content"]
            who = content["person"]["wa_id"] if content["group"] else None
            times = {f"{state}_ms": _ms(row[f"{state}_at"]) for state in STATES}
            found[content["message"], who] = row | times | {"account": event["account"], "sender": event["sender"]}
        return found

    def identity_events(self):
        """Yields (event, row) of what webhooks said of identities."""
        for row in self.database.rows("select * from identity_event_view order by number"):
            digest = row["event_id"].removeprefix("webhook:")[:64]
            row["contact_id"] = self.stays(row["contact_id"])
            if digest in self.by_digest:
                yield self.by_digest[digest], row

    def usernames(self):
        """Returns (contact, username, ms) of the usernames that people have now."""
        return [(row["contact_id"], row["value"], _ms(row["since"]))
                for row in self.database.rows("select * from identity_now_view where kind = 'username'")]

    def evidence(self):
        """Returns (contacts known to be on WhatsApp, contacts that could not be reached)."""
        rows = self.database.rows("select distinct contact_id, answer, raw_status from evidence_view where method = 'passive'")
        confirmed = {self.stays(row["contact_id"]) for row in rows if row["answer"] == "registered"}
        missed = {self.stays(row["contact_id"]) for row in rows if row["raw_status"] == "failed 131026" and row["answer"] != "registered"}
        return confirmed, missed

    def states(self, view, subject):
        """Returns the rows of number_state_view or account_state_view by (subject, what they are about)."""
        found = {}
        for row in self.database.rows(f"select * from {view}"):
            rest = dict(json.loads(row["rest"]) if isinstance(row["rest"], str) else row["rest"] or [])
            found[row[subject], row["about"]] = row | {"rest": rest, "at_ms": _ms(row["at"]), "limit_ms": _ms(row["limit_at"])}
        return found

    def templates(self):
        """Returns the rows of account_template by account/name/language."""
        rows = self.database.rows("select * from account_template")
        return {"/".join((row["account"], row["name"], row["language"])): row for row in rows}


def ids_of(account, person):
    """Lists the ids of a person in an event."""
    ids = [("phone", person["wa_id"].removeprefix("+"))] if person.get("wa_id") else []
    return ids + ([("bsuid", account, person["user_id"])] if person.get("user_id") else [])


def _ms(micros):
    return None if micros is None else micros // 1_000


def _sender(name):
    return (name or "").removeprefix(TWILIO) or None

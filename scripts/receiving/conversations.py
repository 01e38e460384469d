"""What people did: the last time they wrote or called, what they refused or allowed, and how their ids changed."""

import words
from deliveries import ids_of, twilio_ids

OPENING = {"text", "button", "interactive", "image", "video", "audio", "document", "sticker", "location", "contacts",
           "order"}


class Conversations:
    def __init__(self, people):
        self.people, self.last, self.confirmed, self.perhaps = people, {}, set(), set()
        self.statements, self.reviews, self.open = [], [], []
        self.changes, self.holds, self.usernames, self.names = [], {}, {}, {}

    def message(self, event, received):
        """Takes one inbound message of Meta's wire."""
        item, account, contact = event.item, event.account, event.contact
        if item.get("type") == "system":
            return self._system(event, received)
        ids = ids_of(account, item.get("from"), item.get("from_user_id"))
        ids = sorted({*ids, *ids_of(account, contact.get("wa_id"), contact.get("user_id"))})
        self.people.bind(ids)
        self._username(event.at, ids, contact)
        self.perhaps.update(ids)
        if item.get("type") not in OPENING or "group_id" in item:
            return
        when = _earlier(event.at, received)
        self._opened(event, ids, when)
        self._read(event, ids, when, *_said(item))

    def status_contact(self, event):
        """Takes the username that stands beside a status, a call or a choice."""
        contact = event.contact
        ids = ids_of(event.account, contact.get("wa_id"), contact.get("user_id"))
        self._username(event.at, ids, contact)

    def twilio(self, event, received):
        """Takes one inbound message of Twilio: its receipt is its time."""
        form, when = event.item, (received, "received")
        ids = twilio_ids(event.account, form.get("From"), form.get("WaId"), form.get("ExternalUserId"))
        self.people.bind(ids)
        self._opened(event, ids, when)
        if "ButtonPayload" in form or "ButtonText" in form:
            said = form.get("ButtonText"), words.read_button(form.get("ButtonPayload"), form.get("ButtonText"))
        else:
            said = form["Body"], words.read(form["Body"]) if form.get("MessageType", "text") == "text" else None
        self._read(event, ids, when, *said)

    def call(self, event, received):
        """Takes one event of a call. The person's own call opens the window when it begins, taken or not."""
        item = event.item
        self.status_contact(event)
        is_theirs = item.get("direction") == "USER_INITIATED"
        side = "from" if is_theirs else "to"
        ids = ids_of(event.account, item.get(side), item.get(f"{side}_user_id"))
        self.people.bind(ids)
        if is_theirs and item.get("event") == "connect":
            self._opened(event, ids, _earlier(event.at, received))

    def preference(self, event, received):
        """Takes the platform's switch for offers."""
        item, when = event.item, _earlier(event.at, received)
        ids = ids_of(event.account, item.get("wa_id"), item.get("user_id"))
        self.people.bind(ids)
        self.status_contact(event)
        state = {"stop": "stop", "resume": "start"}.get(item.get("value"))
        row = self._row(event, ids, when, "platform", item.get("value"))
        (self.statements if state else self.open).append(row | {"state": state} if state else row)

    def refused_offers(self, event):
        """Takes a failed status of code 131050: the person has stopped offers, but whether that is a statement is open."""
        ids = ids_of(event.account, event.item.get("recipient_id"), event.item.get("recipient_user_id"))
        self.open.append(self._row(event, ids, (event.at, "event"), "code 131050", None))

    def id_update(self, event):
        """Takes the field `user_id_update`, the older shape of a change of the BSUID."""
        user = event.item["user_id"]
        self._changed(event, event.kind, [], ids_of(event.account, None, user["previous"]),
                      ids_of(event.account, None, user["current"]))

    def _system(self, event, received):
        item, system, account = event.item, event.item["system"], event.account
        old = ids_of(account, item.get("from"), item.get("from_user_id"))
        if system["type"] == "customer_identity_changed":
            self.people.bind(old)
            when = _earlier(event.at, received)
            self.holds[old[0]] = max(self.holds.get(old[0], when), when)
            return
        old = sorted({*old, *ids_of(account, None, system.get("previous_user_id"))})
        self._changed(event, system["type"], old, old, ids_of(account, system.get("wa_id"), system.get("user_id")))

    def _changed(self, event, kind, together, old, new):
        self.people.bind(together)
        self.people.bind(new)
        self.people.link(old[0], new[0])
        self.changes.append({"key": event.key, "message": event.item.get("id"), "kind": kind, "account": event.account,
                             "at_ms": event.at, "old": old, "new": new})

    def _username(self, at, ids, contact):
        name = contact.get("profile", {}).get("username")
        if name and ids and at is not None:
            self.names.setdefault(ids[0], set()).add(name)
            self.usernames[ids[0]] = max(self.usernames.get(ids[0], (at, name)), (at, name))

    def _opened(self, event, ids, when):
        self.confirmed.update(ids)
        self.last[ids[0], event.sender] = max(self.last.get((ids[0], event.sender), when), when)

    def _read(self, event, ids, when, text, answer):
        if answer is None:
            return
        row = self._row(event, ids, when, "message", text)
        if answer in ("stop", "start"):
            self.statements.append(row | {"state": answer})
        else:
            (self.reviews if answer == "review" else self.open).append(row)

    def _row(self, event, ids, when, basis, text):
        message = event.item.get("id") or event.item.get("MessageSid")
        return {"key": event.key, "message": message, "ids": ids, "account": event.account, "sender": event.sender, "at_ms": when[0],
                "clock": when[1], "basis": basis, "words": text}


def _said(item):
    """Returns (words, how they read) of a message: texts as a whole, taps by payload and title."""
    kind = item["type"]
    if kind == "text":
        return item["text"]["body"], words.read(item["text"]["body"])
    if kind == "button":
        tap = item["button"]
        return tap.get("text"), words.read_button(tap.get("payload"), tap.get("text"))
    reply = item.get("interactive", {}).get(item.get("interactive", {}).get("type")) if kind == "interactive" else None
    if isinstance(reply, dict) and "title" in reply:
        return reply["title"], words.read_button(reply.get("id"), reply["title"])
    return None, None


def _earlier(at, received):
    """Returns the time that counts and the clock it is from: the event's own, or the receipt if that is earlier."""
    return (received, "received") if at is None or at > received else (at, "event")

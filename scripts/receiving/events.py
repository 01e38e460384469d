"""Reads accepted bodies into events. Shares nothing with the generator.

An event has a key that is the same whenever it comes again. What cannot be read costs one broken part.
"""

import hashlib
import json
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

OBJECT = "whatsapp_business_account"
KNOWN_TYPES = {"text", "button", "interactive", "image", "video", "audio", "document", "sticker", "location", "contacts",
               "order", "reaction", "system", "unsupported", "edit", "revoke"}
KNOWN_STATUSES = {"sent", "delivered", "read", "played", "failed"}
# Fields whose events are items of a list; all other fields are one event a change.
LISTS = {"calls": ("calls", "statuses"), "user_preferences": ("user_preferences",), "user_id_update": ("user_id_update",)}
SINGLE = {
    "message_template_status_update", "message_template_quality_update", "template_category_update",
    "message_template_components_update", "phone_number_quality_update", "phone_number_name_update", "security",
    "account_update", "account_alerts", "account_review_update", "business_capability_update", "history", "standby",
    "messaging_handovers", "user_actions", "smb_app_state_sync", "group_lifecycle_update",
    "group_participants_update", "group_settings_update", "group_status_update",
}


class Broken(Exception):
    """A part that cannot be read."""


@dataclass
class Event:
    """One event. `at` is its own time in milliseconds, or None. `item` is what the platform wrote about it. `name` is the
    field of an event that is a whole change."""

    key: str
    kind: str
    account: str
    sender: str | None
    at: int | None
    item: dict
    contact: dict = field(default_factory=dict)
    display: str | None = None
    name: str | None = None


def read_body(kind, body):
    """Returns (events, number of broken parts) of the bytes `body`. A message whose id or time cannot be read is both."""
    try:
        if kind == "twilio":
            return [_twilio(dict(parse_qsl(body.decode(), keep_blank_values=True)))], 0
        root = json.loads(body)
        if not isinstance(root, dict) or not isinstance(root.get("object"), str) or not isinstance(root.get("entry"), list):
            raise Broken
        if root["object"] != OBJECT:
            return [Event(_key("other product", root), "other product", "", None, None, root, name=root["object"])], 0
    except (Broken, ValueError):
        return [], 1
    events, n_broken = [], 0
    for entry in root["entry"]:
        found, broken = _entry(entry)
        events += found
        n_broken += broken
    return events, n_broken


def _entry(entry):
    if not isinstance(entry, dict) or not isinstance(entry.get("changes"), list):
        return [], 1
    events, n_broken = [], 0
    for change in entry["changes"]:
        try:
            for make in _change(entry, change):
                try:
                    event, is_whole = make()
                    events.append(event)
                    n_broken += not is_whole
                except Broken:
                    n_broken += 1
        except Broken:
            n_broken += 1
    return events, n_broken


def _change(entry, change):
    """Returns one function for each event of a change. A function returns the event, and whether all of it can be read."""
    if not (isinstance(change, dict) and isinstance(change.get("field"), str) and isinstance(change.get("value"), dict)):
        raise Broken
    name, value = change["field"], change["value"]
    if name == "messages" and "errors" not in value:
        return ([lambda i=i: _message(entry, value, i) for i in value.get("messages", [])]
                + [lambda i=i: _status(entry, value, i) for i in value.get("statuses", [])])
    if name == "smb_message_echoes":
        return [lambda i=i: _echo(entry, value, i) for i in value.get("message_echoes", [])]
    if name in LISTS:
        return [lambda i=i, part=part: _listed(entry, value, part, i) for part in LISTS[name] for i in value.get(part, [])]
    return [lambda: _single(entry, name, value)]


def _message(entry, value, item):
    if not isinstance(item, dict):
        raise Broken
    ident, at = _or_none(_id_of, item), _or_none(_time_of, item.get("timestamp"))
    type_ = item.get("type")
    kind = f"message/{type_}" if type_ in KNOWN_TYPES else "message/unknown"
    sender = _sender(value)
    ids = (item.get("from"), item.get("from_user_id"))
    key = _key("message", sender, ident) if ident else _key("message without id", sender, item)
    event = Event(key, kind, entry["id"], sender, at, item, _contact(value, ids), _display(value))
    return event, ident is not None and at is not None


def _status(entry, value, item):
    ident, status, at = _id_of(item), item.get("status"), _time_of(item.get("timestamp"))
    if not isinstance(status, str):
        raise Broken
    names = ("recipient_participant_user_id", "recipient_participant_id", "recipient_user_id", "recipient_id")
    who = next((item[name] for name in names if name in item), None)
    kind = f"status/{status}" if status in KNOWN_STATUSES else "status/unknown"
    ids = (item.get("recipient_id"), item.get("recipient_user_id"))
    return Event(_key("status", ident, status, who, at, code_of(item)), kind, entry["id"], _sender(value), at, item,
                 _contact(value, ids), _display(value)), True


def _echo(entry, value, item):
    """A message that the business has written in its app: it was sent, which is all that is known of it."""
    ident, at = _id_of(item), _time_of(item.get("timestamp"))
    sent = {"id": ident, "status": "sent", "timestamp": item["timestamp"]}
    sent |= {f"recipient{end}": item[f"to{end}"] for end in ("_id", "_user_id") if f"to{end}" in item}
    if "to" in item:
        sent["recipient_id"] = item["to"]
    return Event(_key("echo", ident, item.get("to_user_id") or item.get("to")), "status/sent", entry["id"], _sender(value), at,
                 sent, {}, _display(value)), True


def _listed(entry, value, part, item):
    if not isinstance(item, dict):
        raise Broken
    kind = {"calls": "call", "statuses": "call status"}.get(part, part)
    at, sender = _time_of(item.get("timestamp")), _sender(value)
    names = ("wa_id", "user_id", "from", "from_user_id", "to", "to_user_id", "recipient_id", "recipient_user_id")
    contact = _contact(value, [item[name] for name in names if isinstance(item.get(name), str)])
    return Event(_key(kind, entry["id"], sender, item), kind, entry["id"], sender, at, item, contact, _display(value)), True


def _single(entry, name, value):
    """One event a change. The quality of a template is known by its shape: samples bear the wrong field."""
    kind = name if name in SINGLE else "errors" if name == "messages" else "unknown field"
    if "new_quality_score" in value:
        kind = "message_template_quality_update"
    at = entry["time"] * 1000 if isinstance(entry.get("time"), int) else None
    return Event(_key(kind, name, entry["id"], value, at), kind, entry["id"], _sender(value), at, value, {}, _display(value), name), True


def _twilio(form):
    account, sid = form.get("AccountSid"), form.get("MessageSid")
    if not account or not sid or "From" not in form or "To" not in form:
        raise Broken
    if "MessageStatus" in form:
        status, sender = form["MessageStatus"], form["From"]
        kind = f"twilio status/{status}"
        key = _key("twilio status", sid, status, form["To"], form.get("ErrorCode"))
    else:
        kind, sender, key = "twilio message", form["To"], _key("twilio message", form["To"], sid)
    return Event(key, kind, account, sender.removeprefix("whatsapp:+"), None, form)


def code_of(status):
    """Returns the code of a failed status as a number, or None."""
    errors = status.get("errors") or []
    return int(errors[0]["code"]) if errors else None


def _or_none(read, value):
    try:
        return read(value)
    except Broken:
        return None


def _id_of(item):
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not item["id"]:
        raise Broken
    return item["id"]


def _time_of(text):
    """Reads seconds, written as a number or as text, into milliseconds."""
    if isinstance(text, str) and text.isascii() and text.isdigit():
        text = int(text)
    if isinstance(text, bool) or not isinstance(text, int):
        raise Broken
    return text * 1000


def _sender(value):
    metadata = value.get("metadata")
    return metadata.get("phone_number_id") if isinstance(metadata, dict) else None


def _display(value):
    metadata = value.get("metadata")
    return metadata.get("display_phone_number") if isinstance(metadata, dict) else value.get("display_phone_number")


def _contact(value, ids):
    """Returns the entry of `contacts` that shares an id with the event."""
    for contact in value.get("contacts", []):
        if any(name in contact and contact[name] in ids for name in ("wa_id", "user_id")):
            return contact
    return {}


def _key(*parts):
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

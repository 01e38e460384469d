"""Puts items into bodies of Meta's wire, and writes them in the ways a platform may write JSON."""

import json

from items import canonical

OBJECT = "whatsapp_business_account"


def assemble(random, items):
    """Makes one body of `items`: entries of accounts, changes of numbers, lists of messages and statuses."""
    entries = {}
    for item in items:
        entries.setdefault((item.account, item.entry_time), []).append(item)
    body = {"object": OBJECT, "entry": []}
    for (account, time), rows in entries.items():
        entry = {"id": account, "changes": _changes(random, rows)}
        if time is not None:
            entry["time"] = time
        body["entry"].append(entry)
    return body


def _changes(random, items):
    changes, shared = [], []
    for item in items:
        if item.part is None:
            changes.append({"field": item.field, "value": item.payload})
        elif item.may_share:
            _share(changes, shared, item)
        else:
            value = {} if item.field == "user_id_update" else _value_of(item.sender)
            if item.contact:
                value["contacts"] = [item.contact]
            changes.append({"field": item.field, "value": value | {item.part: [item.payload]}})
    random.shuffle(changes)
    return changes


def _value_of(sender):
    return {"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": sender.display, "phone_number_id": sender.number_id}}


def _share(changes, shared, item):
    """Adds a message or status to a change of its number.

    A person has one entry in the contacts of a change. If the item says something else of the person, it takes another
    change: what an event says must not depend on its neighbours.
    """
    contact = canonical(item.contact) if item.contact else None
    for number, known, value in shared:
        if number == item.sender.number_id and all(known.get(i, contact) == contact for i in _ids(item)):
            break
    else:
        known, value = {}, _value_of(item.sender)
        shared.append((item.sender.number_id, known, value))
        changes.append({"field": "messages", "value": value})
    if item.contact and item.contact not in value.setdefault("contacts", []):
        value["contacts"].append(item.contact)
    if not value.get("contacts"):
        value.pop("contacts", None)
    known.update((i, contact) for i in _ids(item))
    value.setdefault(item.part, []).append(item.payload)


def _ids(item):
    names = ("from", "from_user_id", "recipient_id", "recipient_user_id", "recipient_participant_id",
             "recipient_participant_user_id")
    ids = {item.payload[name] for name in names if name in item.payload}
    return ids | {item.contact[name] for name in ("wa_id", "user_id") if name in (item.contact or {})}


def spoil(random, body):
    """Puts one broken part into `body`. It costs one dead letter. Returns how many events it is: a message whose id or time
    cannot be read is one."""
    entry = random.choice(body["entry"])
    lists = [(part, change["value"][part]) for change in entry["changes"] if change["field"] == "messages"
             for part in ("messages", "statuses") if part in change["value"]]
    if lists and random.random() < 0.8:
        part, rows = random.choice(lists)
        row = _broken(random, part)
        rows.insert(random.randint(0, len(rows)), row)
        return int(part == "messages" and isinstance(row, dict))
    else:
        place, row = random.choice(((entry["changes"], f"change {random.randrange(10**9)}"),
                                    (entry["changes"], {"value": {"no": random.randrange(10**9)}}),
                                    (entry["changes"], {"field": "messages", "value": [random.randrange(10**9)]}),
                                    (body["entry"], random.randrange(10**9))))
        place.insert(random.randint(0, len(place)), row)
        return 0


def _broken(random, part):
    number = random.randrange(10**9)
    good = {"id": f"wamid.BROKEN{number}", "timestamp": "1795000000", "from_user_id": f"FR.{number}"}
    good |= {"type": "text", "text": {"body": "hello"}} if part == "messages" else {"status": "sent"}
    return random.choice((number, f"text {number}", {k: v for k, v in good.items() if k != "id"}, good | {"id": {"a": number}},
                          good | {"timestamp": "yesterday"},
                          {k: v for k, v in good.items() if k != ("id" if part == "messages" else "status")}))


def unreadable(random):
    """Writes a body that is signed, and that holds no event of WhatsApp. Returns it, and whether it is one of another product."""
    number = random.randrange(10**12)
    body = random.choice((f'{{"object": "{OBJECT}", "entry": [{number}', f"[{number}]", f'"hello {number}"', f"hello {number}",
                          f'{{"object": "page", "entry": [{{"id": "{number}", "changes": []}}]}}'))
    return body, '"page"' in body


def write(random, body):
    """Writes JSON as text: compact or not, with escapes or with plain letters, with `\\/` as Meta has it."""
    style = random.random()
    if style < 0.5:
        return json.dumps(body, separators=(",", ":")).replace("/", "\\/")
    if style < 0.7:
        return json.dumps(body)
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return text if _is_unicode(text) else json.dumps(body, separators=(",", ":"))


def _is_unicode(text):
    """Tells whether the text can be sent as UTF-8 as it is: half a surrogate can only be written as an escape."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)

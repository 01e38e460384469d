"""Makes what becomes of messages of the business on Meta's wire: statuses with their errors and prices."""

from items import Item, contact_of, either, new_id

# Codes that come in a failed status, and one that nobody has seen yet.
CODES = (131026, 131049, 131049, 130472, 131047, 131050, 131048, 131056, 130403, 132015, 131000, 137000, 199_999)
PRICES = (("marketing", "regular", True), ("utility", "regular", True), ("marketing_lite", "regular", True),
          ("authentication", "regular", True), ("service", "free_customer_service", False),
          ("service", "free_entry_point", False))
WAYS = (
    ("sent", "delivered", "read"), ("sent", "delivered", "read"), ("sent", "delivered"), ("sent", "delivered"),
    ("sent",), ("sent", "read"), ("sent", "delivered", "played"), ("sent", "delivered", "read", "played"),
    ("failed",), ("sent", "failed"), ("sent", "failed", "delivered"), ("delivered",),
)


def delivery(cast, kind):
    """The statuses of one message, in order of their times. Later they are shuffled, doubled and left to come late."""
    person, sender, at = cast.pick(kind)
    random, wamid = cast.random, new_id(cast.random, "wamid.")
    opaque = new_id(random, "", 26) if random.random() < 0.6 else None
    price = random.choice(PRICES)
    to_phone = not person.hides_phone and random.random() < 0.9
    items, is_priced = [], 0
    for status in random.choice(WAYS):
        payload = {"id": wamid, "status": status, "timestamp": either(random, at)}
        if opaque and random.random() < 0.9:
            payload["biz_opaque_callback_data"] = opaque
        if status in ("sent", "delivered", "read") and is_priced < 2:
            is_priced += 1
            payload["pricing"] = {"billable": price[2], "pricing_model": "PMP", "type": price[1], "category": price[0]}
        if status == "failed":
            payload |= _failure(random)
        contact = _recipient(payload, cast, person, sender, at, to_phone)
        items.append(Item(sender.kind, sender.account, "messages", "statuses", payload, at, sender, contact))
        at += random.randint(1, 5_400)
    if random.random() < 0.02:
        items.append(_again(random, items[0]))
    if random.random() < 0.01:
        items.append(_strange(items[0]))
    return items


def _failure(random):
    """The errors of a failed status. The code is a number, or text; now and then there is none."""
    chance = random.random()
    if chance < 0.02:
        return {}
    code = random.choice(CODES)
    return {"errors": [{"code": str(code) if chance < 0.07 else code, "title": "Not delivered", "message": "Not delivered",
                        "error_data": {"details": "for a reason"}, "href": "/docs/errors"}]}


def _recipient(payload, cast, person, sender, at, to_phone):
    """Writes the ids of the recipient into `payload`. A failed status has no contact, or one: sources disagree."""
    failed = payload["status"] == "failed"
    if to_phone:
        payload["recipient_id"] = person.phone
    if not (failed and to_phone) or cast.random.random() < 0.3:
        payload["recipient_user_id"] = person.bsuids[sender.account]
    elif not person.is_valid_number:
        payload["recipient_user_id"] = person.bsuids[sender.account]
    if failed and cast.random.random() < 0.7:
        return None
    contact = contact_of(person, sender, at, with_phone=to_phone)
    if payload["status"] not in ("delivered", "read"):
        contact["profile"].pop("username", None)
    return contact


def _again(random, first):
    """The first status of a message once more, with a later time: another event that changes nothing."""
    payload = first.payload | {"timestamp": str(int(first.payload["timestamp"]) + random.randint(1, 60))}
    return Item(first.kind, first.account, first.field, first.part, payload, first.at, first.sender, first.contact)


def _strange(first):
    """A status that is not known, of a message that has a known one."""
    payload = {key: value for key, value in first.payload.items() if key not in ("pricing", "errors")}
    payload["status"] = "warehoused"
    return Item(first.kind, first.account, first.field, first.part, payload, first.at, first.sender, first.contact,
                cases=("unknown status",))


def group_delivery(cast, kind):
    """The statuses of one message to a group: one message id, two participants, each with phone and BSUID."""
    random, wamid, items = cast.random, new_id(cast.random, "wamid."), []
    group = new_id(random, "grp")
    _, sender, at = cast.pick(kind)
    for person in random.sample([p for p in cast.people if not p.hides_phone], 2):
        for status in ("delivered", "read"):
            at += random.randint(1, 300)
            payload = {"id": wamid, "status": status, "timestamp": str(at), "recipient_id": group,
                       "recipient_type": "group", "recipient_participant_id": person.phone,
                       "recipient_participant_user_id": person.bsuids[sender.account]}
            items.append(Item(sender.kind, sender.account, "messages", "statuses", payload, at, sender))
    return items

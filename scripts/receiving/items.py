"""An event as it goes into a body, before it is put together with others."""

import json
from dataclasses import dataclass


@dataclass
class Item:
    """One event of Meta's wire.

    `part` names the list of `value` that holds `payload` (messages, statuses, calls …). It is None if `payload` is the
    whole value. `contact` is the person's entry in `contacts`. `entry_time` is the time of the entry, if it has one.
    """

    kind: str
    account: str
    field: str
    part: str | None
    payload: object
    at: int
    sender: object = None
    contact: dict | None = None
    entry_time: int | None = None
    cases: tuple = ()

    @property
    def may_share(self):
        """Tells whether this event may stand in one list with others: messages and statuses have keys of their own."""
        return self.field == "messages" and self.part in ("messages", "statuses")


def new_id(random, prefix, n_digits=24):
    """Invents an id of the platform. It holds no phone number."""
    return f"{prefix}{random.randrange(16**n_digits):0{n_digits}X}"


def either(random, number):
    """Writes a time as text, as messages have it, or now and then as a number."""
    return number if random.random() < 0.1 else str(number)


def contact_of(person, sender, at, with_phone=True):
    """Writes the entry in `contacts` of a person."""
    contact = {"profile": {"name": person.name}, "user_id": person.bsuids[sender.account]}
    if with_phone and not person.hides_phone:
        contact["wa_id"] = person.phone
    if person.parent:
        contact["parent_user_id"] = person.parent
    if person.username(at):
        contact["profile"]["username"] = person.username(at)
    return contact


def canonical(value):
    """Writes JSON in one way."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

"""Makes what people send on Meta's wire: messages of every type, words of refusal and consent, calls, changes of ids.

A function takes the cast and the kind of webhook, and returns the items of one little story.
"""

import unicodedata

from items import Item, contact_of, either, new_id

PLAIN = (
    "Is it there in blue?", "Merci beaucoup !", "¿A qué hora abren?", "Bom dia, tudo bem? 😀", "Wann kommt das Paket?",
    "👩‍👩‍👧 à bientôt", "شكرا جزيلا", "Order 1042 please", "line one\nline two", "C'est où, déjà ?", "\u200bzero width",
)
STOPS = (
    "STOP", "stop", "Stop ", " stop\n", "STOP.", "Stop!", "Stopp", "UNSUBSCRIBE", "arrêt", "ARRÊT", "ARRET",
    unicodedata.normalize("NFD", "Arrêt"), "BAJA", "baja", "Sair", "SAIR", "parar", "ABMELDEN", "abmelden", "STOP 36180",
)
STARTS = ("START", "start", "Start ", "START.")
NEAR = ("stop, o Zé não vem", "STOP 12345", "yes but later")
OPEN = ("OUI", "YES", "sim", "👍", "", "cancel", "Stoppe", "ja", "alta")
ID = "wamid."


def message(cast, person, sender, at, kind, content, **more):
    """Makes one inbound message. Its ids are those that the person shows: phone and BSUID, or one of them."""
    random = cast.random
    payload = {"id": new_id(random, ID), "timestamp": either(random, at), "type": kind, **more}
    if content is not None:
        payload[kind] = content
    contact = contact_of(person, sender, at)
    bsuid = person.bsuids[sender.account]
    chance = random.random()
    if person.hides_phone or (chance < 0.05):
        payload["from_user_id"] = bsuid
        contact.pop("wa_id", None)
    elif chance < 0.1 and person.is_valid_number:
        payload["from"] = person.phone
        contact = None
    elif chance < 0.2:
        payload["from"] = person.phone
    else:
        payload |= {"from": person.phone, "from_user_id": bsuid}
    if person.parent and "from_user_id" in payload and random.random() < 0.5:
        payload["from_parent_user_id"] = person.parent
    return Item(sender.kind, sender.account, "messages", "messages", payload, at, sender, contact)


def plain(cast, kind):
    """An ordinary text. A few come 8 days late, bear a time in the future, or hold awkward characters."""
    person, sender, at = cast.pick(kind)
    random, chance, cases, body = cast.random, cast.random.random(), (), cast.random.choice(PLAIN)
    if chance < 0.002:
        at, cases = 4_000_000_000 + random.randrange(10**6), ("future",)
    elif chance < 0.004:
        body, cases = "a\u0000b", ("nul",)
    elif chance < 0.005:
        body, cases = "half \ud83d", ("surrogate",)
    elif chance < 0.0055:
        body, cases = "x" * 65_536, ("64 kB",)
    item = message(cast, person, sender, at, "text", {"body": body})
    if chance > 0.97:
        item.payload["context"] = {"from": sender.display, "id": new_id(random, ID)}
    elif chance > 0.95:
        item.payload["context"] = {"forwarded": True}
    elif chance > 0.93:
        item.payload["referral"] = {"source_url": "https://ads.example.test/1", "source_type": "ad",
                                    "source_id": "12", "headline": "Chat with us", "ctwa_clid": new_id(random, "")}
    item.cases = cases
    return [item]


def words(cast, kind):
    """A word of refusal or consent, one that comes near it, or one that the facts leave open."""
    person, sender, at = cast.pick(kind)
    texts = cast.random.choices((STOPS, STARTS, NEAR, OPEN), (50, 15, 15, 20))[0]
    return [message(cast, person, sender, at, "text", {"body": cast.random.choice(texts)})]


def button(cast, kind):
    """A tap on a quick reply: a refusal by its payload, by its title, a consent, or neither."""
    person, sender, at = cast.pick(kind)
    random = cast.random
    payload, title = random.choices(
        (("STOP", "No more offers"), ("menu-7", "Stop"), ("START", "Yes please"), ("menu-8", "Opening hours")),
        (20, 10, 10, 60))[0]
    context = {"from": sender.display, "id": new_id(random, ID)}
    shape = random.random()
    if shape < 0.5:
        return [message(cast, person, sender, at, "button", {"payload": payload, "text": title}, context=context)]
    reply = "button_reply" if shape < 0.75 else "list_reply"
    content = {"type": reply, reply: {"id": payload, "title": title}}
    if reply == "list_reply":
        content[reply]["description"] = "as shown"
    return [message(cast, person, sender, at, "interactive", content, context=context)]


def rich(cast, kind):
    """Everything else that is a message of the person: media, places, cards, forms, orders, reactions."""
    person, sender, at = cast.pick(kind)
    random = cast.random
    media = {"id": str(random.randrange(10**15)), "mime_type": "image/jpeg", "sha256": "ab" * 32,
             "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"}
    card = {"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+1 202-555-0199", "wa_id": "12025550199"}],
            "origin": random.choice(("contact_request", "other"))}
    order = {"catalog_id": "19", "text": "Love these!",
             "product_items": [{"product_retailer_id": "x1", "quantity": 2, "item_price": 30, "currency": "USD"}]}
    form = {"type": "nfm_reply", "nfm_reply": {"response_json": "{\"a\":1}", "body": "Sent", "name": "flow"}}
    table = {"image": media | {"caption": "look"}, "video": media, "audio": media | {"voice": True}, "sticker": media,
             "document": media | {"filename": "a.pdf"}, "location": {"latitude": 48.85, "longitude": 2.35},
             "contacts": [card], "order": order, "interactive": form,
             "reaction": {"message_id": new_id(random, ID), "emoji": random.choice(("👍", "😢", ""))}}
    type_ = random.choice(sorted(table))
    return [message(cast, person, sender, at, type_, table[type_])]


def quiet(cast, kind):
    """What is no message of the person, and opens no window: an edit, a revocation, a type that is not known."""
    person, sender, at = cast.pick(kind)
    old = new_id(cast.random, ID)
    table = {"edit": {"original_message_id": old, "message": {"type": "text", "text": {"body": "better so"}}},
             "revoke": {"original_message_id": old}, "hologram": {"depth": [[1, [2]]]}}
    type_ = cast.random.choice(sorted(table))
    return [message(cast, person, sender, at, type_, table[type_])]


def covered(cast, kind):
    """What the facts leave open: an unsupported message, one in a group. A plain message of the same pair is later."""
    person, sender, at = cast.pick(kind)
    at, later = at - 3_600, message(cast, person, sender, at, "text", {"body": "hello"})
    if cast.random.random() < 0.5:
        error = {"code": 131051, "title": "Message type unknown", "error_data": {"details": "not supported"}}
        first = message(cast, person, sender, at, "unsupported", {"type": "poll"}, errors=[error])
    else:
        first = message(cast, person, sender, at, "text", {"body": "hi all"}, group_id=new_id(cast.random, "grp"))
    return [first, later]


def call(cast, kind):
    """A call of the person, taken or not; or one of the business that was not taken."""
    person, sender, at = cast.pick(kind)
    random, wacid = cast.random, new_id(cast.random, "wacid.")

    def item(event, when, direction, **more):
        ends = (person.phone, sender.display) if direction == "USER_INITIATED" else (sender.display, person.phone)
        payload = {"id": wacid, "event": event, "timestamp": str(when), "direction": direction, **more}
        who = "from_user_id" if direction == "USER_INITIATED" else "to_user_id"
        payload[who] = person.bsuids[sender.account]
        payload |= {} if person.hides_phone else {"from": ends[0], "to": ends[1]}
        return Item(sender.kind, sender.account, "calls", "calls", payload, when, sender,
                    contact_of(person, sender, when))

    if random.random() < 0.3:
        return [item("terminate", at, "BUSINESS_INITIATED", status="FAILED"),
                *ringing(person, sender, wacid, at - 20)]
    session = {"sdp_type": "offer", "sdp": "v=0"}
    items = [item("connect", at - 600, "USER_INITIATED", session=session)]
    if random.random() < 0.5:
        items.append(item("terminate", at - 500, "USER_INITIATED", status="COMPLETED", duration=90))
        items.append(message(cast, person, sender, at, "text", {"body": "thanks for the call"}))
    return items


def ringing(person, sender, wacid, at):
    """The state of a call by the business, which comes as a status of type call."""
    payload = {"id": wacid, "type": "call", "status": "REJECTED", "timestamp": str(at),
               "recipient_user_id": person.bsuids[sender.account]}
    payload |= {} if person.hides_phone else {"recipient_id": person.phone}
    return [Item(sender.kind, sender.account, "calls", "statuses", payload, at, sender)]


def preference(cast, kind):
    """The person's switch for offers in WhatsApp: stop, resume, or a signup whose form nobody documents."""
    person, sender, at = cast.pick(kind)
    value = cast.random.choices(("stop", "resume", "signup"), (60, 35, 5))[0]
    payload = {"user_id": person.bsuids[sender.account], "detail": "User requested it", "value": value,
               "category": "marketing_messages", "timestamp": at}
    payload |= {"signup_id": "77"} if value == "signup" else {}
    payload |= {} if person.hides_phone else {"wa_id": person.phone}
    return [Item(sender.kind, sender.account, "user_preferences", "user_preferences", payload, at, sender,
                 contact_of(person, sender, at))]


def identity_changed(cast, kind):
    """The security code of a person is another one: maybe somebody else has the number now."""
    person, sender, at = cast.pick(kind)
    identity = {"acknowledged": False, "created_timestamp": at, "hash": new_id(cast.random, "", 12)}
    system = {"type": "customer_identity_changed", "body": "security code changed"}
    more = {"identity": identity}
    if cast.random.random() < 0.5:
        system, more = system | {"identity": identity}, {}
    item = message(cast, person, sender, at, "system", system, **more)
    item.contact = None
    return [item]


def moves(cast, kind):
    """All changes of numbers and BSUIDs, for each account of `kind` that knows the person. The shapes vary."""
    items = []
    for at, old, new in cast.moves:
        for sender in {s.account: s for s in old.senders if s.kind == kind}.values():
            items += _move(cast, at, old, new, sender)
    return items


def _move(cast, at, old, new, sender):
    """One change: as a system message about the number, about the BSUID, or as the field `user_id_update`."""
    before, after = old.bsuids[sender.account], new.bsuids[sender.account]
    shape = cast.random.choice(("user_changed_user_id", "user_id_update") if old.hides_phone else
                               ("user_changed_number", "user_changed_user_id", "user_id_update"))
    if shape == "user_id_update":
        payload = {"detail": "changed", "user_id": {"previous": before, "current": after}, "timestamp": str(at)}
        return [Item(sender.kind, sender.account, shape, shape, payload, at, sender)]
    system = {"type": shape, "body": f"User {old.name} changed", "user_id": after, "previous_user_id": before}
    payload = {"id": new_id(cast.random, ID), "timestamp": str(at), "type": "system", "system": system}
    if old.hides_phone:
        payload["from_user_id"] = before
    else:
        payload["from"] = old.phone
        if shape == "user_changed_number" or cast.random.random() < 0.5:
            system["wa_id"] = new.phone
    return [Item(sender.kind, sender.account, "messages", "messages", payload, at, sender)]

"""What is compared: for each section of the fold's document, the same rows out of the database.

Each function yields (name, expected, found), two dictionaries that are equal if all is right.
"""

from collections import Counter, defaultdict

import event_rows

NOT_COMPARED = ("ids of messages in `outbox` (nothing is sent here; the opaque ids of statuses are compared in events); "
                "contents of messages, which are not kept; components of templates; `open` words, beyond that none is a yes; "
                "usernames that changed; the switch for offers where it is off by an old id and on by the new one; "
                "evidence of who only sent what opens no window; whether equal usernames in two accounts are one person")


def all_of(machine, document, views, people):
    """Yields all sections."""
    yield ("events", event_rows.by_key(event_rows.expected(event) for event, _ in machine.events.values()),
           event_rows.by_key(map(event_rows.found, views.events)))
    for part in (of_people, of_conversations, of_consent, of_identity, of_deliveries, of_evidence):
        yield from part(document, views, people)
    yield from of_states(document, views)
    yield from of_templates(document, views)


def of_people(_, views, people):
    """One person is one contact, also after a change of ids (reliability 4e 65), and a contact is one person."""
    contacts, found = defaultdict(set), {}
    for person, some in people.contacts.items():
        contacts[people.humans[person]] |= some
    n_people = Counter(people.humans[person] for person in people.contacts)
    for human, some in contacts.items():
        found["changed ids" if n_people[human] > 1 else "same ids", human] = len(some)
    yield "people with one contact", dict.fromkeys(found, 1), found
    yield ("contacts with one person", dict.fromkeys(people.people, 1),
           {contact: len({people.humans_or_alike[person] for person in some}) for contact, some in people.people.items()})
    loaded = views.loaded()
    yield "contacts with ids that nobody has", {}, {
        contact: sorted(ids) for contact, ids in people.unknown.items() if contact not in loaded}


def of_conversations(document, views, people):
    """Compares the last inbound message of each person to each sender."""
    expected, found = {}, {}
    for row in document["conversations"]:
        place = people.of_person(row["person"]), row["sender"]
        expected[place] = max(expected.get(place, 0), row["last_inbound_ms"])
    for contact, sender, ms in views.conversations():
        place = people.of_contact(contact), sender
        found[place] = max(found.get(place, 0), ms)
    yield "conversations: last inbound message", expected, found


def of_consent(document, views, people):
    """Compares statements in people's words and by the platform, and what counts for marketing."""
    consent, expected, found, reviewed, yeses = document["consent"], {}, {}, {}, {}
    for row in consent["stop"] + consent["start"]:
        expected[_said(row)] = ({"stop": "stop", "start": "yes"}[row["state"]], row["at_ms"], people.of_person(row["person"]))
    reviews = {_said(row): ("unclear", row["words"], people.of_person(row["person"])) for row in consent["review"]}
    opened = {_said(row) for row in consent["open"]}
    for event, row in views.statements():
        content = event["content"]
        key = content.get("message") or (event["account"], content["person"]["user_id"], event["at"] // 1_000)
        if key in opened:
            yeses[key] = yeses.get(key, False) or row["state"] == "yes"
        elif key in reviews:
            reviewed.setdefault(key, set()).add((row["state"], row["words"], people.of_contact(row["contact_id"])))
        else:
            found.setdefault(key, set()).add((row["state"], row["said_from"] // 1_000, people.of_contact(row["contact_id"])))
    yield "statements: stop and start", expected, _once(expected, found)
    yield "statements: words that somebody must look at", reviews, _once(reviews, reviewed)
    yield "open words that are no yes", dict.fromkeys(yeses, False), yeses
    yield from _standing(consent, views, people)


def _once(expected, found):
    """Makes one row of each statement, whoever it stands under: a refusal stands under all who have one of the ids, or are
    imported with one. All of them must say the same, and one must be the person."""
    rows = {}
    for key, some in found.items():
        says, people = {row[:2] for row in some}, {row[2] for row in some}
        person = expected[key][2] if key in expected else None
        rows[key] = (*min(says), person if person in people else min(people)) if len(says) == 1 else sorted(some)
    return rows


def _said(row):
    """Names a statement: by the message, or by the person and the time of the platform's switch."""
    bsuid = next((i.split("/")[1] for i in row["ids"] if "/" in i), None)
    return row["message"] if row["basis"] in ("message", "code 131050") else (row["account"], bsuid, row["at_ms"])


def _standing(consent, views, people):
    """What must hold back marketing: an own word of refusal (START names no wording), or the platform's switch.

    What was said by an id that a change has ended, or by the new one, holds for both. Left out are people whose switch is off
    by one of these ids and on by the other.
    """
    refusing = {row["person"] for row in consent["stop"] if row["basis"] == "message"}
    doubtful = {people.of_person(row["person"]) for row in consent["review"] + consent["open"]}
    switches = {person: words["platform"]["state"] for person, words in consent["standing"].items() if "platform" in words}
    for person, state in switches.items():
        others = {switches.get(other, state) for other in people.with_other_ids([person])}
        if others == {"stop"}:
            refusing.add(person)
        elif state == "stop":
            doubtful.update(map(people.of_person, people.with_other_ids([person])))
    now, loaded, expected, found = views.consent_now(), views.loaded(), {}, {}
    for person in people.with_other_ids(refusing):
        for contact in people.contacts[person]:
            ids = "own ids" if person in refusing else "other ids"
            expected[ids, person, contact], found[ids, person, contact] = "stop", now.get(contact)
    yield "contacts of people who have refused: marketing now", expected, found
    refusing, allowed = {people.of_person(person) for person in people.with_other_ids(refusing)}, {}
    for contact in loaded:
        if people.of_contact(contact) not in refusing | doubtful:
            allowed[contact] = "yes"
    yield "loaded people who have said nothing else: marketing now", allowed, {contact: now.get(contact) for contact in allowed}
    yield ("people who never said yes: marketing now", {},
           {contact: state for contact, state in now.items() if state == "yes" and contact not in loaded})


def of_identity(document, views, people):
    """Compares changes of ids, holds, and usernames."""
    identity, changed, held = document["identity"], {}, {}
    for event, row in views.identity_events():
        if row["event"] == "changed":
            changed.setdefault((event["account"], row["at"] // 1_000), set()).add((_id(row, "from_"), _id(row, "")))
        if row["event"] == "questioned":
            person = people.of_contact(row["contact_id"])
            held[person] = max(held.get(person, 0), row["at"] // 1_000)
    expected = {(row["account"], row["at_ms"]): _changes(row) for row in identity["changes"]}
    yield "changes of ids", expected, changed
    holds = {}
    for row in identity["holds"]:
        person = people.of_person(row["person"])
        holds[person] = max(holds.get(person, 0), row["at_ms"])
    yield "questioned identities", holds, held
    yield from _held(identity, views, people)
    names, latest, changed = {}, {}, set()
    for person, row in identity["usernames"].items():
        names.setdefault(people.of_person(person), set()).add(row["username"])
        changed.update({people.of_person(person)} if len(row["all"]) > 1 else ())
    changed.update(person for person, some in names.items() if len(some) > 1)
    for contact, name, ms in views.usernames():
        latest.setdefault(people.of_contact(contact), set()).add(name)
    yield ("usernames that never changed", *({person: some for person, some in rows.items() if person not in changed}
                                             for rows in (names, latest)))


def _held(identity, views, people):
    """Who was loaded is held after a change of identity, and after a change to another number."""
    gone = [i for row in identity["changes"] for i in row["old"] if i.startswith("+") and any(n.startswith("+") for n in row["new"])]
    expected = {people.of_person(row["person"]) for row in identity["holds"]} | {people.of_person(people.person_of[i]) for i in gone}
    loaded = {people.of_contact(contact) for contact in views.loaded()}
    found = {people.of_contact(contact) for contact in views.holds()}
    left = {people.of_person(people.person_of[i]) for row in identity["changes"] for i in row["old"]}
    found -= left - expected  # a number that is used after its owner has left it is held as well, and Twilio tells no times
    yield "loaded people who are held", dict.fromkeys(expected & loaded, True), dict.fromkeys(found, True)


def _changes(row):
    """Pairs old and new ids of a kind."""
    pairs = set()
    for is_phone in (True, False):
        old, new = ([i.split("/")[-1] for i in row[side] if i.startswith("+") == is_phone] for side in ("old", "new"))
        if old and new:
            pairs.add((old[0], new[0]))
    return pairs


def _id(row, side):
    value = row[f"{side}value"]
    return "+" + value.removeprefix("+") if row[f"{side}kind"] in ("phone", "wa_id") else value


def of_deliveries(document, views, people):
    """Compares how far messages have come, once a message, or once a participant of a group."""
    expected, found, names = {}, {}, ("sent_ms", "delivered_ms", "read_ms", "failed_ms")
    for row in document["deliveries"]:
        for who, times in row.get("participants", {None: row}).items():
            person = people.of_person(who or row["person"])
            arrived = times.get("delivered_ms") or times.get("read_ms")
            price = row["pricing"] or {}
            state = row["state"] if who is None else "read" if times.get("read_ms") else "delivered"
            expected[row["id"], who and who.removeprefix("+")] = {name: times.get(name) for name in names} | {
                "account": row["account"], "sender": row["sender"], "person": person, "state": state,
                "failed_code": row["failed_code"], "is_anomaly": "yes" if times.get("failed_ms") and arrived else "no",
                "is_billed": "yes" if price.get("billable") and arrived else "no",
                "price": (price.get("category"), price.get("type"))}
    for key, row in views.deliveries().items():
        found[key] = {name: row[name] for name in (*names, "account", "sender", "state", "failed_code", "is_anomaly",
                                                   "is_billed")}
        found[key] |= {"person": people.of_contact(row["contact_id"]), "price": (row["price_category"], row["price_type"])}
    yield "deliveries", expected, found


def of_evidence(document, views, people):
    """Compares who is known to be on WhatsApp."""
    confirmed, missed = views.evidence()
    on = {people.of_contact(contact) for contact in confirmed}
    off = {people.of_contact(contact) for contact in missed} - on
    sure, perhaps, missed = ({people.of_person(person) for person in document["evidence"][name]}
                             for name in ("confirmed", "perhaps", "undeliverable_only"))
    perhaps -= sure
    yield "people who are on WhatsApp", dict.fromkeys(sure, True), dict.fromkeys(on - perhaps, True)
    yield ("people who could only not be reached", dict.fromkeys(missed - sure - perhaps, True),
           dict.fromkeys(off - perhaps, True))


def of_states(document, views):
    """Compares the last words about numbers and accounts."""
    expected, found, rows = {}, {}, views.states("number_state_view", "sender")
    for number, words in document["numbers"].items():
        for about, word in words.items():
            expected[number, about] = word["at_ms"], word["value"]
    for (number, about), row in rows.items():
        event, rest = row["event"], row["rest"]
        if about == "phone_number_quality_update":
            found[number, "quality"] = row["limit_ms"], {"event": event, "limit": row["people_limit"]}
        elif about == "phone_number_name_update":
            found[number, "name"] = row["at_ms"], {"decision": event, "name": rest.get("requested_verified_name"),
                                                   "reason": rest.get("rejection_reason")}
        elif about == "security":
            found[number, "security"] = row["at_ms"], {"event": event}
    yield "numbers: quality and limit, name, security", expected, found
    yield from _accounts(document, views)


def _accounts(document, views):
    names = {"account_update": "update", "account_alerts": "alert", "account_review_update": "review",
             "business_capability_update": "limit"}
    expected, found = {}, {}
    for account, words in document["accounts"].items():
        for about in names.values():
            if about in words:
                value = words[about]["value"]
                expected[account, about] = words[about]["at_ms"], _flat(value)
    for (account, about), row in views.states("account_state_view", "account").items():
        if about in names:
            alert = {name.removeprefix("alert_info."): text for name, text in row["rest"].items() if name.startswith("alert_info.")}
            value = {"update": row["rest"], "alert": alert, "review": row["event"],
                     "limit": row["people_limit"]}[names[about]]
            found[account, names[about]] = row["at_ms"], value
    yield "accounts: update, alert, review, limit", expected, found


def _flat(value, path=""):
    """Writes a value as the database does: names and places with points between them, and texts."""
    if not isinstance(value, (dict, list)):
        return {path: str(value)} if path else value
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    rows = {}
    for name, part in parts:
        rows |= _flat(part, f"{path}.{name}" if path else str(name))
    return rows


def of_templates(document, views):
    """Compares the last words about templates that were submitted before."""
    expected, found, rows = {}, {}, views.templates()
    for name, words in document["templates"].items():
        for about in ("status", "quality", "category", "announced category"):
            if about in words:
                value = words[about]["value"]
                expected[name, about] = value["event"] if about == "status" else value
        if words.get("category", {"at_ms": 0})["at_ms"] > words.get("announced category", {"at_ms": 0})["at_ms"]:
            expected.pop((name, "announced category"), None)  # a completed change ends what was announced before it
    columns = {"status": "status", "quality": "quality", "category": "category", "announced category": "announced_category"}
    for name, about in expected:
        found[name, about] = rows[name][columns[about]] if name in rows else None
    yield "templates: status, quality, category", expected, found

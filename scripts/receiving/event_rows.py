"""Writes each event as a key and a value, once from the fold and once from the database, so that both can be compared."""

from deliveries import ids_of as ids_given
from deliveries import twilio_ids
from events import code_of
from views import ids_of

KIND_OF = {"user_preferences": "preference", "user_id_update": "identity", "message_template_status_update": "template",
           "message_template_quality_update": "template", "template_category_update": "template", "errors": "number",
           "phone_number_quality_update": "number", "phone_number_name_update": "number", "security": "number",
           "account_update": "account", "account_alerts": "account", "account_review_update": "account",
           "business_capability_update": "account", "partner_solutions": "account"}


def by_key(rows):
    """Collects (key, value) pairs: each key with all its values, sorted."""
    found = {}
    for key, value in rows:
        found.setdefault(key, []).append(value)
    return {key: sorted(values, key=str) for key, values in found.items()}


def expected(event):
    """Returns (key, value) of an event of the fold."""
    kind, item, at = event.kind, event.item, event.at
    if kind.startswith("message/") and item["type"] != "system" and kind not in ("message/revoke", "message/unknown"):
        ident = item["id"] if isinstance(item.get("id"), str) else ""
        return ("message", event.sender, ident), (item["type"], item.get("group_id"), at, _message_ids(event))
    if kind.startswith("message/"):
        name = "identity" if item["type"] == "system" else "other"
        return (name, event.account, at), _changed(event) if name == "identity" else item["type"]
    if kind.startswith("status/"):
        return _status(event)
    if kind == "twilio message":
        ids = twilio_ids(event.account, item.get("From"), item.get("WaId"), item.get("ExternalUserId"))
        return ("message", event.sender, item["MessageSid"]), (item.get("MessageType", "text"), None, None, sorted(ids))
    if kind.startswith("twilio status/"):
        ids = twilio_ids(event.account, item.get("To"), None, item.get("ExternalUserId"))
        code = int(item["ErrorCode"]) if item.get("ErrorCode") else None
        state = {"queued": "accepted", "undelivered": "failed"}.get(item["MessageStatus"], item["MessageStatus"])
        return ("status", item["MessageSid"], state, None, None), (code, None, None, sorted(ids))
    if kind == "standby":
        (inner,) = item["messages"]
        ids = ids_given(event.account, inner.get("from"), inner.get("from_user_id"))
        return ("message", event.sender, inner["id"]), (inner["type"], None, int(inner["timestamp"]) * 1_000, sorted(ids))
    if kind in ("call", "call status"):
        names = ("from", "to") if item.get("direction") == "USER_INITIATED" else ("to", "from")
        side = "recipient" if kind == "call status" else names[0]
        ids = ids_given(event.account, item.get("recipient_id" if side == "recipient" else side), item.get(f"{side}_user_id"))
        return ("call", event.sender, item["id"], item.get("event") or item["status"]), (at, sorted(ids))
    if kind == "user_preferences":
        return ("preference", event.account, at, item["user_id"]), item["value"]
    if kind == "user_id_update":
        return ("identity", event.account, at), (item["user_id"]["previous"], item["user_id"]["current"])
    name = kind if kind in KIND_OF else event.name
    return (KIND_OF.get(name, "other"), event.account, at), name


def _status(event):
    item = event.item
    names = ("recipient_participant_id", "recipient_participant_user_id") if "recipient_participant_id" in item else (
        "recipient_id", "recipient_user_id")
    ids = ids_given(event.account, item.get(names[0]), item.get(names[1]))
    if "recipient_participant_id" not in item:
        ids = {*ids, *ids_given(event.account, event.contact.get("wa_id"), event.contact.get("user_id"))}
    price = item.get("pricing")
    price = price and (price["billable"], price["category"], price["type"])
    who = item.get("recipient_participant_id")
    state = {"played": "read"}.get(item["status"], item["status"])
    return (("status", item["id"], state, event.at, who),
            (code_of(item), item.get("biz_opaque_callback_data"), price, sorted(ids)))


def _changed(event):
    system = event.item["system"]
    if system["type"] == "customer_identity_changed":
        return "key_changed"
    old = system.get("previous_user_id") or event.item.get("from_user_id")
    return old, system.get("user_id")


def _message_ids(event):
    item, contact = event.item, event.contact
    return sorted({*ids_given(event.account, item.get("from"), item.get("from_user_id")),
                   *ids_given(event.account, contact.get("wa_id"), contact.get("user_id"))})


def found(event):
    """Returns (key, value) of an event of the database."""
    content, kind, account, sender = event["content"], event["kind"], event["account"], event["sender"]
    at = None if event["at"] is None else event["at"] // 1_000
    person = content.get("person")
    ids = sorted(ids_of(account, person)) if person else []
    if kind == "message":
        return ("message", sender, content["message"]), (content["type"], content["group"], at, ids)
    if kind == "status":
        state, error, price = content["state"], content["error"], content["price"]
        state = state["other"] if isinstance(state, dict) else state
        price = price and (price["is_billable"], price["category"], price["type"])
        who = person["wa_id"] if content["group"] else None
        return ("status", content["message"], state, at, who), (error and error["code"], content["opaque_id"], price, ids)
    if kind == "call":
        return ("call", sender, content["call"], content["event"]), (at, ids)
    if kind == "preference":
        choice = content["choice"]
        return ("preference", account, at, person["user_id"]), next(iter(choice)) if isinstance(choice, dict) else choice
    if kind == "identity":
        before = content["before"]["user_id"], person["user_id"]
        return ("identity", account, at), "key_changed" if content["change"] == "key_changed" else before
    if kind == "other":
        return ("other", account, at), content["type"] if content["field"] == "messages" else content["field"]
    return (kind, account, at), content.get("about") or _template_kind(content)


def _template_kind(content):
    if content["quality"]:
        return "message_template_quality_update"
    is_category = content["category"] or content["announced_category"]
    return "message_template_status_update" if content["status"] or not is_category else "template_category_update"

"""What became of each message of the business: the earliest time of every state, whatever the order of its statuses."""

from events import code_of

RANKS = ("sent", "delivered", "read")
STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed",
          "undelivered": "failed"}


class Deliveries:
    def __init__(self, people):
        self.people, self.rows, self.confirmed, self.undeliverable = people, {}, set(), set()

    def status(self, event):
        """Takes one status of Meta's wire."""
        item, account = event.item, event.account
        in_group = item.get("recipient_type") == "group"
        names = ("recipient_participant_id", "recipient_participant_user_id") if in_group else ("recipient_id", "recipient_user_id")
        ids = ids_of(account, item.get(names[0]), item.get(names[1]))
        if not in_group:
            ids = sorted({*ids, *ids_of(account, event.contact.get("wa_id"), event.contact.get("user_id"))})
        self.people.bind(ids)
        row = self._row(event, item["id"])
        row["opaque"] = row["opaque"] or item.get("biz_opaque_callback_data")
        if "pricing" in item:
            row["pricing"] = {name: item["pricing"].get(name) for name in ("billable", "category", "type")}
        self._see(row, item["status"], event.at, code_of(item), ids, in_group)

    def twilio(self, event, received):
        """Takes one status of Twilio. It has no time of its own, so its receipt counts."""
        form = event.item
        ids = twilio_ids(event.account, form.get("To"), None, form.get("ExternalUserId"))
        self.people.bind(ids)
        row = self._row(event, form["MessageSid"])
        row["clock"] = "received"
        code = form.get("ErrorCode")
        self._see(row, form["MessageStatus"], received, int(code) if code else None, ids, False)

    def _row(self, event, ident):
        return self.rows.setdefault(ident, {
            "id": ident, "account": event.account, "sender": event.sender, "clock": "event", "opaque": None,
            "pricing": None, "times": {}, "ids": set(), "participants": {}})

    def _see(self, row, status, at, code, ids, in_group):
        state = STATES.get(status)
        if state is None:
            return
        row["ids"].update(ids)
        code = code if state == "failed" else None
        places = [row["times"]] + ([row["participants"].setdefault(ids[0], {})] if in_group else [])
        for times in places:
            times[state] = min(times.get(state, (at, code)), (at, code), key=lambda pair: (pair[0], pair[1] or 0))
        if state in ("delivered", "read"):
            self.confirmed.update(ids)
        elif code == 131026:
            self.undeliverable.update(ids)

    def close(self):
        """Returns the rows, by message id. The state is a view: the highest rank, or failed if nothing arrived."""
        return [self._closed(row) for _, row in sorted(self.rows.items()) if row["times"]]

    def _closed(self, row):
        times, name = row["times"], self.people.name
        arrived = "delivered" in times or "read" in times
        is_failed = "failed" in times and not arrived
        ids = sorted(row["ids"], key=lambda i: (i[0] != "phone", i))
        closed = {key: row[key] for key in ("id", "account", "sender", "clock", "opaque", "pricing")} | {
            "person": None if row["participants"] else name(ids),
            **{f"{state}_ms": times[state][0] if state in times else None for state in (*RANKS, "failed")},
            "failed_code": times["failed"][1] if "failed" in times else None,
            "state": "failed" if is_failed else next(state for state in (*reversed(RANKS), "failed") if state in times),
            "arrived_after_failed": "failed" in times and arrived,
            "price_counts": bool(row["pricing"]) and arrived,
        }
        if row["participants"]:
            closed["participants"] = {name([who]): {f"{state}_ms": pair[0] for state, pair in sorted(seen.items())}
                                      for who, seen in sorted(row["participants"].items())}
        return closed


def ids_of(account, phone, bsuid):
    """Returns the ids that are there, as the people are grouped by."""
    ids = [("phone", phone.removeprefix("+"))] if phone else []
    return ids + ([("bsuid", account, bsuid)] if bsuid else [])


def twilio_ids(account, address, digits, external):
    """Reads Twilio's ids. An address is `whatsapp:+digits`, or `whatsapp:` and a BSUID."""
    address, external = ((text or "").removeprefix("whatsapp:") for text in (address, external))
    phone = address if address.startswith("+") else digits
    bsuid = external or (address if not address.startswith("+") else None)
    return ids_of(account, phone, bsuid)

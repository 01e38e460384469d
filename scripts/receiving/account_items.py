"""Makes what happens to accounts, numbers and templates, and the fields that are only kept and counted.

Equal values of one account come at least 25 hours apart, and two values that answer one question never at one time:
what the facts leave open about keys and ties then makes no difference.
"""

from items import Item, canonical, contact_of, new_id

HOURS_APART = 25 * 3_600
QUALITIES = ("GREEN", "YELLOW", "RED", "UNKNOWN")
CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")


class AccountItems:
    """Remembers which values came when."""

    def __init__(self, cast):
        self.cast, self.random = cast, cast.random
        self.times, self.taken = {}, set()

    def _item(self, kind, account, field, subject, make):
        """Makes a value at a time that is free for `subject`, or nothing after twenty tries."""
        for _ in range(20):
            value, at = make(), self.random.randint(self.cast.first, self.cast.last)
            seen = self.times.setdefault((account, field, canonical(value)), [])
            if all(abs(at - other) >= HOURS_APART for other in seen) and (account, subject, at) not in self.taken:
                seen.append(at)
                self.taken.add((account, subject, at))
                return [Item(kind, account, field, None, value, at, entry_time=at)]
        return []

    def _sender(self, kind):
        return self.random.choice(self.cast.by_kind[kind])

    def number(self, kind):
        """The quality and limit of a number, its name, and its security."""
        sender, random = self._sender(kind), self.random
        base = {"display_phone_number": sender.display}
        quality = lambda: base | {"event": random.choice(("ONBOARDING", "THROUGHPUT_UPGRADE")),
                                  "max_daily_conversations_per_business": random.choice(("TIER_250", "TIER_2K", "TIER_10K"))}
        name = lambda: base | {"decision": random.choice(("APPROVED", "DECLINED", "DEFERRED")),
                               "requested_verified_name": f"Shop {random.randrange(50)}", "rejection_reason": None}
        security = lambda: base | {"event": random.choice(("PIN_CHANGED", "PIN_RESET_REQUEST", "PIN_REQUEST_SUCCESS")),
                                   "requester": str(random.randrange(10**9))}
        field, make = random.choice((("phone_number_quality_update", quality), ("phone_number_name_update", name),
                                     ("security", security)))
        return self._item(kind, sender.account, field, (field, sender.display), make)

    def account(self, kind):
        """What happens to an account: its state, limits, alerts and review."""
        account, random = self._sender(kind).account, self.random
        fields = {"account_update": lambda: _account_update(random), "account_alerts": lambda: _alert(random, account),
                  "account_review_update": lambda: {"decision": random.choice(("APPROVED", "REJECTED", "PENDING"))},
                  "business_capability_update": lambda: _capability(random)}
        field = random.choice(sorted(fields))
        return self._item(kind, account, field, field, fields[field])

    def template(self, kind):
        """What happens to a template: its status, quality, category and components."""
        random = self.random
        accounts = {sender.account for sender in self.cast.by_kind[kind]}
        account, number, name, language = random.choice([row for row in self.cast.templates if row[0] in accounts])
        base = {"message_template_id": number, "message_template_name": name, "message_template_language": language}
        fields = {"message_template_status_update": lambda: base | _status(random),
                  "message_template_quality_update": lambda: base | _quality(random),
                  "template_category_update": lambda: base | _category(random),
                  "message_template_components_update": lambda: base | {
                      "message_template_element": f"Hello {{{{1}}}}, {random.randrange(10**6)}"}}
        field = random.choices(sorted(fields), (15, 20, 45, 20))[0]
        items = self._item(kind, account, field, (field, name, language), fields[field])
        if field == "message_template_quality_update" and random.random() < 0.4:
            for item in items:
                item.field = "message_template_status_update"
        return items

    def kept(self, kind):
        """What is kept and counted, and changes nothing."""
        person, sender, at = self.cast.pick(kind)
        random = self.random
        base = {"messaging_product": "whatsapp",
                "metadata": {"display_phone_number": sender.display, "phone_number_id": sender.number_id}}
        group = {"group_id": new_id(random, "grp"), "timestamp": str(at), "request_id": new_id(random, "")}
        fields = {
            "group_lifecycle_update": {"groups": [group | {"type": "group_create", "subject": "Invited"}]},
            "group_participants_update": {"groups": [group | {"type": "group_participants_add", "reason": "invite_link",
                                                              "added_participants": [{"wa_id": person.phone}]}]},
            "group_settings_update": {"groups": [group | {"type": "group_settings_update"}]},
            "group_status_update": {"groups": [group | {"type": "group_suspend"}]},
            "messaging_handovers": {"type": "control_passed", "timestamp": str(at), "trace": new_id(random, "")},
            "user_actions": {"user_actions": [{"type": "link_click", "timestamp": str(at), "id": new_id(random, "")}]},
            "smb_app_state_sync": {"state_sync": [{"type": "contact", "action": "add", "metadata": {"timestamp": str(at)},
                                                   "contact": {"full_name": new_id(random, "N"), "phone_number": person.phone}}]},
            "partner_solutions": {"event": "SOLUTION_CREATED", "solution_id": new_id(random, "")},
            "moon_phase_update": {"deep": {"er": [{"x": str(at)}]}, "id": new_id(random, "")},
        }
        field = random.choice(sorted(fields))
        return [Item(kind, sender.account, field, None, base | fields[field], at, sender, entry_time=at)]

    def told(self, kind):
        """Messages that are not new words to us: history, standby, an echo of the business; and an error of a number.

        A plain message of the same pair is later than history and standby, so whether these open a window is the same.
        """
        person, sender, at = self.cast.pick(kind)
        random, metadata = self.random, {"display_phone_number": sender.display, "phone_number_id": sender.number_id}
        base = {"messaging_product": "whatsapp", "metadata": metadata}
        shape = random.choice(("history", "standby", "smb_message_echoes", "errors"))
        words = {"id": new_id(random, "wamid."), "timestamp": str(at - 7_200), "type": "text", "text": {"body": "of old"}}
        if shape == "errors":
            details = {"details": f"Too many messages: {new_id(random, '')}"}
            error = {"code": 130429, "title": "Rate limit hit", "message": "Rate limit hit", "error_data": details}
            return [Item(kind, sender.account, "messages", None, base | {"errors": [error]}, at, sender)]
        if shape == "smb_message_echoes":
            echo = words | {"from": sender.display, "to_user_id": person.bsuids[sender.account]}
            return [Item(kind, sender.account, shape, None, base | {"message_echoes": [echo]}, at, sender)]
        theirs = words | {"from_user_id": person.bsuids[sender.account]}
        value = {"standby": base | {"messages": [theirs]},
                 "history": base | {"history": [{"metadata": {"phase": 0, "chunk_order": 1, "progress": 100}, "threads": [
                     {"id": new_id(random, "t"), "messages": [theirs | {"history_context": {"status": "READ"}}]}]}]}}[shape]
        later = words | {"id": new_id(random, "wamid."), "timestamp": str(at), "from_user_id": theirs["from_user_id"]}
        return [Item(kind, sender.account, shape, None, value, at - 7_200, sender),
                Item(kind, sender.account, "messages", "messages", later, at, sender, contact_of(person, sender, at))]


def _account_update(random):
    event = random.choice(("ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION", "DISABLED_UPDATE", "MM_LITE_TERMS_SIGNED",
                           "VOLUME_BASED_PRICING_TIER_UPDATE", "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE",
                           "PARTNER_ADDED", "ACCOUNT_RECONNECTED", "AD_ACCOUNT_LINKED"))
    detail = {"ACCOUNT_RESTRICTION": {"restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING",
                                                            "expiration": 1_800_000_000 + random.randrange(10**6)}]},
              "ACCOUNT_VIOLATION": {"violation_info": {"violation_type": random.choice(("ADULT", "SCAM"))}},
              "DISABLED_UPDATE": {"ban_info": {"waba_ban_state": random.choice(("DISABLE", "REINSTATE")),
                                               "waba_ban_date": f"November {random.randint(1, 28)}, 2026"}},
              "VOLUME_BASED_PRICING_TIER_UPDATE": {"volume_tier_info": {"tier": f"0:{random.randint(1, 9)}00000",
                                                                        "pricing_category": "UTILITY", "region": "France"}},
              "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE": {"country": random.choice(("FR", "DE", "US"))}}
    return {"event": event} | detail.get(event, {})


def _alert(random, account):
    return {"entity_type": "BUSINESS", "entity_id": account, "alert_info": {
        "alert_severity": random.choice(("WARNING", "CRITICAL", "INFORMATIONAL")), "alert_status": "ACTIVE",
        "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED", "alert_description": f"Case {random.randrange(99)}"}}


def _capability(random):
    limit = random.choice((250, 2000, 10_000, -1, "TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"))
    return {"max_daily_conversations_per_business": limit, "max_phone_numbers_per_waba": random.randint(20, 40)}


def _status(random):
    event = random.choice(("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "FLAGGED", "LOCKED",
                           "REINSTATED", "PENDING_DELETION", "ARCHIVED", "UNARCHIVED", "HIBERNATING"))
    more = {"REJECTED": {"reason": random.choice(("INVALID_FORMAT", "PROMOTIONAL")),
                         "rejection_info": {"reason": "Two slots touch.", "recommendation": "Part them."}},
            "PAUSED": {"other_info": {"title": random.choice(("FIRST_PAUSE", "SECOND_PAUSE")), "description": "paused"}},
            "PENDING_DELETION": {"reason": None}}
    return {"event": event, "reason": "NONE", "message_template_category": random.choice(CATEGORIES)} | more.get(event, {})


def _quality(random):
    before, after = random.sample(QUALITIES, 2)
    return {"previous_quality_score": before, "new_quality_score": after}


def _category(random):
    before, after = random.sample(CATEGORIES, 2)
    if random.random() < 0.4:
        return {"new_category": before, "correct_category": after,
                "category_update_timestamp": 1_800_000_000 + random.randrange(10**6)}
    return {"previous_category": before, "new_category": after}

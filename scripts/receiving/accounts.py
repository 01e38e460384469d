"""What is known of numbers, accounts and templates: the last word by its own time, whatever came in last."""

TIERS = {"TIER_250": 250, "TIER_1K": 1_000, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000,
         "TIER_UNLIMITED": -1}


class Accounts:
    def __init__(self):
        self.last = {}

    def take(self, event):
        """Takes one event of an account, a number or a template. Returns whether it was one."""
        take = getattr(self, "_" + event.kind, None)
        if take:
            take(event, event.item)
        return take is not None

    def _keep(self, event, shelf, subject, question, answer):
        place = self.last.setdefault((shelf, subject), {})
        place[question] = max(place.get(question, (0, "")), (event.at, event.key, answer), key=lambda row: row[:2])

    def _phone_number_quality_update(self, event, item):
        limit = item.get("max_daily_conversations_per_business")
        self._keep(event, "numbers", _digits(item), "quality", {"event": item["event"], "limit": _limit(limit)})

    def _phone_number_name_update(self, event, item):
        self._keep(event, "numbers", _digits(item), "name", {
            "decision": item["decision"], "name": item["requested_verified_name"], "reason": item["rejection_reason"]})

    def _security(self, event, item):
        self._keep(event, "numbers", _digits(item), "security", {"event": item["event"]})

    def _account_update(self, event, item):
        self._keep(event, "accounts", event.account, "update", item)
        self._keep(event, "accounts", event.account, "update " + item["event"], item)

    def _account_alerts(self, event, item):
        self._keep(event, "accounts", event.account, "alert", item["alert_info"])

    def _account_review_update(self, event, item):
        self._keep(event, "accounts", event.account, "review", item["decision"])

    def _business_capability_update(self, event, item):
        limit = _limit(item["max_daily_conversations_per_business"])
        self._keep(event, "accounts", event.account, "limit", limit)

    def _message_template_status_update(self, event, item):
        self._keep(event, "templates", _template(event), "status", {"event": item["event"], "reason": item.get("reason")})

    def _message_template_quality_update(self, event, item):
        self._keep(event, "templates", _template(event), "quality", item["new_quality_score"])

    def _template_category_update(self, event, item):
        if "correct_category" in item:
            self._keep(event, "templates", _template(event), "announced category", item["correct_category"])
        if "new_category" in item:  # in an announcement: the category at that time
            self._keep(event, "templates", _template(event), "category", item["new_category"])

    def _message_template_components_update(self, event, item):
        self._keep(event, "templates", _template(event), "components", item["message_template_element"])

    def close(self, shelf):
        """Returns the last words about each subject of a shelf."""
        return {subject: {question: {"at_ms": row[0], "value": row[2]} for question, row in sorted(place.items())}
                for (name, subject), place in sorted(self.last.items()) if name == shelf}


def _digits(item):
    return "".join(letter for letter in item["display_phone_number"] if letter.isdigit())


def _limit(limit):
    return TIERS.get(limit, limit)


def _template(event):
    item = event.item
    return "/".join((event.account, item["message_template_name"], item["message_template_language"]))

"""Holds the requests of a log against limits, in windows that slide. Written from the facts, not from Ferry's limits.

Every function yields a sentence for each window over its limit. Messages that the platform has not taken count for none,
except where a function says so.
"""

from collections import Counter, defaultdict, deque

import hours
from sandbox_log import shown

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
TIERS = {"TIER_250": 250, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000, "TIER_UNLIMITED": None}
GROWTH = 6 * HOUR  # from half of a tier in 7 days to the next tier


def windows(moments, length, limit, name):
    """Yields windows (t - length, t] with more moments than the limit."""
    recent, is_over = deque(), False
    for at in moments:
        recent.append(at)
        while recent[0] <= at - length:
            recent.popleft()
        if len(recent) > limit and not is_over:
            yield f"{name}: {len(recent)} of {limit} up to {shown(at)}"
        is_over = len(recent) > limit


def second(log, limit):
    """Messages of a number in any second, refused ones included but for those that were refused for this limit."""
    for number, requests in _by_number(log.requests):
        moments = [request.at for request in requests if request.is_taken or request.code != 130429]
        yield from windows(moments, SECOND, limit, f"messages of {number} in a second")


def per_hour(log, limit):
    """Messages of a number in any hour."""
    for number, requests in _by_number(log.taken):
        yield from windows([request.at for request in requests], HOUR, limit, f"messages of {number} in an hour")


def _by_number(requests):
    """Yields each number with its requests."""
    for number in sorted({request.number for request in requests}):
        yield number, [request for request in requests if request.number == number]


def pair(log):
    """Messages of a number to one person: one in 6 seconds; up to 45 at once, which take the time of those that could follow."""
    tokens = {}
    for request in (it for it in log.requests if it.to):
        pair = (request.number, request.to)
        left, before = tokens.get(pair, (45.0, request.at))
        left = min(45.0, left + (request.at - before) / (6 * SECOND)) - 1
        tokens[pair] = (left, request.at)
        if left < -1e-9:
            yield f"messages to a pair: a message too early at {shown(request.at)}"


def person(log):
    """Offers to one person: 2 in 24 hours, and 6 hours between."""
    before = defaultdict(list)
    for request in log.taken:
        if request.category == "MARKETING":
            earlier = before[request.to]
            if earlier and request.at - earlier[-1] < 6 * HOUR:
                yield f"offers to a person: less than 6 hours apart at {shown(request.at)}"
            if len(earlier) > 1 and request.at - earlier[-2] < DAY:
                yield f"offers to a person: the third in 24 hours at {shown(request.at)}"
            earlier.append(request.at)


def allowed_hours(log, people, plan_hours):
    """Hours of the day, where the person lives, but for answers in an open conversation. A tenth of a second is left for the way to the platform."""
    wrong = Counter()
    for request in (it for it in log.requests if not it.is_text):
        known = people.get(request.to)
        moments = (request.at, request.at - SECOND // 10)
        if known and not any(hours.is_allowed(known.country, at, plan_hours) for at in moments):
            wrong[known.country] += 1
    for country, n in wrong.items():
        yield f"hours of the day: {n} messages to {country} at a forbidden hour"


def holds(log):
    """After 131049 a person gets no offers for 24 hours; after 131050 none."""
    until = {}
    events = [(request.at, 1, request) for request in log.taken]
    for request in log.taken:
        failure = log.failure(request.opaque)
        if failure and failure[1] in (131049, 131050):
            length = DAY if failure[1] == 131049 else 10_000 * DAY
            events.append((failure[0], 0, (request.to, failure[0] + length)))
    for at, kind, what in sorted(events, key=lambda event: event[:2]):
        if kind == 0:
            until[what[0]] = max(until.get(what[0], 0), what[1])
        elif until.get(what.to, 0) > at and what.category == "MARKETING":
            yield f"a hold of a person: a message at {shown(at)}"


class People:
    """Different people in any 24 hours, of messages outside of open windows. A failure gives a person back.

    The tier grows 6 hours after half of it was used in 7 days. `use` has the highest share of each tier on each day.
    """

    def __init__(self, log, tier):
        self.tier, self.next_at, self.use, self.over = tier, None, {}, []
        self.day, self.active, self.week = deque(), Counter(), {}
        failed = {}
        for request in log.taken:
            failure = log.failure(request.opaque)
            if failure:
                failed.setdefault(failure[0], []).append(request)
        events = [(request.at, 1, request) for request in log.taken if not request.is_open]
        events += [(at, 0, request) for at, requests in failed.items() for request in requests]
        self.failed_ever = {request.n for requests in failed.values() for request in requests}
        self.gone = set()
        for at, kind, request in sorted(events, key=lambda event: (event[0], event[1], event[2].n)):
            self._forget(at)
            self._grow(at)
            (self._send if kind else self._fail)(at, request)

    def _forget(self, at):
        while self.day and self.day[0][0] <= at - DAY:
            _, request = self.day.popleft()
            if request.n not in self.gone:
                self._release(request)

    def _release(self, request):
        self.active[request.to] -= 1
        if not self.active[request.to]:
            del self.active[request.to]

    def _fail(self, at, request):
        if request.at > at - DAY and request.n not in self.gone:
            self.gone.add(request.n)
            self._release(request)

    def _send(self, at, request):
        self.day.append((at, request))
        self.active[request.to] += 1
        limit = TIERS[self.tier]
        if limit is None:
            return
        if len(self.active) > limit:
            self.over.append(f"people in 24 hours: {len(self.active)} of {limit} at {shown(at)}")
        day = (shown(at)[:10], self.tier)
        self.use[day] = max(self.use.get(day, 0), len(self.active) / limit)
        if request.n not in self.failed_ever:
            self.week[request.to] = at
            if self.next_at is None and len(self.week) * 2 >= limit and self._in_week(at) * 2 >= limit:
                self.next_at = at + GROWTH

    def _in_week(self, at):
        return sum(moment > at - 7 * DAY for moment in self.week.values())

    def _grow(self, at):
        if self.next_at is not None and at >= self.next_at:
            names = list(TIERS)
            self.tier, self.next_at = names[names.index(self.tier) + 1], None


def rate_use(log, limit):
    """The share of the messages a second that was used, in stretches of at least 3 seconds without a pause of a second."""
    n_sent, seconds, stretch = 0, 0.0, []
    for request in [*log.requests, None]:
        if stretch and (request is None or request.at - stretch[-1] >= SECOND):
            length = (stretch[-1] - stretch[0]) / SECOND
            if length >= 3:
                n_sent, seconds = n_sent + len(stretch) - 1, seconds + length
            stretch = []
        if request:
            stretch.append(request.at)
    return n_sent / seconds / limit if seconds else None

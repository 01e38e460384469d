"""The lists of a round, and what a database must hold after its runs, written from docs/cleaning.md and
docs/verification.md alone.

The order of the runs is not known, so the rows are such that it decides nothing but names: no consent is dated after
the start of a run, and all files of answers say the same of one number.
"""

from collections import Counter, defaultdict, namedtuple
from datetime import date, timedelta

STRICTEST_FIRST = ["stop", "no", "unclear", "yes"]
WORDS = ("yes", "yes", "yes", "no", "stop", "perhaps", "", "")
FIRST_NAMES = ("Ana", "Ben", "Cleo", "Dan", "Eva", "Fay", "Gus", "Hal")
LAST_NAMES = ("Lopez", "Ode", "Roy", "Oak", "Lund", "Petit", "Hill", "Stone")
N_NUMBERS = 10_000  # +33199000000 to +33199009999, which France reserves for fiction

Row = namedtuple("Row", "phone name words day")  # the day of the consent, such as 2026-11-24, or empty
Statement = namedtuple("Statement", "channel words day")


def two_lists(rng, n_people):
    """Two lists with as many people together. A fifth of them are in both, with other rows."""
    phones = [f"+33199{number:06}" for number in rng.sample(range(N_NUMBERS), n_people)]
    return rows_of(rng, phones[:n_people * 6 // 10]), rows_of(rng, phones[n_people * 4 // 10:])


def rows_of(rng, phones):
    """A row for each number, and a second one for a tenth of them."""
    phones = phones + [phone for phone in phones if rng.random() < 0.1]
    return [Row(phone, f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}", rng.choice(WORDS), day(rng))
            for phone in phones]


def day(rng):
    """A day of the last months, or none for a fifth."""
    return "" if rng.random() < 0.2 else (date.today() - timedelta(days=rng.randint(2, 90))).isoformat()


def answer_of(phone):
    """The answer that all files of answers have for a number: none for a tenth, and more yes than no."""
    digit = int(phone[-1])
    return None if digit == 0 else "yes" if digit % 2 else "no"


class Model:
    def __init__(self, *plans):
        self.names, self.statements = defaultdict(set), defaultdict(set)
        self.verified, self.suppressed, self.merged = set(), set(), {}  # merged: the other, and who stays
        for plan in plans:
            self.load(plan)

    def load(self, plan):
        """Adds what the list of a plan says. Loading a plan again adds nothing."""
        for row in plan.rows:
            self.names[row.phone].add(row.name)
            if row.words:
                self.statements[row.phone].add(Statement(plan.channel, row.words, row.day))
            if plan.is_verified:
                self.verified.add(row.phone)

    def expected(self):
        """The contacts, by phone. Any of the names may have stayed."""
        return {phone: self.contact(phone) for phone in self.names.keys() - self.merged.keys()}

    def contact(self, phone):
        others = [other for other, kept in self.merged.items() if kept == phone]
        names = set().union(*(self.names[one] for one in [phone, *others]))
        statements = set().union(*(self.statements[one] for one in [phone, *others]))
        consent, is_suppressed = consent_of(statements), phone in self.suppressed
        return {"name": names, "consent": consent, "suppressed": "yes" if is_suppressed else "no",
                "segment": self.segment(phone, consent, is_suppressed), "identities": Counter(others),
                "statements": Counter(statements)}

    def segment(self, phone, consent, is_suppressed):
        if consent in ("no", "stop"):
            return "opted-out"
        if is_suppressed:
            return "suppressed"
        if consent == "unclear":
            return "unclear"
        answer = answer_of(phone) if phone in self.verified else None
        return {"yes": "ready", "no": "re-engage", None: "undecided"}[answer]


def consent_of(statements):
    """A refusal on one channel carries over to the other."""
    channels = {statement.channel for statement in statements}
    return strictest(consent_on_channel([s for s in statements if s.channel == channel]) for channel in channels)


def consent_on_channel(statements):
    """The latest dated statement that is understood counts, and beside it later ones that are not, and every undated one but a
    yes, which counts only by itself."""
    start = max((s.day for s in statements if s.day and state_of(s.words) != "unclear"), default=None)
    counting = [s for s in statements if (start is None or s.day >= start if s.day else s.words != "yes")]
    return strictest(state_of(statement.words) for statement in counting or statements)


def state_of(words):
    return words if words in STRICTEST_FIRST else "unclear"


def strictest(states):
    return min(states, key=STRICTEST_FIRST.index, default=None)

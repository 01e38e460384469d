"""Invents the people, business numbers and templates of the traffic. Every phone number is reserved for fiction."""

from dataclasses import dataclass, field

DAY = 86_400
AREA_CODES = (
    "202 212 213 303 305 312 404 415 503 512 602 617 702 713 718 804 901 916 206 210 214 216 301 313 314 "
    "317 402 405 408 412 414 419 501 502 504 505 513 515 518 520 530 541"
).split()
NAMES = "Ana Léa Tomás Zoë Łukasz Søren Ines Jürgen Chloé Noah Inês Björn María Aïcha Þór 明子 Omar دينا".split()
LANGUAGES = ("fr", "en_US", "es", "pt_BR", "de")


@dataclass
class Sender:
    """A number of the business. `account` is the WhatsApp account, or Twilio's."""

    kind: str
    account: str
    number_id: str
    display: str


@dataclass
class Person:
    """Somebody who writes. `phone` holds digits only; a person who hides it has a username and a BSUID."""

    name: str
    country: str
    phone: str
    hides_phone: bool
    bsuids: dict
    parent: str | None
    usernames: list
    is_valid_number: bool
    since: int
    until: int
    senders: list = field(default_factory=list)

    def username(self, at):
        """Returns the username at the time `at`, if the person has one by then."""
        known = [name for since, name in self.usernames if since <= at]
        return known[-1] if known else None


class Cast:
    """The business with its numbers and templates, and the people it knows from `first` to `last` (seconds)."""

    def __init__(self, random, n_people, first, last):
        self.random, self.first, self.last = random, first, last
        self.phones = _phones(random)
        self.senders = self._make_senders()
        self.by_kind = {kind: [s for s in self.senders if s.kind == kind] for kind in ("meta", "360dialog", "twilio")}
        self.templates = self._make_templates()
        self.people = [self._make_person() for _ in range(n_people)]
        self.moves = [self._move(person) for person in random.sample(self.people, n_people // 20)]

    def _make_senders(self):
        accounts = ["1021000000000%03d" % n for n in range(1, 4)]
        rows = [("meta", accounts[0]), ("meta", accounts[0]), ("meta", accounts[1]), ("360dialog", accounts[2])]
        senders = [Sender(k, a, "2065000000000%02d" % n, "331990099%02d" % n) for n, (k, a) in enumerate(rows)]
        return senders + [Sender("twilio", "AC" + "0123456789abcdef" * 2, "33199009990", "33199009990")]

    def _make_templates(self):
        names = [f"{subject}_{n}" for subject in ("order", "visit", "winter_offer", "login_code") for n in range(1, 11)]
        accounts = sorted({sender.account for sender in self.senders if sender.kind != "twilio"})
        rows = [(account, name, language) for account in accounts for name in names for language in LANGUAGES[:3]]
        return [(account, 7_000_000_000_000 + n, name, language) for n, (account, name, language) in enumerate(rows)]

    def _make_person(self, since=None):
        random = self.random
        country, phone = next(self.phones)
        hides = random.random() < 0.12
        usernames = []
        if hides or random.random() < 0.1:
            usernames.append((0, f"user.{random.randrange(10**9)}"))
            if random.random() < 0.2:
                usernames.append((random.randint(self.first, self.last), f"user.{random.randrange(10**9)}"))
        accounts = dict.fromkeys(sender.account for sender in self.senders)
        bsuids = {account: f"{country}.{random.randrange(10**15, 10**16)}" for account in accounts}
        parent = f"{country}.ENT.{random.randrange(10**15, 10**16)}" if not hides and random.random() < 0.05 else None
        person = Person(random.choice(NAMES), country, phone, hides, bsuids, parent, usernames,
                        country != "GB", since or 0, 2**40)
        person.senders = random.sample(self.senders, random.choice((1, 1, 2)))
        return person

    def _move(self, old):
        """Gives `old` a new number and new BSUIDs from a moment on. Returns (moment, old, new)."""
        moment = self.random.randint(self.first + DAY, self.last - DAY)
        new = self._make_person(since=moment + 1)
        new.name, new.hides_phone, new.senders = old.name, old.hides_phone, old.senders
        new.usernames = old.usernames if old.hides_phone else []
        old.until = moment - 1
        self.people.append(new)
        return moment, old, new

    def pick(self, kind):
        """Picks a person and one of the business's numbers of `kind`, and a time when the person had those ids."""
        while True:
            person = self.random.choice(self.people)
            senders = [sender for sender in person.senders if sender.kind == kind]
            if senders:
                at = self.random.randint(max(person.since, self.first), min(person.until, self.last))
                return person, self.random.choice(senders), at


def _phones(random):
    """Yields (country, digits) without a double: +1 …555-01xx, +33 1 99 00 xx xx, and a few +44 7700 900xxx."""
    american = [f"1{area}55501{n:02d}" for area in AREA_CODES for n in range(100)]
    french = [f"331{9900}{n:04d}" for n in range(9_900)]
    british = [f"447700900{n:03d}" for n in range(1_000)]
    rows = [("US", p) for p in american] + [("FR", p) for p in french] + [("GB", p) for p in random.sample(british, 400)]
    random.shuffle(rows)
    yield from rows

"""What a database holds after a series of imports, by the rules of docs/cleaning.md and without Ferry's code.

Numbers come to the model in their international form; how an export writes them is for Ferry to read.
"""

import copy
from collections import Counter, namedtuple
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STRICTEST_FIRST = ["stop", "no", "unclear", "yes"]
WORDS_IN_MESSAGES = {"STOP": "stop", "START": "yes"}
VALUES = ("name", "email", "consent", "messages", "last_at", "statements")  # as the summary of an import calls them

Source = namedtuple("Source", "name channel rows")
# The date of consent is a day, such as 2026-11-24, or a moment. `written` is the number as the export has it.
Entry = namedtuple("Entry", "phone name email consent consent_date external_id written", defaults=[""] * 6)
Message = namedtuple("Message", "phone sent text is_inbound", defaults=[True])
# The same words of one source about the same channel and date are one statement.
Statement = namedtuple("Statement", "source channel basis words state earliest latest")
# All that one import says of one person; `rows` are pairs of a source and the number of a row.
Said = namedtuple("Said", "name email external_ids statements messages last_at rows")


@dataclass
class Contact:
    name: str | None = None
    email: str | None = None
    consent: str | None = None
    external_ids: set = field(default_factory=set)
    merged_phones: set = field(default_factory=set)
    statements: dict = field(default_factory=dict)  # each with the run that first brought it, and the start of that run
    messages: int = 0
    last_at: datetime | None = None
    edited: set = field(default_factory=set)  # the fields that a person has edited in the database
    last_said: Said | None = None

    def values(self):
        return {name: copy.copy(getattr(self, name)) for name in VALUES}

    def segment(self, is_suppressed):
        if self.consent in ("no", "stop"):
            return "opted-out"
        if is_suppressed:
            return "suppressed"
        return "unclear" if self.consent == "unclear" else "undecided"


class Model:
    def __init__(self):
        self.contacts = {}  # by phone
        self.suppressed = set()
        self.n_imports = 0

    def load(self, sources, started):
        """Imports, and gives what the summary must say and the conflicts as pairs of phone and field."""
        self.n_imports += 1
        people = self.people(sources)
        rows_in, n_usable = sum(len(s.rows) for s in sources), sum(len(said.rows) for said in people.values())
        changed_fields, conflicts, n_new, n_compared, n_changed = Counter(), set(), 0, 0, 0
        for phone, said in people.items():
            is_new = phone not in self.contacts
            contact = self.contacts.setdefault(phone, Contact())
            if contact.last_said == said:
                continue
            before = contact.values()
            conflicts |= {(phone, name) for name in take(contact, said, (self.n_imports, started))}
            changed = [] if is_new else [name for name in VALUES if contact.values()[name] != before[name]]
            changed_fields.update(changed)
            n_new, n_compared, n_changed = n_new + is_new, n_compared + (not is_new), n_changed + bool(changed)
        return {"rows_in": rows_in, "kept": len(people), "merged": n_usable - len(people),
                "rejected": rows_in - n_usable, "contacts": len(people), "inserted": n_new,
                # The documents do not say whether a contact has changed that only comes from other rows than before.
                "updated": range(n_changed, n_compared + 1), "changed_fields": dict(changed_fields),
                "conflicts": dict(Counter(name for _, name in conflicts))}, conflicts

    def people(self, sources):
        """What is said of each person. Rows without a number are rejected; those of merged contacts belong together."""
        survivors = {other: phone for phone, contact in self.contacts.items() for other in contact.merged_phones}
        rows = {}
        for source in sources:
            for number, row in enumerate(source.rows, start=1):
                if row.phone:
                    rows.setdefault(survivors.get(row.phone, row.phone), []).append((source, number, row))
        return {phone: what_is_said(rows_of_one) for phone, rows_of_one in rows.items()}

    def edit(self, phone, name, value):
        setattr(self.contacts[phone], name, value)
        self.contacts[phone].edited.add(name)

    def enter(self, phone, state, moment):
        """A statement that a person enters into the ledger by hand."""
        contact = self.contacts[phone]
        said = Statement("desk", "sms", "record", state, state, moment, moment)
        contact.statements[said] = (self.n_imports, moment)
        contact.consent = consent_of(contact.statements)

    def merge(self, kept_phone, other_phone):
        kept, other = self.contacts[kept_phone], self.contacts.pop(other_phone)
        kept.name, kept.email = kept.name or other.name, kept.email or other.email
        kept.external_ids |= other.external_ids
        kept.merged_phones |= {other_phone} | other.merged_phones
        kept.statements = {**other.statements, **kept.statements}
        kept.consent = consent_of(kept.statements)
        kept.last_said = None

    def restore(self, contacts):
        """Puts contacts and merges back. Suppressions stay: `ferry restore` leaves them as they are."""
        self.contacts = copy.deepcopy(contacts)

    def expected(self):
        """What the readable views must show, by phone."""
        return {phone: {
            "name": contact.name, "email": contact.email, "consent": contact.consent, "consent to WhatsApp": False,
            "messages": contact.messages, "last message": contact.last_at,
            "suppressed": phone in self.suppressed, "segment": contact.segment(phone in self.suppressed),
            "identities": sorted([("phone", other) for other in contact.merged_phones]
                                 + [("external", external_id) for external_id in contact.external_ids]),
            "statements": sorted((s.channel, s.basis, s.words, s.state) for s in contact.statements),
        } for phone, contact in self.contacts.items()}


def what_is_said(rows):
    """Puts the rows of one person together. Rows of a list have no date, so the first one in the file is the latest."""
    entries = [row for _, _, row in rows if isinstance(row, Entry)]
    messages = [row for _, _, row in rows if isinstance(row, Message)]
    return Said(name=next((readable_name(e.name) for e in entries if e.name), None),
                email=next((e.email.lower() for e in entries if e.email), None),
                external_ids=frozenset(e.external_id for e in entries if e.external_id),
                statements=frozenset(filter(None, (statement(source, row) for source, _, row in rows))),
                messages=len(messages), last_at=max((m.sent for m in messages), default=None),
                rows=frozenset((source.name, number) for source, number, _ in rows))


def readable_name(name):
    return name.title() if name.isupper() or name.islower() else name


def statement(source, row):
    if isinstance(row, Message):
        state = WORDS_IN_MESSAGES.get(row.text) if row.is_inbound else None
        return state and Statement(source.name, source.channel, "message", row.text, state, row.sent, row.sent)
    state = row.consent if row.consent in STRICTEST_FIRST else "unclear"
    return row.consent and Statement(source.name, source.channel, "cell", row.consent, state, *span(row.consent_date))


def span(date):
    """A date without a time is a whole day and as late as every instant in it."""
    if not date:
        return None, None
    if "T" in date:
        return datetime.fromisoformat(date), datetime.fromisoformat(date)
    day = datetime.fromisoformat(date + "T00:00:00+00:00")
    return day, day + timedelta(days=1, microseconds=-1)


def take(contact, said, run):
    """Brings a contact up to date; gives the fields in which the import has another value than an edit."""
    before = contact.values()
    contact.statements = {**{s: run for s in said.statements}, **contact.statements}
    news = {"name": said.name, "email": said.email, "consent": consent_of(contact.statements)}
    conflicts = {name for name in contact.edited if news[name] not in (None, getattr(contact, name))}
    for name, value in news.items():
        if value and name not in contact.edited:
            setattr(contact, name, value)
    contact.external_ids |= said.external_ids
    contact.messages = max(contact.messages, said.messages)
    contact.last_at = max(filter(None, (contact.last_at, said.last_at)), default=None)
    if contact.values() != before or not conflicts:
        contact.last_said = said  # a contact that is not written is compared again by the next import
    return conflicts


def consent_of(statements):
    """A refusal on one channel carries over to the others."""
    return strictest([consent_on_channel({s: run for s, run in statements.items() if s.channel == channel})
                      for channel in {s.channel for s in statements}])


def consent_on_channel(statements):
    """The latest dated statement counts, and beside it what was refused without a date until that is lifted."""
    newest = max((s.earliest for s in statements if s.latest), default=None)
    counting = [s.state for s in statements if s.latest and s.latest >= newest]
    counting += [s.state for s in statements if not s.latest and s.state != "yes" and not is_lifted(s, statements)]
    return strictest(counting or [s.state for s in statements])


def is_lifted(refusal, statements):
    """Only a yes of a later run lifts a refusal, if its own date is after the start of the run that brought it."""
    run, started = statements[refusal]
    return any(s.state == "yes" and s.latest and statements[s][0] > run and s.earliest > started for s in statements)


def strictest(states):
    return min(filter(None, states), key=STRICTEST_FIRST.index, default=None)

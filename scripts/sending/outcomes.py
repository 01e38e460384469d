"""What became of each person, by the sandbox's log and the database, without ids and times."""

import hashlib
from collections import Counter, defaultdict

import people
from sandbox_log import Log


def table(folder, database):
    """Returns a sorted list of (phone, what became of each step, stop or not)."""
    log, persons = Log(folder / "sandbox.log"), people.load(folder)
    phones = {row["contact_id"]: row["e164"].lstrip("+") for row in
              database.rows("select contact_id, e164 from contact_view where e164 is not null")}
    steps = defaultdict(dict)
    for row in database.rows("select message_id, step, contact_id, state from outbox_view"):
        steps[phones[row["contact_id"]]][row["step"]] = _fate(log, row)
    for row in database.rows("select step, contact_id, reason from campaign_exclusion_view"):
        steps[phones[row["contact_id"]]].setdefault(row["step"], f"left out: {row['reason']}")
    stopped = {inbound.person for inbound in log.inbound if inbound.is_stop}
    return [(phone, " | ".join(f"{step} {fate}" for step, fate in sorted(steps[phone].items())),
             "stop" if phone in stopped else "") for phone in sorted(persons)]


def _fate(log, row):
    failure = log.failure(row["message_id"])
    if failure:
        return f"{row['state']}, failed {failure[1]}"
    return f"{row['state']}{', arrived' if log.delivered_at(row['message_id']) else ''}"


def text(rows, persons):
    """Counts the table."""
    country = {person.phone: person.country for person in persons}
    counts = Counter((fate or "not chosen", stop) for _, fate, stop in rows)
    lines = [f"{n:8}  {fate}{f' ({stop})' if stop else ''}" for (fate, stop), n in counts.most_common()]
    places = Counter(country[phone] for phone, fate, _ in rows if "arrived" in fate)
    return "\n".join([*lines, "arrived by country: " + ", ".join(f"{name} {n}" for name, n in places.most_common())])


def digest(rows):
    """A digest of the table."""
    return hashlib.sha256("\n".join("\t".join(row) for row in rows).encode()).hexdigest()[:16]

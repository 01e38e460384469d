"""Aims STOPs: watches the outbox for messages that are about to leave, and has their people write STOP at that moment.

A message leaves 30 to 100 ms after its intent was committed. A STOP that comes in between is the hardest one: it must not be
acknowledged while the message can still leave.
"""

import threading
import time

EVERY = 0.002  # seconds between two looks at the outbox
HORIZON = 100_000  # microseconds after its intent in which a message may leave, see docs/sending.md
HEX = {"sqlite": "lower(hex(contact_id))", "postgres": "encode(contact_id, 'hex')"}


class Aim(threading.Thread):
    """Calls `write(phone)` for people who have an intent, once for each intent, until `end` is called."""

    def __init__(self, database, write):
        super().__init__(daemon=True)
        self.database, self.write, self.is_over = database, write, threading.Event()
        self.phones = phones(database)

    def run(self):
        query = f"select intent_number, {HEX[self.database.kind]} from outbox where state = 'intent'"
        seen = set()
        while not self.is_over.is_set():
            watched = self.database.watch(query)
            for rows in watched:
                for row in rows:
                    if row not in seen:
                        seen.add(row)
                        self.write(self.phones[row[1]])
                if self.is_over.wait(EVERY):
                    break
            watched.close()
            time.sleep(0.1)  # the database is away for a moment, or it is over

    def end(self):
        """Aims at no one any more."""
        self.is_over.set()
        self.join()


def phones(database):
    """Returns {contact id: phone number without its plus sign}."""
    rows = database.rows("select contact_id, e164 from contact_view where e164 is not null")
    return {row["contact_id"]: row["e164"].lstrip("+") for row in rows}


def hits(lines, requests, database):
    """Counts what STOPs met. `lines` are those of stops.jsonl, `requests` those of the sandbox's log."""
    of = phones(database)
    claims = {of[row["contact_id"]]: row["claimed_at"] for row in database.rows(
        f"select {HEX[database.kind]} as contact_id, claimed_at from outbox where claimed_at is not null")}
    arrived = {request.to: request.real_at for request in requests}
    n_open, margins = 0, []
    for line in lines:
        begin, end, phone = line["sent_real_at_us"], line["acknowledged_real_at_us"], line["from"]
        n_open += begin - HORIZON < claims.get(phone, 0) <= end
        if begin < arrived.get(phone, 0):
            margins.append((end - arrived[phone]) / 1e3)
    return {"on_an_intent": n_open, "crossed": len(margins), "least_ms_from_message_to_200": round(min(margins, default=0), 1)}

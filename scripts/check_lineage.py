#!/usr/bin/env python3
"""Explains every value of random contacts by the source rows, and follows every source row forward to its contact.

    check_lineage.py FERRY [--seed N] [--contacts N] [--database sqlite|postgres|both] [--folder FOLDER] [--rules]

The script writes four exports, loads them, merges some contacts, loads changed exports, and merges some more. After
each of the four steps it reads the files and the views of the database. Of Ferry it reads nothing else but the ledger
and the rejects of each run. It is written from docs/ without looking at the code. Please keep it so.

FERRY is the program. PostgreSQL is used if FERRY_TEST_POSTGRES is set: an address in which DATABASE stands for a name.
--rules loads with other rules of [merge] than the default.

It prints counts, and each value that is not explained: by its field and rows, without personal data. The exit code is 1
if there is any.

What is expected, and where the docs say it:

- SOURCE:N is row N of a source, counted from 1 over its files in the order of their names. A blank row counts, a
  repeated header does not (exports.md, cleaning.md).
- The latest row has the latest date in range; on equal dates the lower `priority`, then the first row. Dated rows are
  later than undated ones. Name, e-mail, language and attributes come from the latest row that has one (cleaning.md).
- first_at, last_at and the dates of messages are the earliest and latest; n_messages counts the ids of messages;
  reachable is that of the last message with a known result (exports.md).
- A later import replaces values; what it lacks stays, with the row and the id of its run. Dates and counts are never
  lowered, and tags are those of all imports. Rows of a source that the import has again are replaced, but for rows that
  values that stay are from, and the row of the consent (cleaning.md).
- A merge keeps the values of the first contact and takes those that it lacks from the other; it adds the counts of
  messages, and keeps the rows of both (cleaning.md). A Viber user who was alone and now has a phone is merged before the
  import, one who comes alone and has a known phone after it.
- A name of two columns has no part that means nothing (cleaning.md).
- A number with 00 is national if its country is not understood (cleaning.md).
- "Unsubscribed" in a column of consent is a no. A list has no words, and an unreadable language has these. `consent_at`
  does not date `opt_out` if the source has a column `consent` (consent.md).
- Equal words of one source on one channel and date are one statement; it names a row with them, in its first run, and
  after a merge that of the first contact. What could not be read is retracted when its source has the person again
  and can be read (consent.md). consent_model.py says which statement counts.
- Each row is in the ledger of its run. A row of a contact is in its source_rows, or a later import of its source is.
- The rows that value_rows name are in source_rows. The bare ones are of the run run_id; a contact that an import has
  again with the same rows and values is not written, so its rows are those of the later run as well (database.md).
- A value is explained by the row that value_rows name. Where they name none, a row of the contact's own run gives it;
  where they name several rows of an earlier run, one of them does (database.md).
"""

import argparse
import base64
import collections
import contextlib
import csv
import datetime
import json
import os
import pathlib
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import unicodedata
import urllib.parse
import zoneinfo
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Optional

import duckdb
import openpyxl

import consent_model

UTC = datetime.timezone.utc
PARIS = zoneinfo.ZoneInfo("Europe/Paris")
PRIORITY = {"left": 1, "clients": 2, "log": 3, "viber": 4}
DAY = datetime.timedelta(days=1)
FIELDS = ["name", "email", "language", "last_at", "reachable"]
BY_SOURCE_ROWS = ["first_at", "last_inbound_at", "last_outbound_at", "n_messages", "attribute", "tag"]
NAMED_IF_EARLIER = re.compile(r"(?:first_at|last_inbound_at|last_outbound_at|n_messages|attributes\.\w+|tags\..+)")
EARLIEST = datetime.datetime(2005, 1, 1, tzinfo=UTC)

PLAN = """
[run]
name = "lineage"
default_region = "FR"

[crm]
url_env = "LINEAGE_DATABASE"

[[source]]
name = "clients"
channel = "sms"
path = "exports/clients.csv"
profile = "columns"
priority = 2
numbers = "national"
date_order = "day-first"
timezone = "Europe/Paris"
[source.columns]
phone = ["Mobile", "Domicile"]
region = "Pays"
first_name = "Prénom"
last_name = "Nom"
email = "E-mail"
language = "Langue"
first_at = "Créé le"
last_at = "Dernier contact"
consent = "Opt-in"
consent_at = "Date opt-in"
opt_out = "Ne pas contacter"
tags = "Étiquettes"
[source.attributes]
city = "Ville"

[[source]]
name = "log"
channel = "sms"
path = "exports/log-*.csv"
profile = "twilio-messages"
priority = 3
own_numbers = ["+33199009999"]

[[source]]
name = "viber"
channel = "viber"
path = "exports/viber.ndjson"
profile = "viber-subscribers"
priority = 4

[[source]]
name = "left"
channel = "sms"
path = "exports/left.xlsx"
profile = "opt-outs"
priority = 1
numbers = "international"
consent = "stop"
consent_channel = "all"
[source.columns]
phone = "Numéro"
consent_at = "Date de désinscription"

[clean]
suppression = "suppressed.txt"
[clean.consent_words]
yes = ["accord tél."]
stop = ["blacklist interne"]

[gates]
max_reject_rate = 0.5
max_unreadable = { region = 0.1, date = 0.1, language = 0 }
"""

OTHER_RULES = {"name": "longest", "email": "first", "language": "source-priority"}


# --- The exports ------------------------------------------------------------------------------------------------------

FIRST = ["Ana", "Léa", "Marc", "Jules", "Zoé", "Inès", "Jean-Luc", "Øyvind", "Ольга", "Noël", "Eva", "Cy"]
LAST = ["Roux", "Mercier", "Leroy", "Gil", "Faure", "Lévêque", "Müller", "Петрова", "Brown", "Saint-Clair"]
CITIES = ["Paris", "Lyon", "Brest", "Nîmes", "n/a", ""]
TAGS = ["vip", "b2b", "newsletter", "paris 11"]
LANGUAGES = ["fr", "FRA", "French", "en", "pt_BR", "allemand", "Español", "", "", "n/a"]
CONSENTS = [
    "Oui", "oui", "Non", "STOP", "désabonné", "x", "Accord tél.", "blacklist interne", "peut-être bien", "?", "",
]
OPT_OUTS = ["", "", "", "", "", "TRUE", "FALSE", "14/06/2026", "désabonné", "voir Paul"]
INBOUND = [
    "Merci", "ok", "STOP", "Stop svp", "STOP 36180", "ARRÊT", "START", "stop writing to me every single day please",
    "À demain",
]
OUTBOUND = ["Votre commande est prête.", "Vente privée samedi. STOP au 36180"]
BUSINESS = "+33199009999"


@dataclass
class Person:
    """Who the rows are about: the generator's view. The checks do not see it."""

    phones: list
    viber: Optional[str]
    first: str
    last: str


class Exports:
    """The rows of both rounds, from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.n_ids = 0
        phones = [f"+33199{n:06}" for n in self.random.sample(range(1000), 1000)]
        phones += [f"+1202555{n:04}" for n in range(100, 200)]
        phones += [
            f"+61491570{n}" for n in ("006", "156", "157", "158", "159", "110", "313", "737", "266", "491", "804")
        ]
        phones += [f"+33199{n:06}" for n in range(2000, 2900)]
        self.people = []
        for number, phone in enumerate(phones):
            viber = self.viber_id(number) if self.random.random() < 0.5 else None
            self.people.append(Person([phone], viber, self.pick(FIRST), self.pick(LAST)))
        for number in range(120):
            self.people.append(Person([], self.viber_id(5000 + number), self.pick(FIRST), self.pick(LAST)))
        for person in self.random.sample(self.people[:900], 20):  # a Viber user with two phones
            person.viber = person.viber or self.viber_id(9000 + self.people.index(person))
            person.phones.append(self.people[self.random.randrange(900)].phones[0])
        self.rows = {"clients": [], "log": [], "viber": [], "left": []}
        self.add(self.people[150:], 1.0)

    def pick(self, values):
        return self.random.choice(values)

    def chance(self, share):
        return self.random.random() < share

    def viber_id(self, number):
        return base64.b64encode(f"viberuser{number:05}".encode() + b"\xd4").decode()

    def add(self, people, share):
        for person in people:
            if not self.chance(share):
                continue
            if person.phones:
                self.rows["clients"] += [self.client(person) for _ in range(self.pick([0, 1, 1, 1, 2, 3]))]
                self.rows["log"] += [row for _ in range(self.pick([0, 0, 1, 2, 4])) for row in self.messages(person)]
                self.rows["left"] += [self.left(person) for _ in range(self.pick([0] * 9 + [1, 1, 2]))]
            if person.viber:
                self.rows["viber"] += [self.subscriber(person) for _ in range(self.pick([1, 1, 2]))]
        for rows in self.rows.values():
            self.random.shuffle(rows)

    def change(self):
        """The second round: rows are gone, new, and in another order; new people."""
        for source, rows in self.rows.items():
            self.rows[source] = [self.changed(source, row) for row in rows if self.chance(0.8)]
        self.add(self.people[150:], 0.25)
        self.add(self.people[:150], 1.0)

    def changed(self, source, row):
        if source != "clients" or not self.chance(0.2):
            return row
        row = dict(row)
        row[self.pick(["E-mail", "Langue", "Ville", "Créé le", "Opt-in", "Dernier contact", "Nom"])] = ""
        return row

    def moment(self):
        start = datetime.datetime(2025, 1, 1, tzinfo=UTC)
        return start + datetime.timedelta(seconds=self.random.randrange(680 * 86400))

    def day(self):
        """Some dates are frequent, so that rows have equal ones."""
        if self.chance(0.2):
            return datetime.date(2026, 5, self.pick([1, 2]))
        return self.moment().date()

    def local_date(self):
        if self.chance(0.25):
            return self.pick(["", "", "n/a"])
        if self.chance(0.02):
            return self.pick(["bientôt", "03/02/1999", "12/12/2031"])
        day = self.day()
        hour = f"{self.random.randrange(24):02}:{self.random.randrange(60):02}"
        form = self.pick(["%d/%m/%Y", "%Y-%m-%d", f"%d/%m/%Y {hour}", f"%Y-%m-%d {hour}:30"])
        return day.strftime(form)

    def spelling(self, phone):
        """The number as somebody may have written it, with the country that the cell next to it has to name."""
        if phone.startswith("+33"):
            d = phone[3:]
            pairs = [d[0]] + [d[1:][i : i + 2] for i in range(0, 8, 2)]
            forms = [
                phone, "0" + d, "0" + " ".join(pairs), "+33 " + " ".join(pairs), "0033" + d, "+33 (0)" + d,
                "tel:" + phone, "0" + ".".join(pairs), "+33\u00a0" + "\u00a0".join(pairs), d, "'" + phone,
                "0" + "-".join(pairs), "０" + d,
            ]
            return self.pick(forms), self.pick(["FR", "France", "fra", "🇫🇷", "", "", "n/a", "+33"])
        if phone.startswith("+1"):
            area, middle, last = phone[2:5], phone[5:8], phone[8:]
            forms = [f"({area}) {middle}-{last}", f"{area}-{middle}-{last}", f"{area}.{middle}.{last}"]
            if self.chance(0.5):
                return self.pick([phone, f"+1 {area}-{middle}-{last}", f"+1 {area} {middle} {last} ext. 5"]), self.pick(
                    ["", "US"]
                )
            return self.pick(forms), self.pick(["US", "USA", "États-Unis"])
        d = phone[3:]
        if self.chance(0.5):
            return self.pick([phone, f"+61 {d[:3]} {d[3:6]} {d[6:]}"]), self.pick(["", "AU", "Atlantide"])
        return f"0{d[:3]} {d[3:6]} {d[6:]}", self.pick(["AU", "Australie"])

    def bad_phone(self):
        return self.pick(
            [
                "+33 1 99 00 0* **", "voir fiche", "3.31990E+10", "", "+33 6 39 98 00 01", "0000000000", "01 99",
                "+33 1 99 00 00 01 / +33 1 99 00 00 02",
            ]
        )

    def name_spelling(self, text):
        return self.pick(
            [
                text, text, text, text.upper(), text.lower(), "  " + text + " ", unicodedata.normalize("NFD", text), "",
                "-", text.encode().decode("cp1252", "ignore") if text in ("Léa", "Zoé") else text,
            ]
        )

    def email(self, person):
        plain = unicodedata.normalize("NFD", person.first + "." + person.last).encode("ascii", "ignore").decode() or "x"
        address = f"{plain}{self.random.randrange(4)}@example.com"
        return self.pick(
            [address, address.upper(), "mailto:" + address, f"Ana <{address}>", "", "", "ana(at)example", "n/a"]
        )

    def client(self, person):
        if self.chance(0.01):
            return {}
        phone, region = self.spelling(self.pick(person.phones))
        if self.chance(0.03):
            phone, region = self.bad_phone(), ""
        elif self.chance(0.005):
            region = "Atlantide"
        mobile, home = (phone, "") if self.chance(0.8) else ("", phone)
        if mobile and self.chance(0.05):
            home = "01 99 00 98 76"
        return {
            "Mobile": mobile, "Domicile": home, "Pays": region, "Prénom": self.name_spelling(person.first),
            "Nom": self.name_spelling(person.last), "E-mail": self.email(person),
            "Langue": "klingonais" if self.chance(0.01) else self.pick(LANGUAGES),
            "Créé le": self.local_date() if self.chance(0.5) else "", "Dernier contact": self.local_date(),
            "Opt-in": self.pick(CONSENTS + [""] * 8), "Date opt-in": self.local_date(),
            "Ne pas contacter": self.pick(OPT_OUTS) if self.chance(0.5) else "",
            "Étiquettes": self.pick(["; ", ",", ", "]).join(self.random.sample(TAGS, self.random.randrange(3))),
            "Ville": self.pick(CITIES),
        }

    def messages(self, person):
        """One message, sometimes in two rows: its id is the same."""
        self.n_ids += 1
        at = (
            self.moment()
            if self.chance(0.9)
            else datetime.datetime(2026, 5, 1, 8, 0, self.random.randrange(3), tzinfo=UTC)
        )
        phone = self.pick(person.phones)
        phone = self.pick([phone, phone[1:]])
        row = {"Sid": f"SM{self.n_ids:032x}", "ErrorCode": "", "SentDate": at.strftime("%a, %d %b %Y %H:%M:%S +0000")}
        if self.chance(0.2):
            row["SentDate"] = at.astimezone(datetime.timezone(-5 * datetime.timedelta(hours=1))).strftime(
                "%a, %d %b %Y %H:%M:%S -0500"
            )
        if self.chance(0.4):
            row |= {
                "From": phone, "To": BUSINESS, "Body": self.pick(INBOUND), "Status": "received", "Direction": "inbound",
            }
        else:
            status, error = self.pick(
                [
                    ("delivered", ""), ("delivered", ""), ("read", ""), ("undelivered", "30005"), ("failed", "21211"),
                    ("undelivered", "30003"), ("failed", "21610"), ("queued", ""),
                ]
            )
            row |= {
                "From": BUSINESS, "To": phone, "Body": self.pick(OUTBOUND), "Status": status, "ErrorCode": error,
                "Direction": "outbound-api",
            }
        if self.chance(0.03):
            row["From" if row["Direction"] == "inbound" else "To"] = self.pick(
                ["36180", "OPTIQUE", BUSINESS, "+33639980001"]
            )
        return [row, dict(row)] if self.chance(0.05) else [row]

    def left(self, person):
        phone = self.pick(person.phones)
        number = (
            self.pick([phone, "00" + phone[1:], int(phone[1:])])
            if self.chance(0.97)
            else self.pick(["abc", "+33 6 39 98 00 01"])
        )
        day = self.pick(
            [
                None, self.day(), self.day(),
                datetime.datetime.combine(self.day(), datetime.time(9, self.random.randrange(60))),
            ]
        )
        return {"Numéro": number, "Date de désinscription": day, "Motif": self.pick(["", "téléphone"])}

    def subscriber(self, person):
        day = self.day()
        phone = self.pick(person.phones) if person.phones and self.chance(0.6) else ""
        if phone and self.chance(0.03):
            phone = "+33 1 99 00 0* **"
        seen = self.pick(["", "", f"{day}T10:00:00Z", f"{day} 10:{self.random.randrange(60):02}:00+02:00", str(day)])
        return {
            "viber_id": person.viber if self.chance(0.99) or not phone else "", "phone": phone,
            "name": self.name_spelling(f"{person.first} {self.pick(['', person.last])}".strip()),
            "language": self.pick(LANGUAGES), "country": "",
            "subscribed": self.pick(["subscribed", "subscribed", "unsubscribed", ""]),
            "subscription_date": self.pick(["", str(self.day() - 400 * DAY)]), "last_seen": seen,
            "tags": self.pick(["", "vip", "bot;vip"]),
        }

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        columns = [
            "Mobile", "Domicile", "Pays", "Prénom", "Nom", "E-mail", "Langue", "Créé le", "Dernier contact", "Opt-in",
            "Date opt-in", "Ne pas contacter", "Étiquettes", "Ville",
        ]
        write_csv(folder / "clients.csv", columns, self.rows["clients"], ";", header_again=700)
        columns = ["From", "To", "Body", "Status", "SentDate", "ErrorCode", "Sid", "Direction"]
        half = len(self.rows["log"]) // 2
        write_csv(folder / "log-1.csv", columns, self.rows["log"][:half], ",")
        write_csv(folder / "log-2.csv", columns, self.rows["log"][half:], ",")
        lines = [json.dumps(row, ensure_ascii=False) for row in self.rows["viber"]]
        (folder / "viber.ndjson").write_text("\n".join(lines) + "\n")
        book = openpyxl.Workbook()
        columns = ["Numéro", "Date de désinscription", "Motif"]
        book.active.append(columns)
        for row in self.rows["left"]:
            book.active.append([row[column] for column in columns])
        book.save(folder / "left.xlsx")


def write_csv(path, columns, rows, delimiter, header_again=None):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(columns)
        for number, row in enumerate(rows):
            if number == header_again:
                writer.writerow(columns)
            writer.writerow([row.get(column, "") for column in columns])
            if number % 500 == 499:
                writer.writerow([row.get(column, "") for column in columns] + ["one", "two"])  # too many fields


# --- Reading the files ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Row:
    """The name of a row."""

    run: int
    source: str
    record: int

    def __str__(self):
        return f"run{self.run}/{self.source}:{self.record}"


@dataclass
class Said:
    channel: str
    basis: str
    state: str
    words: str
    dates: Optional[tuple]


@dataclass
class Reading:
    """What a row says, by the rules of docs/."""

    row: Row
    channel: str
    reject: Optional[str] = None
    phone: Optional[str] = None
    viber: Optional[str] = None
    values: dict = field(default_factory=dict)  # name, email, language
    attributes: dict = field(default_factory=dict)
    tags: list = field(default_factory=list)
    at: Optional[datetime.datetime] = None
    first: Optional[datetime.datetime] = None
    inbound: Optional[bool] = None
    message: Optional[str] = None
    reachable: Optional[str] = None
    said: list = field(default_factory=list)

    def rank(self):
        """The greatest is the latest."""
        at = self.at or datetime.datetime.min.replace(tzinfo=UTC)
        return (self.at is not None, at, -PRIORITY[self.row.source], -self.row.record)


def read_exports(folder, run):
    """All rows of the files of a run, in the order of their names."""
    readings = []
    for source in PRIORITY:
        record = 0
        for cells in cells_of(folder, source):
            record += 1
            readings.append(READERS[source](Row(run, source, record), cells))
    return readings


def cells_of(folder, source):
    """Dicts by column; None for a record with more fields than the header."""
    if source == "viber":
        for line in (folder / "viber.ndjson").read_text().splitlines():
            yield json.loads(line)
    elif source == "left":
        rows = openpyxl.load_workbook(folder / "left.xlsx").active.iter_rows(values_only=True)
        header = next(rows)
        yield from (dict(zip(header, row)) for row in rows)
    else:
        paths = [folder / "clients.csv"] if source == "clients" else sorted(folder.glob("log-*.csv"))
        for path in paths:
            with open(path, newline="") as file:
                rows = csv.reader(file, delimiter=";" if source == "clients" else ",")
                header = next(rows)
                for row in rows:
                    if row != header:
                        yield dict(zip(header, row)) if len(row) == len(header) else None


def read_client(row, cells):
    reading = Reading(row, "sms")
    if cells is None:
        reading.reject = "E_FIELDS"
    elif not any(cells.values()):
        reading.reject = "E_NOT_A_CONTACT"
    else:
        region, is_known = read_region(cells["Pays"])
        reading.phone, reading.reject = read_phone(cells["Mobile"] or cells["Domicile"], region, is_known, "national")
    if reading.reject:
        return reading

    parts = {key: read_name(cells[column]) for key, column in (("first_name", "Prénom"), ("last_name", "Nom"))}
    name = read_name(" ".join(cells[column] for column in ("Prénom", "Nom") if read_name(cells[column])))
    add_values(reading, name, read_email(cells["E-mail"]), read_language(cells["Langue"]))
    reading.attributes = {key: value for key, value in (parts | {"city": meaning(cells["Ville"])}).items() if value}
    reading.tags = read_tags(cells["Étiquettes"])
    last, first = read_date(cells["Dernier contact"], PARIS), read_date(cells["Créé le"], PARIS)
    set_dates(reading, last, first)
    consent_dates = in_range(read_date(cells["Date opt-in"], PARIS))
    say(reading, "sms", "cell", CELL_WORDS, cells["Opt-in"], consent_dates)
    opt_out = cells["Ne pas contacter"]
    dates = read_date(opt_out, PARIS)
    if dates:
        reading.said.append(Said("sms", "opt_out", "stop", opt_out, in_range(dates)))
    else:
        say(reading, "sms", "opt_out", OPT_OUT_WORDS, opt_out, None)
    if cells["Langue"] == "klingonais":
        reading.said.append(Said("sms", "unreadable", "unclear", "unreadable language", None))
    return reading


def read_message(row, cells):
    reading = Reading(row, "sms")
    if cells is None:
        reading.reject = "E_FIELDS"
        return reading
    reading.inbound = cells["Direction"] == "inbound"
    other = cells["From"] if reading.inbound else cells["To"]
    if other == BUSINESS:
        reading.reject = "E_SELF"
    elif not re.fullmatch(r"\+?\d{7,}", other):
        reading.reject = "E_NOT_SUBSCRIBER"
    else:
        reading.phone, reading.reject = read_phone(other, "FR", True, "international")
    if reading.reject:
        return reading
    at = parsedate_to_datetime(cells["SentDate"]).astimezone(UTC)
    set_dates(reading, (at, at), None)
    reading.message = cells["Sid"]
    if cells["Status"] in ("delivered", "read"):
        reading.reachable = "yes"
    elif cells["ErrorCode"] in ("21211", "21614", "30005", "30006"):
        reading.reachable = "no"
    if reading.inbound:
        say(reading, "sms", "message", MESSAGE_WORDS, cells["Body"], (at, at))
    if cells["ErrorCode"] == "21610":
        reading.said.append(Said("sms", "event", "stop", "21610", (at, at)))
    return reading


def read_subscriber(row, cells):
    reading = Reading(row, "viber", viber=cells["viber_id"] or None)
    if cells["phone"]:
        reading.phone, reading.reject = read_phone(cells["phone"], "FR", True, "national")
    elif not reading.viber:
        reading.reject = "E_EMPTY"
    if reading.reject:
        return reading
    add_values(reading, read_name(cells["name"]), None, read_language(cells["language"]))
    reading.tags = read_tags(cells["tags"])
    subscribed = read_date(cells["subscription_date"], UTC)
    set_dates(reading, read_date(cells["last_seen"] or cells["subscription_date"], UTC), subscribed)
    say(reading, "viber", "cell", CELL_WORDS, cells["subscribed"], None)
    return reading


def read_left(row, cells):
    reading = Reading(row, "sms")
    reading.phone, reading.reject = read_phone(str(cells["Numéro"]), "FR", True, "international")
    if reading.reject:
        return reading
    at = cells["Date de désinscription"]
    dates = None
    if at is not None:
        # openpyxl gives a datetime for a day too.
        start = at.replace(tzinfo=UTC)
        is_day = at.time() == datetime.time()
        dates = (start, start + DAY - datetime.timedelta(microseconds=1)) if is_day else (start, start)
    set_dates(reading, dates, None)
    reading.said.append(Said("all", "list", "stop", LIST_WORDS, dates))
    return reading


READERS = {"clients": read_client, "log": read_message, "viber": read_subscriber, "left": read_left}
LIST_WORDS = ""
CELL_WORDS = {
    "oui": "yes", "x": "yes", "accord tél.": "yes", "subscribed": "yes", "non": "no", "stop": "stop",
    "désabonné": "stop", "unsubscribed": "no", "blacklist interne": "stop", "peut-être bien": "unclear",
}
OPT_OUT_WORDS = {"true": "no", "désabonné": "stop", "voir paul": "unclear"}
MESSAGE_WORDS = {
    "stop": "stop", "stop svp": "stop", "stop 36180": "stop", "arrêt": "stop", "start": "yes",
    "stop writing to me every single day please": "unclear",
}


def say(reading, channel, basis, words, cell, dates):
    state = words.get(cell.strip().lower())
    if state:
        reading.said.append(Said(channel, basis, state, cell.strip(), dates))


def add_values(reading, name, email, language):
    values = {"name": name, "email": email, "language": language}
    reading.values = {key: value for key, value in values.items() if value}


def set_dates(reading, last, first):
    last_in_range = in_range(last)
    reading.at = last_in_range and last_in_range[0]
    starts = [dates[0] for dates in (last_in_range, first) if dates and dates[0].year < 2030]
    reading.first = min(starts) if starts else None


def in_range(dates):
    return dates if dates and dates[0] >= EARLIEST and dates[0].year < 2030 else None


def meaning(text):
    text = " ".join(text.split())
    return None if text.lower() in ("", "-", "n/a", "null", "unknown") else text


def read_name(text):
    text = meaning(unicodedata.normalize("NFC", text))
    if not text:
        return None
    with contextlib.suppress(UnicodeError):
        text = text.encode("cp1252").decode()
    if text.upper() == text or text.lower() == text:
        text = re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), text.lower())
    return text


def read_email(text):
    match = re.fullmatch(r"(?:mailto:|.*<)?([^@<>\s()]+@[^@<>\s]+\.[^@<>\s]+?)>?", text.strip(), re.IGNORECASE)
    return match[1].lower() if match else None


def read_language(text):
    codes = {"fr": "fr", "fra": "fr", "french": "fr", "en": "en", "pt_br": "pt", "allemand": "de", "español": "es"}
    return codes.get(text.lower())


def read_tags(text):
    return [tag.strip() for tag in re.split("[,;]", text) if tag.strip()]


def read_region(text):
    regions = {
        "": "FR", "n/a": "FR", "fr": "FR", "france": "FR", "fra": "FR", "🇫🇷": "FR", "+33": "FR", "us": "US",
        "usa": "US", "états-unis": "US", "au": "AU", "australie": "AU",
    }
    return regions.get(text.lower()), text.lower() in regions


def read_date(text, zone):
    """The first and last moment, or None."""
    text = text.strip()
    match = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})(.*)", text)
    if match:
        text = f"{match[3]}-{match[2]}-{match[1]}{match[4]}"
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    is_day = len(text) == 10
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    end = at
    if is_day:
        end = (at.replace(tzinfo=None) + DAY).replace(tzinfo=at.tzinfo).astimezone(UTC) - datetime.timedelta(
            microseconds=1
        )
    return (at.astimezone(UTC), end.astimezone(UTC))


def read_phone(text, region, region_is_known, form):
    """The number or the reason of the reject."""
    text = unicodedata.normalize("NFKC", text).strip().removeprefix("'").removeprefix("tel:")
    text = re.sub(r"\s*ext\. \d+$", "", text).replace("(0)", "")
    if not text:
        return None, "E_EMPTY"
    if "*" in text:
        return None, "E_MASKED"
    if re.fullmatch(r"\d\.\d+E\+\d+", text):
        return None, "E_SCI_NOTATION"
    if re.search(r"[^\W\d]", text):
        return None, "E_LETTERS"
    if "/" in text:
        return None, "E_MULTIPLE"
    digits = re.sub(r"\D", "", text)
    if set(digits) == {"0"}:
        return None, "E_PLACEHOLDER"
    if len(digits) < 7:
        return None, "E_SHORT_CODE"
    if text.startswith("+") or form == "international" and not digits.startswith("00"):
        number = "+" + digits
    elif not region_is_known:
        return None, "E_REGION_UNKNOWN"
    elif digits.startswith("00"):
        number = "+" + digits[2:]
    else:
        number = {"FR": "+33", "US": "+1", "AU": "+61"}[region] + digits.removeprefix("0")
    if re.fullmatch(r"\+33199\d{6}|\+1202555\d{4}|\+61491570\d{3}", number):
        return number, None
    return None, "E_INVALID"


# --- The rule: which contacts the rows make ---------------------------------------------------------------------------


@dataclass
class Contact:
    """What the database should know of a person. A value is with the row that gave it."""

    values: dict = field(default_factory=dict)  # of name, email, language, reachable: (value, Row)
    attributes: dict = field(default_factory=dict)
    dates: dict = field(default_factory=dict)  # of first_at, last_at, last_inbound_at, last_outbound_at
    tags: set = field(default_factory=set)
    channels: set = field(default_factory=set)
    n_messages: int = 0
    rows: list = field(default_factory=list)
    said: dict = field(default_factory=dict)  # identity of a statement -> (Said, rows by run)
    retracted: set = field(default_factory=set)
    run: int = 0
    before: set = field(default_factory=set)  # the rows before the last import
    may_stay: set = field(default_factory=set)  # rows before an import that was followed by a merge


def statement_key(said, source):
    return (said.channel, said.basis, said.words, said.dates, source)


def contact_of(readings, rules):
    """Cleaning: one contact from the rows of one run."""
    contact = Contact(run=readings[0].row.run)
    latest_first = sorted(readings, key=Reading.rank, reverse=True)
    for name in ("name", "email", "language"):
        having = [reading for reading in latest_first if name in reading.values]
        if having:
            chosen = choose(having, name, rules.get(name, "latest"))
            contact.values[name] = (chosen.values[name], chosen.row)
    known = [reading for reading in latest_first if reading.reachable]
    if known:
        contact.values["reachable"] = (known[0].reachable, known[0].row)
    for reading in reversed(latest_first):
        for key, value in reading.attributes.items():
            contact.attributes[key] = (value, reading.row)

    dated = [reading for reading in latest_first if reading.at]
    candidates = {
        "last_at": dated,
        "last_inbound_at": [reading for reading in dated if reading.inbound is True],
        "last_outbound_at": [reading for reading in dated if reading.inbound is False],
    }
    for name, having in candidates.items():
        if having:
            contact.dates[name] = (having[0].at, having[0].row)
    firsts = [reading for reading in latest_first if reading.first]
    if firsts:
        first = min(firsts, key=lambda reading: reading.first)
        contact.dates["first_at"] = (first.first, first.row)

    contact.tags = {tag for reading in readings for tag in reading.tags}
    contact.channels = {reading.channel for reading in readings}
    contact.n_messages = len({reading.message for reading in readings if reading.message})
    contact.rows = sorted(reading.row for reading in readings)
    for reading in readings:
        for said in reading.said:
            contact.said.setdefault(statement_key(said, reading.row.source), (said, {}))[1].setdefault(
                reading.row.run, []
            ).append(reading.row)
    return contact


def choose(having, name, rule):
    """`having` is the latest first, so that equal ones leave the latest."""
    match rule:
        case "latest":
            return having[0]
        case "longest":
            return max(having, key=lambda reading: len(reading.values[name]))
        case "source-priority":
            return min(having, key=lambda reading: PRIORITY[reading.row.source])
        case "first":
            dated = [reading for reading in having if reading.at]
            return min(dated, key=lambda reading: reading.at) if dated else having[0]


def import_again(known, new):
    """A later import of the same contact."""
    contact = Contact(run=new.run)
    contact.values = known.values | new.values
    contact.attributes = known.attributes | new.attributes
    contact.dates = best_dates(new.dates, known.dates)
    contact.tags = known.tags | new.tags
    contact.channels = known.channels | new.channels
    contact.n_messages = max(known.n_messages, new.n_messages)
    contact.before = set(known.rows)
    again = {row.source for row in new.rows}
    contact.rows = sorted(new.rows + [row for row in known.rows if row.source not in again])
    contact.said = union_of_statements(known, new)
    # What could not be read is retracted when the source has the person again and can be read.
    unreadable = {key for key in known.said if key[1] == "unreadable" and key[4] in again and key not in new.said}
    contact.retracted = (known.retracted | unreadable) - set(new.said)
    return contact


def merged(keep, other):
    """`ferry merge`: the first contact takes the values that it lacks."""
    contact = Contact(run=max(keep.run, other.run))
    contact.values = other.values | keep.values
    contact.attributes = other.attributes | keep.attributes
    contact.dates = best_dates(keep.dates, other.dates)
    contact.tags = keep.tags | other.tags
    contact.channels = keep.channels | other.channels
    contact.n_messages = keep.n_messages + other.n_messages
    contact.rows = sorted(set(keep.rows + other.rows))
    contact.may_stay = keep.before | other.before
    contact.said = other.said | keep.said
    contact.retracted = (
        (keep.retracted | other.retracted) - (set(keep.said) - keep.retracted) - (set(other.said) - other.retracted)
    )
    return contact


def best_dates(preferred, other):
    result = dict(other)
    for name, (at, row) in preferred.items():
        known = other.get(name)
        if known is None or (at <= known[0] if name == "first_at" else at >= known[0]):
            result[name] = (at, row)
    return result


def union_of_statements(a, b):
    union = {key: (said, dict(rows)) for key, (said, rows) in a.said.items()}
    for key, (said, rows) in b.said.items():
        all_rows = union.setdefault(key, (said, {}))[1]
        for run, names in rows.items():
            all_rows[run] = all_rows.get(run, []) + names
    return union


class World:
    """All contacts, by ("phone", number) or ("viber", id)."""

    def __init__(self, rules):
        self.rules = rules
        self.contacts = {}
        self.survivor_of = {}  # absorbed -> survivor
        self.phones_of_user = collections.defaultdict(set)  # in the run that is loaded
        self.known_phones_of_user = collections.defaultdict(set)  # in earlier runs
        self.contact_of_row = {}

    def root(self, key):
        while key in self.survivor_of:
            key = self.survivor_of[key]
        return key

    def load(self, readings, suppressed):
        """`suppressed` are contacts that the plan's list keeps out."""
        readings = [reading for reading in readings if not reading.reject]
        for reading in readings:
            if reading.phone and reading.viber:
                self.phones_of_user[reading.viber].add(reading.phone)
        people = collections.defaultdict(list)
        for reading in readings:
            people[self.person(reading)].append(reading)
        for key in people:
            self.absorb_users_of(key)
        for key, rows in people.items():
            for reading in rows:
                self.contact_of_row[reading.row] = key
            if key not in suppressed:
                self.import_contact(key, contact_of(rows, self.rules))
        for key in people:
            known = self.known_contact_of_user(key)
            if known in self.contacts:
                self.merge(known, key)
        for user, phones in self.phones_of_user.items():
            self.known_phones_of_user[user] |= phones
        self.phones_of_user.clear()

    def person(self, reading):
        """Rows of a user alone belong to the phone that this run has for the user."""
        if reading.phone:
            return self.root(("phone", reading.phone))
        user = ("viber", reading.viber)
        roots = {self.root(("phone", phone)) for phone in self.phones_of_user[reading.viber]}
        if user in self.survivor_of:
            roots.add(self.root(user))
        return roots.pop() if len(roots) == 1 else self.root(user)

    def absorb_users_of(self, key):
        """A user who was in the database alone, and now has a phone."""
        for user, phones in list(self.phones_of_user.items()):
            alone = ("viber", user)
            phones = phones | self.known_phones_of_user[user]
            if (
                key[0] == "phone"
                and alone in self.contacts
                and {self.root(("phone", phone)) for phone in phones} == {key}
            ):
                if key in self.contacts:
                    self.merge(key, alone)
                else:
                    self.contacts[key] = self.contacts.pop(alone)
                    self.survivor_of[alone] = key

    def known_contact_of_user(self, key):
        """The contact of the phone that the database has for a user who came alone."""
        if key[0] == "phone" or key not in self.contacts:
            return None
        # A user who was merged into this one is the same person.
        users = {user for user in (*self.known_phones_of_user, *self.phones_of_user) if self.root(("viber", user)) == key}
        phones = {phone for user in users for phone in self.known_phones_of_user[user] | self.phones_of_user[user]}
        roots = {self.root(("phone", phone)) for phone in phones} - {key}
        return roots.pop() if len(roots) == 1 else None

    def import_contact(self, key, new):
        known = self.contacts.get(key)
        self.contacts[key] = import_again(known, new) if known else new

    def merge(self, keep, other):
        self.contacts[keep] = merged(self.contacts[keep], self.contacts.pop(other))
        self.survivor_of[other] = keep


# --- The program and the database -------------------------------------------------------------------------------------


class Project:
    """A folder with a plan, and its database."""

    def __init__(self, ferry, folder, kind, rules):
        self.ferry, self.folder, self.kind = ferry, folder, kind
        folder.mkdir(parents=True)
        self.environment = os.environ | {"NO_COLOR": "1"}
        if kind == "sqlite":
            self.environment["LINEAGE_DATABASE"] = "sqlite:crm.db"
        else:
            address = os.environ["FERRY_TEST_POSTGRES"]
            self.database = f"lineage_{os.getpid()}"
            self.server = address.replace("DATABASE", "postgres")
            self.address = address.replace("DATABASE", self.database)
            self.psql(self.server, f"create database {self.database}")
            self.environment["LINEAGE_DATABASE"] = self.address
        plan = PLAN
        if rules:
            plan += "\n[merge]\n" + "".join(f'{name} = "{rule}"\n' for name, rule in rules.items())
        (folder / "plan.toml").write_text(plan)
        (folder / "suppressed.txt").write_text("")

    def command(self, *arguments):
        ended = subprocess.run(
            [self.ferry, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        if ended.returncode not in (0, 3):
            sys.exit(f"ferry {arguments[0]} ended with {ended.returncode}: {ended.stderr[-2000:]}")
        return ended.stdout

    def run(self):
        return json.loads(self.command("run", "--quiet", "--format", "json"))["run_id"]

    def psql(self, address, sql):
        ended = subprocess.run(["psql", "-XqAt", address, "-c", sql], capture_output=True, text=True)
        if ended.returncode:
            sys.exit(f"psql: {ended.stderr}")
        return ended.stdout

    def rows(self, sql):
        if self.kind == "postgres":
            text = self.psql(
                self.address, f"set timezone to 'UTC'; select coalesce(json_agg(it), '[]') from ({sql}) as it"
            )
            return json.loads(text)
        with contextlib.closing(sqlite3.connect(f"file:{self.folder / 'crm.db'}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    def close(self):
        if self.kind == "postgres":
            self.psql(self.server, f"drop database {self.database}")


def moment(text):
    return text and datetime.datetime.fromisoformat(text).astimezone(UTC)


# --- Checks -----------------------------------------------------------------------------------------------------------


class Report:
    """What was explained, and what was not: by the kind of thing, with names of rows and fields."""

    def __init__(self):
        self.counts = collections.Counter()
        self.unexplained = collections.defaultdict(list)

    def explained(self, what, n=1):
        self.counts[what] += n

    def wrong(self, what, detail):
        self.unexplained[what].append(detail)

    def expect(self, what, is_right, detail):
        if is_right:
            self.explained(what)
        else:
            self.wrong(what, detail)

    def n_unexplained(self):
        return sum(map(len, self.unexplained.values()))

    def print(self, title, details):
        n_fields = sum(self.counts[f"{name} by a row of source_rows"] for name in BY_SOURCE_ROWS)
        n_fields += sum(self.counts[name] for name in [*FIELDS, "region", "channels"])
        n_rows = sum(
            n for what, n in self.counts.items() if what.startswith(("rows forward", "rejected", "suppressed"))
        )
        print(
            f"{title}: {self.counts['contacts']} contacts, {n_fields} fields, {self.counts['statements']} statements "
            f"and {n_rows} rows are explained; {self.n_unexplained()} are not"
        )
        for what in sorted(set(self.counts) | set(self.unexplained)):
            found = self.unexplained.get(what, [])
            print(f"  {self.counts[what]:6} {what}" + (f", {len(found)} not explained:" if found else ""))
            for detail in found[:details]:
                print(f"           {detail}")


class Checker:
    """Compares the database after a step with the world that the rules make of the files."""

    def __init__(self, project, world, runs, readings, report):
        self.project, self.world, self.runs, self.report = project, world, runs, report
        self.readings = {reading.row: reading for rows in readings for reading in rows}
        self.number_of = {label: number for number, label in enumerate(runs, 1)}
        self.contacts = project.rows("select * from contact_view")
        self.run_of = {contact["contact_id"]: self.number_of[contact["run_id"]] for contact in self.contacts}
        self.identities = collections.defaultdict(list)
        for row in project.rows("select * from identity_view"):
            self.identities[row["contact_id"]].append((row["kind"], row["value"]))
        self.started = {
            self.number_of[row["first_run"]]: micros(moment(row["first_run_at"]))
            for row in project.rows("select distinct first_run, first_run_at from consent_view")
        }
        self.statements = collections.defaultdict(list)
        for row in project.rows("select * from consent_view"):
            self.statements[row["contact_id"]].append(row)
        self.now = collections.defaultdict(list)
        for row in project.rows("select * from consent_now_view"):
            self.now[row["contact_id"]].append(row)
        self.key_of = {contact["contact_id"]: self.key(contact) for contact in self.contacts}
        self.by_key = {self.key_of[contact["contact_id"]]: contact for contact in self.contacts}

    def key(self, contact):
        if contact["e164"]:
            return ("phone", contact["e164"])
        users = [value for kind, value in self.identities[contact["contact_id"]] if kind == "viber"]
        return self.world.root(("viber", users[0])) if users else ("neither", contact["contact_id"])

    def run_of_names(self, contact):
        """The run of names without one. An import that repeats a contact, with its names, does not write it."""
        expected = self.world.contacts.get(self.key_of[contact["contact_id"]])
        written = self.run_of[contact["contact_id"]]
        if expected and expected.run > written and "/" not in contact["source_rows"]:
            return expected.run
        return written

    def row_names(self, text, own_run):
        """`sms:1-2,40 RUN/viber:7` as rows."""
        rows = []
        for token in (text or "").split():
            run = own_run
            if "/" in token:
                label, token = token.rsplit("/", 1)
                run = self.number_of[label]
            source, numbers = token.rsplit(":", 1)
            for part in numbers.split(","):
                first, _, last = part.partition("-")
                rows += [Row(run, source, number) for number in range(int(first), int(last or first) + 1)]
        return rows

    def value_rows(self, contact, own_run):
        """The row of most values, the exceptions by field, and the rows of values that stay by field."""
        if not contact["value_rows"]:
            rows = self.row_names(contact["source_rows"], own_run)
            return (rows[0] if len(rows) == 1 else None), {}, {}
        default, exceptions, earlier = None, {}, {}
        for token in contact["value_rows"].split():
            names_of_values, equals, rows = token.partition("=")
            if not equals:
                default = self.row_names(token, own_run)[0]
            elif names_of_values in FIELDS:
                (exceptions[names_of_values],) = self.row_names(rows, own_run)
            else:
                for name in names_of_values.split(","):
                    earlier[urllib.parse.unquote(name)] = set(self.row_names(rows.replace("+", " "), own_run))
        return default, exceptions, earlier

    def same_set_of_contacts(self):
        expected, found = set(self.world.contacts), set(self.by_key)
        for key in expected - found:
            self.report.wrong("contact", f"missing in the database: rows {names(self.world.contacts[key].rows)}")
        for key in found - expected:
            self.report.wrong("contact", f"not from the rows: source_rows {self.by_key[key]['source_rows']}")
        self.report.explained("contacts in both", len(expected & found))

    def check_all_rows(self):
        """source_rows of all contacts. Rows of earlier runs that stay are adopted, because later merges keep them."""
        for contact in self.contacts:
            expected = self.world.contacts.get(self.key_of[contact["contact_id"]])
            if expected is not None:
                own_run = self.run_of_names(contact)
                default, exceptions, earlier = self.value_rows(contact, own_run)
                place = f"{contact['source_rows']} (run {own_run}), value_rows {contact['value_rows']}"
                rows = set(self.row_names(contact["source_rows"], own_run))
                value_rows = {row for row in (default, *exceptions.values()) if row}.union(*earlier.values())
                self.check_rows(contact, rows, expected, value_rows, place)
                expected.rows = sorted(rows)
                expected.before, expected.may_stay = set(), set()

    def check(self, contact):
        expected = self.world.contacts.get(self.key_of[contact["contact_id"]])
        if expected is None:
            return
        self.report.explained("contacts")
        own_run = self.run_of_names(contact)
        place = f"{contact['source_rows']} (run {own_run}), value_rows {contact['value_rows']}"
        default, exceptions, self.earlier = self.value_rows(contact, own_run)
        unknown = {name for name in self.earlier if not NAMED_IF_EARLIER.fullmatch(name)}
        self.report.expect("value_rows name known fields", not unknown, f"{unknown} at {place}")

        rows = sorted(self.row_names(contact["source_rows"], own_run))
        self.own = [self.readings[row] for row in rows if row.run == own_run]

        for name in ("name", "email", "language", "reachable"):
            self.field(contact, name, contact[name], expected.values.get(name), exceptions.get(name, default), place)
        found = moment(contact["last_at"])
        self.field(contact, "last_at", found, expected.dates.get("last_at"), exceptions.get("last_at", default), place)
        # A field below is from the rows that value_rows name for it, or else from one of the contact's own run.
        gives = {
            "first_at": lambda reading: reading.first,
            "last_inbound_at": lambda reading: reading.inbound is True and reading.at,
            "last_outbound_at": lambda reading: reading.inbound is False and reading.at,
        }
        for name, give in gives.items():
            found = moment(contact[name])
            value, row = expected.dates.get(name, (None, None))
            self.field(contact, name, found, expected.dates.get(name), row, place)
            if found and found == value:
                self.from_named(name, any(give(reading) == found for reading in self.rows_of(name)), row, place)

        attributes = {key: value for key, (value, _) in expected.attributes.items()}
        found = json.loads(contact["attributes"] or "{}")
        self.report.expect(
            "attributes", found == attributes, f"keys that differ {differing(found, attributes)} at {place}"
        )
        for key, value in found.items():
            if attributes.get(key) == value:
                given = any(reading.attributes.get(key) == value for reading in self.rows_of(f"attributes.{key}"))
                self.from_named("attribute", given, expected.attributes[key][1], place)
        tags = {tag for tag in (contact["tags"] or "").split(",") if tag}
        self.report.expect("tags", tags == expected.tags, f"{len(tags)} and not {len(expected.tags)} at {place}")
        for tag in tags & expected.tags:
            given = any(tag in reading.tags for reading in self.rows_of(f"tags.{tag}"))
            self.from_named("tag", given, "no row", place)
        channels = "+".join(channel for channel in ("sms", "viber") if channel in expected.channels)
        self.report.expect("channels", contact["channels"] == channels, f"{contact['channels']} at {place}")
        self.report.expect(
            "n_messages",
            contact["n_messages"] == expected.n_messages,
            f"{contact['n_messages']} and not {expected.n_messages} at {place}",
        )
        n_named = len({(reading.row.run, reading.message) for reading in self.rows_of("n_messages") if reading.message})
        self.from_named(
            "n_messages", n_named >= contact["n_messages"], f"{n_named} of {contact['n_messages']} messages", place
        )
        if contact["e164"]:
            region = "FR" if contact["e164"].startswith("+33") else "US" if contact["e164"].startswith("+1") else "AU"
            self.report.expect("region", contact["region"] == region, f"{contact['region']} at {place}")
        self.check_statements(contact, expected, place)

    def rows_of(self, name):
        """The rows that may have given a value: those that value_rows name, else those of the contact's own run."""
        return [self.readings[row] for row in self.earlier[name]] if name in self.earlier else self.own

    def from_named(self, what, is_given, by, place):
        """Every field is explained if one of its rows gives it, and these are in source_rows."""
        self.report.expect(f"{what} by a row of source_rows", is_given, f"given by {by}, at {place}")

    def check_rows(self, contact, rows, expected, value_rows, place):
        """Rows of earlier runs that gave a value which is still there may stay."""
        self.report.expect("n_rows", contact["n_rows"] == len(rows), f"{contact['n_rows']} at {place}")
        self.report.expect(
            "value_rows in source_rows", value_rows <= rows, f"{names(value_rows - rows)} is missing at {place}"
        )
        missing = set(expected.rows) - rows
        deciding = self.rows_of_what_counts(contact)
        more = rows - set(expected.rows) - value_rows - deciding - expected.may_stay
        self.report.expect(
            "source_rows", not missing and not more, f"missing {names(missing)}, too many {names(more)}, at {place}"
        )
        stayed = rows - set(expected.rows)
        self.report.counts["rows that stay for a value or the consent"] += len(stayed)

    def rows_of_what_counts(self, contact):
        statements = self.statements[contact["contact_id"]]
        counting = {row["statement_id"] for row in self.now[contact["contact_id"]]}
        return {self.row_of(statement) for statement in statements if statement["statement_id"] in counting}

    def row_of(self, statement):
        source, record = statement["source_row"].rsplit(":", 1)
        return Row(self.number_of[statement["first_run"]], source, int(record))

    def field(self, contact, name, found, expected, named, place):
        if expected is None:
            self.report.expect(f"{name} empty", found is None, f"no row gives it, at {place}")
            return
        value, row = expected
        if found != value:
            self.report.wrong(name, f"another value than that of {row}, at {place}")
        elif named != row:
            self.report.wrong(f"{name}: row", f"from {row} by the rule, value_rows say {named}, at {place}")
        else:
            self.report.explained(name)

    def check_statements(self, contact, expected, place):
        found_keys = set()
        held = []
        for index, statement in enumerate(self.statements[contact["contact_id"]]):
            source, record = statement["source_row"].rsplit(":", 1)
            run = self.number_of[statement["first_run"]]
            dates = statement["said_from"] and (moment(statement["said_from"]), moment(statement["said_until"]))
            key = (statement["channel"], statement["basis"], statement["words"], dates, source)
            what = f"{statement['basis']} {statement['state']} for {statement['channel']}"
            detail = f"{what} from run{run}/{statement['source_row']}, {place}"
            said, rows = expected.said.get(key, (None, {}))
            found_keys.add(key)
            day = dates and (dates[0], dates[0] + DAY - datetime.timedelta(microseconds=1))
            if said is None and source == "left" and (*key[:3], day, source) in expected.said:
                found_keys.add((*key[:3], day, source))
                self.report.wrong("statement of a day in a spreadsheet", f"read as its first moment: {detail}")
            elif said is None:
                self.report.wrong("statement", f"not from the rows: {detail}")
            elif run not in rows or run != min(rows):
                self.report.wrong("statement", f"first in run {min(rows)}: {detail}")
            elif Row(run, source, int(record)) not in rows[run]:
                self.report.wrong("statement", f"expected one of {names(rows[run])}: {detail}")
            else:
                self.report.expect(
                    "statements",
                    statement["state"] == said.state
                    and statement["purpose"] == "messages"
                    and (statement["retracted"] == "yes") == (key in expected.retracted),
                    f"expected {said.state}: {detail}",
                )
            if statement["retracted"] == "yes":
                continue
            since, until = (dates and [micros(date) for date in dates]) or (None, None)
            held.append(
                consent_model.Statement(
                    statement["channel"], statement["purpose"], statement["state"], since, until, statement["basis"],
                    statement["words"], source, first_run_at=micros(moment(statement["first_run_at"])), index=index,
                )
            )
        for key in set(expected.said) - found_keys:
            said, rows = expected.said[key]
            self.report.wrong(
                "statement",
                f"missing: {said.basis} {said.state} for {said.channel} of {names(sum(rows.values(), []))}, {place}",
            )
        self.check_what_counts(contact, held, place)
        self.check_consent_of_files(contact, expected, place)

    def check_consent_of_files(self, contact, expected, place):
        """The same rule for what the files say, whatever the ledger has."""
        held = []
        for key, (said, rows) in expected.said.items():
            if key not in expected.retracted:
                since, until = [micros(date) for date in said.dates] if said.dates else (None, None)
                held.append(
                    consent_model.Statement(
                        said.channel, "messages", said.state, since, until, said.basis, said.words, key[4],
                        first_run_at=self.started[min(rows)],
                    )
                )
        summary = consent_model.summary(held, consent_model.LATEST)
        found = (contact["consent"], contact["whatsapp_consent"])
        self.report.expect(
            "consent by the files",
            found == (summary["consent"], summary["whatsapp_consent"]),
            f"{found}, by the files {summary['consent']}, {summary['whatsapp_consent']}, {place}",
        )

    def check_what_counts(self, contact, held, place):
        rule = consent_model.LATEST
        expected = consent_model.summary(held, rule)
        channels = (
            expected["consent_channel"]
            if isinstance(expected["consent_channel"], list)
            else [expected["consent_channel"]]
        )
        at = moment(contact["consent_at"])
        is_right = (
            contact["consent"] == expected["consent"]
            and contact["consent_channel"] in channels
            and contact["whatsapp_consent"] == expected["whatsapp_consent"]
            and (at and micros(at)) == expected["consent_at"]
        )
        found = {name: contact[name] for name in ("consent", "consent_channel", "consent_at", "whatsapp_consent")}
        self.report.expect("consent that counts", is_right, f"{found}, expected {expected}, {place}")

        ids = [statement["statement_id"] for statement in self.statements[contact["contact_id"]]]  # by index of `held`
        expected = {
            key: [state, {ids[index] for index in indexes}]
            for key, (state, indexes) in consent_model.consent_now(held, rule).items()
        }
        found = {f"{row['channel']} {row['purpose']}": row for row in self.now[contact["contact_id"]]}
        for key in set(expected) | set(found):
            state, deciding = expected.get(key, (None, set()))
            row = found.get(key, {"state": None, "statement_id": None})
            self.report.expect(
                "consent_now",
                row["state"] == state and (state is None or row["statement_id"] in deciding),
                f"{key}: {row['state']}, expected {state}, {place}",
            )

    def forward(self, run, readings, suppressed):
        """Every row of a run to its contact."""
        folder = self.project.folder / "runs" / self.runs[run - 1]
        ledger = {}
        for source, record, outcome, reason, contact in duckdb.sql(
            f"select source, record, outcome, reason, contact_id from '{folder}/clean/ledger.parquet'"
        ).fetchall():
            ledger[source, record] = (outcome, reason, contact)
        rejects = {}
        for source in PRIORITY:
            path = folder / "clean/rejects" / f"{source}.csv"
            if path.exists():
                with open(path, newline="") as file:
                    for row in csv.DictReader(file):
                        rejects[row["_source"], int(row["_record"])] = row["_reason"]
        rows_of = {}
        for contact in self.contacts:
            own_run = self.run_of_names(contact)
            rows_of[self.key_of[contact["contact_id"]]] = (
                own_run,
                set(self.row_names(contact["source_rows"], own_run)),
            )

        kept = collections.Counter()
        for reading in readings:
            row = reading.row
            outcome, reason, contact_id = ledger.pop((row.source, row.record), (None, None, None))
            rejected = rejects.pop((row.source, row.record), None)
            if outcome is None:
                self.report.wrong("row", f"{row} is not in the ledger")
                continue
            if reading.reject or outcome == "rejected":
                same = outcome == "rejected" and reason == reading.reject == rejected and not contact_id
                self.report.expect(
                    "rejected rows", same, f"{row} {outcome} {reason}, in rejects {rejected}, expected {reading.reject}"
                )
                continue
            if rejected:
                self.report.wrong("row", f"{row} is {outcome} and among the rejects")
            key = self.world.root(self.world.contact_of_row[row])
            if outcome == "suppressed":
                self.report.expect(
                    "suppressed rows", key in suppressed and run == 2, f"{row} is not of a suppressed contact"
                )
                continue
            kept[contact_id] += outcome == "kept"
            self.row_forward(row, outcome, contact_id, key, rows_of, suppressed if run == 2 else set())
        for left in ledger:
            self.report.wrong("row", f"run{run}/{left[0]}:{left[1]} is in the ledger and not in the files")
        for left in rejects:
            self.report.wrong("row", f"run{run}/{left[0]}:{left[1]} is among the rejects and not in the files")
        for n in kept.values():
            self.report.expect("contacts with one kept row", n == 1, f"{n} kept rows of one contact in run {run}")

    def row_forward(self, row, outcome, contact_id, key, rows_of, suppressed):
        if outcome not in ("kept", "merged") or key in suppressed:
            self.report.wrong("row", f"{row} is {outcome}")
            return
        contact = self.by_key.get(key)
        own_run, named = rows_of.get(key, (None, set()))
        if contact is None:
            self.report.wrong("row", f"{row} has no contact in the database")
        elif row in named:
            self.report.explained("rows forward")
        elif any(other.source == row.source and other.run > row.run for other in named):
            self.report.explained("rows forward, replaced by a later import")
        else:
            self.report.wrong("row", f"{row} is not among {names(named)} of its contact (run {own_run})")
        if self.key_of.get(contact_id, key) != key:
            self.report.wrong("row", f"{row}: the ledger names another contact")


def micros(at):
    return (at - datetime.datetime(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(microseconds=1)


def names(rows):
    return " ".join(str(row) for row in sorted(rows))


def differing(a, b):
    return sorted(key for key in set(a) | set(b) if a.get(key) != b.get(key))


# --- The whole --------------------------------------------------------------------------------------------------------


def check_database(arguments, kind, folder):
    rules = OTHER_RULES if arguments.rules else {}
    project = Project(arguments.ferry, folder / kind, kind, rules)
    try:
        return steps(arguments, project, rules)
    finally:
        project.close()


def steps(arguments, project, rules):
    draw = random.Random(arguments.seed)
    exports, world, runs, readings, suppressed = Exports(arguments.seed), World(rules), [], [], set()
    n_wrong = 0

    def look(title):
        report = Report()
        checker = Checker(project, world, runs, readings, report)
        checker.same_set_of_contacts()
        checker.check_all_rows()
        for key in draw.sample(sorted(checker.by_key), min(arguments.contacts, len(checker.by_key))):
            checker.check(checker.by_key[key])
        for run, rows in enumerate(readings, 1):
            checker.forward(run, rows, suppressed)
        report.print(f"{project.kind}, {title}", arguments.details)
        return checker, report.n_unexplained()

    def load():
        exports.write(project.folder / "exports")
        runs.append(project.run())
        rows = read_exports(project.folder / "exports", len(runs))
        readings.append(rows)
        world.load(rows, suppressed)

    def merge(checker, n):
        pairs = draw.sample(sorted(key for key in checker.by_key if key not in suppressed), 2 * n)
        for keep, other in zip(pairs[:n], pairs[n:]):
            if keep[0] == "viber":
                keep, other = other, keep
            project.command("merge", "--quiet", checker.by_key[keep]["contact_id"], checker.by_key[other]["contact_id"])
            world.merge(keep, other)

    load()
    checker, n = look("first import")
    n_wrong += n
    merge(checker, 25)
    checker, n = look("merges")
    n_wrong += n
    suppressed |= set(draw.sample(sorted(checker.by_key), 20))
    (project.folder / "suppressed.txt").write_text(
        "".join(checker.by_key[key]["contact_id"] + "\n" for key in sorted(suppressed))
    )
    exports.change()
    load()
    checker, n = look("second import")
    n_wrong += n
    merge(checker, 25)
    _, n = look("merges after it")
    return n_wrong + n


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ferry", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--contacts", type=int, default=1000)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"])
    parser.add_argument("--folder", type=pathlib.Path, help="an empty folder to work in and keep")
    parser.add_argument("--rules", action="store_true")
    parser.add_argument("--details", type=int, help="how many of each kind are printed [default: all]")
    arguments = parser.parse_args()
    database = arguments.database or ("both" if "FERRY_TEST_POSTGRES" in os.environ else "sqlite")
    kinds = ["sqlite", "postgres"] if database == "both" else [database]
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        n_wrong = sum(check_database(arguments, kind, folder.resolve()) for kind in kinds)
    sys.exit(1 if n_wrong else 0)


if __name__ == "__main__":
    main()

"""Writes the exports of the shop that docs/getting-started.md migrates. All people are made up; all numbers are reserved
for fiction."""

import base64
import csv
import datetime as dt
import random
import sys
from pathlib import Path

import openpyxl

HOME = Path(sys.argv[1])
SHOP = "+33199009999"
FIRST = "Ana Luc Inès Hugo Léa Tom Zoé Marc Eva Paul Nina Jules Rose Adam Lina Noé".split()
LAST = "Martin Petit Durand Moreau Leroy Roux Blanc Garnier Faure Mercier".split()
START = dt.datetime(2026, 3, 2, 9)

DRAW = random.Random(3)
NUMBERS = DRAW.sample(range(100, 9900), 90)
PEOPLE = [(DRAW.choice(FIRST), DRAW.choice(LAST), f"+3319900{number:04d}") for number in NUMBERS]


def write_csv(name, rows, **dialect):
    with open(HOME / name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n", **dialect).writerows(rows)


def twilio():
    """The message log of Twilio's console: two messages to each of 60 people, and some answers."""
    rows = []

    def message(sender, to, text, status, at, direction, error=""):
        sent = at.strftime("%a, %d %b %Y %H:%M:%S +0000")
        sid = f"SM{len(rows) + 1:032d}"
        rows.append([sender, to, text, status, sent, "2010-04-01", "1", error, f"AC{0:032d}", sid, direction, "-0.0650", "USD"])

    for n, (first, _, phone) in enumerate(PEOPLE[:60]):
        at = START + dt.timedelta(hours=7 * n)
        reached = ("undelivered", "30003") if n % 10 == 9 else ("delivered", "")
        message(SHOP, phone, f"Bonjour {first}, votre commande est prête.", reached[0], at, "outbound-api", reached[1])
        at += dt.timedelta(days=20)
        message(SHOP, phone, "Vente privée samedi. STOP au 36180", "delivered", at, "outbound-api")
        if n % 4 == 0:
            answer = ["Merci", "START", "STOP", "Stop svp"][n // 4 % 4]
            message(phone, SHOP, answer, "received", at + dt.timedelta(minutes=9), "inbound")
    message("36180", SHOP, "Votre facture", "received", START, "inbound")
    message(SHOP, "Livreur", "Bonjour", "failed", START, "outbound-api", "21211")
    head = "From To Body Status SentDate ApiVersion NumSegments ErrorCode AccountSid Sid Direction Price PriceUnit"
    write_csv("twilio-log.csv", [head.split(), *rows], quoting=csv.QUOTE_ALL)


def viber():
    """A list of the subscribers of a Viber bot. Five of them have no phone number."""
    rows = [["viber_id", "name", "phone", "country", "subscribed", "last_seen"]]
    for n, (first, last, phone) in enumerate(PEOPLE[35:75]):
        user = base64.b64encode(f"viber-user-{n:05d}".encode()).decode()
        subscribed = "unsubscribed" if n % 5 == 2 else "subscribed"
        seen = (START + dt.timedelta(days=n)).strftime("%d/%m/%Y %H:%M")
        rows.append([user, f"{first} {last}", phone if n < 35 else "", "FR", subscribed, seen])
    write_csv("viber-subscribers.csv", rows, delimiter=";")


def clients():
    """A workbook of 80 customers with French headers. Three phone numbers are of no use."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Clients"
    sheet.append(["Nom", "Prénom", "Tél. portable", "E-mail", "Ville", "Opt-in WhatsApp", "Date opt-in", "Dernier achat"])
    for n, (first, last, phone) in enumerate(PEOPLE[10:]):
        national = "0" + phone[3:]
        phone = {5: "01 99", 6: "", 7: "voir fiche"}.get(n, " ".join(national[at : at + 2] for at in range(0, 10, 2)))
        answer = ["Oui", "Non", "", "Oui", "accord tél." if n > 60 else "Oui"][n % 5]
        asked = dt.date(2026, 5, 1 + n % 28) if answer else None
        bought = dt.date(2026, 9, 1 + n % 28)
        city = DRAW.choice(["Lyon", "Paris", "Lille"])
        sheet.append([last, first, phone, f"client{n}@example.com", city, answer, asked, bought])
    book.properties.created = book.properties.modified = dt.datetime(2026, 9, 30)
    book.save(HOME / "clients.xlsx")


HOME.mkdir(exist_ok=True)
twilio()
viber()
clients()

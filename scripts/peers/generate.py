"""Writes sms.csv, viber.csv and plan.toml of made-up customers, dirty as real exports are.

    generate.py FOLDER [--rows 1000000] [--seed 1]

60 % of the rows are SMS, 40 % Viber; 25 countries, about 3.5 % invalid numbers, 12 % doubles,
30 % of the people on both channels, names with broken encodings and quoted line breaks. Numbers
are drawn at random from the numbering plans, so the files are for measuring on one machine and
for nothing else: they are never committed and nobody is written to.

Files are made in blocks of a million rows, one process a core, each with people of its own: 50 million
people do not fit in memory. Numbers of different blocks still meet, as a country has ten million of them.
"""

import argparse
import csv
import datetime
import functools
import multiprocessing
import pathlib
import random
import shutil

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

REGIONS = "FR DE GB ES IT US CA BR MX AR IN ID NG ZA EG TR PL NL SE BE PT RO UA JP AU".split()
COUNTRY_NAMES = {"FR": "France", "DE": "Allemagne", "GB": "United Kingdom", "ES": "Espagne", "US": "États-Unis", "BR": "Brazil"}
FIRST = "Ana Zoë José François Léa Jürgen Inès Łukasz Chloé Núria Björn Élodie Paul Emma Hugo Lina Tom Σοφία Олена مريم".split()
LAST = "Pérez Müller Lefèvre O'Neill Dupont Smith García Nilsson D’Angelo Kowalski Yılmaz Martin Jean-Pierre Brontë Παππάς".split()
BAD = ["", "N/A", "null", "-", "AMAZON", "36789", "3.36123E+10", "+33612345***", "+33199000001/+33199000002",
       "0000000000", "1111111111", "123456789", "call me", "+999123456789", "+33 6 12", "0612345678 ou 0612345679"]


@functools.cache
def example_number(region):
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    return example, phonenumbers.national_significant_number(example)


def number(rng, region):
    """A random valid mobile number of the region."""
    example, text = example_number(region)
    while True:
        n_kept = max(2, len(text) - 7)
        tail = "".join(rng.choice("0123456789") for _ in range(len(text) - n_kept))
        candidate = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=int(text[:n_kept] + tail))
        if phonenumbers.is_valid_number(candidate):
            return candidate


def spelling(rng, parsed, region):
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    form = rng.randrange(12)
    if form < 4:
        return e164
    if form == 4:
        return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    if form == 5:
        return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    if form == 6:
        return "'" + e164
    if form == 7:
        return "tel:" + e164
    if form == 8:
        return "\u202a" + phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL).replace(" ", "\u00a0") + "\u202c"
    if form == 9:
        return "whatsapp:" + e164
    if form == 10:
        return "".join(chr(0xFF10 + int(c)) if c.isdigit() else "＋" for c in e164)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL).replace(" ", ".")


def dirty_name(rng, name):
    dirt = rng.random()
    if dirt < 0.04:
        try:
            return name.encode().decode("cp1252")
        except UnicodeDecodeError:
            return name
    if dirt < 0.10:
        return name.upper()
    if dirt < 0.16:
        return name.lower()
    if dirt < 0.18:
        return name.replace(" ", "\n", 1)
    if dirt < 0.21:
        return "  " + name.replace(" ", "\t ")
    if dirt < 0.27:
        return rng.choice(["", "-", "N/A", "NULL", "unknown"])
    return name


def moment(rng):
    return datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=rng.randrange(86_400 * 900))


def sms_date(rng, at):
    form = rng.randrange(7)
    if form < 3:
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if form == 3:
        return at.strftime("%Y-%m-%d %H:%M:%S")
    if form == 4:
        return at.astimezone(datetime.timezone(datetime.timedelta(hours=2))).strftime("%Y-%m-%dT%H:%M:%S+0200")
    if form == 5:
        return at.strftime("%a, %d %b %Y %H:%M:%S +0000")
    return rng.choice(["", at.strftime("%Y-%m-%d")])


def viber_date(rng, at):
    """Day first in every country: a column has one order of day and month."""
    form = rng.randrange(5)
    if form == 0:
        return str(int(at.timestamp()))
    if form == 1:
        return str(int(at.timestamp() * 1000))
    if form == 2:
        return at.strftime("%d.%m.%Y %H:%M")
    return at.strftime("%d/%m/%Y %H:%M")


SMS_COLUMNS = ["PhoneNumber", "Country", "FullName", "Email", "Lang", "LastMessageAt", "OptIn"]
VIBER_COLUMNS = ["phone", "region", "name", "subscribed", "last_seen"]
ROWS_OF_A_BLOCK = 1_000_000


def write_block(folder, n_rows, seed):
    """Writes sms.csv and viber.csv without their headers."""
    rng = random.Random(seed)
    n_sms, n_viber = n_rows * 6 // 10, n_rows * 4 // 10
    people = []
    for _ in range(int(n_rows * 0.76)):
        region = rng.choice(REGIONS)
        people.append((region, number(rng, region), f"{rng.choice(FIRST)} {rng.choice(LAST)}"))
    n_shared = int(len(people) * 0.30)
    only = people[n_shared:]
    of_sms = people[:n_shared] + only[: len(only) * 6 // 10]
    of_viber = people[:n_shared] + only[len(only) * 6 // 10 :]

    def rows(pool, n_rows):
        once = rng.sample(pool, min(len(pool), n_rows))
        doubles = [rng.choice(pool) for _ in range(n_rows - len(once))]
        mixed = once + doubles
        rng.shuffle(mixed)
        return mixed

    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "sms.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for region, parsed, name in rows(of_sms, n_sms):
            phone = rng.choice(BAD) if rng.random() < 0.035 else spelling(rng, parsed, region)
            country = rng.choice([region, region, region.lower(), COUNTRY_NAMES.get(region, region)])
            email = rng.choice(["", f"{name.split()[0].lower()}.{parsed.national_number % 9999}@Example.com", " A@B.example ", "none"])
            writer.writerow([phone, country, dirty_name(rng, name), email, rng.choice(["fr", "EN", "pt-BR", "", "de_DE"]),
                             sms_date(rng, moment(rng)), rng.choice(["yes", "OUI", "1", "no", "0", "STOP", "", "maybe", "opt-in"])])
    with open(folder / "viber.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        for region, parsed, name in rows(of_viber, n_viber):
            phone = rng.choice(BAD) if rng.random() < 0.035 else spelling(rng, parsed, region)
            writer.writerow([phone, region, dirty_name(rng, name), rng.choice(["subscribed", "unsubscribed", "", "Y", "n"]),
                             viber_date(rng, moment(rng))])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    folder = arguments.folder

    starts = range(0, arguments.rows, ROWS_OF_A_BLOCK)
    blocks = [(folder / f"block-{n}", min(ROWS_OF_A_BLOCK, arguments.rows - start), arguments.seed + n * 1_000_003) for n, start in enumerate(starts)]
    with multiprocessing.Pool(maxtasksperchild=1) as pool:
        pool.starmap(write_block, blocks, chunksize=1)
    for name, columns, delimiter in [("sms.csv", SMS_COLUMNS, ","), ("viber.csv", VIBER_COLUMNS, ";")]:
        with open(folder / name, "wb") as file:
            file.write((delimiter.join(columns) + "\r\n").encode())
            for block, _, _ in blocks:
                with open(block / name, "rb") as part:
                    shutil.copyfileobj(part, file)
                (block / name).unlink()
    for block, _, _ in blocks:
        block.rmdir()
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")


PLAN = """[run]
name = "bench"
default_region = "FR"

[crm]
url = "sqlite:ferry.db"

[gates]
max_unreadable = { consent = 1 }

[[source]]
name = "sms"
channel = "sms"
path = "sms.csv"
profile = "columns"
[source.columns]
phone = "PhoneNumber"
region = "Country"
name = "FullName"
email = "Email"
language = "Lang"
last_at = "LastMessageAt"
consent = "OptIn"

[[source]]
name = "viber"
channel = "viber"
path = "viber.csv"
profile = "columns"
[source.columns]
phone = "phone"
region = "region"
name = "name"
consent = "subscribed"
last_at = "last_seen"
"""

if __name__ == "__main__":
    main()

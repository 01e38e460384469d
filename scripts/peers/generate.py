"""Writes sms.csv, viber.csv and plan.toml of made-up customers, dirty as real exports are.

    generate.py FOLDER [--rows 1000000] [--seed 1] [--shape full|plain]

60 % of the rows are SMS, 40 % Viber; 25 countries, about 3.5 % invalid numbers, 12 % doubles, 30 % of the people on
both channels, names with broken encodings and quoted line breaks. Countries are codes, names or nothing; spellings.py
has the forms of numbers. In the full shape every SMS row has the customer's id in another system, and every Viber row a
Viber user id; the plain shape has the same rows without these two columns. Numbers are drawn at random from the
numbering plans, so the files are for measuring on one machine and for nothing else: they are never committed and nobody
is written to.

Files are made in blocks of a million rows, one process a core, each with people of its own: 50 million people do not
fit in memory. Numbers of different blocks still meet, as a country has ten million of them.
"""

import argparse
import base64
import csv
import datetime
import functools
import multiprocessing
import pathlib
import random
import shutil

import phonenumbers
from phonenumbers import PhoneNumberType

from spellings import DIALS_00, spelled

REGIONS = "FR DE GB ES IT US CA BR MX AR IN ID NG ZA EG TR PL NL SE BE PT RO UA JP AU".split()
DEFAULT_REGION = "FR"
COUNTRY_NAMES = {
    "FR": ["France"], "DE": ["Germany", "Allemagne"], "GB": ["United Kingdom", "Royaume-Uni"], "ES": ["Spain", "España"],
    "IT": ["Italy", "Italia"], "US": ["United States", "États-Unis"], "CA": ["Canada"], "BR": ["Brazil", "Brasil"],
    "MX": ["Mexico", "México"], "AR": ["Argentina"], "IN": ["India", "Inde"], "ID": ["Indonesia"], "NG": ["Nigeria"],
    "ZA": ["South Africa"], "EG": ["Egypt", "Égypte"], "TR": ["Türkiye", "Turquie"], "PL": ["Poland", "Polska"],
    "NL": ["Netherlands", "Pays-Bas"], "SE": ["Sweden", "Sverige"], "BE": ["Belgium", "Belgique"], "PT": ["Portugal"],
    "RO": ["Romania", "România"], "UA": ["Ukraine"], "JP": ["Japan", "Japon"], "AU": ["Australia", "Australie"],
}
FIRST = (
    "Ana Zoë José François Léa Jürgen Inès Łukasz Chloé Núria Björn Élodie Paul Emma Hugo Lina Tom Σοφία Олена مريم"
).split()
LAST = (
    "Pérez Müller Lefèvre O'Neill Dupont Smith García Nilsson D’Angelo Kowalski Yılmaz Martin Jean-Pierre Brontë Παππάς"
).split()
BAD = ["", "N/A", "null", "-", "AMAZON", "36789", "3.36123E+10", "+33612345***", "+33199000001/+33199000002",
       "0000000000", "1111111111", "123456789", "call me", "+999123456789", "+33 6 12", "0612345678 ou 0612345679"]
ID_CHARACTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"


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
        national = int(text[:n_kept] + tail)
        candidate = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=national)
        if phonenumbers.is_valid_number(candidate):
            return candidate


def phone_and_country(rng, parsed, region):
    """The two cells. A country is missing only where the number does not need it: 8 % of all."""
    text, is_international = spelled(rng, parsed, region)
    # Where 00 does not lead abroad, only a list that names no country can be read: it was written elsewhere.
    if text.startswith("00") and is_international and region not in DIALS_00:
        return text, ""
    if rng.random() < 0.12 and (is_international or region == DEFAULT_REGION):
        return text, ""
    return text, rng.choice([region] * 6 + [region.lower()] + COUNTRY_NAMES[region])


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
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    return start + datetime.timedelta(seconds=rng.randrange(86_400 * 900))


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


SMS_COLUMNS = ["PhoneNumber", "Country", "FullName", "Email", "Lang", "LastMessageAt", "OptIn", "CustomerId"]
VIBER_COLUMNS = ["phone", "region", "name", "subscribed", "last_seen", "viber_id"]
ROWS_OF_A_BLOCK = 1_000_000


def people_of(rng, seed, n_people):
    """Country, number, name, id in another system and Viber id of each. Ids have a generator of their own."""
    ids = random.Random(f"ids of {seed}")
    for _ in range(n_people):
        region = rng.choice(REGIONS)
        person = region, number(rng, region), f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        yield *person, "cus_" + "".join(ids.choices(ID_CHARACTERS, k=14)), base64.b64encode(ids.randbytes(16)).decode()


def rows_of(rng, people, n_rows):
    """Each person once, as far as they go, and some of them again, in any order."""
    once = rng.sample(people, min(len(people), n_rows))
    mixed = once + [rng.choice(people) for _ in range(n_rows - len(once))]
    rng.shuffle(mixed)
    return mixed


def sms_row(rng, region, parsed, name, customer):
    phone, country = phone_and_country(rng, parsed, region)
    phone = rng.choice(BAD) if rng.random() < 0.035 else phone
    address = f"{name.split()[0].lower()}.{parsed.national_number % 9999}@Example.com"
    email = rng.choice(["", address, " A@B.example ", "none"])
    language = rng.choice(["fr", "EN", "pt-BR", "", "de_DE"])
    consent = rng.choice(["yes", "OUI", "1", "no", "0", "STOP", "", "maybe", "opt-in"])
    return phone, country, dirty_name(rng, name), email, language, sms_date(rng, moment(rng)), consent, customer


def viber_row(rng, region, parsed, name, viber_id):
    phone, country = phone_and_country(rng, parsed, region)
    phone = rng.choice(BAD) if rng.random() < 0.035 else phone
    consent = rng.choice(["subscribed", "unsubscribed", "", "Y", "n"])
    return phone, country, dirty_name(rng, name), consent, viber_date(rng, moment(rng)), viber_id


def write_block(folder, n_rows, seed, has_ids):
    """Writes sms.csv and viber.csv without their headers."""
    rng = random.Random(seed)
    people = list(people_of(rng, seed, int(n_rows * 0.76)))
    n_shared = int(len(people) * 0.30)
    shared, only = people[:n_shared], people[n_shared:]
    of_sms, of_viber = shared + only[: len(only) * 6 // 10], shared + only[len(only) * 6 // 10 :]
    n_columns = None if has_ids else -1

    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "sms.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for region, parsed, name, customer, _ in rows_of(rng, of_sms, n_rows * 6 // 10):
            writer.writerow(sms_row(rng, region, parsed, name, customer)[:n_columns])
    with open(folder / "viber.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        for region, parsed, name, _, viber_id in rows_of(rng, of_viber, n_rows * 4 // 10):
            writer.writerow(viber_row(rng, region, parsed, name, viber_id)[:n_columns])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--shape", choices=["full", "plain"], default="full")
    arguments = arguments.parse_args()
    folder, has_ids = arguments.folder, arguments.shape == "full"

    starts = range(0, arguments.rows, ROWS_OF_A_BLOCK)
    blocks = [
        (folder / f"block-{n}", min(ROWS_OF_A_BLOCK, arguments.rows - start), arguments.seed + n * 1_000_003, has_ids)
        for n, start in enumerate(starts)
    ]
    with multiprocessing.Pool(maxtasksperchild=1) as pool:
        pool.starmap(write_block, blocks, chunksize=1)
    for name, columns, delimiter in [("sms.csv", SMS_COLUMNS, ","), ("viber.csv", VIBER_COLUMNS, ";")]:
        with open(folder / name, "wb") as file:
            file.write((delimiter.join(columns if has_ids else columns[:-1]) + "\r\n").encode())
            for block, *_ in blocks:
                with open(block / name, "rb") as part:
                    shutil.copyfileobj(part, file)
                (block / name).unlink()
    for block, *_ in blocks:
        block.rmdir()
    ids = ('external_id = "CustomerId"\n', 'external_id = "viber_id"\n') if has_ids else ("", "")
    (folder / "plan.toml").write_text(PLAN.format(*ids), encoding="utf-8")


PLAN = """[run]
name = "bench"
default_region = "FR"

[crm]
url = "sqlite:ferry.db"

[gates]
max_unreadable = {{ consent = 1 }}

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
{0}
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
{1}"""

if __name__ == "__main__":
    main()

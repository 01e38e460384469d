"""Computes by the cleaning rules what the contacts of a generated folder must be, and compares.

    truth.py FOLDER EXPORT.csv     (EXPORT.csv from `ferry export contacts --exact --to`)

Written from the rules alone, with the Python port of Google's phone library, so that it shares no
code and no mistake with the product. Prints how many contacts are equal and ends 1 if any is not.
"""

import csv
import datetime
import email.utils
import re
import sys
import unicodedata

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

COUNTRIES = {"france": "FR", "allemagne": "DE", "united kingdom": "GB", "espagne": "ES", "états-unis": "US", "brazil": "BR"}
NOTHING = {"", "-", "n/a", "null", "unknown"}
CONSENT = {word: state for state, words in {
    "yes": "yes y true 1 oui opt-in subscribed", "no": "no n false 0 non opt-out unsubscribed", "stop": "stop arret stopall",
}.items() for word in words.split()}
STRICTNESS = {"yes": 0, "unclear": 1, "no": 2, "stop": 3}
TYPES = {PhoneNumberType.MOBILE: "mobile", PhoneNumberType.FIXED_LINE: "fixed_line",
         PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile", PhoneNumberType.TOLL_FREE: "toll_free",
         PhoneNumberType.PREMIUM_RATE: "premium_rate", PhoneNumberType.SHARED_COST: "shared_cost",
         PhoneNumberType.VOIP: "voip", PhoneNumberType.PERSONAL_NUMBER: "personal_number", PhoneNumberType.PAGER: "pager",
         PhoneNumberType.UAN: "uan", PhoneNumberType.VOICEMAIL: "voicemail"}


def phone(cell, region):
    text = cell.strip().lstrip("'")
    text = re.sub("[\u202a-\u202e\u200e\u200f\u2066-\u2069]", "", text).replace("\u00a0", " ")
    text = re.sub(r"^(tel|whatsapp|sms):", "", text, flags=re.I)
    if re.search(r"[^\W\d_]", text) or "*" in text or text.count("+") > 1 or "/" in text:
        return None
    digits = re.sub(r"\D", "", text)
    if not digits or len(set(digits)) == 1 or digits in "0123456789" or digits in "1234567890":
        return None
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return parsed


def region_of(cell):
    text = cell.strip()
    return text.upper() if len(text) == 2 else COUNTRIES.get(text.lower(), "FR")


def name(cell):
    try:
        cell = cell.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        pass
    text = " ".join(unicodedata.normalize("NFC", cell).split())
    if text.isupper() or text.islower():
        text = text.title()
    return None if text.lower() in NOTHING else text


def email_of(cell):
    text = cell.strip().lower()
    return text if re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@.]+", text) else None


def language_of(cell):
    code = re.fullmatch(r"([A-Za-z]{2})([-_][A-Za-z]{2})?", cell.strip())
    return code and code[1].lower()


def consent_of(cell):
    """An unknown word is unclear: it is no yes."""
    text = cell.strip().lower()
    return None if text in NOTHING else CONSENT.get(text, "unclear")


def date(cell):
    text = cell.strip()
    utc = datetime.timezone.utc
    if re.fullmatch(r"\d{10}", text):
        return datetime.datetime.fromtimestamp(int(text), utc)
    if re.fullmatch(r"\d{13}", text):
        return datetime.datetime.fromtimestamp(int(text) / 1000, utc)
    forms = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M"]
    for form in forms:
        try:
            at = datetime.datetime.strptime(text, form)
            return at if at.tzinfo else at.replace(tzinfo=utc)
        except ValueError:
            continue
    try:
        return email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None


def rows(folder):
    with open(f"{folder}/sms.csv", newline="", encoding="utf-8") as file:
        for n, row in enumerate(csv.reader(file)):
            if n:
                number, country, full_name, mail, language, at, consent = row
                yield "sms", 1, n, number, country, full_name, mail, language, at, consent
    with open(f"{folder}/viber.csv", newline="", encoding="utf-8") as file:
        for n, row in enumerate(csv.reader(file, delimiter=";")):
            if n:
                number, country, full_name, consent, at = row
                yield "viber", 2, n, number, country, full_name, "", "", at, consent


def truth(folder):
    contacts = {}
    for channel, priority, n, number, country, full_name, mail, language, at, consent in rows(folder):
        region = region_of(country)
        parsed = phone(number, region)
        if parsed is None:
            continue
        when = date(at)
        e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        contacts.setdefault(e164, []).append((
            (when is not None, when or 0, -priority, -n), when, channel, name(full_name), email_of(mail), language_of(language),
            consent_of(consent), parsed,
        ))
    for e164, found in contacts.items():
        found.sort(key=lambda row: row[0])
        latest = lambda field: next((row[field] for row in reversed(found) if row[field]), "")
        # Lists without a column of consent dates: no statement is dated, so the strictest counts.
        strictest = max((row[6] for row in found if row[6]), key=STRICTNESS.get, default="")
        dates = [row[1] for row in found if row[1]]
        last = max(dates).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if dates else ""
        parsed = found[0][7]
        yield e164, {
            "region": phonenumbers.region_code_for_number(parsed) or "", "line_type": TYPES[phonenumbers.number_type(parsed)],
            "name": latest(3), "email": latest(4), "language": latest(5), "consent": strictest, "last_at": last,
            "sources": "+".join(sorted({row[2] for row in found})), "rows": str(len(found)),
        }


def main():
    folder, export = sys.argv[1:]
    with open(export, newline="", encoding="utf-8") as file:
        exported = {row["e164"]: row for row in csv.DictReader(file)}
    n_equal, shown, n_contacts = 0, 0, 0
    for e164, expected in truth(folder):
        n_contacts += 1
        found = exported.pop(e164, None)
        wrong = {key: (value, found and found[key]) for key, value in expected.items() if found is None or found[key] != value}
        n_equal += not wrong
        if wrong and shown < 10:
            shown += 1
            print(f"contact {n_contacts}: {wrong}", file=sys.stderr)
    print(f"{n_equal} of {n_contacts} contacts equal in every field, {len(exported)} too many")
    sys.exit(n_equal != n_contacts or bool(exported))


if __name__ == "__main__":
    main()

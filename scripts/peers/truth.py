"""Computes by the cleaning rules what the contacts of a generated folder must be, and compares.

    truth.py FOLDER EXPORT.csv DATABASE [--peer]
        EXPORT.csv from `ferry export contacts --exact --to`, DATABASE a SQLite file with a table `identity`;
        with --peer ambiguous digits are read as national, as the peer does

Written from the rules alone, with the Python port of Google's phone library, so that it shares no code and no mistake
with the product. Prints how many contacts and identities are equal, and ends with 1 if any is not.
"""

import csv
import datetime
import email.utils
import pathlib
import pickle
import re
import sqlite3
import sys
import unicodedata
from collections import Counter

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

COUNTRIES = {name: code for code, names in {
    "FR": "france", "DE": "germany, allemagne", "GB": "united kingdom, royaume-uni", "ES": "spain, españa",
    "IT": "italy, italia", "US": "united states, états-unis", "CA": "canada", "BR": "brazil, brasil",
    "MX": "mexico, méxico", "AR": "argentina", "IN": "india, inde", "ID": "indonesia", "NG": "nigeria",
    "ZA": "south africa", "EG": "egypt, égypte", "TR": "türkiye, turquie", "PL": "poland, polska",
    "NL": "netherlands, pays-bas", "SE": "sweden, sverige", "BE": "belgium, belgique", "PT": "portugal",
    "RO": "romania, românia", "UA": "ukraine", "JP": "japan, japon", "AU": "australia, australie",
}.items() for name in names.split(", ")}
NOTHING = {"", "-", "n/a", "null", "unknown"}
CONSENT = {word: state for state, words in {
    "yes": "yes y true 1 oui opt-in subscribed", "no": "no n false 0 non opt-out unsubscribed",
    "stop": "stop arret stopall",
}.items() for word in words.split()}
STRICTNESS = {"yes": 0, "unclear": 1, "no": 2, "stop": 3}
TYPES = {PhoneNumberType.MOBILE: "mobile", PhoneNumberType.FIXED_LINE: "fixed_line",
         PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile", PhoneNumberType.TOLL_FREE: "toll_free",
         PhoneNumberType.PREMIUM_RATE: "premium_rate", PhoneNumberType.SHARED_COST: "shared_cost",
         PhoneNumberType.VOIP: "voip", PhoneNumberType.PERSONAL_NUMBER: "personal_number",
         PhoneNumberType.PAGER: "pager",
         PhoneNumberType.UAN: "uan", PhoneNumberType.VOICEMAIL: "voicemail"}


def phone(cell, region):
    text = cell.strip().lstrip("'")
    text = re.sub("[\u202a-\u202e\u200e\u200f\u2066-\u2069]", "", text).replace("\u00a0", " ")
    text = re.sub(r"^(tel|whatsapp|sms):", "", text, flags=re.I)
    text = re.sub(r"\s*(ext\.|x)\s*\d+$", "", text)
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


def is_ambiguous(cell, parsed):
    """Digits without the zero that their country dials first, and also a number of another country if read with a plus.

    Ferry rejects them; the peer does not look.
    """
    text = cell.strip()
    dials_zero = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL).startswith("0")
    if not re.fullmatch(r"[1-9]\d{10,}", text) or not dials_zero:
        return False
    try:
        international = phonenumbers.parse("+" + text)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(international) and international != parsed


def names_no_phone(cell):
    return cell.strip().lower() in NOTHING


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
    """Channel, priority, record, the cells, and the external id or None where the shape has none."""
    for channel, priority, delimiter in (("sms", 1, ","), ("viber", 2, ";")):
        with open(f"{folder}/{channel}.csv", newline="", encoding="utf-8") as file:
            reader = csv.reader(file, delimiter=delimiter)
            has_id = next(reader)[-1] in ("CustomerId", "viber_id")
            for n, row in enumerate(reader, 1):
                external = row.pop() if has_id else None
                if channel == "sms":
                    yield channel, priority, n, *row, external
                else:
                    number, country, full_name, consent, at = row
                    yield channel, priority, n, number, country, full_name, "", "", at, consent, external


def people(folder, is_peer):
    """The rows of each person, by E.164 or by Viber id, and the identities."""
    contacts, without_phone, phones_of_viber, identities = {}, [], {}, set()
    for channel, priority, n, number, country, full_name, mail, language, at, consent, external in rows(folder):
        parsed = phone(number, region_of(country))
        is_unlinked_user = parsed is None and channel == "viber" and external and names_no_phone(number)
        if parsed is None and not is_unlinked_user or parsed and not is_peer and is_ambiguous(number, parsed):
            continue
        when = date(at)
        row = ((when is not None, when or 0, -priority, -n), when, channel, name(full_name), email_of(mail),
               language_of(language), consent_of(consent), parsed)
        if is_unlinked_user:
            without_phone.append((external, row))
            continue
        e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        contacts.setdefault(e164, []).append(row)
        if external and channel == "viber":
            phones_of_viber.setdefault(external, set()).add(e164)
            identities.add(("viber", external, e164))
        elif external:
            identities.add(("external", external, e164))
    # A Viber user without a phone in the row is whom other rows bind to one phone, else a contact of their own.
    for user, row in without_phone:
        phones = phones_of_viber.get(user, set())
        key = next(iter(phones)) if len(phones) == 1 else f"viber:{user}"
        contacts.setdefault(key, []).append(row)
        identities.add(("viber", user, "" if key.startswith("viber:") else key))
    return contacts, identities


def merged(found):
    """What one contact must be, made of its rows."""
    found.sort(key=lambda row: row[0])
    latest = lambda field: next((row[field] for row in reversed(found) if row[field]), "")
    # Lists without a column of consent dates: no statement is dated, so the strictest counts.
    strictest = max((row[6] for row in found if row[6]), key=STRICTNESS.get, default="")
    dates = [row[1] for row in found if row[1]]
    last = max(dates).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if dates else ""
    parsed = next((row[7] for row in found if row[7]), None)
    return {
        "region": parsed and phonenumbers.region_code_for_number(parsed) or "",
        "line_type": parsed and TYPES[phonenumbers.number_type(parsed)] or "",
        "name": latest(3), "email": latest(4), "language": latest(5), "consent": strictest, "last_at": last,
        "sources": "+".join(sorted({row[2] for row in found})), "rows": str(len(found)),
    }


def compare_identities(database, expected):
    """How many identities differ."""
    connection = sqlite3.connect(database)
    found = connection.execute(
        "select kind, value, coalesce(e164, '') from identity join contact on contact.contact_id = identity.contact_id")
    different = set(found) ^ expected
    print(f"{len(expected)} identities, {len(different)} differ")
    return len(different)


def kept_people(folder, is_peer):
    """The same, computed once for each set of files: a million rows take minutes."""
    kept = pathlib.Path(folder) / f"truth-{'peer' if is_peer else 'ferry'}.pickle"
    sources = [pathlib.Path(__file__), *(pathlib.Path(folder) / f"{channel}.csv" for channel in ("sms", "viber"))]
    if kept.exists() and all(it.stat().st_mtime < kept.stat().st_mtime for it in sources):
        return pickle.loads(kept.read_bytes())
    contacts, identities = people(folder, is_peer)
    computed = {key: merged(found) for key, found in contacts.items()}, identities
    kept.write_bytes(pickle.dumps(computed))
    return computed


def main():
    folder, export, database, *options = sys.argv[1:]
    with open(export, newline="", encoding="utf-8") as file:
        exported = list(csv.DictReader(file))
    by_phone = {row["e164"]: row for row in exported if row["e164"]}
    contacts, identities = kept_people(folder, options == ["--peer"])
    n_equal, shown, without_phone, fields = 0, 0, Counter(), ()
    for n, (key, expected) in enumerate(contacts.items(), 1):
        fields = tuple(expected)
        if key.startswith("viber:"):
            without_phone[tuple(expected.values())] += 1
            continue
        row = by_phone.pop(key, None)
        wrong = {key: (value, row and row[key]) for key, value in expected.items() if row is None or row[key] != value}
        n_equal += not wrong
        if wrong and shown < 10:
            shown += 1
            print(f"contact {n}: {wrong}", file=sys.stderr)
    # Contacts without a phone have no key in the export: all of their fields together are compared.
    exported_without = Counter(tuple(row[field] for field in fields) for row in exported if not row["e164"])
    n_equal += (without_phone & exported_without).total()
    n_too_many = len(by_phone) + (exported_without - without_phone).total()
    print(f"{n_equal} of {len(contacts)} contacts equal in every field, {n_too_many} too many", flush=True)
    n_different = compare_identities(database, identities)
    sys.exit(n_equal != len(contacts) or n_too_many > 0 or n_different > 0)


if __name__ == "__main__":
    main()

"""Writes a phone number as people do, in the shares of real lists."""

import phonenumbers
from phonenumbers import PhoneNumberFormat

# Countries from which another country is dialled with 00: that is how libphonenumber reads it there.
DIALS_00 = set("FR DE GB ES IT MX AR IN ZA EG TR PL NL SE BE PT RO UA".split())
TRUNK_ZERO = set("FR DE GB TR NL SE BE RO UA ZA JP AU".split())
SEPARATORS = [" ", " ", ".", "-", "\u00a0"]
SCRIPTS = [0xFF10, 0x0660, 0x06F0, 0x0966]


def e164(parsed):
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def spelled(rng, parsed, region):
    """The number as a cell, and whether it says its country itself.

    40 % E.164, 20 % national with or without the trunk prefix, 25 % grouped, 5 % with 00, 2 % in digits of other
    scripts, 4 % with tel: or whatsapp:, 4 % with an extension, (0) or an apostrophe.
    """
    draw = rng.random()
    if draw < 0.40:
        return e164(parsed), True
    if draw < 0.60:
        return national(rng, parsed), False
    if draw < 0.85:
        return grouped(rng, parsed)
    if draw < 0.90:
        return "00" + e164(parsed)[1:], True
    if draw < 0.92:
        zero = rng.choice(SCRIPTS)
        return "".join(chr(zero + int(it)) if it.isdigit() else it for it in e164(parsed)), True
    if draw < 0.96:
        return rng.choice(["tel:", "whatsapp:"]) + e164(parsed), True
    return decorated(rng, parsed, region), True


def national(rng, parsed):
    """Digits as dialled within the country, half of them without the trunk prefix."""
    if rng.random() < 0.5:
        return phonenumbers.national_significant_number(parsed)
    formatted = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return "".join(it for it in formatted if it.isdigit())


def grouped(rng, parsed):
    """National or international, in groups with one separator, or with the first group in brackets."""
    is_international = rng.random() < 0.5
    form = PhoneNumberFormat.INTERNATIONAL if is_international else PhoneNumberFormat.NATIONAL
    text = phonenumbers.format_number(parsed, form)
    if rng.random() < 0.2:
        return bracketed(text), is_international
    separator = rng.choice(SEPARATORS)
    return "".join(separator if it in " -" else it for it in text), is_international


def bracketed(text):
    """`06 12 34 56 78` as `(06) 12 34 56 78`, and `+33 6 12 …` as `+33 (6) 12 …`."""
    if "(" in text:
        return text
    country, rest = text.split(" ", 1) if text.startswith("+") else ("", text)
    first, separator, others = rest.partition(" ")
    return f"{country} ({first}){separator}{others}".strip()


def decorated(rng, parsed, region):
    form = rng.randrange(3)
    if form == 0:
        return e164(parsed) + rng.choice([" ext. ", " x"]) + str(rng.randrange(10, 999))
    if form == 1 and region in TRUNK_ZERO:
        return f"+{parsed.country_code} (0){phonenumbers.national_significant_number(parsed)}"
    return "'" + e164(parsed)

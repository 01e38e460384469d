"""Spoils requests on purpose: signatures that are not right, and bodies that were cut."""

import json

from signatures import HEADERS, sign

FORM = "application/x-www-form-urlencoded"


def headers(webhook, body, signature):
    """Writes the headers of a request. No signature header is sent if `signature` is None."""
    rows = [["Content-Type", FORM if webhook["kind"] == "twilio" else "application/json"]]
    return rows + ([[HEADERS[webhook["kind"]], signature]] if signature is not None else [])


def signed(random, webhook, text):
    """Signs as the platform does: by any active secret; Twilio's URL with its port now and then; hex in upper case."""
    kind, body = webhook["kind"], text.encode()
    url = webhook.get("public_url")
    if kind == "twilio" and random.random() < 0.2:
        url = url.replace("hooks.example.test", "hooks.example.test:443")
    signature = sign(kind, random.choice(webhook["secrets"]), body, url)
    if kind != "twilio" and random.random() < 0.02:
        prefix, mark, digits = signature.rpartition("=")
        signature = prefix + mark + digits.upper()
    return headers(webhook, body, signature)


def forged(random, webhook, text):
    """Signs wrongly. The body is one that the platform could have sent. Returns headers and the body that is sent."""
    kind, body, url = webhook["kind"], text.encode(), webhook.get("public_url")
    right = sign(kind, webhook["secrets"][0], body, url)
    other = sign(kind, "not the secret", body, url)
    wrong = [other, sign(kind, "", body, url), None, "", right[:-1], right + "0", _flipped(random, right)]
    if kind == "meta":
        wrong += [right.replace("sha256=", "sha1="), right.removeprefix("sha256="), right.replace("=", " ")]
    if kind == "twilio":
        wrong += [sign(kind, webhook["secrets"][0], body, url.replace("https", "http")), right.lower()]
    choice = random.randrange(len(wrong) + 3)
    if choice < len(wrong):
        return headers(webhook, body, wrong[choice]), text
    if choice == len(wrong):
        second = random.choice((right, other))
        return headers(webhook, body, right) + [[HEADERS[kind], second]], text
    if choice == len(wrong) + 1 or kind == "twilio":
        return headers(webhook, body, right), _changed(random, text)
    return headers(webhook, body, right), json.dumps(json.loads(text), indent=1)


def _flipped(random, signature):
    """Changes one digit in the middle."""
    place = random.randrange(10, 20)
    digit = "0" if signature[place] != "0" else "1"
    return signature[:place] + digit + signature[place + 1:]


def _changed(random, text):
    """Changes one digit of the body, so that it stays readable."""
    places = [place for place, letter in enumerate(text) if letter in "12345678"]
    place = random.choice(places)
    return text[:place] + str(int(text[place]) + 1) + text[place + 1:]


def cut(random, webhook, text):
    """Cuts a body on its way: the signature is that of the whole."""
    return signed(random, webhook, text), text[:random.randint(1, len(text) - 1)]

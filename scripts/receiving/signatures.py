"""Signs and checks webhook requests: Meta, 360dialog and Twilio.

Meta and 360dialog sign the raw body with HMAC-SHA-256. Twilio signs the public URL and the sorted form with HMAC-SHA-1.
"""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, urlsplit

HEADERS = {"meta": "X-Hub-Signature-256", "360dialog": "x-360dialog-signature", "twilio": "X-Twilio-Signature"}


def sign(kind, secret, body, url=None):
    """Returns the value of the signature's header for the bytes `body`."""
    if kind == "meta":
        return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if kind == "360dialog":
        return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    form = sorted(parse_qsl(body.decode(), keep_blank_values=True))
    text = url + "".join(name + value for name, value in form)
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def is_signed(webhook, headers, body):
    """Tells whether exactly one header signs the bytes `body` with an active secret of `webhook`."""
    name = HEADERS[webhook["kind"]].lower()
    given = [value for key, value in headers if key.lower() == name]
    if len(given) != 1:
        return False
    return any(
        _equal(webhook["kind"], given[0], sign(webhook["kind"], secret, body, url))
        for secret in webhook["secrets"]
        for url in _urls(webhook)
    )


def _equal(kind, given, expected):
    """Compares two values. The case of hex digits does not matter, that of base64 does."""
    if kind == "meta":
        prefix, _, digits = given.partition("=")
        given = prefix + "=" + digits.lower()
    elif kind == "360dialog":
        given = given.lower()
    return hmac.compare_digest(given.encode(), expected.encode())


def _urls(webhook):
    """Lists the public URL as it may be signed: as configured, and with its port of the scheme."""
    url = webhook.get("public_url")
    if url is None:
        return [None]
    parts = urlsplit(url)
    port = 443 if parts.scheme == "https" else 80
    return [url, url.replace(parts.netloc, f"{parts.hostname}:{port}", 1)]

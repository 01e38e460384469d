"""Reads words of refusal and consent, as far as they are beyond doubt. Written from the facts, not from any table."""

import re
import unicodedata

STOP = {"stop", "stopp", "unsubscribe", "arret", "baja", "sair", "parar", "abmelden"}
START = {"start"}
SHORT_CODE = re.compile(r"stop \d+")
REVIEW = {"stop, o ze nao vem"}
OPEN = {"oui", "yes", "sim", "👍", "", "cancel", "stoppe", "ja", "alta"}


def read(text):
    """Returns `stop`, `start`, `review`, `open`, or None for a whole message.

    `open` means that the facts do not decide: any answer is right but a start that nobody reviewed.
    """
    word = _plain(text)
    if word in STOP or SHORT_CODE.fullmatch(word):
        return "stop"
    if word in START:
        return "start"
    if word in REVIEW:
        return "review"
    return "open" if word in OPEN else None


def read_button(payload, title):
    """Returns `stop` or `start` if the payload or the title of a tapped button is such a word."""
    found = {read(text) for text in (payload, title) if isinstance(text, str)}
    return next((answer for answer in ("stop", "start") if answer in found), None)


def _plain(text):
    """Takes away case, accents, space around and a full stop or exclamation mark at the end."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return letters.strip().rstrip(".!").strip()

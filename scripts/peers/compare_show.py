"""The first difference between two contents, without personal data."""

import hashlib
import os
import re

SALT = os.urandom(16)
# Columns and keys whose texts are words of Ferry and never of a person.
CLEAR = set(
    "state channel purpose basis kind stage outcome answer method line_type consent whatsapp_consent reachable action "
    "decision adapter reason tool profile registration segment code status category severity rule".split()
)


def masked(name, value):
    """A value as it can be shown: texts as their length and a salted digest, so that equal ones look equal."""
    if isinstance(value, (int, float, bool)) or value is None:
        return repr(value)
    if isinstance(value, str) and (name in CLEAR or re.fullmatch(r"[A-Z]+_[A-Z_]+|", value)):
        return repr(value)
    digest = hashlib.sha256(SALT + repr(value).encode()).hexdigest()[:6]
    return f"<{type(value).__name__} of {len(value)}, {digest}>"


def first_difference(old, new, place=""):
    """Where two contents differ first, or None."""
    if old == new:
        return None
    if isinstance(old, dict) and isinstance(new, dict):
        if missing := sorted(old.keys() - new.keys()):
            return f"{place or 'top'}: only the old program has {', '.join(missing)}"
        if missing := sorted(new.keys() - old.keys()):
            return f"{place or 'top'}: only the new program has {', '.join(missing)}"
        key = next(key for key in old if old[key] != new[key])
        return first_difference(old[key], new[key], f"{place}.{key}".lstrip("."))
    if isinstance(old, list) and isinstance(new, list):
        for n, (one, other) in enumerate(zip(old, new), 1):
            if one != other:
                count = sum(a != b for a, b in zip(old, new)) + abs(len(old) - len(new))
                found = first_difference(one, other, f"{place}[{n}]")
                return found if "[" in place else f"{found}; {count} of {max(len(old), len(new))} differ"
        return f"{place or 'rows'}: {len(old)} in the old program, {len(new)} in the new one"
    name = re.sub(r"\[\d+\]", "", place).rsplit(".", 1)[-1]
    if name == "text":
        pairs = zip(str(old).splitlines(), str(new).splitlines())
        line = next((n for n, (a, b) in enumerate(pairs, 1) if a != b), "the last")
        return f"text differs from line {line} on"
    return f"{place}: old {masked(name, old)}, new {masked(name, new)}"

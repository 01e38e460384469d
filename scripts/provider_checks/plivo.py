"""The official client of Plivo: https://pypi.org/project/plivo/ 4.63.0. Whatever refuses a list makes it raise a TypeError,
because it looks for rows in the error: the status tells the cause."""

import datetime as dt

from plivo import RestClient

from .here import Here, patient
from .sandbox import equal

ACCOUNT = "MAXXXXXXXXXXXXXXXXXX"


def check(sandbox, _):
    here = Here(sandbox.url)
    client = connect(sandbox.token, here)
    read, n_refused, offset = {}, 0, 0
    while True:
        call = lambda: client.messages.list(offset=offset, limit=20, message_time__gte="2026-01-01 00:00")
        page, refusals = patient(sandbox, call, lambda error: here.status == 429, 61)
        read.update(map(row, page))
        n_refused += refusals
        if page.meta.next is None:
            break
        offset += 20
    # The clock moved by a minute for twenty pages, and the rows of the sandbox do not move with it.
    assert n_refused == here.n_calls // 21, f"{n_refused} of {here.n_calls} calls were too fast"
    masked = {key for key, it in read.items() if it["phone"].endswith("***")}
    ledger = {key: kept(it) for key, it in sandbox.rows("plivo", "messages").items()}
    assert 0 < len(masked) < len(ledger) / 5
    for key in masked:
        assert ledger[key]["phone"].startswith(read[key]["phone"].removesuffix("***"))
        read[key]["phone"] = ledger[key]["phone"]
    n_rows = equal("messages", read, ledger)

    # Its own iterator follows the links; without a time these are the messages of the last day.
    sandbox.advance(61)
    since = (dt.datetime.fromisoformat(sandbox.now()) - dt.timedelta(hours=24)).isoformat()
    day = {key: it for key, it in ledger.items() if it["at"] >= since}
    n_rows += equal("messages of the last day", {it.message_uuid: 0 for it in client.messages}, dict.fromkeys(day, 0))
    stranger = Here(sandbox.url)
    assert refused(stranger, connect("wrong", stranger).messages.list) == 401
    assert refused(here, lambda: client.messages.list(message_time__gte="2026-13-01")) == 400
    return n_rows


def connect(token, here):
    client = RestClient(ACCOUNT, token)
    client.session.mount("https://api.plivo.com", here)
    return client


def row(found):
    inbound = found.message_direction == "inbound"
    at = dt.datetime.fromisoformat(found.message_time).astimezone(dt.timezone.utc)
    assert not hasattr(found, "text") and isinstance(found.total_amount, str)
    phone = found.from_number if inbound else found.to_number
    return found.message_uuid, {
        "phone": phone if phone.startswith("+") else f"+{phone}",
        "direction": found.message_direction,
        "status": found.message_state,
        "error": found.error_code and int(found.error_code),
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    } | ({"error": 0} if found.error_code == "000" else {})


def kept(row):
    return {name: row[name] for name in ("phone", "direction", "status", "error", "at")}


def refused(here, call):
    try:
        call()
    except TypeError:
        return here.status
    return None

"""The official client of Telnyx: https://pypi.org/project/telnyx/ 4.189.0."""

import importlib

from .sandbox import equal

# This file has the name of the package.
telnyx = importlib.import_module("telnyx")


def check(sandbox, _):
    client = telnyx.Telnyx(api_key=sandbox.token, base_url=f"{sandbox.url}/v2", max_retries=0)
    read = {}
    for it in client.detail_records.list(filter={"record_type": "messaging"}, page_size=100):
        inbound = it.direction == "inbound"
        read[it.uuid] = {
            "phone": it.cli if inbound else it.cld,
            "direction": it.direction,
            "status": it.status,
            "at": f"{it.created_at:%Y-%m-%dT%H:%M:%SZ}",
        }
    rows = sandbox.rows("telnyx", "detail-records").items()
    names = ("phone", "direction", "status", "at")
    n_rows = equal("detail records", read, {key: {name: row[name] for name in names} for key, row in rows})

    listed = list(client.messaging_optouts.list(page_size=10))
    assert all(it.created_at.tzinfo is None for it in listed)
    read = {it.to: f"{it.created_at:%Y-%m-%dT%H:%M:%SZ}" for it in listed}
    assert len(read) == len(listed)
    rows = sandbox.rows("telnyx", "opt-outs").values()
    n_rows += equal("opt-outs", read, {row["phone"]: row["at"] for row in rows})
    since = sorted(read.values())[len(read) // 2]
    later = client.messaging_optouts.list(created_at={"gte": since}, redaction_enabled="true", page_size=250)
    later = list(later)
    assert len(later) == sum(at >= since for at in read.values()) and later[0].to.endswith("****")
    try:
        telnyx.Telnyx(api_key="wrong", base_url=f"{sandbox.url}/v2").messaging_optouts.list()
        raise AssertionError("a wrong key was accepted")
    except telnyx.AuthenticationError:
        return n_rows

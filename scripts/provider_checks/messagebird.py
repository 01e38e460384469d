"""The official client of MessageBird: https://pypi.org/project/messagebird/ 2.2.0."""

import importlib
import json

from .sandbox import equal

# This file has the name of the package.
messagebird = importlib.import_module("messagebird")
http_client = importlib.import_module("messagebird.http_client")


def check(sandbox, _):
    client = connect(sandbox, sandbox.token)
    contacts = all_of(client.contact_list, 30)
    read = {it.id: {"phone": f"+{it.msisdn}", "at": moment(it.createdDatetime)} for it in contacts}
    assert all(isinstance(it.msisdn, int) for it in contacts)
    rows = sandbox.rows("messagebird", "contacts").items()
    n_rows = equal("contacts", read, {key: {"phone": row["phone"], "at": row["at"]} for key, row in rows})

    groups = all_of(client.group_list, 2)
    assert sorted(it.name for it in groups) == ["Fidélité", "Newsletter", "VIP"]
    for group in groups:
        # The client has no method for the contacts of a group.
        found = json.loads(client.request_plain_text(f"groups/{group.id}/contacts?limit=200"))["items"]
        assert len(found) == group.contacts.totalCount > 0 and all(it["id"] in read for it in found)

    read = {}
    for message in all_of(client.message_list, 50):
        for recipient in message.recipients["items"]:
            inbound = message.direction == "mo"
            phone = message.originator if inbound else recipient.recipient
            read[message.id, f"+{phone}"] = {
                "direction": "inbound" if inbound else "outbound",
                "body": message.body,
                "status": recipient.status,
                "at": moment(message.createdDatetime),
            }
    rows = sandbox.lines("messagebird", "messages")
    expected = {(row["id"], row["phone"]): {name: row[name] for name in ("direction", "body", "status", "at")} for row in rows}
    assert len(expected) == len(rows) > len({row["id"] for row in rows})
    n_rows += equal("recipients of messages", read, expected)
    try:
        connect(sandbox, "wrong").contact_list()
        raise AssertionError("a wrong key was accepted")
    except messagebird.ErrorException as error:
        assert error.errors[0].code == 2
    return n_rows


def connect(sandbox, key):
    return messagebird.Client(key, http_client.HttpClient(f"{sandbox.url}/", key, "check"))


def all_of(method, limit):
    items, offset = [], 0
    while True:
        page = method(limit=limit, offset=offset)
        items += page.items
        if page.links.next is None:
            assert len(items) == page.totalCount
            return items
        offset += limit


def moment(at):
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"

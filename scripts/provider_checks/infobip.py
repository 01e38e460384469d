"""The official client of Infobip: https://pypi.org/project/infobip-api-python-client/ 6.0.0. It has methods for messages;
people, the blocklist and templates are called with its lower part, and read as JSON."""

import datetime as dt
import json

from infobip_api_client import ApiClient, Configuration
from infobip_api_client.api.sms_api import SmsApi
from infobip_api_client.api.viber_api import ViberApi
from infobip_api_client.exceptions import ApiException, UnauthorizedException

from .sandbox import equal


def check(sandbox, _):
    client = connect(sandbox, sandbox.token)
    n_rows = logs(sandbox, SmsApi(client).get_outbound_sms_message_logs, "sms-logs")
    n_rows += logs(sandbox, ViberApi(client).get_outbound_viber_message_logs, "viber-logs")
    n_rows += inbox(sandbox, SmsApi(client)) + reports(sandbox, SmsApi(client))
    n_rows += people(sandbox, client) + blocklist(sandbox, client)
    templates = get(client, "/viber/1/senders/MaMarque/templates?size=3&page=1")
    assert [it["status"] for it in templates["templates"]] == ["PENDING", "DECLINED"], templates
    try:
        SmsApi(connect(sandbox, "wrong")).get_outbound_sms_message_logs()
        raise AssertionError("a wrong key was accepted")
    except UnauthorizedException:
        return n_rows


def connect(sandbox, token):
    keys, prefixes = {"APIKeyHeader": token}, {"APIKeyHeader": "App"}
    return ApiClient(Configuration(host=sandbox.url, api_key=keys, api_key_prefix=prefixes))


def recent(sandbox, stream, names):
    """The rows of the last 48 hours."""
    since = (dt.datetime.fromisoformat(sandbox.now()) - dt.timedelta(hours=48)).isoformat()
    rows = sandbox.rows("infobip", stream).items()
    return {key: {name: row[name] for name in names} for key, row in rows if row["at"] >= since}


def moment(at):
    assert at.utcoffset() == dt.timedelta(hours=1), at
    return f"{at.astimezone(dt.timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def logs(sandbox, method, stream):
    read, cursor = {}, None
    since = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    while True:
        page = method(limit=10, use_cursor=True, cursor=cursor, sent_since=since)
        for it in page.results:
            row = {"phone": f"+{it.destination}", "status": it.status.group_name, "at": moment(it.sent_at)}
            content = it.content
            if stream == "sms-logs":
                row["body"] = content.actual_instance.text
            read[it.message_id] = row
        cursor = page.cursor.next_cursor
        if cursor is None:
            break
    names = ["phone", "status", "at"] + (["body"] if stream == "sms-logs" else [])
    return equal(stream, read, recent(sandbox, stream, names))


def inbox(sandbox, api):
    """Every message comes once."""
    expected, read = recent(sandbox, "inbox", ["phone", "body", "at"]), {}
    while True:
        page = api.get_inbound_sms_messages(limit=7)
        for it in page.results:
            assert it.message_id not in read
            read[it.message_id] = {"phone": f"+{it.var_from}", "body": it.text, "at": moment(it.received_at)}
        if page.pending_message_count == 0:
            break
    assert api.get_inbound_sms_messages().results == []
    return equal("inbox", read, expected)


def reports(sandbox, api):
    expected = recent(sandbox, "sms-logs", ["phone", "status"])
    expected = {key: row for key, row in expected.items() if row["status"] != "PENDING"}
    found = api.get_outbound_sms_message_delivery_reports(limit=1000).results
    assert api.get_outbound_sms_message_delivery_reports(limit=1000).results == []
    read = {it.message_id: {"phone": f"+{it.to}", "status": it.status.group_name} for it in found}
    return equal("reports", read, expected)


def get(client, path):
    """A call that the client has no method for, with its headers and its errors."""
    headers = {"Accept": "application/json"}
    client.update_params_for_auth(headers, [], ["APIKeyHeader"], path, "GET", None)
    answer = client.call_api("GET", client.configuration.host + path, headers)
    answer.read()
    if answer.status != 200:
        raise ApiException.from_response(http_resp=answer, body=answer.data.decode(), data=None)
    return json.loads(answer.data)


def people(sandbox, client):
    read, n_page = {}, 1
    while True:
        path = f"/people/2/persons?limit=30&page={n_page}&includeTotalCount=true"
        page = get(client, path)
        for it in page["persons"]:
            read[str(it["id"])] = {"phone": "+" + it["contactInformation"]["phone"][0]["number"], "at": it["createdAt"] + "Z"}
        if len(page["persons"]) < 30:
            assert page["totalCount"] == len(read)
            break
        n_page += 1
    rows = sandbox.rows("infobip", "persons").items()
    return equal("people", read, {key: {"phone": row["phone"], "at": row["at"]} for key, row in rows})


def blocklist(sandbox, client):
    """Pages are counted from 0."""
    read, n_page = [], 0
    while True:
        path = f"/platform/1/blocklists?size=10&page={n_page}"
        page = get(client, path)
        read += page["results"]
        n_page += 1
        if n_page == page["paging"]["totalPages"]:
            break
    streams = ("blocklist", "blocklist-manual")
    rows = [row for stream in streams for row in sandbox.rows("infobip", stream).values()]
    expected = sorted((row["phone"], row["status"], row["at"]) for row in rows)
    numbers = [it for it in read if not it["destination"].startswith("urn:")]
    found = sorted(("+" + it["destination"], it["sourceType"], it["createdDate"].replace(".000Z", "Z")) for it in numbers)
    assert found == expected, f"blocklist: {len(found)} read, {len(expected)} expected"
    assert len(read) - len(numbers) == len(sandbox.rows("infobip", "blocklist-urn")) > 0
    return len(read)

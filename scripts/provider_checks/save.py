"""Saves what the official clients of all providers read of a sandbox, in the shapes in which people have such data: pages
as they came, or rows as CSV or JSON.

    python -m provider_checks.save URL TOKEN FOLDER SINCE UNTIL

The logs of Infobip are read from SINCE to UNTIL, everything else as a whole. Bird has no client: its pages are read by
plain HTTP. Prints a line for each source: its name, and the rows that were saved.
"""

import contextlib
import csv
import datetime as dt
import importlib
import json
import pathlib
import sys
import urllib.parse
import urllib.request

import requests
from infobip_api_client.api.sms_api import SmsApi
from infobip_api_client.api.viber_api import ViberApi

from . import aws, infobip, messagebird, plivo, sinch, telnyx, twilio, viber, vonage
from .here import Here
from .sandbox import Sandbox

# The columns of the log that Twilio's console and Plivo's console write.
TWILIO = "From To Body Status SentDate ApiVersion NumSegments ErrorCode AccountSid Sid Direction Price PriceUnit".split()
PLIVO = "Message UUID,From,To,Direction,Message Time,Status,Error Code,Units,Total Charge (USD)".split(",")


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir()

    def pages(self, name, pages, n_rows):
        """Pages as they came, or as a client gives them."""
        (self.path / name).mkdir()
        for n, page in enumerate(pages, 1):
            text = page if isinstance(page, str) else json.dumps(page, ensure_ascii=False, default=str)
            (self.path / name / f"{n:04}.json").write_text(text)
        print(name, "rows", n_rows)

    def table(self, name, columns, rows):
        rows = list(rows)
        with open(self.path / f"{name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        print(name, "rows", len(rows))


@contextlib.contextmanager
def recorded(part):
    """The bodies of the answers from addresses with some part, to calls of clients that are built on requests."""
    bodies, send = [], requests.Session.send

    def record(session, request, **named):
        answer = send(session, request, **named)
        if part in request.url and answer.status_code == 200:
            bodies.append(answer.text)
        return answer

    requests.Session.send = record
    try:
        yield bodies
    finally:
        requests.Session.send = send


def save_infobip(sandbox, folder, since, until):
    client = infobip.connect(sandbox, sandbox.token)
    for name, path, key in (
        ("infobip-people", "/people/2/persons?limit=30&includeTotalCount=true&page={}", "persons"),
        ("infobip-blocklist", "/platform/1/blocklists?size=10&page={}", "results"),
    ):
        pages, number = [], 1 if key == "persons" else 0
        while not pages or pages[-1][key]:
            pages.append(infobip.get(client, path.format(number)))
            number += 1
        folder.pages(name, pages, sum(len(it[key]) for it in pages))
    for name, method in (
        ("infobip-logs", SmsApi(client).get_outbound_sms_message_logs_with_http_info),
        ("infobip-viber-logs", ViberApi(client).get_outbound_viber_message_logs_with_http_info),
    ):
        pages, n_rows, cursor = [], 0, None
        while not pages or cursor:
            answer = method(limit=10, use_cursor=True, cursor=cursor, sent_since=since, sent_until=until)
            pages.append(answer.raw_data.decode())
            n_rows += len(answer.data.results)
            cursor = answer.data.cursor.next_cursor
        folder.pages(name, pages, n_rows)
    answer = SmsApi(client).get_inbound_sms_messages_with_http_info(limit=1000)
    assert answer.data.pending_message_count == 0
    folder.pages("infobip-inbox", [answer.raw_data.decode()], len(answer.data.results))


def save_twilio(sandbox, folder):
    client = twilio.Client(twilio.ACCOUNT, sandbox.token, http_client=twilio.Here(sandbox.url, sandbox.url))
    rows = (
        (it.from_, it.to, it.body, it.status, f"{it.date_sent:%Y-%m-%dT%H:%M:%SZ}", it.api_version, it.num_segments)
        + (it.error_code, it.account_sid, it.sid, it.direction, it.price, it.price_unit)
        for it in client.messages.list(page_size=100)
    )
    folder.table("twilio-messages", TWILIO, rows)
    with recorded("/Participants") as pages:
        n_rows = sum(
            len(client.conversations.v1.conversations(it.sid).participants.list())
            for it in client.conversations.v1.conversations.list(page_size=10)
        )
    folder.pages("twilio-participants", pages, n_rows)


def save_vonage(sandbox, folder):
    http = vonage.client(sandbox.token, Here(sandbox.url))
    (folder.path / "vonage-sms").mkdir()
    n_rows = 0
    for direction in ("inbound", "outbound"):
        order = {"account_id": vonage.ACCOUNT, "product": "SMS", "direction": direction, "include_message": True}
        order["date_start"] = "2020-01-01T00:00:00+0000"
        ordered = http.post("api.nexmo.com", "/v2/reports", order, auth_type="basic")
        found = {}
        while found.get("request_status") != "SUCCESS":
            found = http.get("api.nexmo.com", f"/v2/reports/{ordered['request_id']}", auth_type="basic")
        path = found["_links"]["download_report"]["href"].removeprefix(sandbox.url)
        headers = {"Authorization": http.auth.create_basic_auth_string()}
        archive = http._session.get(f"https://api.nexmo.com{path}", headers=headers).content
        (folder.path / "vonage-sms" / f"SMS_{direction}.zip").write_bytes(archive)
        n_rows += found["items_count"]
    print("vonage-sms", "rows", n_rows)
    pages, last = [], dt.datetime.fromisoformat(sandbox.now()[:10]).replace(tzinfo=dt.timezone.utc)
    for direction in ("inbound", "outbound"):
        for day in (last - dt.timedelta(days=n) for n in range(32)):
            asked = {"account_id": vonage.ACCOUNT, "product": "MESSAGES", "direction": direction, "include_message": "true"}
            asked |= {"date_start": day.isoformat(), "date_end": (day + dt.timedelta(days=1)).isoformat()}
            pages.append(http.get("api.nexmo.com", "/v2/reports/records", asked, auth_type="basic"))
    folder.pages("vonage-messages", pages, sum(len(it["records"]) for it in pages))


def save_plivo(sandbox, folder):
    client, rows, offset = plivo.connect(sandbox.token, Here(sandbox.url)), [], 0
    since = (dt.datetime.fromisoformat(sandbox.now()) - dt.timedelta(days=80)).strftime("%Y-%m-%d %H:%M")
    while True:
        page = client.messages.list(offset=offset, limit=20, message_time__gte=since)
        rows += (
            (it.message_uuid, it.from_number, it.to_number, it.message_direction, it.message_time, it.message_state)
            + (it.error_code, it.units, it.total_amount)
            for it in page
        )
        if page.meta.next is None:
            break
        offset += 20
    folder.table("plivo-messages", PLIVO, rows)


def save_messagebird(sandbox, folder):
    client = messagebird.connect(sandbox, sandbox.token)
    for name, method, part in (
        ("messagebird-contacts", client.contact_list, "/contacts?"),
        ("messagebird-messages", client.message_list, "/messages?"),
    ):
        with recorded(part) as pages:
            n_rows = len(messagebird.all_of(method, 30))
        folder.pages(name, pages, n_rows)
    groups = messagebird.all_of(client.group_list, 20)
    found = [json.loads(client.request_plain_text(f"groups/{it.id}/contacts?limit=200"))["items"] for it in groups]
    # Who is in several groups has one record in each, letter by letter. Of pages that Ferry reads itself, such a record
    # counts once, so it is saved once.
    members = {it["id"]: it for items in found for it in items}
    folder.pages("messagebird-members", [{"items": list(members.values())}], len(members))


def save_bird(sandbox, folder, workspace):
    """A third of the contacts do not show their phone: their identifiers are asked for, as everybody has to who reads them."""

    def get(path):
        url, headers = f"{sandbox.url}/workspaces/{workspace}/contacts{path}", {"Authorization": f"AccessKey {sandbox.token}"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return json.loads(answer.read())

    pages, token = [], ""
    while not pages or token:
        pages.append(get("?limit=50" + (f"&pageToken={urllib.parse.quote(token)}" if token else "")))
        token = pages[-1].get("nextPageToken")
    for contact in (contact for page in pages for contact in page["results"]):
        if contact["identifierCount"] > len(contact["featuredIdentifiers"]):
            found = get(f"/{contact['id']}/identifiers")["results"]
            contact["featuredIdentifiers"] = [{"key": it["key"], "value": it["value"]} for it in found]
    folder.pages("bird-contacts", pages, sum(len(it["results"]) for it in pages))


def save_sinch(sandbox, folder):
    client = sinch.connect(sandbox, sandbox.token)
    with recorded("/contacts") as pages:
        n_rows = len(list(client.conversation.contacts.list(page_size=20).iterator()))
    folder.pages("sinch-contacts", pages, n_rows)
    lists = ("OPT_OUT_ALL", "OPT_OUT_MARKETING", "OPT_OUT_NOTIFICATION")
    rows = ((identity, name) for name in lists for identity in sinch.refused(client, name))
    folder.table("sinch-opt-outs", ("identity", "list"), rows)


def save_telnyx(sandbox, folder):
    client = importlib.import_module("telnyx").Telnyx(api_key=sandbox.token, base_url=f"{sandbox.url}/v2", max_retries=0)
    for name, records in (
        ("telnyx-messages", client.detail_records.list(filter={"record_type": "messaging"}, page_size=50)),
        ("telnyx-opt-outs", client.messaging_optouts.list(page_size=50)),
    ):
        rows = [it.model_dump(mode="json") for it in records]
        folder.pages(name, [{"data": rows}], len(rows))


def save_aws(sandbox, folder):
    client = aws.connect(sandbox, sandbox.token)
    pages = list(client.get_paginator("describe_opted_out_numbers").paginate(OptOutListName="Default"))
    folder.pages("aws-opt-outs", pages, sum(len(it["OptedOutNumbers"]) for it in pages))


def save_viber(sandbox, folder):
    api = viber.client(sandbox, sandbox.token)
    ids = sorted(sandbox.rows("viber", "subscribers"))
    with recorded("/pa/get_online") as pages:
        n_rows = sum(len(api.get_online(ids[n : n + 100])) for n in range(0, len(ids), 100))
    folder.pages("viber-online", pages, n_rows)
    lines = []
    for it in ids:
        with recorded("/pa/get_user_details") as bodies:
            try:
                api.get_user_details(it)
            except Exception:
                # Of those who have left, it raises an error, and Viber does not say of whom it speaks.
                bodies[-1] = json.dumps({**json.loads(bodies[-1]), "user": {"id": it}})
        lines += bodies
    (folder.path / "viber-details.ndjson").write_text("".join(f"{it}\n" for it in lines))
    print("viber-details", "rows", len(lines))


def main():
    url, token, path, workspace, since, until = sys.argv[1:]
    since, until = (dt.datetime.fromisoformat(it.replace("Z", "+00:00")) for it in (since, until))
    sandbox, folder = Sandbox(url, token), Folder(path)
    importlib.import_module("logging").getLogger("viber.bot.api").disabled = True
    save_infobip(sandbox, folder, since, until)
    save_twilio(sandbox, folder)
    save_vonage(sandbox, folder)
    save_plivo(sandbox, folder)
    save_messagebird(sandbox, folder)
    save_bird(sandbox, folder, workspace)
    save_sinch(sandbox, folder)
    save_telnyx(sandbox, folder)
    save_aws(sandbox, folder)
    save_viber(sandbox, folder)


main()

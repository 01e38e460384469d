"""The official client of Twilio: https://pypi.org/project/twilio/ 9.13.0."""

import contextlib
import datetime as dt
import gzip
import json
import re
import urllib.parse
import urllib.request

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from .prism import Prism, violations
from .sandbox import equal

ACCOUNT = "AC0123456789abcdef0123456789abcdef"

# The document of each path. The paths of Twilio's hosts are all different. `/v1/Deactivations` only ever redirects.
DOCUMENTS = {
    "/2010-04-01/": "twilio_api_v2010",
    "/v1/Exports": "twilio_bulkexports_v1",
    "/v1/Conversations": "twilio_conversations_v1",
    "/v1/Content": "twilio_content_v1",
    "/v2/Flows": "twilio_studio_v2",
}

# The links of pages of the first API are relative, and its document calls them addresses: the only breaches.
LINKS = {"first_page_uri", "next_page_uri", "previous_page_uri", "uri"}


# At least so many calls go through Prism.
WATCHED = {"/2010-04-01/": 20, "/v1/Exports": 6, "/v1/Conversations": 100, "/v1/Content": 3, "/v2/Flows": 4}

REDIRECTS = re.compile("/v1/Exports/Messages/Days/.|/v1/Deactivations")


class Here(TwilioHttpClient):
    """Sends the calls to all hosts of Twilio to one place: the sandbox, or Prism in front of it."""

    def __init__(self, sandbox, base):
        super().__init__()
        self.sandbox, self.base = sandbox, base
        self.n_calls, self.n_watched, self.breaches, self.links = 0, 0, [], set()

    def request(self, method, url, *arguments, **named):
        parts = urllib.parse.urlsplit(url)
        # Prism follows redirects by itself, and shows the file service the credentials, which it refuses.
        base = self.sandbox if REDIRECTS.match(parts.path) else self.base
        url = base + parts.path + (f"?{parts.query}" if parts.query else "")
        answer = super().request(method, url, *arguments, **named)
        self.n_calls += 1
        self.n_watched += base != self.sandbox
        for where, message in violations(answer.headers):
            field = where.rpartition(".")[2]
            if answer.status_code >= 400 and where == "response":
                # The documents of Twilio have no failures.
                continue
            if where == f"response.body.{field}" and field in LINKS and message.endswith('format "uri"'):
                self.links.add(field)
            else:
                self.breaches.append((method, parts.path, where, message))
        return answer


def check(sandbox, prism):
    n_rows = 0
    for path, part in PARTS:
        is_watched = prism and path in DOCUMENTS
        proxy = Prism(prism, DOCUMENTS[path], sandbox.url) if is_watched else contextlib.nullcontext()
        with proxy as through:
            here = Here(sandbox.url, through.url if through else sandbox.url)
            before = len(sandbox.calls("twilio"))
            n_rows += part(sandbox, Client(ACCOUNT, sandbox.token, http_client=here))
            reached = [it for it in sandbox.calls("twilio")[before:] if not it["path"].startswith("/twilio-files/")]
            assert here.n_calls == len(reached) > 0, f"{path}: {here.n_calls} calls of the client, {len(reached)} arrived"
            assert not here.breaches, f"{path}: {here.breaches[:5]} ({len(here.breaches)})"
            if through:
                assert here.n_watched >= WATCHED[path], f"{path}: {here.n_watched} calls through Prism"
                watches(here, path)
    return n_rows


def watches(here, path):
    """Asserts that Prism sees what is wrong, so that one that sees nothing is not believed."""
    lists = {"/2010-04-01/": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", "/v1/Exports": "/v1/Exports/Messages/Jobs"}
    here.request("GET", f"https://api.twilio.com{lists.get(path, path)}?PageSize=100000")
    seen = [it[2] for it in here.breaches]
    assert any(it.startswith("request") for it in seen), f"{path}: Prism does not see a wrong call: {seen}"
    if path == "/2010-04-01/":
        assert here.links >= {"first_page_uri", "next_page_uri", "uri"}, here.links


def message(found):
    """A message as the ledger has it."""
    inbound = found["direction"] == "inbound"
    return {
        "phone": (found["from"] if inbound else found["to"]).removeprefix("whatsapp:"),
        "direction": "inbound" if inbound else "outbound",
        "body": found["body"],
        "status": found["status"],
        "error": found["error_code"],
        "at": found["at"],
    }


def kept(row):
    return {name: row[name] for name in ("phone", "direction", "body", "status", "error", "at")}


def messages(sandbox, client):
    def read(found):
        it = vars(found)
        return found.sid, message({**it, "from": found.from_, "at": f"{found.date_sent:%Y-%m-%dT%H:%M:%SZ}"})

    ledger = {key: kept(row) for key, row in sandbox.rows("twilio", "messages").items()}
    listed = client.messages.list(page_size=100)
    n_rows = equal("messages", dict(map(read, listed)), ledger)
    assert [it.date_sent for it in listed] == sorted((it.date_sent for it in listed), reverse=True)

    # A window of three days, one of two moments, and one number.
    first = max(it.date_sent for it in listed).date() - dt.timedelta(days=4)
    days = [str(first + dt.timedelta(days=n)) for n in range(3)]
    window = client.messages.list(date_sent_after=days[0], date_sent_before=days[2], page_size=9)
    expected = {key: row for key, row in ledger.items() if row["at"][:10] in days}
    n_rows += equal("messages of three days", dict(map(read, window)), expected)
    since, until = (it.date_sent for it in (listed[300], listed[100]))
    window = client.messages.list(date_sent_after=since, date_sent_before=until, page_size=50)
    expected = {it.sid: ledger[it.sid] for it in listed if since <= it.date_sent <= until}
    n_rows += equal("messages between two moments", dict(map(read, window)), expected)
    phone = next(row["phone"] for row in ledger.values() if row["direction"] == "inbound")
    sent = {it.sid for it in client.messages.list(from_=phone)}
    mine = {key for key, row in ledger.items() if row["phone"] == phone and row["direction"] == "inbound"}
    assert sent and sent <= mine, f"from {phone}: {len(sent)} of {len(mine)}"

    one = client.messages(next(iter(ledger))).fetch()
    n_rows += equal("a message", dict([read(one)]), {one.sid: ledger[one.sid]})

    # Failures have the body of Twilio.
    sandbox.faults("rate-limit=1")
    assert refused(lambda: client.messages.list(limit=1)) == (429, 20429)
    sandbox.faults()
    stranger = Client(ACCOUNT, "wrong", http_client=client.http_client)
    assert refused(lambda: stranger.messages(one.sid).fetch()) == (401, 20003)
    assert refused(lambda: client.messages("SM" + 32 * "0").fetch()) == (404, 20404)
    return n_rows


def refused(call):
    try:
        call()
    except TwilioRestException as error:
        return error.status, error.code
    except TwilioException as error:
        answer = error.args[1]
        return answer.status_code, json.loads(answer.text)["code"]
    return None


def exports(sandbox, client):
    today = dt.datetime.fromisoformat(sandbox.now()[:10]).date()
    first, last = today - dt.timedelta(days=40), today - dt.timedelta(days=2)
    export = client.bulkexports.v1.exports("Messages")
    job = export.export_custom_jobs.create(start_day=str(first), end_day=str(last), friendly_name="all")
    assert client.bulkexports.v1.exports.jobs(job.job_sid).fetch().details[0]["status"] == "Running"
    sandbox.advance(10)
    assert client.bulkexports.v1.exports.jobs(job.job_sid).fetch().details[0]["status"] == "Completed"
    assert [it.job_sid for it in export.export_custom_jobs.list()] == [job.job_sid]
    days = [it.day for it in export.days.list(page_size=20)]
    assert days == [str(first + dt.timedelta(days=n)) for n in range(39)], days
    read = {}
    for day in days:
        lines = gzip.decompress(fetched(export.days(day).fetch().redirect_to)).decode().splitlines()
        for found in map(json.loads, lines):
            read[found["sid"]] = message({**found, "at": found["date_sent"]})
    ledger = {key: kept(row) for key, row in sandbox.rows("twilio", "messages").items() if row["at"][:10] <= str(last)}
    return equal("exported messages", read, ledger)


def deactivations(sandbox, client):
    ledger = {key: row["at"][:10] for key, row in sandbox.rows("twilio", "deactivations").items()}
    today = dt.datetime.fromisoformat(sandbox.now()[:10]).date()
    read = {}
    for day in (today - dt.timedelta(days=n) for n in range(35)):
        url = client.messaging.v1.deactivations().fetch(date=day).redirect_to
        read.update((number, str(day)) for number in fetched(url).decode().split())
    return equal("deactivations", read, ledger)


def fetched(url):
    """A file of another service, to which no credentials are shown."""
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def conversations(sandbox, client):
    read = {}
    for conversation in client.conversations.v1.conversations.list(page_size=10):
        for person in client.conversations.v1.conversations(conversation.sid).participants.list():
            if person.messaging_binding:
                read[person.sid] = person.messaging_binding["address"].removeprefix("whatsapp:")
    ledger = {key: row["phone"] for key, row in sandbox.rows("twilio", "participants").items()}
    return equal("participants", read, ledger)


def contents(_, client):
    found = client.content.v1.contents.list(page_size=2)
    assert [it.friendly_name for it in found] == ["order_shipped", "appointment", "catalogue"]
    assert client.content.v1.contents(found[0].sid).fetch().types["twilio/text"]["body"].startswith("Bonjour {{1}}")
    return len(found)


def flows(_, client):
    found = client.studio.v2.flows.list(page_size=1)
    states = [len(client.studio.v2.flows(it.sid).fetch().definition["states"]) for it in found]
    assert states == [6, 2], states
    return len(found)


PARTS = [
    ("/2010-04-01/", messages),
    ("/v1/Exports", exports),
    ("/v1/Deactivations", deactivations),
    ("/v1/Conversations", conversations),
    ("/v1/Content", contents),
    ("/v2/Flows", flows),
]

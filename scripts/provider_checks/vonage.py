"""The official client of Vonage: https://pypi.org/project/vonage/ 4.9.1. It has no methods for reports: its HTTP client
makes the calls, with its authentication, and raises its errors."""

import csv
import datetime as dt
import io
import logging
import zipfile

from vonage import Auth, Vonage
from vonage_http_client.errors import AuthenticationError, HttpRequestError

from .here import Here
from .sandbox import equal

ACCOUNT = "abcd1234"


def check(sandbox, _):
    # It logs what is refused.
    logging.getLogger("vonage").setLevel(logging.CRITICAL)
    here = Here(sandbox.url)
    http = client(sandbox.token, here)
    n_rows = records(sandbox, http) + report(sandbox, http)
    assert refused(client("wrong", Here(sandbox.url))) is AuthenticationError
    assert here.n_calls == 4 * 31 + 4
    return n_rows


def client(secret, here):
    http = Vonage(Auth(api_key=ACCOUNT, api_secret=secret)).http_client
    http._session.mount("https://", here)
    return http


def refused(http):
    try:
        http.get("api.nexmo.com", "/v2/reports/records", {"account_id": ACCOUNT}, auth_type="basic")
    except HttpRequestError as error:
        return type(error)
    return None


def ledger(sandbox, stream, direction):
    names = ["phone", "body", "at"] + (["status", "error"] if direction == "outbound" else [])
    rows = sandbox.rows("vonage", stream).items()
    return {key: {it: row[it] for it in names} for key, row in rows if row["direction"] == direction}


def row(record, direction):
    """A record as the ledger has it."""
    at = dt.datetime.strptime(record["date_received"], "%Y-%m-%dT%H:%M:%S%z")
    read = {
        "phone": "+" + (record["from"] if direction == "inbound" else record["to"]),
        "body": record["message_body"],
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    if direction == "outbound":
        read.update(status=record["status"], error=int(record["error_code"]))
    return record["message_id"], read


def records(sandbox, http):
    """Every day, one after the other. What is returned is billed."""
    n_rows, billed = 0, 0.0
    last = dt.datetime.fromisoformat(sandbox.now()[:10]).replace(tzinfo=dt.timezone.utc)
    for product, stream in (("SMS", "sms"), ("MESSAGES", "messages")):
        for direction in ("inbound", "outbound"):
            read = {}
            for day in (last - dt.timedelta(days=n) for n in range(31)):
                parameters = {
                    "account_id": ACCOUNT,
                    "product": product,
                    "direction": direction,
                    "date_start": day.isoformat(),
                    "date_end": (day + dt.timedelta(days=1)).isoformat(),
                    "include_message": "true",
                }
                found = http.get("api.nexmo.com", "/v2/reports/records", parameters, auth_type="basic")
                assert found["request_status"] == "SUCCESS" and found["items_count"] == len(found["records"])
                read.update(row(it, direction) for it in found["records"])
                billed += found["price"]
            n_rows += equal(f"{product} {direction}", read, ledger(sandbox, stream, direction))
    assert abs(billed - 0.0015 * n_rows) < 1e-6, f"{billed} for {n_rows} rows"
    return n_rows


def report(sandbox, http):
    order = {"account_id": ACCOUNT, "product": "SMS", "direction": "outbound", "include_message": True}
    order["date_start"] = "2026-01-01T00:00:00+0000"
    ordered = http.post("api.nexmo.com", "/v2/reports", order, auth_type="basic")
    assert ordered["request_status"] == "PENDING", ordered
    for status in ("PROCESSING", "SUCCESS"):
        found = http.get("api.nexmo.com", f"/v2/reports/{ordered['request_id']}", auth_type="basic")
        assert found["request_status"] == status, found
    # The client only reads JSON: the file is fetched with its session and its credentials.
    headers = {"Authorization": http.auth.create_basic_auth_string()}
    path = found["_links"]["download_report"]["href"].removeprefix(sandbox.url)
    answer = http._session.get(f"https://api.nexmo.com{path}", headers=headers)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == [f"report_SMS_{ACCOUNT}_{sandbox.now()[:10].replace('-', '')}.csv"]
    assert f"SMS_{ordered['request_id']}.zip" in answer.headers["Content-Disposition"]
    lines = csv.DictReader(io.StringIO(archive.read(archive.namelist()[0]).decode(), newline=""))
    read = dict(row(it, "outbound") for it in lines)
    assert found["items_count"] == len(read)
    return equal("report", read, ledger(sandbox, "sms", "outbound"))

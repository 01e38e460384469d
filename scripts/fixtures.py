"""Writes one small export per shape. All people are made up; all numbers are reserved for fiction."""

import csv
import datetime as dt
import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import openpyxl
import zstandard
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

HOME = Path(sys.argv[1])
ANA, BEN, CY, DEA, EVA = "+33199000001", "+33199000002", "+12025550103", "+46701740605", "+61491570006"
SHOP = "+33199009999"


def put(name, data):
    path = HOME / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def table(rows, **dialect):
    out = io.StringIO()
    csv.writer(out, lineterminator=dialect.pop("end", "\n"), **dialect).writerows(rows)
    return out.getvalue()


def pretty(value):
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def lines(values):
    return "".join(json.dumps(it, ensure_ascii=False, separators=(",", ":")) + "\n" for it in values)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 5, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def sid(n):
    return f"SM{n:032x}"


# Twilio: direction, sender, recipient, time, text, status, error. Ana's last row has the earliest date; Ben has opted out by
# an error code; a short code and an alphanumeric sender are not people.
MESSAGES = [
    (1, "inbound", ANA, SHOP, "Tue, 03 Mar 2026 09:14:07 +0000", "START", "received", None),
    (2, "outbound-api", SHOP, ANA, "Tue, 03 Mar 2026 09:15:00 +0000", "Merci", "delivered", None),
    (3, "outbound-api", "MaMarque", BEN, "Wed, 04 Mar 2026 10:00:00 +0000", "Promo", "undelivered", 21610),
    (4, "inbound", "whatsapp:" + CY, SHOP, "Mon, 02 Mar 2026 08:00:00 +0000", "Bonjour, \"vite\"\nmerci", "received", None),
    (5, "outbound-reply", SHOP, DEA, "Sun, 01 Mar 2026 08:00:00 +0000", "***Text Content Redacted***", "failed", 30005),
    (6, "inbound", "36789", SHOP, "Sun, 01 Mar 2026 09:00:00 +0000", "Code 1234", "received", None),
    (7, "inbound", "AMAZON", SHOP, "Sun, 01 Mar 2026 09:30:00 +0000", "Votre colis", "received", None),
    (8, "outbound-api", SHOP, SHOP, "Sun, 01 Mar 2026 10:00:00 +0000", "essai", "delivered", None),
    (9, "inbound", ANA, SHOP, "Mon, 02 Mar 2026 07:00:00 +0000", "STOP", "received", None),
    (9, "inbound", ANA, SHOP, "Mon, 02 Mar 2026 07:00:00 +0000", "STOP", "received", None),
]
HEADER = "From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit".split(",")
ACCOUNT = "AC" + "0" * 32


def iso(rfc):
    return dt.datetime.strptime(rfc, "%a, %d %b %Y %H:%M:%S %z").strftime("%Y-%m-%dT%H:%M:%SZ")


rows = [HEADER]
for n, direction, sender, to, at, body, status, error in MESSAGES:
    rows.append([sender, to, body, status, at, "2010-04-01", 1, error or "", ACCOUNT, sid(n), direction, "-0.0650", "USD"])
put("twilio/messages.csv", table(rows, quoting=csv.QUOTE_ALL, end="\r\n"))


def api(message):
    n, direction, sender, to, at, body, status, error = message
    return {
        "body": body, "num_segments": "1", "direction": direction, "from": sender, "to": to,
        "date_updated": at, "price": None, "error_message": None, "account_sid": ACCOUNT,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid(n)}.json", "num_media": "0", "status": status,
        "messaging_service_sid": None, "sid": sid(n), "date_sent": at, "date_created": at,
        "error_code": error, "price_unit": "USD", "api_version": "2010-04-01",
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid(n)}/Media.json"},
    }


for page in (0, 1):
    more = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=5&Page=1&PageToken=PA{sid(5)}"
    put(f"twilio/api/messages-{page}.json", pretty({
        "first_page_uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=5&Page=0", "end": 5 * page + 4,
        "previous_page_uri": None, "messages": [api(it) for it in MESSAGES[5 * page:5 * page + 5]],
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=5&Page={page}", "page_size": 5,
        "start": 5 * page, "next_page_uri": more if page == 0 else None, "page": page,
    }))


def bulk(message):
    kept = api(message)
    for key in ("uri", "price_unit", "api_version", "error_message", "subresource_uris"):
        del kept[key]
    for key in ("date_sent", "date_created", "date_updated"):
        kept[key] = iso(kept[key])
    return kept


for day in (1, 2, 3, 4):
    of_day = [it for it in MESSAGES if f" 0{day} Mar" in it[4]]
    put(f"twilio/bulk/2026-03-0{day}.json.gz", gzip.compress(lines(map(bulk, of_day)).encode(), mtime=0))

# Vonage: numbers without a plus sign, an offset without a colon, direction by file.
OUT = ("account_id message_id client_ref direction from to message_body network network_name country country_name "
       "date_received date_finalized latency status error_code error_code_description currency total_price").split()
IN = "account_id message_id direction from to message_body network network_name country country_name date_received currency total_price".split()
out = [OUT]
for n, to, at, status, error in [(1, ANA, "2026-03-03T09:14:07+0000", "delivered", "0"),
                                 (2, BEN, "2026-03-03T09:15:07+0000", "failed", "9"),
                                 (3, DEA, "2026-03-03T09:16:07+0000", "expired", "1")]:
    out.append(["abcd1234", f"0A0000001{n}", "", "outbound", "MaMarque", to[1:], "Promo", "20801", "Orange", "FR", "France",
                at, at, "2000", status, error, "", "EUR", "0.0650"])
inbound = [IN]
for n, sender, at, body in [(7, ANA, "2026-03-04T10:00:00+0000", "Stop."), (8, CY, "2026-03-04T11:00:00+0000", "ok; merci, \"super\"")]:
    inbound.append(["abcd1234", f"0A0000001{n}", "inbound", sender[1:], SHOP[1:], body, "20801", "Orange", "FR", "France", at, "EUR", "0"])
put("vonage/SMS_4f1c.zip", zipped({"report_SMS_abcd1234_20260305.csv": table(out), "report_SMS_abcd1234_20260305_in.csv": table(inbound)}))
MSG = ("account_id message_id client_ref direction from to message_body country country_name provider date_received "
       "date_finalized latency status error_code currency total_price").split()
messages = [MSG]
for n, to, provider, status in [(1, ANA, "viber_service_msg", "read"), (2, BEN, "viber_service_msg", "rejected"), (3, CY, "whatsapp", "delivered")]:
    messages.append(["abcd1234", f"0B0000001{n}", "", "outbound", "MaMarque", to[1:], "Promo", "FR", "France", provider,
                     "2026-03-03T09:14:07+0000", "2026-03-03T09:14:09+0000", "2000", status, "", "EUR", "0.02"])
put("vonage/MESSAGES_77aa.zip", zipped({"report_MESSAGES_abcd1234_20260305.csv": table(messages)}))

# Plivo: two headers for the same data, and pages. A masked number is not a person.
PLIVO = [("0f4c-1", "inbound", ANA, SHOP, "2026-03-03 10:14:07+01:00", "delivered", ""),
         ("0f4c-2", "outbound", SHOP, BEN, "2026-03-03 10:15:07.51947+01:00", "failed", "70"),
         ("0f4c-3", "outbound", SHOP, CY, "2026-03-03 10:16:07+01:00", "delivered", ""),
         ("0f4c-4", "outbound", SHOP, "33199000***", "2026-03-03 10:17:07+01:00", "sent", "")]
DIRECT = ["Message UUID", "From", "To", "To Country ISO2", "Direction", "Message Time", "Status", "Error Code", "Error Reason", "Units",
          "Rate Per Unit (USD)", "Carrier Surcharge Per Unit (USD)", "Total Charge Per Unit (USD)", "Total Charge (USD)"]
MAIL = ["Message UUID", "From", "To", "Direction", "Time", "Status", "Units", "Amount", "Message Rate", "Message Charge"]
direct, mail, objects = [DIRECT], [MAIL], []
for uuid, direction, sender, to, at, status, error in PLIVO:
    sender, to = sender.lstrip("+"), to.lstrip("+")
    direct.append([uuid, sender, to, "FR", direction, at, status, error, "", 1, "0.0065", "0", "0.0065", "0.0065"])
    mail.append([uuid, sender, to, direction, at, status, 1, "0.0065", "0.0065", "0.0065"])
    objects.append({"error_code": error or None, "error_message": "", "from_number": sender, "message_direction": direction,
                    "message_state": status, "message_time": at, "message_sent_time": at, "message_type": "sms", "message_uuid": uuid,
                    "resource_uri": f"/v1/Account/MA/Message/{uuid}/", "to_number": to, "total_amount": "0.00650",
                    "total_rate": "0.00650", "units": 1})
put("plivo/download.csv", table(direct))
put("plivo/mail.csv", table(mail))
put("plivo/page.json", pretty({"api_id": "a1", "meta": {"limit": 20, "next": None, "offset": 0, "previous": None, "total_count": 5}, "objects": objects}))

# Infobip: people as a spreadsheet (a phone typed in as a number) and as pages (one person, two phones,
# one Viber bot id), logs, blocklist.
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "People"
sheet.append(["External ID", "First name", "Last name", "Phone", "Email", "Preferred language", "Country", "Created at", "Tags"])
sheet.append(["CLI-00042", "Awa", "Diop", 33199000001, "awa@example.com", "fr-FR", "France", "2025-11-02T08:30:00.000", "fidelite"])
sheet.append(["CLI-00043", "Ben", None, "0199000002", None, None, "France", dt.datetime(2025, 12, 24, 18, 0), None])
sheet.append(["CLI-00044", "Cy", "Young", None, "cy@example.com", "en", "United States", "2026-01-15T12:00:00.000", "vip,b2b"])
notes = book.create_sheet("Notes")
notes.append(["exported by", "marketing"])
book.properties.created = book.properties.modified = dt.datetime(2026, 3, 5)
data = io.BytesIO()
book.save(data)
put("infobip/people.xlsx", data.getvalue())
put("infobip/people.json", pretty({"currentPage": 1, "limit": 1000, "totalCount": 2, "orderBy": "modifiedAt:desc", "persons": [
    {"id": 90210, "externalId": "CLI-00042", "firstName": "Awa", "lastName": "Diop", "type": "CUSTOMER", "createdAt": "2025-11-02T08:30:00",
     "modifiedAt": "2026-02-27T17:05:12", "preferredLanguage": "fr-FR", "tags": ["fidelite", "paris"], "customAttributes": {"Points": 120},
     "contactInformation": {"phone": [{"number": ANA[1:]}, {"number": CY[1:]}], "email": [{"address": "Awa@Example.com"}],
                            "viberBots": [{"applicationId": "boutique-bot", "userId": "Zk9zaG9wQW5hMDAwMDE+Lw=="}]}},
    {"id": 90211, "firstName": "Dea", "createdAt": "2025-12-02T08:30:00", "modifiedAt": "2026-02-27T17:05:12", "tags": [],
     "contactInformation": {"phone": [{"number": DEA[1:]}]}}]}))


def log(n, to, group, error, **more):
    return {"messageId": f"m-{n}", "bulkId": "b-1", "sender": "MaMarque", "destination": to[1:], "sentAt": f"2026-03-03T09:1{n}:07.000+0100",
            "doneAt": f"2026-03-03T09:1{n}:09.000+0100", "price": {"pricePerMessage": 0.05, "currency": "EUR"},
            "status": {"groupId": 3, "groupName": group, "id": 5, "name": f"{group}_X", "description": ""},
            "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": error, "description": "", "permanent": error != "NO_ERROR"}, **more}


put("infobip/logs.json", pretty({"results": [log(1, ANA, "DELIVERED", "NO_ERROR"), log(2, BEN, "UNDELIVERABLE", "EC_UNKNOWN_SUBSCRIBER")],
                                 "cursor": {"limit": 1000, "nextCursor": "c2"}}))
put("infobip/viber-logs.json", pretty({"results": [log(3, ANA, "DELIVERED", "NO_ERROR", platform={"entityId": "e", "applicationId": "boutique-bot"})],
                                       "cursor": {"limit": 1000, "nextCursor": None}}))
put("infobip/blocklist.json", pretty({"results": [
    {"destination": ANA[1:], "sender": "MaMarque", "sourceType": "MO", "channel": "SMS", "accountKey": "k", "createdDate": "2026-02-01T10:00:00.000Z"},
    {"destination": BEN[1:], "sender": "MaMarque", "sourceType": "URL_OPT_OUT", "channel": "VIBER", "accountKey": "k", "createdDate": "2026-02-02T10:00:00.000Z"},
    {"destination": "urn:biz:5f0c", "sender": "MaMarque", "sourceType": "CUSTOM", "channel": "APPLE_MB", "accountKey": "k", "createdDate": "2026-02-03T10:00:00.000Z"}],
    "paging": {"page": 0, "size": 1000, "totalItems": 3, "totalPages": 1}}))

# MessageBird: phones as JSON numbers; one message to many people. Bird: identifiers as pairs.
put("messagebird/contacts.json", pretty({"offset": 0, "limit": 20, "count": 2, "totalCount": 2,
    "links": {"first": "https://rest.messagebird.com/contacts?offset=0", "previous": None, "next": None, "last": None}, "items": [
    {"id": "c0ffee01", "href": "https://rest.messagebird.com/contacts/c0ffee01", "msisdn": int(ANA[1:]), "firstName": "Awa", "lastName": "Diop",
     "customDetails": {"custom1": "optin-2024", "custom2": None, "custom3": None, "custom4": None}, "groups": {"totalCount": 2, "href": "x"},
     "messages": {"totalCount": 5, "href": "x"}, "createdDatetime": "2024-05-02T10:33:52+00:00", "updatedDatetime": None},
    {"id": "c0ffee02", "href": "https://rest.messagebird.com/contacts/c0ffee02", "msisdn": int(CY[1:]), "firstName": "", "lastName": "",
     "customDetails": {"custom1": None, "custom2": None, "custom3": None, "custom4": None}, "groups": {"totalCount": 0, "href": "x"},
     "messages": {"totalCount": 0, "href": "x"}, "createdDatetime": "2025-05-02T10:33:52Z", "updatedDatetime": None}]}))


def recipient(to, status, code):
    return {"recipient": int(to[1:]), "status": status, "statusDatetime": "2026-03-03T09:14:09+00:00", "statusErrorCode": code,
            "price": {"amount": 0.075, "currency": "EUR"}, "mccmnc": "20801", "messageLength": 5, "messagePartCount": 1}


put("messagebird/messages.json", pretty({"offset": 0, "limit": 20, "count": 2, "totalCount": 2, "links": {"first": "x", "previous": None, "next": None, "last": None}, "items": [
    {"id": "m0001", "href": "https://rest.messagebird.com/messages/m0001", "direction": "mt", "type": "sms", "originator": "MaMarque", "body": "Promo",
     "createdDatetime": "2026-03-03T09:14:07+00:00", "recipients": {"totalCount": 3, "totalSentCount": 3, "totalDeliveredCount": 2, "totalDeliveryFailedCount": 1,
     "items": [recipient(ANA, "delivered", None), recipient(BEN, "delivery_failed", 1), recipient(CY, "delivered", None)]}},
    {"id": "m0002", "href": "https://rest.messagebird.com/messages/m0002", "direction": "mo", "type": "sms", "originator": ANA[1:], "body": "ARRET",
     "createdDatetime": "2026-03-04T09:14:07+00:00", "recipients": {"totalCount": 1, "totalSentCount": 1, "totalDeliveredCount": 0, "totalDeliveryFailedCount": 0,
     "items": [recipient(SHOP, "delivered", None)]}}]}))
put("bird/contacts.json", pretty({"results": [
    {"id": "5d2a0001", "computedDisplayName": "Awa Diop", "createdAt": "2025-06-01T10:00:00.123Z", "updatedAt": "2026-01-01T10:00:00Z",
     "featuredIdentifiers": [{"key": "phonenumber", "value": ANA}, {"key": "emailaddress", "value": "awa@example.com"}],
     "attributes": {"preferredLanguage": "fr", "country": "FR"}, "identifierCount": 2, "listIds": ["l1"]},
    {"id": "5d2a0002", "computedDisplayName": "Nobody's phone", "createdAt": "2025-06-02T10:00:00.123Z", "updatedAt": "2026-01-01T10:00:00Z",
     "featuredIdentifiers": [{"key": "emailaddress", "value": "ben@example.com"}], "attributes": {}, "identifierCount": 3, "listIds": []}],
    "nextPageToken": "p2"}))

# Opt-out lists.
put("sinch/opt-outs.json", pretty({"identities": [{"identity": ANA[1:]}, {"identity": CY[1:]}], "next_page_token": ""}))
put("telnyx/opt-outs.json", pretty({"data": [
    {"from": SHOP, "to": ANA, "messaging_profile_id": "p-1", "keyword": "STOP", "created_at": "2026-03-03 09:14:07.638231"},
    {"from": SHOP, "to": "+12025550***", "messaging_profile_id": "p-1", "keyword": "STOP", "created_at": "2026-03-03 10:14:07.638231"}],
    "meta": {"total_pages": 1, "total_results": 2, "page_number": 1, "page_size": 20}}))
put("aws/opted-out.json", pretty({"OptOutListArn": "arn:aws:sms-voice:eu-west-1:0:opt-out-list/Default", "OptOutListName": "Default", "OptedOutNumbers": [
    {"OptedOutNumber": ANA, "OptedOutTimestamp": 1772529247.638, "EndUserOptedOut": True},
    {"OptedOutNumber": CY, "OptedOutTimestamp": 1772529248, "EndUserOptedOut": False}]}))
put("aws/sns.json", pretty({"phoneNumbers": [ANA, EVA]}))

# Viber: what a bot's webhook saw. Ana shares her phone when asked; Ben sends somebody's card unasked;
# Cy leaves; lines stand in no order of time.
def user(name, n):
    return {"id": f"dmliZXJ1c2VyMDAwMDAw{n}A==", "name": name, "language": "fr", "country": "FR", "api_version": 10}


def token(n):
    return 4912661846655238145 + n


ana, ben, cy = user("Ana", 1), user("BEN", 2), user("Cy", 3)
card = {"name": "Somebody", "phone_number": ANA[1:]}
put("viber/webhooks.ndjson", lines([
    {"event": "webhook", "timestamp": 1772500000000, "message_token": token(0)},
    {"event": "message", "timestamp": 1772500400000, "message_token": token(4), "sender": ana,
     "message": {"type": "contact", "contact": card, "tracking_data": ""}, "silent": False},
    {"event": "subscribed", "timestamp": 1772500100000, "user": ana, "message_token": token(1)},
    {"type": "text", "receiver": ana["id"], "timestamp": 1772500300000, "message_token": token(3), "text": "Votre numéro ?",
     "keyboard": {"Type": "keyboard", "Buttons": [{"ActionType": "share-phone", "ActionBody": "x", "Text": "<b>Partager</b>"}]}},
    {"event": "message", "timestamp": 1772500500000, "message_token": token(5), "sender": ben,
     "message": {"type": "contact", "contact": {"name": "Un ami", "phone_number": BEN[1:]}}, "silent": False},
    {"event": "conversation_started", "timestamp": 1772500150000, "message_token": token(2), "type": "open", "context": "shop", "user": cy, "subscribed": False},
    {"event": "message", "timestamp": 1772500600000, "message_token": token(6), "sender": cy, "message": {"type": "text", "text": "Bonjour"}, "silent": False},
    {"event": "unsubscribed", "timestamp": 1772500700000, "user_id": cy["id"], "message_token": token(7)},
    {"event": "delivered", "timestamp": 1772500310000, "message_token": token(3), "user_id": ana["id"]},
    {"event": "seen", "timestamp": 1772500320000, "message_token": token(3), "user_id": ana["id"]},
    {"event": "failed", "timestamp": 1772500710000, "message_token": token(8), "user_id": cy["id"], "desc": "user not subscribed"},
]))
put("viber/bot-builder.csv", table([["full_name", "platform_id", "platform"], ["Ana P.", ana["id"], "viber"], ["Zoë", "dmliZXJ1c2VyMDAwMDAw9A==", "viber"],
                                   ["Tele", "77001", "telegram"]], delimiter=";"))
put("viber/delivery-report.csv", table([["MSISDN", "Status", "Date"], [ANA[1:], "seen", "2026-03-03 09:14:07"], [BEN[1:], "unknown user", "2026-03-03 09:14:08"],
                                        [CY[1:], "expired", "2026-03-03 09:14:09"]]))
put("viber/suppression.csv", table([["Phone", "Reject type", "Raw log"], [ANA[1:], "spam", "rejected as spam"], [BEN[1:], "invalid", "No such Viber user"],
                                    [CY[1:], "invalid", "Viber user blocked"]]))
put("viber/links.csv", table([["viber_id", "phone", "name"], [ana["id"], ANA, "Ana"], [ben["id"], "0199000002", "Ben"]]))
put("viber/subscribers.csv", table([["user_id", "name", "language", "country", "subscription_date", "phone"], [ana["id"], "Ana", "fr", "FR", "2025-01-02 10:00:00", ANA],
                                    [cy["id"], "Cy", "en", "US", "2025-02-02 10:00:00", ""]]))

# Tables of no provider, in every form and wrapping.
PEOPLE = [["Téléphone mobile", "Prénom", "Nom", "E-mail", "Pays", "Langue", "Date d'inscription"],
          [ANA, "Ana", "Lopez", "Ana@Example.com", "France", "fr", "2026-01-02"], ["01 99 00 00 02", "Ben", "", "", "France", "", "2026-01-03"],
          ["", "Nobody", "", "", "", "", ""]]
plain = table(PEOPLE)
put("generic/contacts.tsv", table(PEOPLE, delimiter="\t"))
put("generic/contacts-1252.csv", table(PEOPLE, delimiter=";", end="\r\n").encode("cp1252"))
put("generic/contacts-utf16.csv", table(PEOPLE, delimiter=";").encode("utf-16"))
put("generic/contacts.csv.gz", gzip.compress(plain.encode(), mtime=0))
put("generic/contacts.csv.zst", zstandard.compress(plain.encode()))
put("generic/contacts.zip", zipped({"__MACOSX/._contacts.csv": "x", "export/contacts.csv": plain}))
objects = [dict(zip(("phone", "name", "country", "tags", "created_at"), it)) for it in [(int(ANA[1:]), "Ana", "FR", ["vip", "b2b"], "2026-01-02T10:00:00Z"), (CY, "Cy", "US", [], None)]]
put("generic/contacts.ndjson", lines(objects))
put("generic/contacts-array.json", json.dumps(objects))
put("generic/opt-outs.csv", table([["Numéro", "Date de désinscription"], [ANA, "2026-02-01"], [BEN, ""]], delimiter=";"))
put("generic/numbers.txt", f"{ANA}\n{CY}\n{DEA}\n")
put("generic/orders.csv", table([["Order", "Direction", "Message Time", "Status"], ["A-1", "inbound", "2026-03-03", "paid"]]))
book = openpyxl.Workbook()
sheet = book.active
for row in PEOPLE:
    sheet.append(row)
sheet["A3"] = 199000002
book.properties.created = book.properties.modified = dt.datetime(2026, 3, 5)
data = io.BytesIO()
book.save(data)
put("generic/contacts.xlsx", data.getvalue())
put("generic/contacts.xlsx.gz", gzip.compress(data.getvalue(), mtime=0))
put("generic/contacts-xlsx.zip", zipped({"contacts.xlsx": data.getvalue()}))
document = OpenDocumentSpreadsheet()
people = Table(name="Clients")
for row in PEOPLE:
    line = TableRow()
    for text in row:
        cell = TableCell(valuetype="string")
        cell.addElement(P(text=text))
        line.addElement(cell)
    people.addElement(line)
document.spreadsheet.addElement(people)
data = io.BytesIO()
document.write(data)
put("generic/contacts.ods", data.getvalue())

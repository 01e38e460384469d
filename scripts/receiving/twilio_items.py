"""Makes Twilio's callbacks for WhatsApp: one form for each event. They bear no time."""

import message_items
from items import new_id
from urllib.parse import urlencode


def inbound(cast):
    """Makes the form of one inbound message: a text, a word of refusal or consent, a tap, a picture, a place."""
    random = cast.random
    person, sender, _ = cast.pick("twilio")
    sid = "SM" + new_id(random, "", 32).lower()
    form = {"MessageSid": sid, "SmsMessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "NumSegments": "1",
            "AccountSid": sender.account, "ApiVersion": "2010-04-01", "To": f"whatsapp:+{sender.display}",
            "ProfileName": person.name, "NumMedia": "0", "MessageType": "text",
            "Body": random.choice(message_items.PLAIN), **_ids(random, person, sender)}
    shape = random.random()
    if shape < 0.2:
        form["Body"] = random.choice(message_items.STOPS)
    elif shape < 0.25:
        form["Body"] = random.choice(message_items.STARTS)
    elif shape < 0.3:
        form["Body"] = random.choice(message_items.NEAR)
    elif shape < 0.4:
        payload, title = random.choice((("STOP", "No more offers"), ("menu-7", "Stop"), ("menu-8", "Opening hours")))
        form |= {"Body": title, "ButtonText": title, "ButtonPayload": payload, "MessageType": "button"}
    elif shape < 0.5:
        form |= {"Body": "", "NumMedia": "1", "MediaUrl0": "https://api.example.test/1", "MediaContentType0": "image/jpeg",
                 "MessageType": "image"}
    elif shape < 0.55:
        form |= {"Body": "", "Latitude": "48.85", "Longitude": "2.35", "MessageType": "location"}
    return [form]


def delivery(cast):
    """Makes the forms of one message's statuses, in the usual order."""
    random = cast.random
    person, sender, _ = cast.pick("twilio")
    sid = "MM" + new_id(random, "", 32).lower()
    ids = {"To" if key == "From" else key: value for key, value in _ids(random, person, sender).items() if key != "WaId"}
    forms = []
    way = random.choice((("queued", "sent", "delivered", "read"), ("sent", "delivered"), ("sent", "read"), ("sent",),
                         ("failed",), ("sent", "undelivered")))
    for status in way:
        form = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status, "ApiVersion": "2010-04-01",
                "AccountSid": sender.account, "From": f"whatsapp:+{sender.display}", "ChannelPrefix": "whatsapp", **ids}
        if status in ("failed", "undelivered"):
            form["ErrorCode"] = random.choice(("63016", "63024", "63049", "30008"))
        forms.append(form)
    return forms


def _ids(random, person, sender):
    """The person's ids: the phone with the BSUID beside it, or the BSUID alone."""
    bsuid = "whatsapp:" + person.bsuids[sender.account]
    if person.hides_phone:
        return {"From": bsuid, "ExternalUserId": bsuid}
    ids = {"From": f"whatsapp:+{person.phone}", "WaId": person.phone}
    if random.random() < 0.8 or not person.is_valid_number:
        ids["ExternalUserId"] = bsuid
    return ids


def body(form):
    """Writes a form as Twilio sends it."""
    return urlencode(form)

//! What Twilio calls back: statuses of messages, and messages of people, one in a request.
//!
//! Twilio names no time: when an event happened is when it came. One address takes what comes by SMS and by WhatsApp.
//! Addresses of WhatsApp begin with `whatsapp:`, and a business-scoped user id can stand in the place of a number; those of
//! SMS have no such prefix. Fields come and go without notice, so only those that are needed are looked for.
//!
//! Facts: twilio.com/docs/messaging/guides/webhook-request, /track-outbound-message-status and
//! /docs/messaging/tutorials/advanced-opt-out, and the changelog of 2026-07-20; read 2026-11-30.

use std::collections::HashMap;

use model::{
    BrokenEvent, Digest, Event, EventChannel, EventContent, EventsRead, InboundMessage, MessageError, MessageState,
    OtherEvent, PersonIds, Personal, StatusEvent, is_plain,
};
use url::form_urlencoded;

/// The parameter of a callback's URL that brings back the id which the business gave a message.
pub const TWILIO_OPAQUE_ID: &str = "ferry_id";

/// The prefix of WhatsApp's addresses.
const WHATSAPP: &str = "whatsapp";

/// The longest id or word.
const LONGEST: usize = 512;

type Reason = &'static str;

/// A request of Twilio, as it came.
#[derive(Clone, Copy)]
pub struct TwilioRequest<'a> {
    /// The public URL, as Twilio called it, with its query.
    pub url: &'a str,
    /// Whether the type of the body is `application/x-www-form-urlencoded`.
    pub is_form: bool,
    pub body: &'a [u8],
}

impl TwilioRequest<'_> {
    /// Reads the event of the request. Nothing here checks its signature: see [`TwilioRequest::is_signed`].
    ///
    /// Messages of channels other than SMS and WhatsApp change nothing here: they become an [`OtherEvent`].
    pub fn events(&self) -> EventsRead {
        let event = match self.is_form {
            true => event(&Fields::read(self.body), self.opaque_id()),
            false => Err("the body is no form"),
        };
        match event {
            Ok(event) => EventsRead { events: vec![event], broken: vec![] },
            Err(reason) => {
                let broken = BrokenEvent { place: String::new(), reason: reason.to_owned() };
                EventsRead { events: vec![], broken: vec![broken] }
            }
        }
    }

    fn opaque_id(&self) -> Option<String> {
        let (_, id) = form_urlencoded::parse(query(self.url).as_bytes()).find(|(name, _)| name == TWILIO_OPAQUE_ID)?;
        Some(id.into_owned()).filter(|it| !it.is_empty() && is_plain(it, LONGEST))
    }
}

/// Returns the part after the question mark.
pub(super) fn query(url: &str) -> &str {
    let url = url.split('#').next().unwrap_or(url);
    url.split_once('?').map_or("", |(_, query)| query)
}

/// The fields of a form. Of several with one name the first counts.
struct Fields(HashMap<String, String>);

impl Fields {
    fn read(body: &[u8]) -> Self {
        let mut fields = HashMap::new();
        for (name, value) in form_urlencoded::parse(body).filter(|(_, value)| !value.is_empty()) {
            fields.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(fields)
    }

    /// The first of the fields that is there and not empty.
    fn text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|it| self.0.get(*it)).map(String::as_str)
    }

    /// The same, of an id or a word.
    fn word(&self, names: &[&str]) -> Result<Option<String>, Reason> {
        match self.text(names) {
            Some(word) if !is_plain(word, LONGEST) => Err("an id or word is too long or has control characters"),
            word => Ok(word.map(str::to_owned)),
        }
    }

    /// Names and values in order, for the key of an event that has no id.
    fn digest(&self) -> String {
        let mut fields: Vec<_> = self.0.iter().collect();
        fields.sort_unstable();
        Digest::of_parts(fields.into_iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()])).to_string()
    }
}

fn event(fields: &Fields, opaque_id: Option<String>) -> Result<Event, Reason> {
    let Some(message) = fields.word(&["MessageSid", "SmsSid", "SmsMessageSid"])? else {
        let kind = fields.word(&["EventType"])?.unwrap_or_default();
        let key = key(&["other", &fields.digest()]);
        return other(
            fields,
            key,
            OtherEvent {
                field: "callback".to_owned(),
                kind,
                is_known: false,
                person: PersonIds::default(),
                shape: None,
            },
        );
    };
    let state = fields.word(&["MessageStatus", "SmsStatus"])?.unwrap_or_else(|| "received".to_owned());
    let code = fields.word(&["ErrorCode"])?;
    let is_inbound = ["received", "receiving"].contains(&&*state);
    let (person, sender) = if is_inbound { ("From", "To") } else { ("To", "From") };
    let [person, sender] = [fields.word(&[person])?, fields.word(&[sender])?];
    let key = match is_inbound {
        true => key(&["message", &message]),
        false => key(&["status", &message, &state, code.as_deref().unwrap_or_default()]),
    };
    let (channel, person) = match channel_of(person.as_deref(), sender.as_deref()) {
        Ok(channel) => (channel, person_of(fields, channel, person.as_deref().unwrap_or_default())?),
        Err(prefix) => {
            return other(
                fields,
                key,
                OtherEvent {
                    field: prefix.to_owned(),
                    kind: state,
                    is_known: true,
                    person: PersonIds::default(),
                    shape: None,
                },
            );
        }
    };
    let content = match is_inbound {
        true => EventContent::Message(inbound(fields, message, person)?),
        false => EventContent::Status(StatusEvent {
            message: Personal(message),
            opaque_id,
            error: error(fields, code.as_deref(), &state),
            state: message_state(state),
            person,
            group: None,
            price: None,
        }),
    };
    let account = fields.word(&["AccountSid"])?.unwrap_or_default();
    Ok(Event { key, account, sender: sender.unwrap_or_default(), channel: Some(channel), at: None, content })
}

fn other(fields: &Fields, key: Personal<String>, other: OtherEvent) -> Result<Event, Reason> {
    let account = fields.word(&["AccountSid"])?.unwrap_or_default();
    let content = EventContent::Other(other);
    Ok(Event { key, account, sender: String::new(), channel: None, at: None, content })
}

fn key(parts: &[&str]) -> Personal<String> {
    Personal(serde_json::Value::from([&["twilio"], parts].concat()).to_string())
}

/// The channel of two addresses, that of a person first; if it is none that is read here, its prefix. An address without a
/// prefix is one of SMS, unless that of the business says otherwise: a channel can name people by their numbers alone.
fn channel_of<'a>(person: Option<&'a str>, business: Option<&'a str>) -> Result<EventChannel, &'a str> {
    let Some(person) = person else { return Err("nobody") };
    let prefix = |it: &'a str| it.split_once(':').map(|(prefix, _)| prefix);
    match prefix(person).or_else(|| business.and_then(prefix)) {
        None => Ok(EventChannel::Sms),
        Some(WHATSAPP) => Ok(EventChannel::Whatsapp),
        Some(other) => Err(other),
    }
}

/// The person at an address.
fn person_of(fields: &Fields, channel: EventChannel, address: &str) -> Result<PersonIds, Reason> {
    if channel == EventChannel::Sms {
        return Ok(PersonIds { wa_id: Some(Personal(address.to_owned())), ..PersonIds::default() });
    }
    let without_prefix = |it: &str| it.strip_prefix("whatsapp:").unwrap_or(it).to_owned();
    let named = PersonIds::of_id(without_prefix(address).trim_start_matches('+').to_owned());
    let known = fields.word(&["ExternalUserIdentifier", "ExternalUserId"])?;
    let known = known.map(|it| PersonIds::of_id(without_prefix(&it))).unwrap_or_default();
    Ok(PersonIds {
        wa_id: named.wa_id.or(fields.word(&["WaId"])?.and_then(|it| PersonIds::of_id(it).wa_id)),
        user_id: named.user_id.or(known.user_id),
        parent_user_id: named.parent_user_id.or(known.parent_user_id),
        username: None,
    })
}

fn inbound(fields: &Fields, message: String, person: PersonIds) -> Result<InboundMessage, Reason> {
    let has_media = fields.text(&["NumMedia"]).is_some_and(|it| it != "0");
    let kind = match fields.word(&["MessageType"])? {
        Some(kind) => kind,
        None if fields.text(&["ButtonPayload", "ButtonText"]).is_some() => "button".to_owned(),
        None => if has_media { "media" } else { "text" }.to_owned(),
    };
    let words = |names| fields.text(names).map(str::to_owned);
    Ok(InboundMessage {
        message: Personal(message),
        person,
        group: None,
        kind,
        text: words(&["ButtonText", "ListTitle", "Body"]).map(Personal),
        // By SMS, a Messaging Service reads words of its own list, and says STOP, START or HELP.
        payload: words(&["ButtonPayload", "ListId", "OptOutType"]),
        answers: fields.word(&["OriginalRepliedMessageSid"])?.map(Personal),
        is_standby: false,
    })
}

fn message_state(state: String) -> MessageState {
    match &*state {
        "accepted" | "queued" | "scheduled" | "sending" => MessageState::Accepted,
        "sent" => MessageState::Sent,
        "delivered" => MessageState::Delivered,
        "read" => MessageState::Read,
        "failed" | "undelivered" => MessageState::Failed,
        _ => MessageState::Other(state),
    }
}

fn error(fields: &Fields, code: Option<&str>, state: &str) -> Option<MessageError> {
    let is_failed = ["failed", "undelivered"].contains(&state);
    let code = code.and_then(|it| it.trim().parse().ok()).filter(|it| *it != 0);
    let details = fields.text(&["ErrorMessage", "ChannelStatusMessage"]).map(|it| Personal(it.to_owned()));
    (is_failed || code.is_some()).then_some(MessageError { code, details })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    const URL: &str = "https://example.com/webhooks/twilio?ferry_id=0197-ab";

    fn read(body: &str) -> EventsRead {
        TwilioRequest { url: URL, is_form: true, body: body.as_bytes() }.events()
    }

    fn check(body: &str, expected: Expect) {
        let read = read(body);
        let shown = match (read.events.first(), read.broken.first()) {
            (Some(event), None) => shown(event),
            (_, broken) => format!("broken {}", broken.unwrap().reason),
        };
        expected.assert_eq(&shown);
    }

    fn shown(event: &Event) -> String {
        let person = |ids: &PersonIds| {
            let ids = [&ids.wa_id, &ids.user_id, &ids.parent_user_id].map(|it| it.as_ref().map_or("-", |it| &it.0));
            ids.join(" ")
        };
        let content = match &event.content {
            EventContent::Status(it) => {
                let error = it.error.as_ref();
                let error = error.map(|it| (it.code, it.details.as_ref().map(|it| it.0.as_str())));
                format!("{:?} of {}, {:?}, to {}, {error:?}", it.state, it.message.0, it.opaque_id, person(&it.person))
            }
            EventContent::Message(it) => {
                let text = it.text.as_ref().map(|it| it.0.as_str());
                let answers = it.answers.as_ref().map(|it| it.0.as_str());
                let person = person(&it.person);
                format!("{} {}, from {person}, {text:?}, {:?}, answers {answers:?}", it.kind, it.message.0, it.payload)
            }
            other => format!("{other:?}"),
        };
        assert_eq!(event.at, None);
        let channel = event.channel.map_or("-", EventChannel::name);
        format!("{} {} {} {channel} {content}", event.key.0, event.account, event.sender)
    }

    #[test]
    fn a_delivery_comes_with_the_id_of_its_url() {
        check(
            "SmsSid=SM1&SmsStatus=delivered&MessageStatus=delivered&ChannelToAddress=%2B3319900XXXX&To=whatsapp%3A%2B33199000001&ChannelPrefix=whatsapp&MessageSid=SM1&AccountSid=AC1&From=whatsapp%3A%2B12025550100&ApiVersion=2010-04-01",
            expect![[
                r#"["twilio","status","SM1","delivered",""] AC1 whatsapp:+12025550100 whatsapp Delivered of SM1, Some("0197-ab"), to 33199000001 - -, None"#
            ]],
        );
    }

    #[test]
    fn a_failure_brings_its_code_and_words() {
        check(
            "MessageStatus=undelivered&MessageSid=SM1&To=whatsapp%3AUS.13491208655302741918&From=whatsapp%3A%2B12025550100&AccountSid=AC1&ErrorCode=63024&ErrorMessage=Invalid+recipient&EventType=UNDELIVERED",
            expect![[
                r#"["twilio","status","SM1","undelivered","63024"] AC1 whatsapp:+12025550100 whatsapp Failed of SM1, Some("0197-ab"), to - US.13491208655302741918 -, Some((Some(63024), Some("Invalid recipient")))"#
            ]],
        );
    }

    #[test]
    fn all_states_have_a_place() {
        for (state, expected) in [
            ("queued", MessageState::Accepted),
            ("accepted", MessageState::Accepted),
            ("scheduled", MessageState::Accepted),
            ("sending", MessageState::Accepted),
            ("sent", MessageState::Sent),
            ("delivered", MessageState::Delivered),
            ("read", MessageState::Read),
            ("failed", MessageState::Failed),
            ("undelivered", MessageState::Failed),
            ("canceled", MessageState::Other("canceled".to_owned())),
        ] {
            let read = read(&format!("MessageSid=SM1&MessageStatus={state}&To=whatsapp%3A%2B33199000001"));
            let EventContent::Status(status) = &read.events[0].content else { panic!("{state}") };
            assert_eq!(status.state, expected);
        }
    }

    #[test]
    fn a_text_comes_from_a_number_or_a_user_id() {
        check(
            "SmsMessageSid=SM2&NumMedia=0&ProfileName=Ana&SmsSid=SM2&WaId=33199000001&SmsStatus=received&Body=Arr%C3%AAt+%F0%9F%99%82&To=whatsapp%3A%2B12025550100&NumSegments=1&MessageSid=SM2&AccountSid=AC1&From=whatsapp%3A%2B33199000001&OriginalRepliedMessageSid=SM1&ExternalUserIdentifier=FR.1",
            expect![[
                r#"["twilio","message","SM2"] AC1 whatsapp:+12025550100 whatsapp text SM2, from 33199000001 FR.1 -, Some("Arrêt 🙂"), None, answers Some("SM1")"#
            ]],
        );
        check(
            "MessageSid=SM3&SmsStatus=received&Body=hi&To=whatsapp%3A%2B12025550100&From=whatsapp%3AUS.ENT.1&AccountSid=AC1",
            expect![[
                r#"["twilio","message","SM3"] AC1 whatsapp:+12025550100 whatsapp text SM3, from - - US.ENT.1, Some("hi"), None, answers None"#
            ]],
        );
    }

    #[test]
    fn buttons_rows_and_media_are_told_apart() {
        let ids = "MessageSid=SM4&SmsStatus=received&To=whatsapp%3A%2B12025550100&From=whatsapp%3A%2B33199000001";
        check(
            &format!("{ids}&Body=Stop&ButtonText=Stop&ButtonPayload=OPT_OUT"),
            expect![[
                r#"["twilio","message","SM4"]  whatsapp:+12025550100 whatsapp button SM4, from 33199000001 - -, Some("Stop"), Some("OPT_OUT"), answers None"#
            ]],
        );
        check(
            &format!("{ids}&Body=x&MessageType=interactive&ListId=row-2&ListTitle=Paris"),
            expect![[
                r#"["twilio","message","SM4"]  whatsapp:+12025550100 whatsapp interactive SM4, from 33199000001 - -, Some("Paris"), Some("row-2"), answers None"#
            ]],
        );
        check(
            &format!("{ids}&Body=&NumMedia=1&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F"),
            expect![[
                r#"["twilio","message","SM4"]  whatsapp:+12025550100 whatsapp media SM4, from 33199000001 - -, None, None, answers None"#
            ]],
        );
    }

    #[test]
    fn what_comes_by_sms_is_of_that_channel() {
        check(
            "MessageSid=SM5&MessageStatus=delivered&To=%2B33199000001&From=%2B12025550100&AccountSid=AC1",
            expect![[
                r#"["twilio","status","SM5","delivered",""] AC1 +12025550100 sms Delivered of SM5, Some("0197-ab"), to +33199000001 - -, None"#
            ]],
        );
        check(
            "MessageSid=SM6&SmsStatus=received&NumMedia=0&Body=STOP&To=%2B12025550100&From=%2B33199000001&AccountSid=AC1&OptOutType=STOP",
            expect![[
                r#"["twilio","message","SM6"] AC1 +12025550100 sms text SM6, from +33199000001 - -, Some("STOP"), Some("STOP"), answers None"#
            ]],
        );
        check(
            "MessageSid=MM7&SmsStatus=undelivered&To=%2B33199000001&From=MyShop&AccountSid=AC1&ErrorCode=30003",
            expect![[
                r#"["twilio","status","MM7","undelivered","30003"] AC1 MyShop sms Failed of MM7, Some("0197-ab"), to +33199000001 - -, Some((Some(30003), None))"#
            ]],
        );
    }

    #[test]
    fn other_channels_and_other_callbacks_are_kept() {
        for (addresses, field) in [
            ("From=messenger%3A1001&To=messenger%3A2002", "messenger"),
            ("From=rcs%3A%2B33199000001&To=rcs%3Ashop_agent", "rcs"),
            ("From=%2B33199000001&To=rcs%3Ashop_agent", "rcs"),
            ("From=&To=%2B12025550100", "nobody"),
        ] {
            let read = read(&format!("MessageSid=SM6&SmsStatus=received&Body=STOP&{addresses}&AccountSid=AC1"));
            let other = OtherEvent {
                field: field.to_owned(),
                kind: "received".to_owned(),
                is_known: true,
                person: PersonIds::default(),
                shape: None,
            };
            assert_eq!(read.events[0].content, EventContent::Other(other), "{addresses}");
            assert_eq!(read.events[0].channel, None);
        }
        let other = read("EventType=onMessageAdded&ConversationSid=CH1&AccountSid=AC1");
        assert!(
            matches!(&other.events[0].content, EventContent::Other(it) if it.kind == "onMessageAdded" && !it.is_known)
        );
        assert_eq!(other, read("AccountSid=AC1&ConversationSid=CH1&EventType=onMessageAdded"));
        assert_ne!(other.events[0].key, read("EventType=onMessageAdded&ConversationSid=CH2").events[0].key);
    }

    #[test]
    fn what_cannot_be_kept_is_broken_and_names_no_value() {
        check(
            "MessageSid=SM1%00&MessageStatus=sent",
            expect!["broken an id or word is too long or has control characters"],
        );
        let json = TwilioRequest { url: URL, is_form: false, body: b"{}" }.events();
        assert_eq!(json.broken[0].reason, "the body is no form");
        let printed =
            format!("{:?}", read("MessageSid=SM1&SmsStatus=received&Body=secret&From=whatsapp%3A%2B33199000001&To=x"));
        assert!(!printed.contains("secret") && !printed.contains("33199000001"), "{printed}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_one_event_or_one_broken(body in prop::collection::vec(any::<u8>(), 0..80), sid in "\\PC{0,4}") {
            for body in [body.clone(), [format!("MessageSid={sid}&From=whatsapp:{sid}&").into_bytes(), body].concat()] {
                let read = TwilioRequest { url: URL, is_form: true, body: &body }.events();
                prop_assert_eq!(read.events.len() + read.broken.len(), 1);
            }
        }
    }
}

//! Twilio's callbacks: one event in a form, without a time.

use url::form_urlencoded::Serializer;

use crate::webhooks::cast::{SENDERS, Sender, Someone};
use crate::webhooks::dice::Dice;

/// A callback: what is added to the path, and the form.
pub(super) struct Callback {
    pub(super) query: String,
    pub(super) form: String,
}

/// The statuses of a message, in the order of a story. The person answers where there is none.
const WAYS: [([Option<&str>; 4], u32); 6] = [
    ([Some("queued"), Some("sent"), Some("delivered"), Some("read")], 40),
    ([Some("sent"), Some("delivered"), None, None], 25),
    ([Some("sent"), Some("read"), None, None], 8),
    ([Some("failed"), None, None, None], 8),
    ([Some("sent"), Some("undelivered"), None, None], 9),
    ([None, None, None, None], 30),
];

const TEXTS: [&str; 12] = [
    "Merci !",
    "Où est ma commande ?",
    "😀 ok",
    "line one\nline two",
    "a & b = c + d %",
    "STOP",
    "stop",
    "ARRET",
    "START",
    "STOP 12345",
    "OUI",
    "",
];

/// The callback with a number, of the people and senders of the seed.
pub(super) fn callback(seed: u64, n_people: u64, n: u64) -> Callback {
    let (story, step) = (n / 4, n % 4);
    let mut dice = Dice::new(seed, "twilio", story);
    let way = dice.weighed(&WAYS);
    let sender = &SENDERS[dice.below(SENDERS.len() as u64) as usize];
    let someone = Someone::new(seed, dice.below(n_people) as u32);
    let mut of_step = Dice::new(seed, "twilio step", n);
    match way[step as usize] {
        Some(status) => delivery(sender, &someone, status, &mut dice, &mut of_step),
        None => inbound(sender, &someone, &mut of_step),
    }
}

fn delivery(sender: &Sender, someone: &Someone, status: &str, story: &mut Dice, step: &mut Dice) -> Callback {
    let sid = format!("MM{}", hex(story));
    let opaque_id = hex(story);
    let mut fields = vec![
        ("ChannelPrefix", "whatsapp".to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("MessageStatus", status.to_owned()),
        ("SmsStatus", status.to_owned()),
        ("SmsSid", sid.clone()),
        ("MessageSid", sid),
        ("AccountSid", account(sender)),
        ("From", format!("whatsapp:+{}", sender.digits)),
        ("To", address(sender, someone)),
    ];
    if ["failed", "undelivered"].contains(&status) {
        fields.push(("ErrorCode", step.pick(&["63016", "63024", "63049", "30008"]).to_owned()));
    }
    Callback { query: format!("?ferry_id={opaque_id}"), form: form(&fields) }
}

fn inbound(sender: &Sender, someone: &Someone, dice: &mut Dice) -> Callback {
    let sid = format!("SM{}", hex(dice));
    let mut fields = vec![
        ("SmsMessageSid", sid.clone()),
        ("SmsSid", sid.clone()),
        ("MessageSid", sid),
        ("SmsStatus", "received".to_owned()),
        ("NumSegments", "1".to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("AccountSid", account(sender)),
        ("ProfileName", someone.name.clone()),
        ("To", format!("whatsapp:+{}", sender.digits)),
        ("From", address(sender, someone)),
        ("ExternalUserId", format!("whatsapp:{}", someone.user_id(sender))),
    ];
    if !someone.hides_number {
        fields.push(("WaId", someone.wa_id.clone()));
    }
    let (body, more): (&str, &[(&str, &str)]) = match dice.below(10) {
        0 => ("Stop", &[("ButtonText", "Stop"), ("ButtonPayload", "menu-7"), ("MessageType", "button")]),
        1 => {
            ("", &[("NumMedia", "1"), ("MediaUrl0", "https://api.example.com/1"), ("MediaContentType0", "image/jpeg")])
        }
        2 => ("", &[("Latitude", "48.85"), ("Longitude", "2.35"), ("MessageType", "location")]),
        _ => (dice.pick(&TEXTS), &[("NumMedia", "0"), ("MessageType", "text")]),
    };
    fields.push(("Body", body.to_owned()));
    fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Callback { query: String::new(), form: form(&fields) }
}

fn form(fields: &[(&str, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The account at Twilio: a subaccount for each account of WhatsApp.
fn account(sender: &Sender) -> String {
    format!("AC{:0>32}", sender.account)
}

fn address(sender: &Sender, someone: &Someone) -> String {
    match someone.hides_number {
        true => format!("whatsapp:{}", someone.user_id(sender)),
        false => format!("whatsapp:+{}", someone.wa_id),
    }
}

fn hex(dice: &mut Dice) -> String {
    (0..4).map(|_| format!("{:08x}", dice.below(1 << 32))).collect()
}

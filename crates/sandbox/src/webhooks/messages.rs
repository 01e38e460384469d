//! Messages of people.

use serde_json::{Map, Value, json};

use crate::webhooks::dice::Dice;
use crate::webhooks::scene::{Item, Scene, with};
use crate::webhooks::statuses::group;

/// What people write that is no word of consent. Some texts are awkward on purpose.
const TEXTS: [&str; 14] = [
    "Merci !",
    "OK",
    "Où est ma commande ?",
    "Is it there in blue?",
    "¿A qué hora abren?",
    "Bom dia, tudo bem? 😀",
    "Wann kommt das Paket?",
    "👩\u{200d}👩\u{200d}👧 à bientôt",
    "شكرا جزيلا",
    "line one\nline two\ttab",
    "C'est où, déjà ? <b>ici</b> & \"là\" / \\",
    "\u{200b}zero width",
    "a\0b",
    "stop, o Zé não vem",
];

const STOPS: [&str; 12] = [
    "STOP",
    "stop",
    "Stop ",
    " stop\n",
    "STOP.",
    "UNSUBSCRIBE",
    "Arrêt",
    "ARRET",
    "BAJA",
    "sair",
    "ABMELDEN",
    "STOP 36180",
];

const STARTS: [&str; 4] = ["START", "start", "Start ", "START."];

/// Words that a person has to look at, or that no table holds.
const UNCLEAR: [&str; 8] = ["STOP 12345", "yes but later", "OUI", "YES", "👍", "cancel", "ja", "Stoppe"];

/// A button's payload and title.
const BUTTONS: [(&str, &str); 5] = [
    ("STOP", "No more offers"),
    ("menu-7", "Stop"),
    ("START", "Yes please"),
    ("menu-8", "Opening hours"),
    ("yes-1", "Oui"),
];

/// A message of the person, of any kind.
pub(super) fn message(scene: &Scene, step: u64) -> Item {
    let mut dice = scene.dice("message", step);
    let make = dice.weighed::<fn(&Scene, &mut Dice) -> (&'static str, Value), 6>(&[
        (text, 45),
        (word, 20),
        (button, 12),
        (interactive, 8),
        (media, 8),
        (other_kind, 7),
    ]);
    let (kind, content) = make(scene, &mut dice);
    let more = envelope(scene, kind, &mut dice);
    said(scene, step, kind, content, more)
}

/// A text that holds nothing but what was given.
pub(super) fn said_text(scene: &Scene, step: u64, text: &str) -> Item {
    said(scene, step, "text", json!({ "body": text }), json!({}))
}

fn said(scene: &Scene, step: u64, kind: &str, content: Value, more: Value) -> Item {
    let fields = json!({
        "id": scene.message_id(step), "timestamp": scene.at.to_string(), "type": kind, kind: content,
    });
    let ids = scene.someone.ids(scene.sender, ["from", "from_user_id", "from_parent_user_id"]);
    scene.of_person("messages", "messages", with(with(ids, fields), more))
}

/// What stands beside the content: the message that is answered, an advertisement, a group.
fn envelope(scene: &Scene, kind: &str, dice: &mut Dice) -> Value {
    let answered = format!("wamid.{}", dice.letters(28));
    let is_answer = ["button", "interactive"].contains(&kind);
    match dice.below(100) {
        _ if kind == "unsupported" => json!({ "errors": [{
            "code": 131_051, "title": "Message type unknown", "message": "Message type unknown",
            "error_data": { "details": "Message type is currently not supported." },
        }] }),
        _ if is_answer => json!({ "context": { "from": scene.sender.digits, "id": answered } }),
        0..10 => json!({ "context": { "from": scene.sender.digits, "id": answered } }),
        10..13 => json!({ "context": { "forwarded": true } }),
        13..15 => json!({ "group_id": group(scene) }),
        15..18 => json!({ "referral": {
            "source_url": "https://ads.example.com/1", "source_type": "ad", "source_id": "12", "headline": "Chat with us",
            "body": "Sale", "media_type": "image", "image_url": "https://ads.example.com/1.jpg",
            "ctwa_clid": dice.letters(20),
        } }),
        _ => json!({}),
    }
}

fn text(_: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let text = match dice.below(200) {
        0 => "é".repeat(4_096),
        _ => dice.pick(&TEXTS).to_owned(),
    };
    ("text", json!({ "body": text }))
}

fn word(_: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let word = match dice.below(10) {
        0..6 => dice.pick(&STOPS),
        6..8 => dice.pick(&STARTS),
        _ => dice.pick(&UNCLEAR),
    };
    ("text", json!({ "body": word }))
}

fn button(_: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let (payload, title) = dice.pick(&BUTTONS);
    ("button", json!({ "payload": payload, "text": title }))
}

fn interactive(scene: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let (payload, title) = dice.pick(&BUTTONS);
    let content = match dice.below(4) {
        0 => json!({ "type": "button_reply", "button_reply": { "id": payload, "title": title } }),
        1 => {
            json!({ "type": "list_reply", "list_reply": { "id": payload, "title": title, "description": "as shown" } })
        }
        2 => json!({ "type": "nfm_reply", "nfm_reply": {
            "response_json": "{\"flow_token\":\"t\",\"city\":\"Orléans\"}", "body": "Sent", "name": "flow",
        } }),
        _ => json!({ "type": "call_permission_reply", "call_permission_reply": {
            "response": "accept", "expiration_timestamp": scene.at + 604_800, "response_source": "user_action",
        } }),
    };
    ("interactive", content)
}

fn media(_: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let kind = dice.pick(&["image", "video", "audio", "document", "sticker"]);
    let mime = match kind {
        "image" => "image/jpeg",
        "video" => "video/mp4",
        "audio" => "audio/ogg; codecs=opus",
        "document" => "application/pdf",
        _ => "image/webp",
    };
    let id = dice.digits(15);
    let mut content = with(
        Map::new(),
        json!({
            "id": id, "mime_type": mime, "sha256": dice.letters(43) + "=",
            "url": format!("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid={id}"),
        }),
    );
    content = match kind {
        "audio" => with(content, json!({ "voice": true })),
        "document" => with(content, json!({ "filename": "facture n° 7.pdf" })),
        "sticker" => with(content, json!({ "animated": false })),
        _ => with(content, json!({ "caption": dice.pick(&["Regardez", "STOP", "look"]) })),
    };
    (kind, content.into())
}

fn other_kind(scene: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let answered = format!("wamid.{}", dice.letters(28));
    match dice.below(9) {
        0 => ("reaction", json!({ "message_id": answered, "emoji": "👍" })),
        // Taken back.
        1 => ("reaction", json!({ "message_id": answered, "emoji": "" })),
        2 => ("location", json!({ "latitude": 48.853, "longitude": 2.349, "name": "Chez nous", "address": "Île 1" })),
        3 => (
            "contacts",
            json!([{
                "name": { "formatted_name": "Ana Diop", "first_name": "Ana" },
                "phones": [{ "phone": "+1 202-555-0199", "wa_id": "12025550199", "type": "CELL" }],
                "origin": "contact_request",
            }]),
        ),
        4 => (
            "order",
            json!({ "catalog_id": "19", "text": "Merci", "product_items": [
            { "product_retailer_id": "x1", "quantity": 2, "item_price": 30, "currency": "EUR" },
            { "product_retailer_id": "x2", "quantity": 1, "item_price": 7.5, "currency": "EUR" },
        ] }),
        ),
        5 => (
            "edit",
            json!({ "original_message_id": answered, "message": {
            "type": "text", "text": { "body": "plutôt demain" },
        } }),
        ),
        6 => ("revoke", json!({ "original_message_id": answered })),
        7 => ("unsupported", json!({ "type": "poll" })),
        // A type that nobody knows yet.
        _ => ("hologram", json!({ "depth": [[1, [2]]], "of": scene.sender.id })),
    }
}

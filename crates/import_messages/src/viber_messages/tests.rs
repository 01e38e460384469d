use expect_test::{Expect, expect};
use scenario::{Act, Choice};
use serde_json::{Value, json};

use super::fields::{BUTTON, Fate, Fields, KEYBOARD, MESSAGE};
use import_base::{File, Format, Imported, Options};
use scenario_import::import;

fn read(messages: &Value) -> Imported {
    let file = File { path: "bot.json".to_owned(), bytes: messages.to_string().into_bytes() };
    import(vec![file], &Options { format: Some(Format::ViberMessages), ..Options::default() }).unwrap()
}

fn told(imported: &Imported) -> String {
    let mut told = String::new();
    for scenario in &imported.scenarios {
        let begins = if scenario.trigger.is_by_business() { "business" } else { "customer" };
        let Act::Message(message) = &scenario.steps[0].act else { panic!("{scenario:?}") };
        told += &format!("{begins}: {}\n", message.text);
        let media = message.media.iter().map(|it| format!("  {} {}\n", it.kind.name(), it.url));
        told.extend(media);
        for card in &message.cards {
            let media = card.media.as_ref().map_or(String::new(), |it| format!(" ({} {})", it.kind.name(), it.url));
            let titles: Vec<&str> = card.choices.iter().map(Choice::title).collect();
            told += &format!("  card: {:?}{media} [{}]\n", card.body().to_string(), titles.join("] ["));
        }
        told.extend(message.location.iter().map(|it| format!("  at {}, {}\n", it.latitude, it.longitude)));
        for choice in &message.choices {
            told += &match choice {
                Choice::Reply { title, value, .. } => format!("  [{title}] {}\n", value.as_deref().unwrap_or_default()),
                Choice::Link { title, url } => format!("  [{title}] opens {url}\n"),
                Choice::Phone { title, number } => format!("  [{title}] calls {number}\n"),
                other => format!("  [{}]\n", other.title()),
            };
        }
        let lost = scenario.losses.iter().map(|it| format!("  lost {}: {}\n", it.loss.rule().name, it.what));
        told.extend(lost);
    }
    told.extend(imported.skipped.iter().map(|it| format!("skipped {}: {}\n", it.place, it.why)));
    told
}

#[expect(clippy::needless_pass_by_value, reason = "tests write json! in place")]
fn check(messages: Value, expected: Expect) {
    expected.assert_eq(&told(&read(&messages)));
}

#[test]
fn what_has_receivers_is_begun_by_the_business_with_buttons_too() {
    let reply = json!({ "Type": "keyboard", "Buttons": [{ "ActionType": "reply", "ActionBody": "y", "Text": "Yes" }] });
    check(
        json!([
            { "broadcast_list": ["a", "b"], "type": "text", "text": "Come on Monday?", "keyboard": reply },
            { "receiver": "a", "type": "text", "text": "Come on Tuesday?", "keyboard": reply },
            { "sender": { "name": "Shop" }, "type": "text", "text": "Welcome! How can we help?", "keyboard": reply },
            { "sender": { "name": "Shop" }, "type": "text", "text": "Welcome!" },
        ]),
        expect![[r#"
            business: Come on Monday?
              [Yes] y
            business: Come on Tuesday?
              [Yes] y
            customer: Welcome! How can we help?
              [Yes] y
            customer: Welcome!
        "#]],
    );
}

#[test]
fn a_picture_or_a_keyboard_without_text_gets_no_text_of_ours() {
    check(
        json!([
            { "receiver": "a", "type": "picture", "text": "", "media": "https://example.com/a.jpg" },
            { "receiver": "a", "keyboard": { "Buttons": [{ "ActionType": "reply", "ActionBody": "y", "Text": "Yes" }] } },
            { "receiver": "a", "type": "location", "location": { "lat": 48.85, "lon": "2.36" } },
            { "receiver": "a", "type": "sticker", "sticker_id": 46105 },
            { "receiver": "a", "type": "contact", "contact": { "name": "Ana", "phone_number": "+33199000001" } },
            { "receiver": "a", "type": "text", "text": "" },
        ]),
        expect![[r#"
            business: 
              image https://example.com/a.jpg
            business: 
              [Yes] y
            business: 
              at 48.85, 2.36
            skipped message 4: it is Viber's sticker 46105, which WhatsApp does not have
            skipped message 5: it is the contact card of Ana, +33199000001, which WhatsApp does not have
            skipped message 6: it has no text, picture or button
        "#]],
    );
}

#[test]
fn equal_buttons_are_told_apart_by_what_stands_beside_them() {
    let label = |text: &str| json!({ "Columns": 6, "Rows": 1, "ActionType": "none", "Text": text });
    let book =
        |body: &str| json!({ "Columns": 6, "Rows": 1, "ActionType": "reply", "ActionBody": body, "Text": "Réserver" });
    let picture = json!({ "Columns": 6, "Rows": 5, "ActionType": "none", "Image": "https://example.com/a.png" });
    check(
        json!([
            { "receiver": "a", "type": "text", "text": "Quel créneau ?", "keyboard": {
                "Buttons": [label("9 h"), book("slot-1"), label("14 h"), book("slot-2"), book("slot-2")] } },
            { "receiver": "a", "type": "rich_media", "alt_text": "Nos massages", "rich_media": { "Type": "rich_media",
                "ButtonsGroupColumns": 6, "ButtonsGroupRows": 7,
                "Buttons": [picture, label("Massage du dos"), book("m-1"), picture, label("Massage des pieds"), book("m-2")] } },
        ]),
        expect![[r#"
            business: Quel créneau ?
              [Réserver – 9 h] slot-1
              [Réserver – 14 h] slot-2
              lost long-title: “Réserver” is there twice, so one is “Réserver – 9 h”
              lost long-title: “Réserver” is there twice, so one is “Réserver – 14 h”
            business: Nos massages
              card: "Massage du dos" (image https://example.com/a.png) [Réserver]
              card: "Massage des pieds" (image https://example.com/a.png) [Réserver]
        "#]],
    );
}

#[test]
fn cards_with_pictures_stay_cards_where_the_business_begins() {
    let button = |rows: u64, kind: &str, body: &str, text: &str| json!({ "Columns": 6, "Rows": rows, "ActionType": kind, "ActionBody": body, "Text": text });
    let card = |page: &str| {
        let mut picture = button(3, "open-url", page, "");
        picture["Image"] = json!("https://example.com/a.png");
        let face = button(2, "open-url", page, "<b>Back</b>");
        [picture, face, button(1, "none", "", "49 €"), button(1, "reply", "b", "<font color=#fff>Book</font>")]
    };
    let buttons = [card("https://example.com/1"), card("https://example.com/2")].concat();
    let rich = json!({ "Type": "rich_media", "BgColor": "#ffffff", "Buttons": buttons });
    let message =
        |key: &str| json!({ (key): "a", "type": "rich_media", "alt_text": "Our massages", "rich_media": rich });
    let mut silent = message("receiver");
    silent["alt_text"] = json!("");
    check(
        json!([message("receiver"), message("name"), silent]),
        expect![[r#"
            business: Our massages
              card: "Back\n49 €" (image https://example.com/a.png) [Book]
              card: "Back\n49 €" (image https://example.com/a.png) [Book]
              lost button-colour: BgColor of the keyboard
              lost html: the tags b, font of buttons
              lost button-action: “Back”: a tap on the card (open-url https://example.com/1)
              lost button-action: “Back”: a tap on the card (open-url https://example.com/2)
            customer: 49 €
            49 €
              [Back – 49 €] opens https://example.com/1
              [Book] b
              [Back – 49 €] opens https://example.com/2
              lost carousel: cards of rich media
              lost button-colour: BgColor of the keyboard
              lost button-image: Image of 2 buttons
              lost html: the tags b, font of buttons
              lost button-dropped: a button without text (open-url https://example.com/1)
              lost button-dropped: a button without text (open-url https://example.com/2)
              lost long-title: “Back” is there twice, so one is “Back – 49 €”
              lost field-dropped: alt_text “Our massages”: the text of the cards is sent
              lost begin-assumed: it has no receiver, so it is taken for an answer of the bot: a message that the business begins with has `receiver` or `broadcast_list`
            business: 49 €
            49 €
              [Back – 49 €] opens https://example.com/1
              [Book] b
              [Back – 49 €] opens https://example.com/2
              lost carousel: cards of rich media
              lost button-colour: BgColor of the keyboard
              lost button-image: Image of 2 buttons
              lost html: the tags b, font of buttons
              lost button-dropped: a button without text (open-url https://example.com/1)
              lost button-dropped: a button without text (open-url https://example.com/2)
              lost long-title: “Back” is there twice, so one is “Back – 49 €”
        "#]],
    );
}

#[test]
fn a_layout_is_lost_once_and_only_where_there_is_one() {
    let button = |columns: u64, text: &str| json!({ "Columns": columns, "Rows": 1, "ActionType": "reply", "ActionBody": text, "Text": text });
    check(
        json!([
            { "receiver": "a", "type": "text", "text": "Below each other", "keyboard": { "Buttons": [button(6, "A"), button(6, "B")] } },
            { "receiver": "a", "type": "text", "text": "Beside each other", "keyboard": { "Buttons": [button(3, "A"), button(3, "B")] } },
        ]),
        expect![[r#"
            business: Below each other
              [A] 
              [B] 
            business: Beside each other
              [A] 
              [B] 
              lost button-layout: Columns of 2 buttons
        "#]],
    );
}

#[test]
fn buttons_call_phones_and_open_pages() {
    let open = |body: &str| json!({ "ActionType": "open-url", "ActionBody": body, "Text": "Contact" });
    check(
        json!([{ "receiver": "a", "type": "text", "text": "How to reach us:", "keyboard": { "Buttons": [
            open("tel:+33199000001"), open("https://example.com/?a=1&copy=2"), open("mailto:help@example.com?subject=x"),
            open("viber://pa?chatURI=shop"),
            { "ActionType": "open-map", "ActionBody": "x", "Text": "Map", "Map": { "Latitude": "48.8", "Longitude": "2.3" } },
        ] } }]),
        expect![[r#"
            business: How to reach us:
            Contact: help@example.com
              [Contact] calls +33199000001
              [Contact] opens https://example.com/?a=1&copy=2
              lost field-dropped: Map of 1 button: no button of WhatsApp opens a map
              lost button-dropped: “Contact” is in the text
              lost button-action: “Contact” opens viber: WhatsApp opens web pages
              lost button-action: “Map”: open-map at 48.8, 2.3
        "#]],
    );
}

#[test]
fn a_message_without_a_receiver_is_an_answer_of_the_bot_and_that_is_told() {
    check(
        json!([
            { "type": "text", "text": "Your data are saved" },
            { "type": "text", "text": "Welcome to the shop", "sender": { "name": "Shop" } },
            { "type": "keyboard", "keyboard": { "Buttons": [{ "ActionType": "reply", "ActionBody": "y", "Text": "Yes" }] } },
        ]),
        expect![[r#"
            customer: Your data are saved
              lost begin-assumed: it has no receiver, so it is taken for an answer of the bot: a message that the business begins with has `receiver` or `broadcast_list`
            customer: Welcome to the shop
            customer: 
              [Yes] y
              lost begin-assumed: it has no receiver, so it is taken for an answer of the bot: a message that the business begins with has `receiver` or `broadcast_list`
        "#]],
    );
}

#[test]
fn the_sender_is_told_where_it_changes() {
    check(
        json!([
            { "receiver": "a", "type": "text", "text": "Hello from the shop", "sender": { "name": "Shop" } },
            { "receiver": "a", "type": "text", "text": "Hello from the workshop", "sender": { "name": "Workshop" } },
        ]),
        expect![[r#"
            business: Hello from the shop
              lost field-dropped: sender “Shop”: WhatsApp shows the profile of the business
            business: Hello from the workshop
              lost field-dropped: sender “Workshop”: WhatsApp shows the profile of the business
        "#]],
    );
}

/// A value of a key that is not its default.
fn sample(key: &str) -> Value {
    match key {
        "receiver" => json!("a"),
        "broadcast_list" | "TextPaddings" => json!([1, 2, 3, 4]),
        "type" => json!("sticker"),
        "text" | "name" => json!("Other words"),
        "media" | "Image" | "BgMedia" | "thumbnail" => json!("https://example.com/other.jpg"),
        "keyboard" => json!({ "Buttons": [{ "ActionType": "reply", "ActionBody": "z", "Text": "Other" }] }),
        "rich_media" => json!({ "Type": "rich_media", "Buttons": [{ "ActionType": "reply", "Text": "Card" }] }),
        "alt_text" => json!("Our offers"),
        "location" => json!({ "lat": 1.5, "lon": 2.5 }),
        "contact" => json!({ "name": "Ana", "phone_number": "+33199000001", "avatar": "https://example.com/a.jpg" }),
        "sender" => json!({ "name": "Shop", "avatar": "https://example.com/a.jpg" }),
        "size"
        | "duration"
        | "sticker_id"
        | "timestamp"
        | "min_api_version"
        | "CustomDefaultHeight"
        | "HeightScale"
        | "ButtonsGroupRows"
        | "ButtonsGroupColumns"
        | "Columns"
        | "Rows"
        | "TextOpacity" => json!(5),
        "DefaultHeight" | "Silent" | "TextShouldFit" => json!(true),
        "BgLoop" => json!(false),
        "Buttons" => json!([{ "ActionType": "reply", "ActionBody": "z", "Text": "Other" }]),
        "Text" => json!("Other"),
        "ActionType" => json!("share-phone"),
        "Frame" => json!({ "BorderWidth": 1, "BorderColor": "#000000", "CornerRadius": 2 }),
        "InternalBrowser" => json!({ "ActionButton": "forward", "TitleType": "domain", "Mode": "fullscreen" }),
        "Map" => json!({ "Latitude": "48.8", "Longitude": "2.3" }),
        "MediaPlayer" => json!({ "Title": "Song", "Loop": true }),
        "FavoritesMetadata" => json!({ "type": "gif", "url": "https://example.com" }),
        _ => json!("other"),
    }
}

/// A message that has the key, and the same without it.
fn pair(fields: &Fields, key: &str) -> (Value, Value) {
    let kind = match key {
        "location" | "contact" => key,
        "sticker_id" => "sticker",
        "media" | "thumbnail" | "size" => "picture",
        "alt_text" | "rich_media" => "rich_media",
        _ => "text",
    };
    let mut message = json!({ "type": kind, "sender": { "name": "Shop" } });
    if kind == "text" || kind == "picture" {
        message["text"] = json!("Hello, how can we help?");
    }
    let button = json!({ "ActionType": "reply", "ActionBody": "y", "Text": "Yes" });
    if kind == "rich_media" {
        message["rich_media"] = json!({ "Type": "rich_media", "Buttons": [button] });
    } else if fields != MESSAGE {
        message["keyboard"] = json!({ "Type": "keyboard", "Buttons": [button] });
    }
    let at = |message: &mut Value, value: Option<Value>| {
        let object = match () {
            () if fields == MESSAGE => message,
            () if fields == KEYBOARD => &mut message["keyboard"],
            () => &mut message["keyboard"]["Buttons"][0],
        };
        let object = object.as_object_mut().unwrap();
        object.remove(key);
        object.extend(value.map(|it| (key.to_owned(), it)));
    };
    let mut without = message.clone();
    at(&mut message, Some(sample(key)));
    at(&mut without, None);
    (message, without)
}

#[test]
fn every_key_of_viber_is_carried_or_lost_by_name_or_has_no_meaning() {
    for fields in [MESSAGE, KEYBOARD, BUTTON] {
        for (key, fate) in fields {
            let (with, without) = pair(fields, key);
            let (with, without) = (read(&json!([with])), read(&json!([without])));
            let (told, before) = (told(&with), told(&without));
            let names = |it: &Imported| it.scenarios.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
            match fate {
                Fate::NoMeaning => assert_eq!(told, before, "{key}"),
                Fate::Lost { .. } => assert!(told.contains(key) && !before.contains(key), "{key}: {told}"),
                // The time of a message counts in archives.
                Fate::Carried if *key == "timestamp" => assert_eq!(told, before),
                Fate::Carried => assert!(told != before || names(&with) != names(&without), "{key}: {told}"),
            }
        }
    }
}

#[test]
fn a_key_that_viber_does_not_have_is_told() {
    check(
        json!([{ "receiver": "a", "type": "text", "text": "Hello", "campaign_id": 7 }]),
        expect![[r#"
            business: Hello
              lost field-dropped: campaign_id: Viber's API has no such key
        "#]],
    );
}

#[test]
fn a_large_video_is_told() {
    check(
        json!([{ "receiver": "a", "type": "video", "text": "Our shop", "media": "https://example.com/a.mp4", "size": 94371840, "duration": 60 }]),
        expect![[r#"
            business: Our shop
              video https://example.com/a.mp4
              lost field-dropped: duration, size: WhatsApp reads that from the file
              lost media-kind: the video has 90 MB, and WhatsApp sends at most 16 MB
        "#]],
    );
}

#[test]
fn flows_of_other_tools_are_not_read_as_flows_of_rapidpro() {
    let botpress = json!({ "version": "0.0.1", "startNode": "entry", "catchAll": {},
        "nodes": [{ "id": "entry", "name": "entry", "onEnter": ["say #!builtin_text-1"], "next": [] }] });
    let twilio =
        json!({ "messages": [{ "sid": "SM1", "body": "Hello", "direction": "outbound-api", "to": "+33199000001" }] });
    for value in [botpress, twilio] {
        let file = File { path: "flow.json".to_owned(), bytes: value.to_string().into_bytes() };
        let format = import(vec![file], &Options::default()).map(|it| it.format);
        assert!(!matches!(format, Ok(Format::RapidPro | Format::ViberMessages)), "{format:?}");
    }
}

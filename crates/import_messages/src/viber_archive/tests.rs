use expect_test::{Expect, expect};
use scenario::Act;

use import_base::{File, Format, Imported, Options};
use scenario_import::import;

const MINUTE: i64 = 60_000;

/// Reads a dialogue, a line each: `Ana Martin > hello` came in, `Ana Martin < Hello! [Order=o][Agent=a]` was sent.
/// `Ana Martin > (sticker)` is not a text, `Ana Martin * ` opens the conversation, `+1d` lets time pass, and `all <` is
/// a broadcast.
fn archive(dialogue: &str) -> String {
    let mut now = 1_772_439_251_000;
    let mut lines = String::new();
    for line in dialogue.lines().map(str::trim).filter(|it| !it.is_empty()) {
        now += MINUTE;
        if let Some(hours) = line.strip_prefix('+') {
            now += hours.parse::<i64>().unwrap() * 60 * MINUTE;
            continue;
        }
        let at = line.find(['>', '<', '*']).unwrap();
        let (who, sign, text) = (line[..at].trim(), &line[at..=at], line[at + 1..].trim());
        let user = serde_json::json!({ "id": format!("id of {who}"), "name": who });
        let value = match sign {
            "*" => serde_json::json!({ "event": "conversation_started", "timestamp": now, "user": user }),
            ">" => {
                let kind = text.strip_prefix('(').map_or("text", |it| it.trim_end_matches(')'));
                let message = serde_json::json!({ "type": kind, "text": text });
                serde_json::json!({ "event": "message", "timestamp": now, "sender": user, "message": message })
            }
            _ => sent(who, text),
        };
        lines += &format!("{value}\n");
    }
    lines
}

fn sent(who: &str, text: &str) -> serde_json::Value {
    let (text, buttons) = text.split_once(" [").unwrap_or((text, ""));
    let mut value = serde_json::json!({ "type": "text", "text": text, "sender": { "name": "Shop" } });
    match who {
        "all" => value["broadcast_list"] = serde_json::json!(["id of Ana Martin", "id of Hugo"]),
        "" => {}
        _ => value["receiver"] = format!("id of {who}").into(),
    }
    let buttons: Vec<_> = buttons
        .split(['[', ']'])
        .filter_map(|it| it.split_once('='))
        .map(|it| serde_json::json!({ "ActionType": "reply", "Text": it.0, "ActionBody": it.1 }))
        .collect();
    if !buttons.is_empty() {
        value["keyboard"] = serde_json::json!({ "Type": "keyboard", "Buttons": buttons });
    }
    value
}

fn told(imported: &Imported) -> String {
    let mut told = String::new();
    for scenario in &imported.scenarios {
        let begins = if scenario.trigger.is_by_business() { "business" } else { "customer" };
        told += &format!("{begins}, {}\n", scenario.language);
        for step in &scenario.steps {
            let text = step.act.text().map(ToString::to_string).unwrap_or_default();
            let act = match &step.act {
                Act::Question(it) => format!("{text} ? {}", it.slot),
                Act::Wait { seconds, .. } => format!("wait {seconds} s"),
                _ => text,
            };
            told += &format!("{}: {act}\n", step.id);
            for (label, goal) in step.act.routes().into_iter().filter(|it| it.1.is_some()) {
                told += &format!("  {label} -> {}\n", goal.as_deref().unwrap_or_default());
            }
        }
        let lost = scenario.losses.iter().map(|it| format!("lost {}: {}\n", it.loss.rule().name, it.what));
        told.extend(lost);
    }
    told.extend(imported.skipped.iter().map(|it| format!("skipped {}: {}\n", it.place, it.why)));
    told
}

fn read(bytes: Vec<u8>) -> Imported {
    import(vec![File { path: "bot.ndjson".to_owned(), bytes }], &Options::default()).unwrap()
}

fn check(dialogue: &str, expected: Expect) {
    let imported = read(archive(dialogue).into_bytes());
    assert_eq!(imported.format, Format::ViberArchive);
    expected.assert_eq(&told(&imported));
}

#[test]
fn two_dialogues_at_the_same_time_are_one_scenario_without_names() {
    check(
        "Ana Martin *
         Ana Martin < Hello Ana, what can we do for you? [Order a cake=CAKE][Opening hours=HOURS]
         Hugo *
         Ana Martin > CAKE
         Hugo < Hello Hugo, what can we do for you? [Order a cake=CAKE][Opening hours=HOURS]
         Ana Martin < For which day would you like your cake, Ana?
         Hugo > CAKE
         Ana Martin > saturday
         Hugo < For which day would you like your cake, Hugo?
         Ana Martin < Your cake will be ready on saturday. See you soon, Ana!
         Hugo > sunday
         Hugo < Your cake will be ready on sunday. See you soon, Hugo!",
        expect![[r#"
            customer, en
            message_1: Hello {{user_name}}, what can we do for you?
              Order a cake -> message_2
              Opening hours -> end
            message_2: For which day would you like your cake, {{user_name}}? ? answer_2
               -> message_3
            message_3: Your cake will be ready on {{answer_2}}. See you soon, {{user_name}}!
            lost route-dropped: “Opening hours” was never tapped: what follows is not known
        "#]],
    );
}

#[test]
fn names_of_people_who_never_wrote_are_found_by_comparing() {
    check(
        "Mme Diallo < Bonjour Mme Diallo, votre commande 48213 est prête. Merci de passer avant 18 h.
         M. Martin < Bonjour M. Martin, votre commande 48214 est prête. Merci de passer avant 18 h.
         Hugo < Bonjour Hugo, votre commande 48299 est prête. Merci de passer avant 18 h.
         Hugo > merci",
        expect![[r#"
            business, fr
            message_1: Bonjour {{user_name}}, votre commande {{number}} est prête. Merci de passer avant 18 h.
        "#]],
    );
}

#[test]
fn messages_that_say_different_things_stay_apart() {
    check(
        "Ana Martin < Your order is confirmed, thank you for your trust.
         Hugo < Your order is cancelled, thank you for your trust.
         Eva > hello
         Eva < Which colour do you want? [Red=R][Blue=B]
         Eva > R
         Eva < You have chosen Red, thank you for your order.
         Ben > hello
         Ben < Which colour do you want? [Red=R][Blue=B]
         Ben > B
         Ben < You have chosen Blue, thank you for your order.",
        expect![[r#"
            customer, en
            message_1: Which colour do you want?
              Red -> message_3
              Blue -> message_2
            message_2: You have chosen Blue, thank you for your order.
            message_3: You have chosen Red, thank you for your order.
            business, en
            message_1: Your order is confirmed, thank you for your trust.
            business, en
            message_1: Your order is cancelled, thank you for your trust.
        "#]],
    );
}

#[test]
fn a_menu_that_people_type_decides() {
    check(
        "Ana Martin > hello
         Ana Martin < Reply 1 for opening hours or 2 for your order.
         Ana Martin > 1
         Ana Martin < We are open from 9 to 18.
         Hugo > hello
         Hugo < Reply 1 for opening hours or 2 for your order.
         Hugo > 2
         Hugo < What is the number of your order?
         Hugo > 48213
         Hugo < Your order 48213 is on its way.
         Eva > hello
         Eva < Reply 1 for opening hours or 2 for your order.
         Eva > my cat ran away
         Eva < Sorry, we did not understand.",
        expect![[r#"
            customer, en
            message_1: Reply 1 for opening hours or 2 for your order. ? answer_1
               -> message_1_answer
            message_1_answer: 
              answer_1 is 1 -> message_2
              answer_1 is 2 -> message_3
              otherwise -> message_4
            message_2: We are open from 9 to 18.
            message_3: What is the number of your order? ? answer_3
               -> message_5
            message_4: Sorry, we did not understand.
            message_5: Your order {{answer_3}} is on its way.
        "#]],
    );
}

#[test]
fn stickers_pictures_and_places_are_answers() {
    check(
        "Ana Martin > (sticker)
         Ana Martin < Welcome! Please send us a photo of the damage.
         Ana Martin > (picture)
         Ana Martin < Thank you. Where are you?
         Ana Martin > (location)
         Ana Martin < We are on our way.",
        expect![[r#"
            customer, en
            message_1: Welcome! Please send us a photo of the damage. ? answer_1
               -> message_2
            message_2: Thank you. Where are you? ? answer_2
               -> message_3
            message_3: We are on our way.
        "#]],
    );
}

#[test]
fn a_broadcast_is_begun_by_the_business_and_so_is_what_comes_after_a_day() {
    check(
        "all < Our winter collection is here. Would you like to see it? [Show me=show]
         Ana Martin > show
         Ana Martin < Here it is, all in wool and linen.
         +30
         Hugo > hello
         Ana Martin < Did you like our winter collection?
         Hugo < Good morning, how can we help you?",
        expect![[r#"
            customer, en
            message_1: Good morning, how can we help you?
            business, en
            message_1: Our winter collection is here. Would you like to see it?
              Show me -> message_2
            message_2: Here it is, all in wool and linen.
            business, en
            message_1: Did you like our winter collection?
        "#]],
    );
}

#[test]
fn a_pause_of_hours_within_the_window_is_a_wait() {
    check(
        "Ana Martin > order
         Ana Martin < Your order was received.
         Hugo > x
         +5
         Hugo > y
         Ana Martin < Your order is ready to be collected.",
        expect![[r#"
            customer, en
            message_1: Your order was received.
               -> message_1_pause
            message_1_pause: wait 18120 s
               -> message_2
            message_2: Your order is ready to be collected.
        "#]],
    );
}

#[test]
fn the_answer_to_an_opened_conversation_names_no_receiver() {
    check(
        "Ana Martin *
         < Welcome to our shop! What would you like to know?
         Ana Martin > prices
         Ana Martin < All cakes are at 20 euros.",
        expect![[r#"
            customer, en
            message_1: Welcome to our shop! What would you like to know? ? answer_1
               -> message_2
            message_2: All cakes are at 20 euros.
        "#]],
    );
}

#[test]
fn an_archive_without_the_bot_is_not_taken() {
    check(
        "Ana Martin *
         Ana Martin > hello",
        expect![[r#"
            skipped 2 lines: it holds only what customers sent: without the bodies that the bot sent there is nothing to translate
        "#]],
    );
}

#[test]
fn an_archive_is_the_same_as_a_list_in_utf_16_and_with_windows_line_ends() {
    let dialogue = archive(
        "Ana Martin > hello
         Ana Martin < Hello Ana, how can we help you today?",
    );
    let wanted = told(&read(dialogue.clone().into_bytes()));
    let list = format!("[{}]", dialogue.trim().replace('\n', ","));
    let utf_16: Vec<u8> = "\u{feff}".encode_utf16().chain(dialogue.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in [list.into_bytes(), utf_16, format!("\u{feff}{dialogue}").replace('\n', "\r\n").into_bytes()] {
        assert_eq!(told(&read(bytes)), wanted);
    }
}

#[test]
fn many_people_are_read_in_time() {
    let mut dialogue = String::new();
    for n in 0..3000 {
        let (first, last) = (char::from(b'A' + (n % 26) as u8), char::from(b'a' + (n / 26 % 26) as u8));
        let name = format!("{first}{last}nna{n}");
        dialogue += &format!("{name} > question {n}\n{name} < Thank you {name}, your number is {}.\n", 10_000 + n);
    }
    let imported = read(archive(&dialogue).into_bytes());
    assert_eq!((imported.scenarios.len(), imported.scenarios[0].steps.len()), (1, 1));
}

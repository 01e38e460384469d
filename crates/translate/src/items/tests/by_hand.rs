//! What became of scenarios that were counted by hand.

use expect_test::expect;
use serde_json::json;

use super::{fixtures, scenario, told};
use model::ItemCounts;

use crate::items::counts::ItemTotals;
use crate::items::items;

/// The scenarios: steps, choices and slots as `carried`, and as `carried-lost-not taken` where not all are carried.
const BY_HAND: &str = "
    neutral/scenarios.json  help            6 4 1
    neutral/scenarios.json  only_social     2 0 0
    neutral/scenarios.json  after_purchase  6 2 1
    neutral/scenarios.json  products        4 4 1
    neutral/scenarios.json  twelve          2 12 1
    neutral/scenarios.json  broken          0-0-1 0 0
    neutral/scenarios.json  circle          2 0 0
    neutral/scenarios.json  casino          1 0 0
    neutral/scenarios.json  long_text       1 0 0
    neutral/responses.json  order_status    1 0 1
    neutral/responses.json  statut_de_commande 1 0 3
    neutral/responses.json  news_in_no_language_of_whatsapp 0-0-1 0 0
    viber-messages/menus.json accueil       1 2 1
    viber-messages/menus.json contact       1 2-1-0 0
    sms-list/bank.txt       pix             1 0 3
    sms-list/bank.txt       codigo          1 0 1
    sms-list/bank.txt       bloqueio        1 0 1
";

#[test]
fn items_are_what_a_person_counts() {
    let words = |it: &ItemCounts| match (it.lost, it.not_taken) {
        (0, 0) => it.carried.to_string(),
        (lost, not_taken) => format!("{}-{lost}-{not_taken}", it.carried),
    };
    for line in BY_HAND.lines().filter(|it| !it.trim().is_empty()) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (scenario, compiled) = fixtures::one(fields[0], fields[1]);
        let totals = ItemTotals::of(&items(&scenario, &compiled));
        let counted = [&totals.steps, &totals.choices, &totals.slots].map(words);
        assert_eq!(counted[..], fields[2..], "{line}");
    }
}

#[test]
fn each_item_says_where_it_is_now() {
    let menu = json!({ "id": "menu", "intent": "menu", "language": "en", "purpose": "conversation", "trigger": { "type": "message" },
        "start": "ask", "slots": [{ "name": "old" }],
        "losses": [{ "loss": "html", "place": "line 3", "what": "a table" }, { "loss": "step-dropped", "place": "line 9", "what": "a delay" }],
        "steps": [
            { "id": "ask", "type": "message", "text": "How can we help {{name}}?", "slot": "topic", "choices": [
                { "action": "reply", "title": "Opening hours", "next": "hours" },
                { "action": "share_phone", "title": "Call me", "next": "call" },
                { "action": "link", "title": "Our shop", "url": "https://example.com/{{name}}" }] },
            { "id": "hours", "type": "message", "text": "From 9 to 6.", "products": [{ "id": "watch" }], "next": "mute" },
            { "id": "mute", "type": "message", "text": " ", "choices": [{ "action": "reply", "title": "Go" }] },
            { "id": "call", "type": "message", "text": "We call you about {{topic}}." }] });
    expect![[r#"
        step | ask | carried | step ask
        choice | Opening hours | carried | “Opening hours” of step ask
        choice | Call me | lost | L111 | “Call me”
        choice | Our shop | carried | the text
        step | hours | carried | step hours
        choice | watch | carried | button of step hours
        step | mute | lost | S106 | “mute” has buttons and no text: WhatsApp shows none without one
        choice | Go | lost | S106 | “mute” has buttons and no text: WhatsApp shows none without one
        step | call | lost | L119 | “call”: what leads to it is not sent
        slot | old | lost | L125 | the slot “old”: no step uses it
        slot | name | carried | step ask
        slot | topic | carried | step ask
        other | line 3 | lost | L107 | a table
        step | line 9 | lost | L119 | a delay
    "#]]
    .assert_eq(&told(&scenario(&menu)));
}

#[test]
fn a_refused_scenario_is_not_taken_and_what_its_import_lost_is_lost() {
    let broken = json!({ "id": "broken", "intent": "broken", "language": "en", "purpose": "notification", "trigger": { "type": "event" },
        "start": "a", "slots": [{ "name": "name" }], "losses": [{ "loss": "button-image", "place": "a", "what": "a picture" }],
        "steps": [{ "id": "a", "type": "message", "text": "Hello {{name}}.", "next": "nowhere" }] });
    expect![[r#"
        step | a | not taken | S103 next leads to “nowhere”, which is not a step
        slot | name | not taken | S103 next leads to “nowhere”, which is not a step
        other | a | lost | L102 | a picture
    "#]]
    .assert_eq(&told(&scenario(&broken)));
}

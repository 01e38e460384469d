use expect_test::{Expect, expect};
use serde_json::json;

use import_base::{File, Format, Options};
use scenario_import::import;
use scenario_import::shown::shown;

const AGENT: (&str, &str) = ("agent.json", r#"{"language": "en", "supportedLanguages": []}"#);

const SAYS: (&str, &str) = ("intents/hi_usersays_en.json", r#"[{"data": [{"text": "hi"}]}]"#);

/// Checks what an intent becomes that answers with a payload.
fn check(payload: &str, expected: Expect) {
    let intent = format!(
        r#"{{"name": "hi", "contexts": [], "responses": [{{"messages": [{{"type": "4", "lang": "en", "payload": {payload}}}]}}]}}"#
    );
    expected.assert_eq(&shown(Format::Dialogflow, &[AGENT, SAYS, ("intents/hi.json", &intent)]));
}

#[test]
fn payloads_of_channels_are_texts_and_choices() {
    check(
        r#"{"content": "**Which** [shop](https://example.com)?", "content_type": "input_select", "private": false,
            "content_attributes": {"items": [{"title": "Lyon", "value": "lyon"}, {"title": "hi", "value": "hi"}]}}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: *Which* shop: https://example.com? [Lyon = lyon] [hi → hi_says]
              route-dropped hi: “Lyon” is no phrase of an intent, so it leads nowhere
        "#]],
    );
    check(
        r#"{"message": "Which shop?", "platform": "kommunicate", "metadata": {"contentType": "300", "templateId": "6",
            "payload": [{"title": "Lyon", "message": "the shop in Lyon"}, {"type": "link", "name": "All", "url": "https://example.com"}]}}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: Which shop? [Lyon = the shop in Lyon] [All ↗ https://example.com]
              route-dropped hi: “Lyon” is no phrase of an intent, so it leads nowhere
        "#]],
    );
    check(
        r#"{"viber": {"type": "text", "text": "Which shop?", "keyboard": {"Type": "keyboard", "Buttons": [
            {"Columns": 6, "Rows": 1, "ActionType": "reply", "ActionBody": "lyon", "Text": "Lyon"}]}}}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: Which shop? [Lyon = lyon]
              route-dropped hi: “Lyon” is no phrase of an intent, so it leads nowhere
        "#]],
    );
    check(
        r#"{"richContent": [[{"type": "info", "title": "Shops", "subtitle": "Open today"},
            {"type": "chips", "options": [{"text": "Lyon"}, {"text": "Map", "link": "https://example.com"}]}]]}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: Shops / Open today [Lyon] [Map ↗ https://example.com]
              route-dropped hi: “Lyon” is no phrase of an intent, so it leads nowhere
        "#]],
    );
    check(
        r#"{"telegram": {"text": "Which shop?", "reply_markup": {"inline_keyboard": [[{"text": "Lyon", "callback_data": "lyon"}]]}}}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: Which shop? [Lyon = lyon]
              route-dropped hi: “Lyon” is no phrase of an intent, so it leads nowhere
        "#]],
    );
}

#[test]
fn a_payload_that_is_not_known_leaves_a_message_without_a_text_which_is_an_error() {
    check(
        r#"{"widget": {"kind": "poll", "title": "Which shop?"}}"#,
        expect![[r#"
        hi (en) on: hi
        ▸ hi_says: 
          step-dropped hi: a payload for one channel, in a form that is not known: “poll”, “Which shop?”
    "#]],
    );
    check(
        r#"{"content": "Only for agents", "private": true}"#,
        expect![[r#"
            skipped intents/hi.json hi: only agents see what it says: “Only for agents”
        "#]],
    );
    check(
        r#"{"action": "handoff"}"#,
        expect![[r#"
        hi (en) on: hi
        ▸ hi_person:  to a person
    "#]],
    );
}

#[test]
fn a_folder_of_intents_is_an_agent_in_the_language_of_its_phrases() {
    let intent = json!({"name": "hi", "contexts": [], "responses": [{"messages": [{"type": "0", "speech": "Hello!", "lang": "en"}]}]});
    let file = |path: &str, bytes: &str| File { path: path.to_owned(), bytes: bytes.as_bytes().to_vec() };
    let files = vec![file("intents/hi.json", &intent.to_string()), file(SAYS.0, SAYS.1)];
    let imported = import(files, &Options::default()).unwrap();
    assert_eq!(imported.format, Format::Dialogflow);
    assert_eq!(imported.scenarios[0].language, "en");
    assert!(imported.skipped[0].why.contains("no agent.json"));
}

#[test]
fn words_in_a_phrase_are_values_of_their_entity() {
    let files = [
        AGENT,
        ("entities/size.json", r#"{"name": "size", "automatedExpansion": false}"#),
        (
            "entities/size_entries_en.json",
            r#"[{"value": "large", "synonyms": ["big", "large"]}, {"value": "small", "synonyms": ["small"]}]"#,
        ),
        (
            "intents/pizza_usersays_en.json",
            r#"[{"data": [{"text": "a "}, {"text": "large", "alias": "size", "meta": "@size"}, {"text": " pizza"}]}, {"data": [{"text": "pizza"}]}]"#,
        ),
        (
            "intents/pizza.json",
            r#"{"name": "pizza", "responses": [{"affectedContexts": [{"name": "order", "lifespan": 2}],
                "parameters": [{"name": "size", "dataType": "@size", "required": true, "value": "$size", "prompts": [{"lang": "en", "value": "Which size?"}]}],
                "messages": [{"type": "0", "speech": "A $size pizza. For whom?", "lang": "en"}]}]}"#,
        ),
        (
            "intents/name_usersays_en.json",
            r#"[{"data": [{"text": "for "}, {"text": "Ana", "alias": "name", "meta": "@sys.any"}]}]"#,
        ),
        (
            "intents/name.json",
            r#"{"name": "name", "contexts": ["order"], "responses": [{
                "parameters": [{"name": "name", "dataType": "@sys.any", "required": true, "value": "$name", "prompts": [{"lang": "en", "value": "Your name?"}]}],
                "messages": [{"type": "0", "speech": "Ready soon, $name.", "lang": "en"}]}]}"#,
        ),
    ];
    expect![[r#"
        pizza (en) on: a {{size}} pizza | pizza
          pizza_knows_size: size is known → pizza_says; else → pizza_asks_size
          pizza_asks_size: Which size? (as size) → pizza_reads_size
          set_size: size = large → pizza_says
          size_means: size is big → set_size; else → pizza_says
          find_size: finds size in size → size_means
          pizza_reads_size: size matches (?:^|\W)(?:large|small|big)(?:\W|$) → find_size; else → pizza_asks_size
          pizza_says: A {{size}} pizza. For whom? (as customer_answer) → pizza_decides
          find_name: finds name in customer_answer → name_says
          pizza_decides: customer_answer matches ^\s*(?:for (?:.+?))\s*[.!?]*\s*$ → find_name; else
          name_says: Ready soon, {{name}}.
          set_size_2: size = large → pizza_knows_size
        ▸ size_means_2: size is big → set_size_2; else → pizza_knows_size
          form-dropped name: “Your name?” is never asked: every phrase has name
          condition-dropped pizza: answers are compared with the phrases of “name”, word by word
    "#]]
    .assert_eq(&shown(Format::Dialogflow, &files));
}

#[test]
fn an_intent_that_says_nothing_leads_on_and_texts_beside_a_webhook_are_for_its_failure() {
    let files = [
        AGENT,
        SAYS,
        (
            "intents/hi.json",
            r#"{"id": "1", "name": "hi", "webhookUsed": true, "responses": [{"affectedContexts": [{"name": "c", "lifespan": 2}], "messages": [{"type": "0", "speech": "It failed.", "lang": "en"}]}]}"#,
        ),
        ("intents/quiet_usersays_en.json", r#"[{"data": [{"text": "go on"}]}]"#),
        (
            "intents/quiet.json",
            r#"{"id": "2", "name": "quiet", "contexts": ["c"], "responses": [{"affectedContexts": [{"name": "d", "lifespan": 2}], "messages": []}]}"#,
        ),
        ("intents/end_usersays_en.json", r#"[{"data": [{"text": "end"}]}]"#),
        (
            "intents/end.json",
            r#"{"id": "3", "name": "end", "contexts": ["d"], "responses": [{"messages": [{"type": "0", "speech": "The end.", "lang": "en"}]}]}"#,
        ),
    ];
    expect![[r#"
        hi (en) on: hi
        ▸ hi_webhook: calls webhook hi → hi_listens
          hi_says: It failed. (as customer_answer) → hi_decides
          hi_decides: customer_answer is go on → quiet_listens; else
          hi_listens: waits for an answer (as customer_answer) → hi_decides
          quiet_listens: waits for an answer (as customer_answer) → quiet_decides
          quiet_decides: customer_answer is end → end_says; else
          end_says: The end.
          step-dropped hi: the webhook's own answer is not in the export: its texts are sent if the webhook fails
          condition-dropped hi: answers are compared with the phrases of “quiet”, word by word
          condition-dropped quiet: answers are compared with the phrases of “end”, word by word
    "#]]
    .assert_eq(&shown(Format::Dialogflow, &files));
}

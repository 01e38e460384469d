use expect_test::{Expect, expect};
use serde_json::{Value, json};

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
            ▸ hi_says: *Which* shop: https://example.com? [Lyon = lyon] [hi → hi_says] (as customer_answer) → other_answers
              other_answers: customer_answer is hi → hi_says; else
              route-dropped hi: “Lyon” is no phrase of an intent: only Dialogflow's model knows where it leads
        "#]],
    );
    check(
        r#"{"message": "Which shop?", "platform": "kommunicate", "metadata": {"contentType": "300", "templateId": "6",
            "payload": [{"title": "Lyon", "message": "the shop in Lyon"}, {"type": "link", "name": "All", "url": "https://example.com"}]}}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: Which shop? [Lyon = the shop in Lyon] [All ↗ https://example.com] (as customer_answer) → other_answers
              other_answers: customer_answer is hi → hi_says; else
              route-dropped hi: “Lyon” is no phrase of an intent: only Dialogflow's model knows where it leads
        "#]],
    );
    check(
        r#"{"viber": {"type": "text", "text": "Which shop?", "keyboard": {"Type": "keyboard", "Buttons": [
            {"Columns": 6, "Rows": 1, "ActionType": "reply", "ActionBody": "lyon", "Text": "Lyon"}]}}}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: Which shop? [Lyon = lyon] (as customer_answer) → other_answers
              other_answers: customer_answer is hi → hi_says; else
              route-dropped hi: “Lyon” is no phrase of an intent: only Dialogflow's model knows where it leads
        "#]],
    );
    check(
        r#"{"richContent": [[{"type": "info", "title": "Shops", "subtitle": "Open today"},
            {"type": "chips", "options": [{"text": "Lyon"}, {"text": "Map", "link": "https://example.com"}]}]]}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: Shops / Open today [Lyon] [Map ↗ https://example.com] (as customer_answer) → other_answers
              other_answers: customer_answer is hi → hi_says; else
              route-dropped hi: “Lyon” is no phrase of an intent: only Dialogflow's model knows where it leads
        "#]],
    );
    check(
        r#"{"telegram": {"text": "Which shop?", "reply_markup": {"inline_keyboard": [[{"text": "Lyon", "callback_data": "lyon"}]]}}}"#,
        expect![[r#"
            hi (en) on: hi
            ▸ hi_says: Which shop? [Lyon = lyon] (as customer_answer) → other_answers
              other_answers: customer_answer is hi → hi_says; else
              route-dropped hi: “Lyon” is no phrase of an intent: only Dialogflow's model knows where it leads
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
          set_size_2: size = large → pizza_knows_size
          size_means_2: size is big → set_size_2; else → pizza_knows_size
          find_size_2: finds size in customer_answer → size_means_2
          other_answers: customer_answer is pizza → pizza_knows_size; customer_answer matches ^\s*(?:a (?:large|small|big) pizza)\s*[.!?]*\s*$ → find_size_2; else
          pizza_decides: customer_answer matches ^\s*(?:for (?:.+?))\s*[.!?]*\s*$ → find_name; else → other_answers
          name_says: Ready soon, {{name}}. (as customer_answer) → name_decides
          name_decides: customer_answer matches ^\s*(?:for (?:.+?))\s*[.!?]*\s*$ → find_name; else → other_answers
          set_size_3: size = large → pizza_knows_size
        ▸ size_means_3: size is big → set_size_3; else → pizza_knows_size
          form-dropped name: “Your name?” is never asked: every phrase has name
          condition-dropped pizza: answers are compared with the phrases of “name”, word by word
          condition-dropped name: answers are compared with the phrases of “name”, word by word
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
          other_answers: customer_answer is hi → hi_webhook; else
          hi_decides: customer_answer is go on → quiet_listens; else → other_answers
          hi_listens: waits for an answer (as customer_answer) → hi_decides
          quiet_listens: waits for an answer (as customer_answer) → quiet_decides
          quiet_decides: customer_answer is end → end_says; customer_answer is go on → quiet_listens; else → other_answers
          end_says: The end. (as customer_answer) → end_decides
          end_decides: customer_answer is end → end_says; else → other_answers
          step-dropped hi: the webhook's own answer is not in the export: its texts are sent if the webhook fails
          condition-dropped hi: answers are compared with the phrases of “quiet”, word by word
          condition-dropped quiet: answers are compared with the phrases of “end”, “quiet”, word by word
          condition-dropped end: answers are compared with the phrases of “end”, word by word
    "#]]
    .assert_eq(&shown(Format::Dialogflow, &files));
}

/// An agent: each line is an intent: its name, phrases, input contexts, contexts that it opens, its text. A phrase in angle
/// brackets is a date.
fn agent(intents: &str) -> Vec<(String, String)> {
    let mut files = vec![("agent.json".to_owned(), r#"{"language": "en"}"#.to_owned())];
    for line in intents.lines().filter(|it| !it.trim().is_empty()) {
        let [name, phrases, needs, opens, text] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!()
        };
        let list = |it: &str| -> Vec<String> { it.split_whitespace().map(str::to_owned).collect() };
        let opens: Vec<Value> = list(opens).iter().map(|it| json!({"name": it, "lifespan": 5})).collect();
        let parameters = if phrases.contains('<') {
            json!([{"name": "day", "required": true, "dataType": "@sys.date"}])
        } else {
            json!([])
        };
        let phrase = |it: &str| match it.strip_prefix('<').and_then(|it| it.strip_suffix('>')) {
            Some(day) => json!({"data": [{"text": day, "alias": "day", "meta": "@sys.date"}]}),
            None => json!({"data": [{"text": it}]}),
        };
        let phrases: Vec<Value> = phrases.split(',').map(str::trim).filter(|it| !it.is_empty()).map(phrase).collect();
        let intent = json!({"name": name, "contexts": list(needs), "fallbackIntent": name == "fallback", "responses": [{
            "affectedContexts": opens, "parameters": parameters, "messages": [{"type": "0", "speech": text, "lang": "en"}]}]});
        files.push((format!("intents/{name}.json"), intent.to_string()));
        files.push((format!("intents/{name}_usersays_en.json"), Value::from(phrases).to_string()));
    }
    files
}

fn check_agent(intents: &str, expected: Expect) {
    let files = agent(intents);
    let files: Vec<(&str, &str)> = files.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    expected.assert_eq(&shown(Format::Dialogflow, &files));
}

#[test]
fn an_intent_follows_only_while_all_of_its_contexts_are_open() {
    check_agent(
        "both  | A     | start named | | How old is your baby?
         hello | hello |             | start | A mother or pregnant?
         never | C     | named other | | Nobody hears this.
         only  | B     | start       | named | Which week?",
        expect![[r#"
            hello (en) on: hello
            ▸ hello_says: A mother or pregnant? (as customer_answer) → hello_decides
              other_answers: customer_answer is hello → hello_says; else
              hello_decides: customer_answer is B → only_says; else → other_answers
              only_says: Which week? (as customer_answer) → only_decides
              only_decides: customer_answer is A → both_says; customer_answer is B → only_says; else → other_answers
              both_says: How old is your baby? (as customer_answer) → both_decides
              both_decides: customer_answer is A → both_says; customer_answer is B → only_says; else → other_answers
              condition-dropped hello: answers are compared with the phrases of “only”, word by word
              condition-dropped only: answers are compared with the phrases of “both”, “only”, word by word
              condition-dropped both: answers are compared with the phrases of “both”, “only”, word by word
            skipped intents/never.json never: it answers only while the contexts named, other are open, and they never are: “Nobody hears this.”
        "#]],
    );
}

#[test]
fn an_answer_that_nothing_takes_is_for_another_scenario_or_for_the_fallback_which_asks_again() {
    check_agent(
        "fallback |       | | | Sorry?
         hello    | hello | | menu | Which size?
         hours    | hours | | | From 9 to 18.
         large    | large | menu | | A large one.",
        expect![[r#"
            fallback (en) on: any text
            ▸ fallback_says: Sorry?
            hello (en) on: hello
            ▸ hello_says: Which size? (as customer_answer) → hello_decides
              to_hours: calls scenario hours
              other_answers: customer_answer is hello → hello_says; customer_answer is hours → to_hours; else → fallback_says
              hello_decides: customer_answer is large → large_says; else → hello_decides_is_open
              large_says: A large one. (as customer_answer) → large_decides
              large_decides: customer_answer is large → large_says; else → large_decides_is_open
              hello_decides_is_open: open_question = 1 → other_answers
              large_decides_is_open: open_question = 2 → other_answers
              back_to_the_question: open_question is 1 → hello_decides; open_question is 2 → large_decides; else
              fallback_says: Sorry? (as customer_answer) → back_to_the_question
              condition-dropped hello: answers are compared with the phrases of “large”, word by word
              condition-dropped large: answers are compared with the phrases of “large”, word by word
            hours (en) on: hours
            ▸ hours_says: From 9 to 18.
        "#]],
    );
}

#[test]
fn a_phrase_that_is_a_date_and_nothing_else_is_not_any_text() {
    check_agent(
        "hello   | hello | | menu | When shall we meet?
         meeting | <tomorrow> | menu | | See you!",
        expect![[r#"
            hello (en) on: hello
            ▸ hello_says: When shall we meet? (as customer_answer) → hello_decides
              set_day: day = tomorrow → meeting_says
              other_answers: customer_answer is hello → hello_says; else
              hello_decides: customer_answer is tomorrow → set_day; else → other_answers
              meeting_says: See you! (as customer_answer) → meeting_decides
              meeting_decides: customer_answer is tomorrow → set_day; else → other_answers
              form-dropped meeting: day is required, and no prompt asks for it in en
              condition-dropped meeting: only the values in its phrases are known, not every @sys.date
              condition-dropped hello: answers are compared with the phrases of “meeting”, word by word
              condition-dropped meeting: answers are compared with the phrases of “meeting”, word by word
        "#]],
    );
}

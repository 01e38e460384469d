use expect_test::{Expect, expect};
use serde_json::{Value, json};

use import_base::{File, Format, Options};
use scenario_import::import;
use scenario_import::shown::shown;

fn check(files: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&shown(Format::Dialogflow, files));
}

const AGENT: (&str, &str) = ("agent.json", r#"{"language": "en", "supportedLanguages": []}"#);
const FLOWERS_SAYS: (&str, &str) = (
    "intents/flowers_usersays_en.json",
    r#"[{"data": [{"text": "flowers"}], "isTemplate": false}, {"data": [{"text": "flowers for "}, {"text": "Ana", "alias": "who", "meta": "@sys.any"}]}]"#,
);

#[test]
fn the_answers_of_one_platform_are_sent_and_the_others_are_named() {
    check(
        &[
            AGENT,
            FLOWERS_SAYS,
            (
                "intents/flowers.json",
                r#"{"id": "1", "name": "flowers", "responses": [{"messages": [
                    {"type": "0", "platform": "facebook", "speech": ["Roses on Facebook"], "lang": "en"},
                    {"type": "0", "speech": ["We have roses.", "Roses, of course!"], "lang": "en"},
                    {"type": "0", "speech": ["They come tomorrow."], "lang": "en"},
                    {"type": "2", "platform": "telegram", "title": "Which?", "replies": ["Red"], "lang": "en"}]}]}"#,
            ),
        ],
        expect![[r#"
            flowers (en) on: flowers | flowers for Ana
            ▸ flowers_says_1: We have roses. → flowers_says_2
              flowers_says_2: They come tomorrow.
              other-platform flowers: for facebook: “Roses on Facebook”
              other-platform flowers: for telegram: “Red”, “Which?”
              alternative-text flowers: other wordings of “We have roses.”: “Roses, of course!”
        "#]],
    );
}

#[test]
fn the_answers_for_viber_come_first() {
    check(
        &[
            AGENT,
            FLOWERS_SAYS,
            (
                "intents/flowers.json",
                r#"{"name": "flowers", "responses": [{"messages": [
                    {"type": "0", "speech": ["For all"], "lang": "en"},
                    {"type": "0", "platform": "viber", "speech": "For Viber", "lang": "en"},
                    {"type": "0", "platform": "line", "speech": "For Viber", "lang": "en"}]}]}"#,
            ),
            ("intents/roses_usersays_en.json", r#"[{"data": [{"text": "roses"}]}]"#),
            (
                "intents/roses.json",
                r#"{"name": "roses", "responses": [{"defaultResponsePlatforms": {"viber": true}, "messages": [
                    {"type": "0", "platform": "viber", "speech": "For Viber", "lang": "en"},
                    {"type": "0", "speech": ["For all"], "lang": "en"}]}]}"#,
            ),
        ],
        expect![[r#"
            flowers (en) on: flowers | flowers for Ana
            ▸ flowers_says: For Viber
              other-platform flowers: for all platforms: “For all”
            roses (en) on: roses
            ▸ roses_says_1: For all → roses_says_2
              roses_says_2: For Viber
        "#]],
    );
}

#[test]
fn cards_keep_their_picture_and_link_and_chips_belong_to_the_text_before() {
    check(
        &[
            AGENT,
            FLOWERS_SAYS,
            (
                "intents/flowers.json",
                r#"{"name": "flowers", "responses": [{"messages": [
                    {"type": "1", "title": "Roses", "subtitle": "12 stems", "imageUrl": "https://e.com/r.png",
                     "buttons": [{"text": "Order", "postback": "https://e.com/o"}, {"text": "Call", "postback": "tel:+12025550123"}], "lang": "en"},
                    {"type": "simple_response", "textToSpeech": "What now?", "lang": "en"},
                    {"type": "suggestion_chips", "suggestions": [{"title": "Hours"}, {"title": "Flowers"}], "lang": "en"},
                    {"type": "3", "imageUrl": "https://e.com/shop.png", "lang": "en"}]}]}"#,
            ),
            ("intents/opening hours_usersays_en.json", r#"[{"data": [{"text": "hours"}]}]"#),
            (
                "intents/opening hours.json",
                r#"{"name": "opening hours", "responses": [{"messages": [{"type": 0, "speech": "9 to 18", "lang": "en"}]}]}"#,
            ),
        ],
        expect![[r#"
            flowers (en) on: flowers | flowers for Ana
            ▸ flowers_says_1: (image https://e.com/r.png) Roses / 12 stems [Order ↗ https://e.com/o] [Call ☎ +12025550123] → flowers_says_2
              flowers_says_2: What now? [Hours → to_opening_hours] [Flowers → flowers_says_1] then (image https://e.com/shop.png) (as customer_answer) → other_answers
              to_opening_hours: calls scenario opening_hours
              other_answers: customer_answer is one of flowers, flowers for Ana → flowers_says_1; customer_answer is hours → to_opening_hours; else
            opening_hours (en) on: hours
            ▸ opening_hours_says: 9 to 18
        "#]],
    );
}

#[test]
fn parameters_are_asked_for_unless_the_phrase_has_them() {
    check(
        &[
            AGENT,
            FLOWERS_SAYS,
            (
                "intents/flowers.json",
                r##"{"name": "flowers", "webhookUsed": true, "responses": [{"action": "order", "parameters": [
                    {"name": "who", "required": true, "dataType": "@sys.any", "value": "$who", "prompts": [{"lang": "en", "value": "For whom?"}, {"lang": "en", "value": "Who gets them?"}]},
                    {"name": "day", "required": true, "dataType": "@sys.date", "isList": true, "value": "$day", "prompts": [{"lang": "en", "value": "Which day?"}]},
                    {"name": "card", "required": true, "dataType": "@sys.any", "value": "$card", "prompts": []},
                    {"name": "shop", "required": false, "value": "#visit.shop"},
                    {"name": "kind", "value": "roses"}],
                    "messages": [{"type": "0", "speech": ["$kind for $who's day, $day.original, at $shop. $5 each."], "lang": "en"}]}]}"##,
            ),
        ],
        expect![[r#"
            flowers (en) on: flowers | flowers for {{who}}
            ▸ flowers_knows_who: who is known → flowers_asks_day; else → flowers_asks_who
              flowers_asks_who: For whom? (as who) → flowers_asks_day
              flowers_asks_day: Which day? (as day) → flowers_sets_kind
              flowers_sets_kind: kind = roses → flowers_webhook
              flowers_webhook: calls webhook order
              flowers_says: {{kind}} for {{who}}'s day, {{day}}, at {{shop}}. $5 each.
              alternative-text flowers: other wordings of “For whom?”: “Who gets them?”
              form-dropped flowers: that day is a list of @sys.date
              form-dropped flowers: card is required, and no prompt asks for it in en
              step-dropped flowers: the webhook's own answer is not in the export: its texts are sent if the webhook fails
        "#]],
    );
}

#[test]
fn intents_that_follow_by_a_context_are_led_to_by_their_phrases() {
    check(
        &[
            AGENT,
            FLOWERS_SAYS,
            (
                "intents/flowers.json",
                r#"{"id": "1", "name": "flowers", "responses": [{"affectedContexts": [{"name": "Flowers-followup", "lifespan": 2}],
                    "messages": [{"type": "0", "speech": "Shall we send them?", "lang": "en"}]}]}"#,
            ),
            (
                "intents/flowers - yes.json",
                r#"{"id": "2", "parentId": "1", "name": "flowers - yes", "contexts": ["flowers-followup"], "responses": [{"messages": [{"type": "0", "speech": "We send them.", "lang": "en"}]}]}"#,
            ),
            (
                "intents/flowers - yes_usersays_en.json",
                r#"[{"data": [{"text": "yes, to my mother"}]}, {"data": [{"text": "yes"}]}, {"data": [{"text": "sure"}]}]"#,
            ),
            (
                "intents/flowers - other.json",
                r#"{"id": "3", "name": "flowers - other", "fallbackIntent": true, "contexts": ["flowers-followup"], "responses": [{"messages": [{"type": "0", "speech": "Yes or no?", "lang": "en"}]}]}"#,
            ),
            (
                "intents/pay.json",
                r#"{"name": "pay", "contexts": ["basket"], "responses": [{"messages": [{"type": "0", "speech": "Pay here.", "lang": "en"}]}]}"#,
            ),
            ("intents/pay_usersays_en.json", r#"[{"data": [{"text": "pay"}]}]"#),
        ],
        expect![[r#"
            flowers (en) on: flowers | flowers for Ana
            ▸ flowers_says: Shall we send them? (as customer_answer) → flowers_decides
              other_answers: customer_answer is one of flowers, flowers for Ana → flowers_says; else → flowers_other_says
              flowers_decides: customer_answer is one of yes, sure → flowers_yes_says; customer_answer is yes, to my mother → flowers_yes_says; else → other_answers
              flowers_other_says: Yes or no? (as customer_answer) → flowers_other_decides
              flowers_other_decides: customer_answer is one of yes, sure → flowers_yes_says; customer_answer is yes, to my mother → flowers_yes_says; else → other_answers
              flowers_yes_says: We send them. (as customer_answer) → flowers_yes_decides
              other_answers_2: customer_answer is one of flowers, flowers for Ana → flowers_says; else → flowers_other_says_2
              flowers_yes_decides: customer_answer is one of yes, sure → flowers_yes_says; customer_answer is yes, to my mother → flowers_yes_says; else → other_answers_2
              flowers_other_says_2: Yes or no?
              condition-dropped flowers: answers are compared with the phrases of “flowers - yes”, word by word
              condition-dropped flowers - other: answers are compared with the phrases of “flowers - yes”, word by word
              condition-dropped flowers - yes: answers are compared with the phrases of “flowers - yes”, word by word
            skipped intents/pay.json pay: it answers only within the context basket, and no intent leads there: “Pay here.”
        "#]],
    );
}

#[test]
fn an_intent_without_texts_in_a_language_is_named() {
    check(
        &[
            ("agent.json", r#"{"language": "en", "supportedLanguages": ["es", "fr", "en-gb"]}"#),
            (
                "intents/hours.json",
                r#"{"name": "hours", "responses": [{"messages": [{"type": "0", "speech": "9 to 18", "lang": "en"}]}]}"#,
            ),
            ("intents/hours_usersays_en.json", r#"[{"data": [{"text": "hours"}]}]"#),
            ("intents/hours_usersays_es.json", r#"[{"data": [{"text": "horario"}]}]"#),
            (
                "intents/hello.json",
                r#"{"name": "hello", "events": [{"name": "WELCOME"}], "responses": [{"messages": [{"type": "0", "speech": "Hello!", "lang": "en"}, {"type": "0", "speech": "¡Hola!", "lang": "es"}, {"type": "0", "speech": [], "lang": "fr"}]}]}"#,
            ),
        ],
        expect![[r#"
            hello (en) on: any text
            ▸ hello_says: Hello!
            hours (en) on: hours
            ▸ hours_says: 9 to 18
            hello (es) on: any text
            ▸ hello_says: ¡Hola!
            skipped intents es: these intents have no texts in es: hours
            skipped agent.json supportedLanguages: no intent has texts in these languages: fr
        "#]],
    );
}

#[test]
fn an_agent_of_cx_is_refused() {
    let agent = r#"{"displayName": "Shop", "defaultLanguageCode": "en", "startFlow": "Default Start Flow"}"#;
    check(
        &[("cx/agent.json", agent)],
        expect![[r#"
        error: cx/agent.json is not an agent of Dialogflow ES: it is of Dialogflow CX, which is not read; export an agent of Dialogflow ES
    "#]],
    );
    check(
        &[("cx/intents/hours/trainingPhrases/en.json", r#"{"trainingPhrases": []}"#)],
        expect![[r#"
        error: cx/intents/hours/trainingPhrases/en.json is not an agent of Dialogflow ES: it is of Dialogflow CX, which is not read; export an agent of Dialogflow ES
    "#]],
    );
}

/// The treatment of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It changes what is read.
    Carried,
    /// It is lost, and its name or its value is told.
    Lost(&'static str),
    /// It says nothing to a customer.
    NoMeaning,
}

/// Every field of an export: where it is, its name, a value, and what becomes of it. The names are those of the exports
/// and of the reference of `projects.agent.intents` (Dialogflow ES, v2).
fn fields() -> Vec<(&'static str, &'static str, Value, Fate)> {
    use Fate::{Carried, Lost, NoMeaning};
    vec![
        ("intent", "id", json!("9"), NoMeaning),
        ("intent", "parentId", json!("0"), NoMeaning),
        ("intent", "rootParentId", json!("0"), NoMeaning),
        ("intent", "name", json!("other"), Carried),
        ("intent", "auto", json!(false), NoMeaning),
        ("intent", "contexts", json!(["basket"]), Carried),
        ("intent", "priority", json!(-1), Carried),
        ("intent", "webhookUsed", json!(true), Carried),
        ("intent", "webhookForSlotFilling", json!(true), Lost("webhookForSlotFilling")),
        ("intent", "fallbackIntent", json!(true), Carried),
        ("intent", "events", json!([{"name": "WELCOME"}]), Lost("WELCOME")),
        ("intent", "conditionalResponses", json!([{"condition": "x", "response": "y"}]), Lost("conditionalResponses")),
        ("intent", "condition", json!("$a = 1"), Lost("condition")),
        ("intent", "conditionalFollowupEvents", json!([{"event": "E"}]), Lost("conditionalFollowupEvents")),
        ("intent", "userSays", json!([{"data": [{"text": "inline"}]}]), Carried),
        ("intent", "lastUpdate", json!(1_500_000_000), NoMeaning),
        ("intent", "endInteraction", json!(true), NoMeaning),
        ("intent", "liveAgentHandoff", json!(true), Carried),
        ("intent", "somethingNew", json!("x"), Lost("somethingNew")),
        ("response", "resetContexts", json!(true), NoMeaning),
        ("response", "action", json!("human.handover"), Carried),
        ("response", "affectedContexts", json!([{"name": "c", "lifespan": 5}]), NoMeaning),
        ("response", "speech", json!([]), NoMeaning),
        ("response", "defaultResponsePlatforms", json!({"viber": true}), NoMeaning),
        ("response", "somethingNew", json!("x"), Lost("somethingNew")),
        ("parameter", "dataType", json!("@sys.date"), Lost("@sys.date")),
        ("parameter", "required", json!(false), Carried),
        ("parameter", "value", json!("$size"), NoMeaning),
        ("parameter", "defaultValue", json!("large"), Lost("defaultValue of size: \"large\"")),
        ("parameter", "isList", json!(true), Lost("list")),
        ("parameter", "prompts", json!([{"lang": "en", "value": "Large or small?"}]), Carried),
        ("parameter", "promptMessages", json!([{"type": "4"}]), Lost("promptMessages of size")),
        ("parameter", "noMatchPromptMessages", json!([{"type": "4"}]), Lost("noMatchPromptMessages of size")),
        ("parameter", "noInputPromptMessages", json!([{"type": "4"}]), Lost("noInputPromptMessages of size")),
        ("parameter", "outputDialogContexts", json!([{"name": "x"}]), Lost("outputDialogContexts of size")),
        ("text", "speech", json!(["a", "b"]), Lost("“b”")),
        ("text", "platform", json!("viber"), Carried),
        ("text", "lang", json!("fr"), Carried),
        ("text", "condition", json!("$a = 1"), Lost("$a = 1")),
        ("text", "textToSpeech", json!("aloud"), Lost("“aloud”")),
        ("text", "ssml", json!("<speak/>"), Lost("ssml")),
        ("card", "title", json!("Roses"), Carried),
        ("card", "subtitle", json!("12 stems"), Carried),
        ("card", "formattedText", json!("long"), Carried),
        ("card", "imageUrl", json!("https://e.com/b.png"), Carried),
        ("card", "buttons", json!([{"text": "Buy", "postback": "https://e.com"}]), Carried),
        ("card", "imageAltText", json!("a rose"), Lost("a rose")),
        ("replies", "title", json!("Which?"), Carried),
        ("replies", "replies", json!(["Red"]), Carried),
        ("replies", "suggestions", json!([{"title": "Blue"}]), Carried),
        ("payload", "payload", json!({"viber": {"text": "custom text"}}), Lost("custom text")),
        ("list", "items", json!([{"title": "Tulips"}]), Carried),
        ("phrase", "isTemplate", json!(true), Lost("isTemplate")),
        ("phrase", "data", json!([{"text": "other words"}]), Carried),
        ("phrase", "count", json!(3), NoMeaning),
        ("phrase", "updated", json!(3), NoMeaning),
        ("agent", "language", json!("de"), Carried),
        ("agent", "supportedLanguages", json!(["it"]), Lost("languages: it")),
        ("agent", "enabledKnowledgeBaseNames", json!(["faq"]), Lost("documents")),
        ("agent", "defaultTimezone", json!("Europe/Paris"), NoMeaning),
        ("agent", "mlMinConfidence", json!(0.3), NoMeaning),
        ("agent", "webhook", json!({"url": "https://e.com"}), NoMeaning),
    ]
}

/// An agent of one intent with every kind of message; `field` of the object `of` has the value.
fn agent_with(of: &str, field: &str, value: &Value) -> Vec<(String, String)> {
    let set = |name: &str, mut object: Value| {
        if name == of {
            object[field] = value.clone();
        }
        object
    };
    let messages = json!([
        set("text", json!({"type": "0", "speech": ["Hello!"]})),
        set("card", json!({"type": "1", "title": "Card", "imageUrl": "https://e.com/a.png", "lang": "en"})),
        set("payload", json!({"type": "4", "lang": "en"})),
        set("list", json!({"type": "list_card", "title": "List", "lang": "en"})),
        set("replies", json!({"type": "2", "title": "Now?", "replies": ["Yes"], "lang": "en"})),
    ]);
    let prompts = json!([{"lang": "en", "value": "Which size?"}]);
    let parameter =
        set("parameter", json!({"name": "size", "required": true, "dataType": "@sys.any", "prompts": prompts}));
    let response = set("response", json!({"parameters": [parameter], "messages": messages}));
    let intent = set("intent", json!({"id": "1", "name": "hello", "responses": [response]}));
    let phrase = set("phrase", json!({"data": [{"text": "hi"}], "isTemplate": false}));
    let phrases = json!([{"data": [{"text": "hello"}]}, phrase]);
    [
        ("agent.json", set("agent", json!({"language": "en"}))),
        ("intents/hello.json", intent),
        ("intents/hello_usersays_en.json", phrases),
    ]
    .map(|(path, value)| (path.to_owned(), value.to_string()))
    .to_vec()
}

#[test]
fn every_field_is_carried_or_named() {
    let read = |of: &str, field: &str, value: &Value| {
        let files = agent_with(of, field, value);
        let files: Vec<(&str, &str)> = files.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        shown(Format::Dialogflow, &files)
    };
    let plain = read("", "", &Value::Null);
    for (of, field, value, fate) in fields() {
        let with = read(of, field, &value);
        let found = match fate {
            Fate::NoMeaning => with == plain,
            Fate::Lost(name) => with.contains(name) && !plain.contains(name),
            Fate::Carried => with != plain,
        };
        assert!(found, "{of} {field}: {fate:?}\n{plain}\n{with}");
    }
}

fn files(count: usize, intent: impl Fn(usize) -> (String, Value)) -> Vec<File> {
    let mut files = vec![File { path: "agent.json".to_owned(), bytes: br#"{"language": "en"}"#.to_vec() }];
    for n in 0..count {
        let (path, value) = intent(n);
        files.push(File { path: format!("{path}.json"), bytes: value.to_string().into_bytes() });
    }
    files
}

fn intent(name: &str, contexts: &[String], sets: &[String]) -> Value {
    let sets: Vec<Value> = sets.iter().map(|it| json!({"name": it, "lifespan": 5})).collect();
    json!({"name": name, "id": name, "contexts": contexts, "userSays": [{"data": [{"text": format!("say {name}")}]}],
        "responses": [{"affectedContexts": sets, "messages": [{"type": "0", "speech": format!("This is {name}."), "lang": "en"}]}]})
}

/// The number of steps that the files become.
fn n_steps(files: Vec<File>) -> usize {
    let options = Options { format: Some(Format::Dialogflow), ..Options::default() };
    let imported = import(files, &options).unwrap();
    imported.scenarios.iter().map(|it| it.steps.len()).sum()
}

#[test]
fn chains_of_intents_that_repeat_themselves_end() {
    // Three children each, to depth 20, all of one file name in folders of their own.
    let three = files(61, |n| {
        let value = json!({"name": "again", "id": n.to_string(), "parentId": (n.saturating_sub(1) / 3).to_string(),
            "userSays": [{"data": [{"text": "go on"}]}], "responses": [{"messages": [{"type": "0", "speech": "More?", "lang": "en"}]}]});
        (format!("{n}/intents/again"), value)
    });
    assert!(n_steps(three) < 1_000);
    // All intents follow all.
    let all = files(300, |n| {
        let needs = if n < 150 { vec![] } else { vec!["c".to_owned()] };
        (format!("intents/i{n}"), intent(&format!("i{n}"), &needs, &["c".to_owned()]))
    });
    assert!(n_steps(all) < 100_000);
    // A chain of 3,000 intents.
    let chain = files(3_000, |n| {
        let needs = if n == 0 { vec![] } else { vec![format!("c{n}")] };
        (format!("intents/i{n}"), intent(&format!("i{n}"), &needs, &[format!("c{}", n + 1)]))
    });
    assert!(n_steps(chain) < 5_000);
}

#[test]
fn languages_in_which_nothing_is_said_cost_nothing() {
    let languages: Vec<String> = (0..20_000).map(|it| format!("l{it}")).collect();
    let mut files = files(200, |n| (format!("intents/i{n}"), intent(&format!("i{n}"), &[], &[])));
    files[0].bytes = json!({"language": "en", "supportedLanguages": languages}).to_string().into_bytes();
    assert_eq!(n_steps(files), 200);
}

#[test]
fn the_texts_of_googles_tab_stand_in_items_and_chips_hang_on_them() {
    check(
        &[
            AGENT,
            FLOWERS_SAYS,
            (
                "intents/flowers.json",
                r#"{"name": "flowers", "responses": [{"messages": [
                    {"type": "simple_response", "platform": "google", "lang": "en", "items": [
                        {"textToSpeech": "Roses or tulips", "ssml": "", "displayText": "Roses or tulips?"},
                        {"textToSpeech": "Which flowers?", "ssml": "", "displayText": ""}]},
                    {"type": "suggestion_chips", "platform": "google", "suggestions": [{"title": "Flowers"}], "lang": "en"}]}]}"#,
            ),
        ],
        expect![[r#"
            flowers (en) on: flowers | flowers for Ana
            ▸ flowers_says: Roses or tulips? [Flowers → flowers_says] (as customer_answer) → other_answers
              other_answers: customer_answer is one of flowers, flowers for Ana → flowers_says; else
              other-platform flowers: no answer is for all platforms: those for google are sent
              field-dropped flowers: textToSpeech, which is spoken aloud: “Roses or tulips”
              alternative-text flowers: other wordings of “Roses or tulips?”: “Which flowers?”
        "#]],
    );
}

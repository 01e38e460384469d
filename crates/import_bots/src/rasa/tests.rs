use expect_test::{Expect, expect};
use serde_json::{Value, json};

use import_base::{File, Format, Options};
use scenario_import::import;
use scenario_import::shown::shown;

/// Checks what a bot becomes. All of its YAML is in one file.
fn check(bot: &str, expected: Expect) {
    expected.assert_eq(&shown(Format::Rasa, &[("bot.yml", bot)]));
}

#[test]
fn a_condition_decides_between_texts_and_other_channels_are_named() {
    check(
        r#"
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: price
  steps: [{intent: price}, {action: utter_price}]
nlu:
- intent: greet
  examples: |
    - hi
- intent: price
  examples: |
    - how much
slots:
  vip: {type: bool}
  pet: {type: categorical, values: [cat, dog]}
responses:
  utter_greet:
  - condition: [{type: slot, name: vip, value: true}, {type: slot, name: pet, value: null}]
    text: Welcome back, dear guest!
  - text: Hello!
  - text: Good day!
  - text: Hello from Telegram
    channel: telegram
  utter_price:
  - condition: [{type: slot, name: pet, value: cat}]
    text: 10 euros
  - condition: [{type: slot, name: pet, value: dog}]
    text: 20 euros
  - condition: [{type: entity, name: pet, value: x}]
    text: 30 euros
"#,
        expect![[r#"
            greet (en) on: hi
              greet_decides: pet is known → greet_2; else → greet
            ▸ greet_decides_2: vip is true → greet_decides; else → greet_2
              greet: Welcome back, dear guest!
              greet_2: Hello!
              other-platform utter_greet: for telegram: “Hello from Telegram”
              alternative-text utter_greet: another wording of “Hello!”: “Good day!”
            price (en) on: how much
            ▸ price_decides: pet is cat → price; pet is dog → price_2; else
              price: 10 euros
              price_2: 20 euros
              condition-dropped utter_price: only if {"name":"pet","type":"entity","value":"x"}: “30 euros”
        "#]],
    );
}

#[test]
fn the_texts_for_viber_come_first() {
    check(
        r#"
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
responses:
  utter_greet:
  - text: Hello!
  - text: Hello on Viber!
    channel: viber
"#,
        expect![[r#"
            greet () on: /greet
            ▸ greet: Hello on Viber!
              other-platform utter_greet: for all channels: “Hello!”
        "#]],
    );
}

#[test]
fn a_form_asks_with_its_own_texts_and_invents_none() {
    check(
        r#"
rules:
- rule: start
  steps: [{intent: book}, {action: table_form}, {active_loop: table_form}]
- rule: done
  condition: [{active_loop: table_form}]
  steps: [{action: table_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: utter_done}]
nlu:
- intent: book
  examples: |
    - book a table
    - a table for [4](people)
- intent: inform
  examples: |
    - [outside](place)
    - in the [garden]{"entity": "place", "value": "outside"}
- intent: affirm
  examples: |
    - yes
slots:
  people: {type: text, mappings: [{type: from_entity, entity: people}]}
  place: {type: text, mappings: [{type: from_entity, entity: place}]}
  sure: {type: bool, mappings: [{type: from_intent, intent: affirm, value: true}]}
  zz_code: {type: text}
forms:
  table_form:
    required_slots: [people, place, sure, zz_code]
    ignored_intents: chitchat
responses:
  utter_ask_people: [{text: "How many people?"}]
  utter_ask_table_form_place:
  - text: Inside or outside, for {people}?
    buttons: [{title: In, payload: '/inform{"place": "inside"}'}, {title: Out, payload: '/inform{{"place": "outside"}}'}]
  utter_ask_place: [{text: "Where do we send it?"}]
  utter_ask_sure: [{text: "Sure?"}]
  utter_done: [{text: "Booked {place}."}]
"#,
        expect![[r#"
            book (en) on: book a table | a table for {{people}}
              find_people: finds people in people → table_form_place
              table_form_looks_for_people: people matches ^\s*(?:a table for (?:.+?))\s*[.!?]*\s*$ → find_people; else → table_form_place
              ask_people: How many people? (as people) → table_form_looks_for_people
            ▸ table_form_people: people is known → table_form_place; else → ask_people
              table_form_reads_place: place is in the garden → table_form_sets_place; else → table_form_sure
              table_form_sets_place: place = outside → table_form_sure
              table_form_place: Inside or outside, for {{people}}? [In = inside → table_form_sure] [Out = outside → table_form_sure] (as place) → table_form_reads_place
              set_sure: sure =  → table_form_sure
              table_form_reads_sure: sure is yes → table_form_sets_sure; else → set_sure
              table_form_sets_sure: sure = true → done
              table_form_sure: Sure? (as sure) → table_form_reads_sure
              done: Booked {{place}}.
              form-dropped table_form: the form's own checks of answers
              field-dropped table_form: ignored_intents of the form
              form-dropped table_form: zz_code is required, and no response utter_ask_zz_code asks for it
              unused-text responses: no story and no flow says utter_ask_place “Where do we send it?”
        "#]],
    );
}

#[test]
fn the_slots_of_a_form_of_rasa_2_keep_their_order() {
    check(
        r#"
rules:
- rule: start
  steps: [{intent: book}, {action: table_form}, {active_loop: table_form}]
forms:
  table_form:
    required_slots:
      people: [{type: from_text}]
      day: [{type: from_text}]
      area: [{type: from_text}]
responses:
  utter_ask_people: [{text: "How many?"}]
  utter_ask_day: [{text: "Which day?"}]
  utter_ask_area: [{text: "Where?"}]
"#,
        expect![[r#"
            book (en) on: /book
            ▸ table_form_people: How many? (as people) → table_form_day
              table_form_day: Which day? (as day) → table_form_area
              table_form_area: Where? (as area)
              form-dropped table_form: the form's own checks of answers
        "#]],
    );
}

#[test]
fn intents_without_a_button_are_compared_with_what_is_typed() {
    check(
        r#"
stories:
- story: yes
  steps: [{intent: book}, {action: utter_sure}, {or: [{intent: affirm}, {intent: thanks}]}, {action: utter_booked}]
- story: no
  steps: [{intent: book}, {action: utter_sure}, {intent: deny}, {action: utter_ok}]
nlu:
- intent: book
  examples: |
    - book
- intent: affirm
  examples: |
    - yes, of course
    - yes
- intent: thanks
  examples: |
    - thanks
- intent: deny
  examples: |
    - no
responses:
  utter_sure: [{text: "Sure?", image: "https://e.com/a.png"}]
  utter_booked: [{text: "Booked."}]
  utter_ok: [{text: "Ok."}]
  utter_from_code: [{text: "Only code says this."}]
"#,
        expect![[r#"
            book (en) on: book
            ▸ sure: (image https://e.com/a.png)  → sure_asks
              other_answers: customer_answer is book → sure; else
              sure_answer: customer_answer is yes → booked; customer_answer is yes, of course → booked; customer_answer is thanks → booked; customer_answer is no → ok; else → other_answers
              sure_asks: Sure? (as customer_answer) → sure_answer
              booked: Booked.
              ok: Ok.
              condition-dropped utter_sure: answers are compared with the examples of affirm, thanks, deny, word by word
              unused-text responses: no story and no flow says utter_from_code “Only code says this.”
        "#]],
    );
}

#[test]
fn checkpoints_join_stories_and_slots_tell_them_apart() {
    check(
        r#"
stories:
- story: start
  steps: [{intent: order}, {action: utter_which}, {checkpoint: chosen}]
- story: today
  steps: [{checkpoint: chosen}, {intent: day, entities: [{day: today}]}, {slot_was_set: [{day: today}]}, {action: utter_today}]
- story: tomorrow
  steps: [{checkpoint: chosen}, {intent: day, entities: [{day: tomorrow}]}, {slot_was_set: [{day: tomorrow}]}, {action: utter_tomorrow}]
- story: call
  steps: [{intent: track}, {action: action_find}, {slot_was_set: [{found: true}]}, {action: utter_today}]
nlu:
- intent: order
  examples: |
    - order
- intent: day
  examples: |
    - [now]{"entity": "day", "value": "today"}
    - [tomorrow](day)
slots:
  day: {type: categorical, values: [today, tomorrow], mappings: [{type: from_entity, entity: day}]}
  found: {type: bool}
responses:
  utter_which:
  - text: Which day?
    buttons: [{title: Today, payload: '/day{"day": "today"}'}]
  utter_today: [{text: "Today it is."}]
  utter_tomorrow: [{text: "Tomorrow then."}]
"#,
        expect![[r#"
            order (en) on: order
            ▸ which: Which day? [Today = /day{"day": "today"} → today] (as customer_answer) → which_answer
              other_answers: customer_answer is order → which; else
              which_answer: customer_answer is now → today; customer_answer is tomorrow → tomorrow; else → other_answers
              today: Today it is.
              tomorrow: Tomorrow then.
              condition-dropped utter_which: answers are compared with the examples of day, word by word
            track (en) on: /track
            ▸ action_find: calls action_find → action_find_decides
              action_find_decides: found is true → today; else
              today: Today it is.
              step-dropped action_find: what the bot's own code says there is not in its files
        "#]],
    );
}

#[test]
fn a_retrieval_intent_has_one_answer_for_each_question() {
    check(
        r#"
rules:
- rule: faq
  steps: [{intent: faq}, {action: utter_faq}]
- rule: fallback
  steps: [{intent: nlu_fallback}, {action: action_default_fallback}]
nlu:
- intent: faq/hours
  examples: |
    - when are you open
- intent: faq/place
  examples: |
    - where are you
responses:
  utter_faq/hours: [{text: "9 to 18"}]
  utter_faq/place: [{text: "Main street"}]
  utter_default: [{text: "Pardon?"}]
"#,
        expect![[r#"
            faq_hours (en) on: when are you open
            ▸ faq_hours: 9 to 18
            faq_place (en) on: where are you
            ▸ faq_place: Main street
            nlu_fallback (en) on: any text
            ▸ default: Pardon?
        "#]],
    );
}

#[test]
fn flows_of_calm_become_steps_as_far_as_they_are_deterministic() {
    check(
        r#"
flows:
  send_money:
    description: Sends money to a friend
    steps:
    - collect: recipient
    - id: ask_amount
      collect: amount
      rejections: [{if: slots.amount < 0, utter: utter_negative}]
      next:
      - if: slots.amount > 1000
        then:
        - action: utter_too_much
          next: ask_amount
      - if: slots.amount > 10 and slots.vip
        then: END
      - else: confirm
    - id: confirm
      set_slots: [{sent: true}]
    - action: action_send
    - link: thanks
  thanks:
    description: Says thanks
    nlu_trigger: [{intent: thanks}]
    steps:
    - action: utter_thanks
nlu:
- intent: thanks
  examples: |
    - thank you
slots:
  amount: {type: float, mappings: [{type: from_llm}]}
  recipient: {type: text}
  sent: {type: bool}
responses:
  utter_ask_recipient: [{text: "To whom?"}]
  utter_ask_amount:
  - text: How much for {recipient}?
    buttons: [{title: Ten, payload: "/SetSlots(amount=10)"}]
  utter_too_much: [{text: "Too much."}]
  utter_negative: [{text: "More than zero."}]
  utter_thanks: [{text: "Thank you!"}]
"#,
        expect![[r#"
            send_money (en) on: /send_money
            ▸ recipient: To whom? (as recipient) → ask_amount
              ask_amount_decides_2: condition passes slots.amount > 10 and slots.vip; else → confirm
              ask_amount_decides: amount is more than 1000 → too_much; else → ask_amount_decides_2
              forget_amount: amount =  → ask_amount
              negative: More than zero. → forget_amount
              check_amount: amount is less than 0 → negative; else → ask_amount_decides
              ask_amount: How much for {{recipient}}? [Ten = 10 → check_amount] (as amount) → check_amount
              confirm: sent = true → action_send
              action_send: calls action_send → send_money
              send_money: calls scenario thanks
              too_much: Too much. → ask_amount
              condition-dropped send_money: if slots.amount > 10 and slots.vip
              step-dropped action_send: what the bot's own code says there is not in its files
              condition-dropped send_money: a model decides when it starts: “Sends money to a friend”
            thanks (en) on: thank you
            ▸ thanks: Thank you!
              condition-dropped thanks: a model decides when it starts: “Says thanks”
        "#]],
    );
}

#[test]
fn markdown_of_rasa_1_is_refused() {
    let files = [
        ("domain.yml", "intents: [greet]\ntemplates:\n  utter_greet: [{text: Hello}]\n"),
        ("data/nlu.md", "## intent:greet\n- hi\n"),
        ("data/stories.md", "## greet\n* greet\n  - utter_greet\n"),
    ];
    expect![[r#"
        error: data/stories.md is not a file of Rasa 2 or 3: it is Markdown of Rasa 1, which is not read; convert the bot with `rasa data convert`
    "#]].assert_eq(&shown(Format::Rasa, &files));
    // A README is no story.
    let readme = ("README.md", "## Bot\n* install\n  - run it\n");
    expect![[r#"
        skipped domain.yml responses: no story and no flow says utter_greet “Hello”
    "#]]
    .assert_eq(&shown(Format::Rasa, &[files[0], readme]));
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

/// Every key of the files of a bot: where it is, its name, a value, and what becomes of it. The names are those of the
/// pages Domain, Training data, Forms, Responses, Rules, Stories and Flows of Rasa's documentation.
fn fields() -> Vec<(&'static str, &'static str, Value, Fate)> {
    use Fate::{Carried, Lost, NoMeaning};
    vec![
        ("bot", "language", json!("fr"), Carried),
        ("bot", "version", json!("3.1"), NoMeaning),
        ("bot", "recipe", json!("default.v1"), NoMeaning),
        ("bot", "policies", json!([{"name": "RulePolicy"}]), NoMeaning),
        ("bot", "session_config", json!({"session_expiration_time": 60}), NoMeaning),
        ("bot", "entities", json!(["size"]), NoMeaning),
        ("bot", "actions", json!(["validate_order_form"]), Lost("validate_order_form")),
        ("bot", "intents", json!([{"order": {"triggers": "utter_greet"}}]), Lost("does not say when")),
        ("bot", "templates", json!({"utter_old": [{"text": "Old"}]}), Lost("“Old”")),
        ("bot", "flows", json!({"f": {"description": "d", "steps": [{"action": "utter_greet"}]}}), Carried),
        ("rule", "steps", json!([{"intent": "greet"}, {"action": "utter_bye"}]), Carried),
        ("rule", "condition", json!([{"slot_was_set": [{"vip": true}]}]), Carried),
        ("rule", "conversation_start", json!(true), Lost("conversation_start")),
        ("rule", "wait_for_user_input", json!(false), Lost("wait_for_user_input")),
        ("rule", "metadata", json!({"x": 1}), NoMeaning),
        ("response", "text", json!("Hi there"), Carried),
        ("response", "image", json!("https://e.com/a.png"), Carried),
        ("response", "buttons", json!([{"title": "Order", "payload": "/order"}]), Carried),
        ("response", "quick_replies", json!([{"title": "Order", "payload": "/order"}]), Carried),
        ("response", "channel", json!("telegram"), Carried),
        ("response", "condition", json!([{"type": "slot", "name": "vip", "value": true}]), Carried),
        ("response", "id", json!("r1"), NoMeaning),
        ("response", "attachment", json!({"type": "video", "payload": {"src": "https://e.com/a.mp4"}}), Carried),
        ("response", "custom", json!({"blocks": ["custom text"]}), Lost("custom text")),
        ("response", "metadata", json!({"rephrase": true}), Lost("rephrase")),
        ("response", "translation", json!({"es": {"text": "Hola"}}), Lost("Hola")),
        ("response", "elements", json!([{"title": "carousel"}]), Lost("carousel")),
        ("button", "url", json!("https://e.com"), Carried),
        ("slot", "mappings", json!([{"type": "from_intent", "intent": "greet", "value": "large"}]), Carried),
        ("slot", "influence_conversation", json!(false), NoMeaning),
        ("slot", "initial_value", json!("large"), Lost("initial_value")),
        ("slot", "values", json!(["large"]), NoMeaning),
        ("form", "ignored_intents", json!(["chitchat"]), Lost("ignored_intents")),
        ("form", "required_slots", json!([]), Carried),
        ("example", "examples", json!("- hey\n"), Carried),
        ("example", "intent", json!("other"), Carried),
        ("step", "utter", json!("utter_bye"), Carried),
        ("step", "rejections", json!([{"if": "slots.size == 'x'", "utter": "utter_bye"}]), Carried),
        ("step", "ask_before_filling", json!(true), NoMeaning),
        ("step", "reset_after_flow_ends", json!(false), NoMeaning),
        ("step", "description", json!("for the model"), NoMeaning),
        ("step", "next", json!("END"), Carried),
        ("step", "something_new", json!(1), Lost("something_new")),
        ("flow", "description", json!("Sells shoes"), Lost("Sells shoes")),
        ("flow", "name", json!("shoes"), NoMeaning),
        ("flow", "if", json!("slots.vip"), Lost("if: \"slots.vip\"")),
        ("flow", "nlu_trigger", json!([{"intent": "greet"}]), Carried),
        ("flow", "persisted_slots", json!(["size"]), Lost("persisted_slots")),
    ]
}

/// A bot with every kind of part; `field` of the object `of` has the value.
fn bot_with(of: &str, field: &str, value: &Value) -> String {
    let set = |name: &str, mut object: Value| {
        if name == of {
            object[field] = value.clone();
        }
        object
    };
    let button = set("button", json!({"title": "Bye", "payload": "/bye"}));
    let steps = json!([set("step", json!({"collect": "size"})), {"action": "utter_greet"}]);
    let form_steps = json!([{"intent": "order"}, {"action": "order_form"}, {"active_loop": "order_form"}]);
    let bot = json!({
        "pipeline": [],
        "rules": [
            set("rule", json!({"rule": "greet", "steps": [{"intent": "greet"}, {"action": "utter_greet"}]})),
            {"rule": "order", "steps": form_steps},
            {"rule": "bye", "steps": [{"intent": "bye"}, {"action": "utter_bye"}]},
        ],
        "nlu": [
            set("example", json!({"intent": "greet", "examples": "- hi\n"})),
            {"intent": "order", "examples": "- order\n"},
            {"intent": "bye", "examples": "- bye\n"},
        ],
        "slots": {"size": set("slot", json!({"type": "text"})), "vip": {"type": "bool"}},
        "forms": {"order_form": set("form", json!({"required_slots": ["size"]}))},
        "responses": {
            "utter_greet": [set("response", json!({"text": "Hello"})), {"text": "Second"}],
            "utter_bye": [{"text": "Bye", "buttons": [button]}],
            "utter_ask_size": [{"text": "Size?"}],
        },
        "flows": {"sell": set("flow", json!({"description": "Sells", "steps": steps}))},
    });
    set("bot", bot).to_string()
}

#[test]
fn every_key_is_carried_or_named() {
    let plain = shown(Format::Rasa, &[("bot.yml", &bot_with("", "", &Value::Null))]);
    for (of, field, value, fate) in fields() {
        let with = shown(Format::Rasa, &[("bot.yml", &bot_with(of, field, &value))]);
        let found = match fate {
            Fate::NoMeaning => with == plain,
            Fate::Lost(name) => with.contains(name) && !plain.contains(name),
            Fate::Carried => with != plain,
        };
        assert!(found, "{of} {field}: {fate:?}\n{plain}\n{with}");
    }
}

/// The number of steps that the files become.
fn n_steps(bot: String) -> usize {
    let options = Options { format: Some(Format::Rasa), ..Options::default() };
    let imported = import(vec![File { path: "bot.yml".to_owned(), bytes: bot.into_bytes() }], &options).unwrap();
    imported.scenarios.iter().map(|it| it.steps.len()).sum()
}

#[test]
fn stories_that_repeat_or_multiply_themselves_end() {
    // Each checkpoint leads to the next, silently, and the last to the first.
    let chain: String = (0..3_000)
        .map(|n| {
            format!(
                "- story: s{n}\n  steps: [{{checkpoint: c{n}}}, {{action: a{n}}}, {{checkpoint: c{}}}]\n",
                (n + 1) % 3_000
            )
        })
        .collect();
    let start = "- story: start\n  steps: [{intent: go}, {action: utter_go}, {checkpoint: c0}]\n";
    assert!(n_steps(format!("stories:\n{start}{chain}responses: {{utter_go: [{{text: Go}}]}}\n")) < 1_000);
    // Alternatives multiply: two to the power of 60 stories.
    let either = "{or: [{intent: a}, {intent: b}]}, {action: utter_go}, ".repeat(60);
    let multiplied = format!("stories:\n- story: s\n  steps: [{{intent: go}}, {{action: utter_go}}, {either}]\n");
    assert!(n_steps(multiplied + "responses: {utter_go: [{text: Go}]}\n") < 1_000);
    // Each of 300 intents leads to the same checkpoint, which each of them can follow.
    let all: String = (0..300)
        .map(|n| format!("- story: s{n}\n  steps: [{{intent: i{n}}}, {{action: utter_go}}, {{checkpoint: c}}]\n- story: t{n}\n  steps: [{{checkpoint: c}}, {{intent: i{n}}}, {{action: utter_{n}}}, {{checkpoint: c}}]\n"))
        .collect();
    assert!(n_steps(format!("stories:\n{all}responses: {{utter_go: [{{text: Go}}]}}\n")) < 200_000);
}

#[test]
fn a_refused_answer_is_forgotten_and_asked_for_again() {
    check(
        r#"
flows:
  renew:
    description: Renews loans
    nlu_trigger: [{intent: renew}]
    steps:
    - collect: card
      rejections:
      - if: not (slots.card matches "^[0-9]{6}$")
        utter: utter_no_card
      - if: slots.card == "000000"
        utter: utter_test_card
    - action: utter_done
nlu:
- intent: renew
  examples: |
    - renew
slots:
  card: {type: text}
responses:
  utter_ask_card: [{text: "Which card?"}]
  utter_no_card: [{text: "No card has this number."}]
  utter_test_card: [{text: "This card is for tests."}]
  utter_done: [{text: "Done: {card}"}]
"#,
        expect![[r#"
            renew (en) on: renew
              forget_card: card =  → card
              test_card: This card is for tests. → forget_card
              check_card: card is 000000 → test_card; else → done
              forget_card_2: card =  → card
              no_card: No card has this number. → forget_card_2
              check_card_2: card matches ^[0-9]{6}$ → check_card; else → no_card
            ▸ card: Which card? (as card) → check_card_2
              done: Done: {{card}}
              condition-dropped renew: a model decides when it starts: “Renews loans”
        "#]],
    );
}

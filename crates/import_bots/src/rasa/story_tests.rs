use expect_test::{Expect, expect};

use import_base::Format;
use scenario_import::shown::shown;

/// Checks what a bot becomes. All of its YAML is in one file.
fn check(bot: &str, expected: Expect) {
    expected.assert_eq(&shown(Format::Rasa, &[("bot.yml", bot)]));
}

#[test]
fn the_same_intent_with_other_values_begins_other_scenarios() {
    check(
        r#"
rules:
- rule: four
  steps: [{intent: choose, entities: [{option: "4"}]}, {action: utter_bye}]
- rule: other
  steps: [{intent: choose}, {action: utter_menu}]
stories:
- story: one
  steps:
  - or:
    - intent: hours
    - intent: choose
      entities: [{option: "1"}]
  - action: utter_hours
- story: two
  steps: [{intent: choose}, {slot_was_set: [{choice: "2"}]}, {action: utter_price}]
slots:
  choice: {type: categorical, values: ["1", "2", "4"], mappings: [{type: from_entity, entity: option}]}
nlu:
- intent: choose
  examples: |
    - [1](option)
    - [two](option)
    - something
- intent: hours
  examples: |
    - opening hours
- synonym: "2"
  examples: |
    - two
responses:
  utter_hours: [{text: From nine to five.}]
  utter_price: [{text: Ten euros.}]
  utter_bye: [{text: Goodbye!}]
  utter_menu: [{text: "1 hours, 2 prices, 4 end"}]
"#,
        expect![[r#"
            choose (en) on: something
            ▸ menu: 1 hours, 2 prices, 4 end
            choose_option_1 (en) on: 1
            ▸ hours: From nine to five.
            choose_option_2 (en) on: two
            ▸ price: Ten euros.
            choose_option_4 (en) on: 4
            ▸ bye: Goodbye!
            hours (en) on: opening hours
            ▸ hours: From nine to five.
        "#]],
    );
}

#[test]
fn a_value_of_a_text_slot_in_a_story_is_an_example() {
    check(
        r#"
stories:
- story: near
  steps:
  - intent: near
    entities: [{town: Paris}]
  - slot_was_set: [{town: Paris}]
  - action: utter_near
- story: ask
  steps: [{intent: near}, {action: utter_where}]
slots:
  town: {type: text, mappings: [{type: from_entity, entity: town}]}
nlu:
- intent: near
  examples: |
    - which shop is near [Paris](town)
    - which shop is near [Lyon](town)
    - which shop is near me
responses:
  utter_near: [{text: "The shop in {town}."}]
  utter_where: [{text: Where are you?}]
"#,
        expect![[r#"
            near (en) on: which shop is near me
            ▸ where: Where are you?
            near_town (en) on: which shop is near {{town}}
            ▸ near: The shop in {{town}}.
        "#]],
    );
}

#[test]
fn words_in_an_answer_are_saved_whatever_they_are() {
    check(
        r#"
stories:
- story: order
  steps:
  - intent: order
  - action: utter_name
  - intent: name
    entities: [{name: Ana}]
  - action: utter_done
slots:
  name: {type: text, mappings: [{type: from_entity, entity: name}]}
nlu:
- intent: order
  examples: |
    - order
- intent: name
  examples: |
    - I am [Ana](name)
    - my name is [Bia](name)
    - [Ana](name)
responses:
  utter_name: [{text: Your name?}]
  utter_done: [{text: "Thank you, {name}!"}]
"#,
        expect![[r#"
            order (en) on: order
            ▸ name: Your name? (as customer_answer) → name_answer
              find_name: finds name in customer_answer → done
              set_name: name = Ana → done
              other_answers: customer_answer is order → name; else
              name_answer: customer_answer is Ana → set_name; customer_answer matches ^\s*(?:my name is (?:.+?))\s*[.!?]*\s*$ → find_name; customer_answer matches ^\s*(?:I am (?:.+?))\s*[.!?]*\s*$ → find_name; else → other_answers
              done: Thank you, {{name}}!
              condition-dropped utter_name: answers are compared with the examples of name, word by word
        "#]],
    );
}

#[test]
fn the_customer_interrupts_a_form_and_comes_back_to_it() {
    check(
        r#"
rules:
- rule: begin
  steps: [{intent: complain}, {action: complaint_form}, {active_loop: complaint_form}]
- rule: end
  condition: [{active_loop: complaint_form}]
  steps: [{action: complaint_form}, {active_loop: null}, {action: utter_thanks}]
- rule: why
  condition: [{active_loop: complaint_form}]
  steps: [{intent: why}, {action: utter_why}, {action: complaint_form}, {active_loop: complaint_form}]
stories:
- story: stop
  steps:
  - intent: complain
  - action: complaint_form
  - active_loop: complaint_form
  - intent: stop
  - action: utter_stopped
  - action: action_deactivate_loop
  - active_loop: null
slots:
  what:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, not_intent: [stop, yes, why], conditions: [{active_loop: complaint_form}]}]
  call:
    type: bool
    influence_conversation: false
    mappings: [{type: from_intent, intent: yes, value: true}, {type: from_intent, intent: no, value: false}]
forms:
  complaint_form: {required_slots: [what, call]}
nlu:
- intent: complain
  examples: |
    - complaint
- intent: stop
  examples: |
    - stop it
- intent: why
  examples: |
    - why do you ask
- intent: "yes"
  examples: |
    - yes
- intent: "no"
  examples: |
    - no
responses:
  utter_ask_what: [{text: What happened?}]
  utter_ask_call: [{text: May we call you?}]
  utter_why: [{text: To help you.}]
  utter_stopped: [{text: We stopped.}]
  utter_thanks: [{text: Thank you.}]
"#,
        expect![[r#"
            complain (en) on: complaint
              set_what: what =  → stopped
              set_what_2: what =  → why
              set_what_3: what =  → complaint_form_what
              complaint_form_interrupted_at_what: what is stop it → set_what; what is why do you ask → set_what_2; what is yes → set_what_3; else → complaint_form_call
              ask_what: What happened? (as what) → complaint_form_interrupted_at_what
            ▸ complaint_form_what: what is known → complaint_form_call; else → ask_what
              set_call: call =  → complaint_form_call
              complaint_form_reads_call: call is yes → complaint_form_sets_call; call is no → complaint_form_sets_call_2; else → set_call
              complaint_form_sets_call: call = true → thanks
              complaint_form_sets_call_2: call = false → thanks
              set_call_2: call =  → stopped
              set_call_3: call =  → why
              complaint_form_interrupted_at_call: call is stop it → set_call_2; call is why do you ask → set_call_3; else → complaint_form_reads_call
              ask_call: May we call you? (as call) → complaint_form_interrupted_at_call
              complaint_form_call: call is known → thanks; else → ask_call
              stopped: We stopped.
              why: To help you. → complaint_form_what
              thanks: Thank you.
              form-dropped complaint_form: the form's own checks of answers
              form-dropped complaint_form: yes is no answer to the question for what: it is asked again
        "#]],
    );
}

#[test]
fn the_bot_waits_where_a_form_runs_without_being_started_and_after_its_own_code() {
    check(
        r#"
rules:
- rule: times
  steps: [{intent: times}, {action: utter_when}, {active_loop: time_form}]
- rule: shown
  condition: [{active_loop: time_form}]
  steps: [{action: time_form}, {active_loop: null}, {action: action_show}]
stories:
- story: quiz
  steps: [{intent: quiz}, {action: action_ask}, {intent: letter}, {action: utter_right}]
- story: again
  steps: [{intent: more}, {action: utter_when}]
slots:
  time: {type: text, mappings: [{type: from_entity, entity: time}]}
forms:
  time_form: {required_slots: [time]}
nlu:
- intent: times
  examples: |
    - times
- intent: quiz
  examples: |
    - quiz
- intent: letter
  examples: |
    - a
    - b
responses:
  utter_when: [{text: At what time?}]
  utter_right: [{text: That is right.}]
"#,
        expect![[r#"
            more (en) on: /more
            ▸ when: At what time?
            quiz (en) on: quiz
            ▸ action_ask: calls action_ask → action_ask_listens
              action_ask_listens: waits for an answer (as customer_answer) → action_ask_answer
              to_quiz: calls scenario quiz
              to_times: calls scenario times
              other_answers: customer_answer is quiz → to_quiz; customer_answer is times → to_times; else
              action_ask_answer: customer_answer is one of a, b → right; else → other_answers
              right: That is right.
              condition-dropped action_ask: answers are compared with the examples of letter, word by word
              step-dropped action_ask: what the bot's own code says there is not in its files
            times (en) on: times
            ▸ when: At what time? (as customer_answer) → time_form_hears_time
              action_show: calls action_show
              time_form_hears_time: time = {{customer_answer}} → action_show
              form-dropped time_form: the form's own checks of answers
              form-dropped time_form: time is required, and no response utter_ask_time asks for it
              step-dropped action_show: what the bot's own code says there is not in its files
        "#]],
    );
}

#[test]
fn a_decision_in_the_place_of_a_step_goes_on_after_its_list() {
    check(
        r#"
flows:
  credit:
    steps:
    - collect: kind
    - if: slots.kind == "house"
      then:
      - collect: price
      - action: utter_papers
    - if: slots.kind == "car"
      then: [{collect: car}]
      else: [{action: utter_none}]
    - action: utter_end
slots:
  kind: {type: text}
  price: {type: text}
  car: {type: text}
responses:
  utter_ask_kind: [{text: House or car?}]
  utter_ask_price: [{text: Which price?}]
  utter_ask_car: [{text: Which car?}]
  utter_papers: [{text: Bring your papers.}]
  utter_none: [{text: No car then.}]
  utter_end: [{text: Thank you.}]
"#,
        expect![[r#"
            credit (en) on: /credit
            ▸ kind: House or car? (as kind) → credit
              credit: kind is house → price; else → credit_2
              credit_2: kind is car → car; else → none
              end_2: Thank you.
              price: Which price? (as price) → papers
              papers: Bring your papers. → credit_2
              car: Which car? (as car) → end_2
              none: No car then. → end_2
              condition-dropped credit: a model decides when it starts: “”
        "#]],
    );
}

#[test]
fn events_of_a_site_are_cut_out_and_the_next_thing_that_is_said_begins() {
    check(
        r#"
nlu:
- intent: page_change
  examples: |
    - page change https://example.org/canvas/0
- intent: what_is
  examples: |
    - What is the arch?
stories:
- story: s1
  steps:
  - intent: page_change
  - action: utter_page
  - intent: what_is
  - action: utter_what_is
responses:
  utter_page:
  - text: ""
  utter_what_is:
  - text: 'An arch: see <a href="https://example.org/info" target="_blank">More here</a>.'
"#,
        expect![[r#"
            what_is (en) on: What is the arch?
            ▸ what_is: An arch: see More here: https://example.org/info.
              html utter_what_is: the tags a
              unused-text responses: no story and no flow says utter_page “”
            skipped bot.yml page_change: it is an event that a site sends: it and what the bot does after it are cut out (1 times)
        "#]],
    );
}

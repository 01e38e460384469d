//! Texts with Liquid in them.

use super::*;

#[test]
fn a_condition_in_a_text_that_compares_a_value_chooses_one_of_several_messages() {
    let text =
        "{% comment %}old{% endcomment %}{% if flow.data.late %}Late{% else %}On time{% endif %}, sorry{{ '!' }}";
    let by_day = "{% case flow.data.day %}{% when 'sun', 'sat' %}Closed{% when 'fri' %}Till noon{% endcase %}";
    check(
        json!([trigger("incomingMessage", "say"), send("say", text, Some("day")), send("day", by_day, None)]),
        expect![[r#"
            shop begun by customer at say
            {"branches":[{"next":"say_2","slot":"late","test":"is_set","value":""}],"id":"say","otherwise":"say_3","type":"condition"}
            {"id":"say_2","next":"day","text":"Late, sorry!","type":"message"}
            {"id":"say_3","next":"day","text":"On time, sorry!","type":"message"}
            {"branches":[{"next":"day_2","slot":"day","test":"exactly","value":"sun"},{"next":"day_2","slot":"day","test":"exactly","value":"sat"},{"next":"day_3","slot":"day","test":"exactly","value":"fri"}],"id":"day","type":"condition"}
            {"id":"day_2","text":"Closed","type":"message"}
            {"id":"day_3","text":"Till noon","type":"message"}
        "#]],
    );
}

#[test]
fn a_condition_in_a_variable_or_in_the_input_of_a_split_decides_by_the_value() {
    let value = "{% if widgets. api .parsed.data == empty %}\nnull\n{% else %}\n{{widgets.api.parsed.data[0].name}}\n{% endif %}";
    let mut how = split("how", &[("none", &[("equal_to", "none")])], "some");
    how["properties"]["input"] =
        json!("{% if flow.variables.name == 'null' %}none{% else %}{{flow.variables.name}}{% endif %}");
    how["transitions"][1]["conditions"][0]["arguments"] = json!([how["properties"]["input"]]);
    check(
        json!([
            trigger("incomingMessage", "api"),
            { "name": "api", "type": "run-function", "properties": { "url": "https://a.b/{{trigger.message.Body}}" },
              "transitions": [{ "event": "success", "next": "name" }] },
            set("name", "name", value, "how"),
            how,
            send("none", "Nobody", None),
            send("some", "Hello {{flow.variables.name}}", None)
        ]),
        expect![[r#"
            shop begun by customer at api
            {"id":"api","next":"name","system":"https://a.b/{{first_message}}","type":"call"}
            {"branches":[{"next":"name_2","slot":"data","test":"is_blank","value":""}],"id":"name","otherwise":"name_3","type":"condition"}
            {"id":"name_2","next":"how","slot":"name","type":"set","value":"null"}
            {"id":"name_3","next":"how","slot":"name","type":"set","value":"{{api_name}}"}
            {"branches":[{"next":"none","slot":"name","test":"equals","value":"none"}],"id":"how_2","otherwise":"some","type":"condition"}
            {"branches":[{"next":"none","slot":"name","test":"exactly","value":"null"}],"id":"how","otherwise":"how_2","type":"condition"}
            {"id":"none","text":"Nobody","type":"message"}
            {"id":"some","text":"Hello {{name}}","type":"message"}
        "#]],
    );
}

#[test]
fn what_only_liquid_can_compute_is_a_slot_and_a_loss_and_never_text() {
    let text = "{% assign n = widgets.ask.inbound.Body | minus: 1 %}{% for i in (1..flow.data.count) %}{{i}}: \
                {{flow.data.items[forloop.index0].id}}{% endfor %}\n{{flow.data.items[n].id}}, {{n}}; \
                {{ flow.data.names | split: ',' | first }} {% if flow.data.a == 1 and flow.data.b == 2 %}Both{% endif %}";
    check(
        json!([
            trigger("incomingMessage", "ask"),
            { "name": "ask", "type": "send-and-wait-for-reply", "properties": { "body": "Which?" },
              "transitions": [{ "event": "incomingMessage", "next": "say" }] },
            send("say", text, None)
        ]),
        expect![[r#"
            shop begun by customer at ask
            {"accepts":"text","id":"ask","next":"say","slot":"ask","text":"Which?","timeout":{"seconds":3600},"type":"question"}
            {"id":"say","text":"{{list}}\n{{items_id}}, {{ask_value}}; {{names_value}} {{a_value}}","type":"message"}
            expression-dropped at say: {% assign n = widgets.ask.inbound.Body | minus: 1 %}
            expression-dropped at say: {% for i in (1..flow.data.count) %}{i}: {flow.data.items[forloop.index0].id}{% endfor %}
            expression-dropped at say: { flow.data.names | split: ',' | first }
            expression-dropped at say: {% if flow.data.a == 1 and flow.data.b == 2 %}Both{% endif %}
        "#]],
    );
}

#[test]
fn filters_are_computed_where_their_result_is_certain() {
    let text = "{{ 'Hello *@*.' | replace: '@', flow.data.name | strip_newlines }} {{ 'a,b' | split: ',' | last | upcase }} \
                {{ flow.variables.rate | times: 2 | plus: 1 }} {{ flow.variables.none | default: 'friend' }} \
                {{ flow.data.name | append: '!' }} {{ contact.channel.address | remove: 'whatsapp:' }} \
                {%- unless flow.variables.rate == '4' %} rate {{ flow.variables.rate }}{% endunless -%} .";
    check(
        json!([trigger("incomingRequest", "rate"), set("rate", "rate", "4", "say"), send("say", text, None)]),
        expect![[r#"
            shop begun by business at say
            {"id":"say","text":"Hello *{{name}}*. B 9 {{none}} {{name}}! {{phone}}.","type":"message"}
            expression-dropped at say: { 'Hello *@*.' | replace: '@', flow.data.name | strip_newlines }
            missing-reference at say: flow.variables.none: no widget of the flow sets it
            expression-dropped at say: { flow.variables.none | default: 'friend' }
        "#]],
    );
}

#[test]
fn values_of_twilio_are_slots_with_readable_names() {
    let text = "{{trigger.message.Body}} {{trigger.message.ProfileName}} {{contact.channel.address}} {{flow.channel.address}} \
                {{flow.data.order.id}} {{flow.data.id}} {{widgets.api.parsed.data[0].name}} {{widgets.ask.inbound.MediaUrl0}} \
                {{trigger.parent.parameters.shop}} {{trigger.request.parameters.shop}} {{widgets.gone.parsed.code}}";
    check(
        json!([
            trigger("incomingMessage", "ask"),
            { "name": "ask", "type": "send-and-wait-for-reply", "properties": { "body": "Which?" },
              "transitions": [{ "event": "incomingMessage", "next": "api" }] },
            { "name": "api", "type": "run-function", "properties": { "url": "https://a.b" },
              "transitions": [{ "event": "success", "next": "say" }] },
            send("say", text, None)
        ]),
        expect![[r#"
            shop begun by customer at ask
            {"accepts":"text","id":"ask","next":"api","slot":"ask","text":"Which?","timeout":{"seconds":3600},"type":"question"}
            {"id":"api","next":"say","system":"https://a.b","type":"call"}
            {"id":"say","text":"{{first_message}} {{profile_name}} {{phone}} {{business_phone}} {{order_id}} {{id}} {{name}} {{ask_file}} {{shop}} {{parameters_shop}} {{code}}","type":"message"}
            missing-reference at say: widgets.gone.parsed.code: the flow has no widget “gone”
        "#]],
    );
}

#[test]
fn a_message_without_a_text_stays_so_that_it_is_an_error() {
    let content = json!({ "name": "content", "type": "send-message", "properties": { "content_template_sid": "HX1" },
        "transitions": [{ "event": "sent", "next": "say" }] });
    check(
        json!([trigger("incomingMessage", "content"), content, send("say", "Hello", None)]),
        expect![[r#"
        shop begun by customer at content
        {"id":"content","next":"say","text":"","type":"message"}
        {"id":"say","text":"Hello","type":"message"}
        step-dropped at content: the content template HX1: import it too
    "#]],
    );
}

#[test]
fn variables_that_double_each_other_do_not_grow_without_end() {
    let doubles = "{% assign a = a | append: a %}".repeat(60);
    let replaced = format!("{{{{ 'aa' {} }}}}", "| replace: 'a', 'aaaa' ".repeat(40));
    let mut states = vec![trigger("incomingMessage", "s0"), set("s0", "x", "ab", "s1")];
    for n in 1..60 {
        let next = format!("s{}", n + 1);
        states.push(set(&format!("s{n}"), "x", "{{flow.variables.x}}{{flow.variables.x}}", &next));
    }
    states.push(send(
        "s60",
        &format!("Hello {{% assign a = 'b' %}}{doubles}{{{{a}}}} {replaced} {{{{flow.variables.x}}}}"),
        None,
    ));
    let imported = import_flow(json!(states), "Shop");
    let steps = &imported.scenarios[0].steps;
    assert!(json!(steps).to_string().len() < 100_000);
    assert!(steps.iter().any(|it| it.act.text().is_some_and(|it| it.slots().count() == 3)));
}

#[test]
fn a_long_text_before_a_condition_does_not_grow_without_end() {
    let text = format!(
        "{{% assign a = '{}' %}}{}{{% if flow.data.vip == 'yes' %}}Gold{{% else %}}Silver{{% endif %}}",
        "b".repeat(10_000),
        "{{a}}".repeat(100)
    );
    let imported = import_flow(json!([trigger("incomingRequest", "say"), send("say", &text, None)]), "Shop");
    let scenario = &imported.scenarios[0];
    assert!(json!(scenario.steps).to_string().len() < 100_000);
    assert!(scenario.losses.iter().any(|it| it.what.contains("more than 20000 characters")));
}

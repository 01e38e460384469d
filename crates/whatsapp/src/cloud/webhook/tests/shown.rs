//! Events as lines, one each, with what is personal: everything here is made up.

use model::{EventChannel, EventContent, EventsRead, PersonIds, Personal, TemplateEvent};

/// `account sender @time kind: …`, and `broken place: reason`.
pub(super) fn shown(read: &EventsRead) -> String {
    let mut lines = String::new();
    for event in &read.events {
        let at = event.at.map_or("-".to_owned(), |it| it.as_second().to_string());
        let [account, sender] = [&event.account, &event.sender].map(|it| if it.is_empty() { "-" } else { it });
        // All that is about WhatsApp says so, and nothing else does.
        let is_foreign = matches!(&event.content, EventContent::Other(it) if it.field == "page");
        assert_eq!(event.channel, (!is_foreign).then_some(EventChannel::Whatsapp));
        lines += &format!("{account} {sender} @{at} {}\n", content(&event.content));
    }
    for broken in &read.broken {
        lines += &format!("broken {}: {}\n", broken.place, broken.reason);
    }
    lines
}

fn content(content: &EventContent) -> String {
    let parts = match content {
        EventContent::Status(it) => vec![
            ("status", Some(format!("{:?} of {}", it.state, it.message.0))),
            ("opaque", it.opaque_id.clone()),
            ("to", Some(person(&it.person))),
            ("group", it.group.clone()),
            (
                "error",
                it.error.as_ref().map(|it| {
                    let code = it.code.map_or("-".to_owned(), |it| it.to_string());
                    format!("{code} {}", it.details.as_ref().map_or("-", |it| &it.0))
                }),
            ),
            (
                "price",
                it.price.as_ref().map(|it| {
                    let [category, model, kind] =
                        [&it.category, &it.model, &it.kind].map(|it| it.as_deref().unwrap_or("-"));
                    format!("{category} {model} {kind} {}", it.is_billable.map_or("-".to_owned(), |it| it.to_string()))
                }),
            ),
        ],
        EventContent::Message(it) => vec![
            ("message", Some(format!("{} {}", it.kind, it.message.0))),
            ("from", Some(person(&it.person))),
            ("group", it.group.clone()),
            ("text", it.text.as_ref().map(|it| format!("{:?}", it.0))),
            ("payload", it.payload.clone()),
            ("answers", it.answers.as_ref().map(|it| it.0.clone())),
            ("standby", it.is_standby.then(String::new)),
        ],
        EventContent::Preference(it) => {
            vec![("preference", Some(format!("{:?} {}", it.choice, it.category))), ("from", Some(person(&it.person)))]
        }
        EventContent::Identity(it) => vec![
            ("identity", Some(format!("{:?}", it.change))),
            ("now", Some(person(&it.person))),
            ("before", Some(person(&it.before))),
        ],
        EventContent::Call(it) => vec![
            ("call", Some(format!("{} {}", it.event, it.call.0))),
            (if it.is_by_person { "from" } else { "to" }, Some(person(&it.person))),
        ],
        EventContent::Template(it) => template(it),
        EventContent::Number(it) => vec![
            ("number", Some(format!("{} {}", it.about, it.event))),
            ("limit", it.limit.map(|it| it.to_string())),
            ("rest", rest(&it.rest)),
        ],
        EventContent::Account(it) => vec![
            ("account", Some(format!("{} {}", it.about, it.event))),
            ("limit", it.limit.map(|it| it.to_string())),
            ("rest", rest(&it.rest)),
        ],
        EventContent::Other(it) => {
            let known = if it.is_known { "known" } else { "unknown" };
            vec![("other", Some(format!("{known} {} {}", it.field, it.kind)))]
        }
    };
    let parts = parts.into_iter().filter_map(|(name, it)| it.map(|it| format!("{name} {it}").trim_end().to_owned()));
    parts.collect::<Vec<_>>().join(", ")
}

fn template(it: &TemplateEvent) -> Vec<(&'static str, Option<String>)> {
    let at = |it: Option<jiff::Timestamp>| it.map(|it| it.as_second().to_string());
    vec![
        ("template", Some(format!("{} {} {}", it.id, it.name, it.language))),
        ("status", it.status.clone()),
        ("reason", it.reason.clone()),
        ("disable at", at(it.disable_at)),
        ("pause", it.pause.clone()),
        ("quality", it.quality.clone()),
        ("category", it.category.clone()),
        ("announced", it.announced_category.clone()),
        ("for", at(it.announced_for)),
    ]
}

fn person(ids: &PersonIds) -> String {
    let ids = [("", &ids.wa_id), ("", &ids.user_id), ("parent ", &ids.parent_user_id), ("@", &ids.username)];
    let ids = ids.into_iter().filter_map(|(mark, id)| id.as_ref().map(|Personal(id)| format!("{mark}{id}")));
    let ids = ids.collect::<Vec<_>>().join(" ");
    if ids.is_empty() { "nobody".to_owned() } else { ids }
}

fn rest(rest: &[(String, String)]) -> Option<String> {
    let rest: Vec<String> = rest.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (!rest.is_empty()).then(|| rest.join(" "))
}

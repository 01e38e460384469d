//! The messages of an intent.

use serde_json::Value;

use super::agent::{speaks, texts};
use crate::json::list;

/// One message of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) image: Option<String>,
    pub(super) text: String,
    pub(super) buttons: Vec<Button>,
}

#[derive(Clone, Debug)]
pub(super) struct Button {
    pub(super) label: String,
    /// What is sent, or the address that is opened.
    pub(super) sends: String,
}

/// The messages of one platform: Viber's if there are any, else those of the default, else those of the first that is named.
pub(super) fn read(messages: &Value, language: &str) -> Vec<Answer> {
    let messages: Vec<&Value> = list(messages).iter().filter(|it| speaks(it, language)).collect();
    let platform = |it: &Value| it["platform"].as_str().unwrap_or_default().to_lowercase();
    let of = |wanted: &[&str]| -> Vec<&Value> {
        messages.iter().copied().filter(|it| wanted.contains(&platform(it).as_str())).collect()
    };
    let viber = of(&["viber"]);
    let mut ours = if viber.is_empty() { of(&["", "platform_unspecified"]) } else { viber };
    if !ours.iter().any(|it| !answers(it).is_empty()) {
        let first = messages.iter().find(|it| !answers(it).is_empty()).map(|it| platform(it)).unwrap_or_default();
        ours = of(&[first.as_str()]);
    }
    ours.into_iter().flat_map(answers).collect()
}

fn answers(value: &Value) -> Vec<Answer> {
    match value["payload"]["richContent"].as_array() {
        Some(rich) => rich.iter().flat_map(list).filter_map(piece).collect(),
        None => answer(value).into_iter().collect(),
    }
}

/// A piece of Dialogflow Messenger: a card or a line of a list, a button, chips.
fn piece(value: &Value) -> Option<Answer> {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let link = |it: &Value| ["actionLink", "link"].iter().find_map(|key| it[*key].as_str()).map(str::to_owned);
    let button = |it: &Value, label: &str| {
        let label = it[label].as_str()?.to_owned();
        Some(Button { sends: link(it).filter(|it| !it.is_empty()).unwrap_or(label.clone()), label })
    };
    let image = value["image"]["src"]["rawUrl"].as_str().or(value["rawUrl"].as_str()).map(str::to_owned);
    match text("type") {
        "chips" => {
            let buttons = list(&value["options"]).iter().filter_map(|it| button(it, "text")).collect();
            Some(Answer { buttons, ..Answer::default() })
        }
        "button" => Some(Answer { buttons: button(value, "text").into_iter().collect(), ..Answer::default() }),
        "list" if value["event"].is_object() => {
            Some(Answer { buttons: button(value, "title").into_iter().collect(), ..Answer::default() })
        }
        "info" | "list" | "description" | "accordion" | "image" => {
            let lines = [text("title"), text("subtitle"), text("text")]
                .into_iter()
                .chain(list(&value["text"]).iter().filter_map(Value::as_str));
            let said = lines.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n");
            let buttons = link(value).and_then(|_| button(value, "title")).into_iter().collect();
            Some(Answer { image, text: said, buttons })
        }
        _ => None,
    }
}

fn answer(value: &Value) -> Option<Answer> {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let kind = value["type"].as_str().map_or_else(|| value["type"].to_string(), str::to_owned);
    let image = value["imageUrl"].as_str().or(value["image"]["url"].as_str()).map(str::to_owned);
    let answer = match kind.as_str() {
        // One of the texts is said, by chance: the first.
        "0" | "text" | "message" | "simple_response" => {
            let said = texts(&value["speech"]).into_iter().find(|it| !it.trim().is_empty());
            Answer { text: said.or_else(|| Some(text("textToSpeech")))?, ..Answer::default() }
        }
        "1" | "card" | "basic_card" => Answer {
            image: image.filter(|it| !it.is_empty()),
            text: format!("{}\n{}", text("title"), text("subtitle")),
            buttons: list(&value["buttons"]).iter().map(button).collect(),
        },
        "2" | "quick_replies" => Answer {
            text: text("title"),
            buttons: texts(&value["replies"]).into_iter().map(|it| Button { sends: it.clone(), label: it }).collect(),
            image: None,
        },
        "4" | "payload" => of_channel(&value["payload"]),
        "3" | "image" => Answer { image: image.filter(|it| !it.is_empty()), ..Answer::default() },
        _ => return None,
    };
    (!answer.text.trim().is_empty() || answer.image.is_some() || !answer.buttons.is_empty()).then_some(answer)
}

/// A payload of Chatwoot, of Kommunicate, or of Viber's API: a text, and buttons that send something.
fn of_channel(payload: &Value) -> Answer {
    let viber = if payload["viber"].is_object() { &payload["viber"] } else { payload };
    let said = [&payload["content"], &payload["message"], &viber["text"]];
    let lists = [
        (&payload["content_attributes"]["items"], ["title", "value"]),
        (&payload["metadata"]["payload"], ["title", "message"]),
        (&viber["keyboard"]["Buttons"], ["Text", "ActionBody"]),
    ];
    let buttons = lists.iter().flat_map(|(items, [label, sends])| {
        list(items).iter().filter_map(|it| {
            let label = it[*label].as_str()?.trim();
            let sends = it[*sends].as_str().map_or(label, str::trim);
            Some(Button { label: label.to_owned(), sends: sends.to_owned() })
        })
    });
    Answer {
        text: said.iter().find_map(|it| it.as_str()).unwrap_or_default().to_owned(),
        buttons: if payload["private"] == true { Vec::new() } else { buttons.collect() },
        image: None,
    }
}

fn button(value: &Value) -> Button {
    let label = value["text"].as_str().or(value["title"].as_str()).unwrap_or_default();
    let sends = value["postback"].as_str().filter(|it| !it.is_empty()).unwrap_or(label);
    Button { label: label.to_owned(), sends: sends.to_owned() }
}

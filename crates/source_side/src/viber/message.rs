//! The body of `send_message` and `broadcast_message`.

use scenario::{Input, Location, MediaKind, Shown};
use serde_json::Value;

use crate::player::Player;

/// What Viber replaces by the name of the receiver in a broadcast.
const USER_NAME: &str = "replace_me_with_user_name";

#[derive(Clone, Debug)]
pub(crate) struct Message {
    text: String,
    media: Option<(MediaKind, String)>,
    location: Option<Location>,
    pub(super) buttons: Vec<Button>,
}

#[derive(Clone, Debug)]
pub(super) struct Button {
    pub(super) label: String,
    pub(super) kind: String,
    pub(super) body: String,
    /// The picture of a card of rich media.
    picture: Option<(MediaKind, String)>,
}

impl Message {
    /// Reads a body; none if it is no message.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let kind = value["type"].as_str().or(value["keyboard"].is_object().then_some("text"))?;
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let media = match kind {
            "picture" => Some((MediaKind::Image, text("media"))),
            "video" => Some((MediaKind::Video, text("media"))),
            "file" => Some((MediaKind::Document, text("media"))),
            "sticker" => Some((MediaKind::Sticker, value["sticker_id"].to_string())),
            _ => None,
        };
        let number = |key: &str| {
            let value = &value["location"][key];
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        let location = (kind == "location").then(|| Location {
            latitude: number("lat"),
            longitude: number("lon"),
            name: None,
            address: None,
        });
        let body = match kind {
            "url" => text("media"),
            "contact" => format!(
                "{} {}",
                value["contact"]["name"].as_str().unwrap_or_default(),
                value["contact"]["phone_number"].as_str().unwrap_or_default()
            ),
            // Rich media have no text of their own.
            "rich_media" if text("text").is_empty() => text("alt_text"),
            _ => text("text"),
        };
        let all = |board: &'static str| of(&value[board], "Buttons").as_array().into_iter().flatten();
        let of_cards = all("rich_media").map(|it| Button { picture: picture(it), ..button(it) });
        let buttons = of_cards.chain(all("keyboard").map(button)).collect();
        Some(Self { text: body, media, location, buttons })
    }

    /// The message as lines.
    pub(super) fn shown(&self, place: &str) -> Shown {
        let mut shown = Shown::at(place);
        if let Some(location) = &self.location {
            shown.place(location);
        }
        if let Some((kind, url)) = &self.media {
            shown.media(*kind, url);
        }
        shown.text(&self.text);
        for button in &self.buttons {
            if let Some((kind, url)) = &button.picture {
                shown.media(*kind, url);
            }
            if button.label.is_empty() {
                continue;
            }
            match button.kind.as_str() {
                "none" => shown.text(&button.label),
                "open-url" => shown.link(&button.label, &button.body),
                _ => shown.tap(&button.label, None),
            }
        }
        shown
    }

    pub(super) fn show(&self, place: &str, player: &mut Player<'_>) {
        let mut shown = self.shown(place);
        if shown.lines.iter().any(|it| it.contains(USER_NAME)) {
            let name = player.value("user.name");
            shown.lines.iter_mut().for_each(|it| *it = it.replace(USER_NAME, &name));
        }
        player.show(shown);
    }

    /// The inputs that the buttons allow.
    pub(super) fn inputs(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for button in self.buttons.iter().filter(|it| !it.label.is_empty()) {
            match button.kind.as_str() {
                "none" | "open-url" => {}
                "location-picker" => inputs.push(Input::Location),
                "share-phone" => inputs.push(Input::Phone),
                _ => {
                    inputs.push(Input::Press(button.label.clone()));
                    inputs.push(Input::PressPayload(button.body.clone()));
                }
            }
        }
        inputs
    }
}

/// The value of a key in any case, as Viber reads it.
fn of<'a>(value: &'a Value, key: &str) -> &'a Value {
    let found = value.as_object().and_then(|it| it.iter().find(|it| it.0.eq_ignore_ascii_case(key)));
    found.map_or(&Value::Null, |it| it.1)
}

fn button(value: &Value) -> Button {
    let text = |key: &str| of(value, key).as_str().unwrap_or_default();
    let kind = of(value, "ActionType").as_str().unwrap_or("reply");
    let label = without_html(text("Text"));
    Button { label, kind: kind.to_owned(), body: text("ActionBody").to_owned(), picture: None }
}

fn picture(button: &Value) -> Option<(MediaKind, String)> {
    let mut urls = ["Image", "BgMedia"].into_iter().filter_map(|it| of(button, it).as_str());
    let url = urls.find(|it| !it.is_empty())?;
    let kind = match MediaKind::of(url) {
        kind @ (MediaKind::Video | MediaKind::Gif) => kind,
        _ => MediaKind::Image,
    };
    Some((kind, url.to_owned()))
}

/// A label without tags and entities.
fn without_html(text: &str) -> String {
    let (mut plain, mut is_tag) = (String::new(), false);
    for letter in text.replace("<br>", " ").chars() {
        match letter {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            letter if !is_tag => plain.push(letter),
            _ => {}
        }
    }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    let plain = entities.iter().fold(plain, |plain, (entity, sign)| plain.replace(entity, sign));
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

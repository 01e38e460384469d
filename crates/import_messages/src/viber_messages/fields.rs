//! Every key of Viber's messages, and what becomes of it.
//!
//! Source: Viber REST API, “Send message”, “Broadcast message”, “Keyboards” and “Keyboard examples” (developers.viber.com,
//! version 7.3).

use std::collections::BTreeMap;

use scenario::Loss;
use serde_json::Value;

use import_base::scenario_builder::ScenarioBuilder;

/// The treatment of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is read elsewhere in this module.
    Carried,
    /// It changes nothing that a customer sees.
    NoMeaning,
    /// WhatsApp has nothing like it. `default` is the value that is as good as none; `why` may be empty.
    Lost { loss: Loss, default: &'static str, why: &'static str },
}

use Fate::{Carried, NoMeaning};

pub(super) type Fields = [(&'static str, Fate)];

const fn lost(loss: Loss, default: &'static str) -> Fate {
    Fate::Lost { loss, default, why: "" }
}

const fn dropped(default: &'static str, why: &'static str) -> Fate {
    Fate::Lost { loss: Loss::FieldDropped, default, why }
}

const FROM_FILE: &str = "WhatsApp reads that from the file";

/// The keys of a body of `send_message`, `broadcast_message`, or the answer to `conversation_started`.
pub(super) const MESSAGE: &Fields = &[
    ("receiver", Carried),
    ("broadcast_list", Carried),
    ("type", Carried),
    ("text", Carried),
    ("media", Carried),
    ("keyboard", Carried),
    ("rich_media", Carried),
    ("alt_text", Carried),
    ("location", Carried),
    ("contact", Carried),
    ("sticker_id", Carried),
    ("sender", Carried),
    ("auth_token", NoMeaning),
    ("min_api_version", NoMeaning),
    ("tracking_data", dropped("", "WhatsApp does not send it back with the answer")),
    ("thumbnail", dropped("", FROM_FILE)),
    ("size", dropped("", FROM_FILE)),
    ("duration", dropped("", FROM_FILE)),
    ("file_name", dropped("", "the sender gives it with each message")),
    // Keys that are not Viber's: bots keep their messages under a name, and archives note the time.
    ("name", Carried),
    ("timestamp", Carried),
];

/// The keys of a keyboard, and of rich media.
pub(super) const KEYBOARD: &Fields = &[
    ("Type", NoMeaning),
    ("Buttons", Carried),
    ("BgColor", lost(Loss::ButtonColour, "")),
    // WhatsApp shows buttons in the chat, so no keyboard covers the screen.
    ("DefaultHeight", NoMeaning),
    ("CustomDefaultHeight", NoMeaning),
    ("HeightScale", lost(Loss::ButtonLayout, "100")),
    ("ButtonsGroupColumns", lost(Loss::ButtonLayout, "6")),
    ("ButtonsGroupRows", lost(Loss::ButtonLayout, "7")),
    ("InputFieldState", lost(Loss::InputField, "regular")),
    ("FavoritesMetadata", dropped("", "WhatsApp keeps no favourites of a business")),
];

/// The keys of a button.
pub(super) const BUTTON: &Fields = &[
    ("Text", Carried),
    ("ActionType", Carried),
    ("ActionBody", Carried),
    ("Columns", lost(Loss::ButtonLayout, "6")),
    ("Rows", lost(Loss::ButtonLayout, "1")),
    ("TextVAlign", lost(Loss::ButtonLayout, "middle")),
    ("TextHAlign", lost(Loss::ButtonLayout, "center")),
    ("TextPaddings", lost(Loss::ButtonLayout, "[12,12,12,12]")),
    ("BgColor", lost(Loss::ButtonColour, "")),
    ("TextBgGradientColor", lost(Loss::ButtonColour, "")),
    ("TextOpacity", lost(Loss::ButtonColour, "100")),
    ("TextSize", lost(Loss::ButtonColour, "regular")),
    ("TextShouldFit", lost(Loss::ButtonColour, "false")),
    ("Frame", lost(Loss::ButtonColour, "")),
    ("Image", lost(Loss::ButtonImage, "")),
    ("ImageScaleType", lost(Loss::ButtonImage, "crop")),
    ("BgMedia", lost(Loss::ButtonImage, "")),
    ("BgMediaType", lost(Loss::ButtonImage, "picture")),
    ("BgMediaScaleType", lost(Loss::ButtonImage, "crop")),
    ("BgLoop", lost(Loss::ButtonImage, "true")),
    ("Silent", lost(Loss::SilentButton, "false")),
    ("ReplyType", dropped("message", "WhatsApp knows no queries")),
    ("OpenURLType", dropped("", "WhatsApp decides where a page opens")),
    ("OpenURLMediaType", dropped("not-media", "WhatsApp opens it as a page")),
    ("InternalBrowser", dropped("", "WhatsApp's browser has no settings")),
    ("MediaPlayer", dropped("", "WhatsApp plays nothing behind a button")),
    ("Map", dropped("", "no button of WhatsApp opens a map")),
];

/// Records the keys of `objects` that are lost: once for each kind of loss, with the number of objects that have them.
///
/// `noun` is what the objects are; it is empty for the message itself.
pub(super) fn record_lost(
    builder: &mut ScenarioBuilder,
    place: &str,
    objects: &[&Value],
    noun: &str,
    fields: &Fields,
    is_kept: impl Fn(Loss) -> bool,
) {
    let mut found: BTreeMap<(Loss, &str), (Vec<&str>, usize)> = BTreeMap::new();
    for object in objects {
        let mut seen: BTreeMap<(Loss, &str), Vec<&str>> = BTreeMap::new();
        for (key, value) in object.as_object().into_iter().flatten() {
            let field = fields.iter().find(|it| it.0.eq_ignore_ascii_case(key));
            let (name, fate) = field.copied().unwrap_or((key, dropped("", "Viber's API has no such key")));
            match fate {
                Fate::Lost { loss, default, why } if !is_kept(loss) && !is_default(value, default) => {
                    seen.entry((loss, why)).or_default().push(name);
                }
                _ => {}
            }
        }
        for (kind, names) in seen {
            let (all, n) = found.entry(kind).or_default();
            all.extend(names);
            *n += 1;
        }
    }
    for ((loss, why), (mut names, n)) in found {
        names.sort_unstable();
        names.dedup();
        let mut what = names.join(", ");
        match noun {
            "" => {}
            "keyboard" => what += " of the keyboard",
            _ => what += &format!(" of {n} {noun}{}", if n == 1 { "" } else { "s" }),
        }
        if !why.is_empty() {
            what += &format!(": {why}");
        }
        builder.record_loss(loss, place, what);
    }
}

fn is_default(value: &Value, default: &str) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || text.eq_ignore_ascii_case(default),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => format!("{value}") == default,
    }
}

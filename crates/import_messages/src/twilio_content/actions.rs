//! Makes the buttons of a content.

use scenario::{Choice, Loss};
use serde_json::Value;

use super::ContentBuilder;

/// The fields of a button that are read. The id of a link or a phone number is sent nowhere on WhatsApp.
const FIELDS: [&str; 7] = ["type", "title", "url", "phone", "code", "id", "webview_size"];

impl ContentBuilder<'_> {
    pub(super) fn actions(&mut self, actions: Option<&Value>) -> Vec<Choice> {
        let actions = actions.and_then(Value::as_array).into_iter().flatten();
        actions.filter_map(|it| self.action(it)).collect()
    }

    fn action(&mut self, action: &Value) -> Option<Choice> {
        self.unknown_fields("a button", action, &FIELDS);
        let string = |key: &str| {
            let value = action.get(key)?;
            value.as_str().or_else(|| value.get(0)?.as_str()).filter(|it| !it.is_empty()).map(str::to_owned)
        };
        let title = string("title").unwrap_or_default();
        if let Some(size) = string("webview_size").filter(|it| it != "NONE") {
            let what = format!("“{title}” opens a view of size {size}: WhatsApp opens a browser");
            self.builder.record_loss(Loss::FieldDropped, "message", what);
        }
        let kind = string("type").unwrap_or_else(|| "QUICK_REPLY".to_owned());
        let url = string("url").unwrap_or_default();
        match kind.as_str() {
            "QUICK_REPLY" => {
                let value = string("id").map(|it| self.payload(&it));
                Some(Choice::Reply { title, description: None, value, next: None })
            }
            // WhatsApp opens web pages alone.
            "URL" if is_phone(&url) => Some(Choice::Phone { title, number: url["tel:".len()..].trim().to_owned() }),
            "URL" => Some(Choice::Link { title, url: self.text_of(&url) }),
            "PHONE_NUMBER" => Some(Choice::Phone { title, number: string("phone").unwrap_or_default() }),
            "COPY_CODE" => Some(Choice::CopyCode { title, code: self.text_of(&string("code").unwrap_or_default()) }),
            other => {
                self.builder.record_loss(Loss::ButtonAction, "message", format!("“{title}”: {other}"));
                None
            }
        }
    }
}

/// Whether an address is a phone number: `tel:+4930123456`.
fn is_phone(url: &str) -> bool {
    let scheme = url.get(.."tel:".len()).is_some_and(|it| it.eq_ignore_ascii_case("tel:"));
    scheme && url.contains(|it: char| it.is_ascii_digit()) && !url.contains("{{")
}

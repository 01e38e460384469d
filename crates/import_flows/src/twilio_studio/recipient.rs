//! Finds who a message is for. Studio sends it to the contact of the flow unless it names another address.

use serde_json::Value;

use super::Flow;
use super::constants::variables;
use super::text::plain;

/// The addresses of the person in the chat (Studio, Send Message widget). A flow can have them from the flow before it.
const OF_THE_CHAT: [&str; 5] = [
    "contact.channel.address",
    "trigger.message.From",
    "trigger.conversation.Author",
    "trigger.call.From",
    "trigger.request.to",
];
/// Limits how many variables lead to each other.
const MAX_VARIABLES: usize = 8;

impl Flow<'_> {
    /// Whether a message goes to somebody who is not in the chat.
    pub(super) fn is_for_another(&self, state: &Value) -> bool {
        super::kind(state) == "send-message" && recipient(state).is_some_and(|it| !self.is_of_the_chat(it, 0))
    }

    /// A variable is the address of the chat if all widgets that set it say so.
    fn is_of_the_chat(&self, to: &str, depth: usize) -> bool {
        let path = to.trim().trim_start_matches('{').trim_end_matches('}').split('|').next().unwrap_or_default().trim();
        let Some(key) = path.strip_prefix("flow.variables.").filter(|_| depth < MAX_VARIABLES) else {
            let own = |it: &&str| path == *it || path.strip_suffix(*it).is_some_and(|before| before.ends_with('.'));
            return OF_THE_CHAT.iter().any(own);
        };
        let all = self.states.values().flat_map(|it| variables(it));
        let mut values = all.filter(|it| it.get("key").and_then(Value::as_str) == Some(key)).peekable();
        values.peek().is_some()
            && values
                .all(|it| it.get("value").and_then(Value::as_str).is_some_and(|it| self.is_of_the_chat(it, depth + 1)))
    }
}

/// The address that a message names; none if it goes to the contact of the flow.
fn recipient(state: &Value) -> Option<&str> {
    state.pointer("/properties/to").and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty())
}

/// Says that a message to somebody else is lost, and with what content.
pub(super) fn lost(state: &Value) -> String {
    let text = |key: &str| state.pointer(&format!("/properties/{key}")).and_then(Value::as_str).unwrap_or_default();
    let files = ["media_url", "media"].map(text).into_iter().find(|it| !it.is_empty());
    let file = files.map_or_else(String::new, |it| format!(", with {}", plain(it)));
    let to = plain(recipient(state).unwrap_or_default());
    format!("the message to {to}, who is not the customer of this chat: “{}”{file}", plain(text("body")))
}

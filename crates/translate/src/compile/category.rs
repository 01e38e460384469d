use model::scenario::{Message, Purpose, Scenario};
use template::Promotion;

/// The category to propose for a template that says so, and why.
///
/// WhatsApp writes the text of an authentication template, so only a message that is nothing but a code becomes one.
pub(super) fn category(scenario: &Scenario, message: &Message) -> (&'static str, String) {
    let is_code = message.choices.is_empty() && message.media.is_none() && message.text.slots().next().is_some();
    match scenario.purpose {
        Purpose::Authentication if is_code => {
            ("AUTHENTICATION", "it carries a code that proves who somebody is".to_owned())
        }
        Purpose::Promotion => ("MARKETING", "the scenario is a promotion".to_owned()),
        Purpose::Authentication | Purpose::Notification | Purpose::Conversation => {
            let words = message.text.fill(|_| " ".into());
            match Promotion::first(&scenario.language, &words) {
                Some(word) => ("MARKETING", format!("“{word}” sells, and Meta would make it marketing")),
                None => (
                    "UTILITY",
                    "it is about something that the customer did or asked for, and nothing in it sells".to_owned(),
                ),
            }
        }
    }
}

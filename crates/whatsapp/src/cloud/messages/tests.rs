mod answers;
mod bodies;
mod clients;
mod mistakes;

use model::Personal;

use super::*;

/// A template to a number that is reserved for fiction.
fn template() -> OutgoingMessage {
    let text = |text: &str| TextParameter { name: None, text: Personal(text.into()) };
    OutgoingMessage {
        number: "106540352242922".into(),
        recipient: Recipient::Phone(Personal("33199000001".into())),
        content: MessageContent::Template(TemplateMessage {
            name: "order_shipped".into(),
            language: "fr".into(),
            body: vec![text("Ana"), text("A-17")],
            ..TemplateMessage::default()
        }),
        opaque_id: Some("0197ab".into()),
        endpoint: Endpoint::Messages,
    }
}

fn text(body: &str) -> OutgoingMessage {
    let content = MessageContent::Text { body: Personal(body.into()), preview_url: false };
    OutgoingMessage { content, ..template() }
}

fn with_template(change: impl FnOnce(&mut TemplateMessage)) -> OutgoingMessage {
    let mut message = template();
    if let MessageContent::Template(it) = &mut message.content {
        change(it);
    }
    message
}

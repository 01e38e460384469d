//! `ferry webhook show`.

use std::fmt::Write;

use anyhow::Result;
use plan::{Plan, WebhookKind, WebhookSection};
use results::{CallbackShown, MessagesGoTo, WebhookShown, WebhooksShown};
use url::Url;

use crate::found::Found;
use crate::{chosen, find};

/// Shows which addresses are registered today, and where they differ from the plan.
pub async fn show(plan: &Plan, name: Option<&str>) -> Result<(WebhooksShown, String)> {
    let mut webhooks = Vec::new();
    for webhook in chosen(plan, name)? {
        let found = find(plan, webhook).await?;
        webhooks.push(shown(webhook, &found));
    }
    let value = WebhooksShown { webhooks };
    let text = value.webhooks.iter().map(text).collect::<Vec<_>>().join("\n");
    Ok((value, text))
}

fn shown(webhook: &WebhookSection, found: &Found) -> WebhookShown {
    let ours = webhook.public_url();
    let masked = |url: &Option<String>| url.as_deref().map(|it| visible(webhook, it));
    let callback = |it: &crate::found::Registered| CallbackShown {
        place: it.place.name(),
        id: it.id.clone(),
        url: masked(&it.url),
        is_of_plan: it.url.is_some() && it.url.as_deref() == ours,
    };
    let messages = |it: &crate::found::Messages| MessagesGoTo {
        number: it.number.clone(),
        by: it.by.name(),
        url: masked(&it.url),
        is_of_plan: it.url.is_some() && it.url.as_deref() == ours,
    };
    WebhookShown {
        name: webhook.name().to_owned(),
        kind: webhook.kind().name(),
        address: ours.map(|it| visible(webhook, it)),
        forward: webhook.forward().map(without_query),
        callbacks: found.registered.iter().map(callback).collect(),
        messages: found.messages.iter().map(messages).collect(),
        by_hand: by_hand(webhook),
    }
}

/// What a person has to enter where the platform lets no program do it.
pub(crate) fn by_hand(webhook: &WebhookSection) -> Option<String> {
    let url = webhook.public_url().unwrap_or("the address of the plan");
    (webhook.kind() == WebhookKind::Twilio).then(|| {
        format!(
            "enter {url} in the Twilio Console, with POST: for WhatsApp at Messaging > Senders > WhatsApp senders > your sender, as \
             the webhook for incoming messages and as the status callback; for SMS at Phone Numbers > your number > Messaging, or \
             at the Messaging Service > Integration, which then counts for all its numbers. Note down what stands there today: it \
             is the program that answers people now, and belongs into forward"
        )
    })
}

/// An address as it may be shown: a secret path is left out.
pub(crate) fn visible(webhook: &WebhookSection, url: &str) -> String {
    if !webhook.has_secret_path() || webhook.public_url() != Some(url) {
        return url.to_owned();
    }
    let host = Url::parse(url).ok().and_then(|it| it.host_str().map(str::to_owned));
    format!("https://{}/… (the path is a secret: see the plan)", host.unwrap_or_default())
}

fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}

fn text(it: &WebhookShown) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{} ({})", it.name, it.kind);
    let address = it.address.as_deref().unwrap_or("none: add public_url to the webhook");
    let _ = writeln!(text, "  address of the plan  {address}");
    let _ = writeln!(
        text,
        "  handed on to         {}",
        it.forward.as_deref().unwrap_or("nobody: the webhook has no forward")
    );
    for callback in &it.callbacks {
        let place = format!("{} {}", callback.place, callback.id);
        let url = callback.url.as_deref().unwrap_or("none");
        let _ = writeln!(text, "  {:20} {url}{}", place.trim_end(), mark(callback.is_of_plan, callback.url.is_some()));
    }
    for messages in &it.messages {
        let number = if messages.number.is_empty() { String::new() } else { format!(" of {}", messages.number) };
        let url = messages.url.as_deref().unwrap_or("nobody");
        let _ = writeln!(text, "  messages{number} go to {url}{}", mark(messages.is_of_plan, messages.url.is_some()));
    }
    if let Some(by_hand) = &it.by_hand {
        let _ = writeln!(text, "  {by_hand}");
    }
    text
}

fn mark(is_of_plan: bool, is_there: bool) -> &'static str {
    match (is_of_plan, is_there) {
        (true, _) => "  (as in the plan)",
        (false, true) => "  (not the address of the plan)",
        (false, false) => "",
    }
}

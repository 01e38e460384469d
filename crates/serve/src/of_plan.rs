//! The webhooks of a plan as the server needs them, and what is said at the start.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use plan::{Plan, PlanError, WebhookKind, WebhookProof, WebhookSection};
use providers::TwilioRequest;
use whatsapp::{SignatureForm, WebhookSecret};

use crate::wire::{is_form, with_query};
use crate::{Guard, Reach, SignedRequest, Webhook};

/// Returns the webhooks of a plan with their secrets. Fails if there are none.
pub fn webhooks_of(plan: &Plan) -> Result<Vec<Webhook>, PlanError> {
    if plan.webhooks.is_empty() {
        return Err(plan.wrong(
            0,
            "the plan has no [[webhook]]: add kind = \"meta\", path = \"/webhooks/meta\" and secrets_env = \
             [\"FERRY_META_SECRET\"]"
                .into(),
        ));
    }
    let webhook = |section: &WebhookSection| {
        let guard = guard(plan, section)?;
        Ok(Webhook { name: Arc::from(section.name()), path: section.path().to_owned(), guard })
    };
    plan.webhooks.iter().map(webhook).collect()
}

fn guard(plan: &Plan, section: &WebhookSection) -> Result<Guard, PlanError> {
    let form = match section.kind() {
        WebhookKind::Meta => Some(SignatureForm::Meta),
        WebhookKind::Dialog360 => Some(SignatureForm::Dialog360),
        WebhookKind::Twilio => None,
    };
    let proof = section.proof(plan)?;
    let verify_token = section.verify_token(plan)?.as_deref().and_then(WebhookSecret::new);
    Ok(match (proof, form) {
        (WebhookProof::Basic(password), _) => {
            Guard::Basic { passwords: WebhookSecret::new(&password).into_iter().collect() }
        }
        (WebhookProof::Secrets(secrets), Some(form)) => {
            let secrets = secrets.iter().filter_map(|it| WebhookSecret::new(it)).collect();
            Guard::Signed { form, secrets, verify_token }
        }
        (WebhookProof::Secrets(secrets), None) => {
            let url = section.public_url().unwrap_or_default().to_owned();
            let is_right = move |it: &SignedRequest| is_signed_by_twilio(it, &url, &secrets);
            Guard::SignedOtherwise { header: "x-twilio-signature", is_right: Arc::new(is_right) }
        }
    })
}

/// Whether Twilio has signed a request to this address with one of the tokens.
fn is_signed_by_twilio(request: &SignedRequest, url: &str, tokens: &[String]) -> bool {
    let Ok(signature) = str::from_utf8(request.signature) else { return false };
    let content_type = request.content_type.and_then(|it| str::from_utf8(it).ok());
    let url = with_query(url, request.query);
    let request = TwilioRequest { url: &url, is_form: content_type.is_some_and(is_form), body: request.body };
    request.is_signed(signature, tokens)
}

/// Says where the server listens, the address of each webhook, and what to do next. A secret path is not shown.
pub fn start_message(webhooks: &[WebhookSection], reach: &Reach, admin: Option<SocketAddr>) -> String {
    let mut text = format!("receiving webhooks on {reach}\n");
    for webhook in webhooks {
        let url = match (webhook.public_url(), webhook.has_secret_path()) {
            (_, true) => format!("{reach}/… (the path is a secret: see the plan)"),
            (Some(url), false) => url.to_owned(),
            (None, false) => reach.url_of(webhook.path()),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {:12} {url}", webhook.name());
    }
    if let Some(admin) = admin {
        let _ = writeln!(text, "metrics on http://{admin}/metrics");
    }
    text += match reach {
        Reach::Local(_) => {
            "only this machine reaches these addresses: put a proxy with HTTPS in front and name it with --behind-proxy, or \
             give --certificate and --key"
        }
        Reach::Direct(_) | Reach::Proxy(_) => {
            "next: register each address with its platform, with the token of verify_token_env; Ctrl-C stops without loss"
        }
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "[crm]\nurl = \"sqlite:ferry.db\"\n\n[[webhook]]\nkind = \"meta\"\npath = \"/webhooks/meta\"\n\
        secrets_file = \"secrets\"\n\n[[webhook]]\nkind = \"360dialog\"\npath = \"/webhooks/d41d8cd98f00b204e980\"\n\
        basic_env = \"FERRY_BASIC\"\n\n[[webhook]]\nkind = \"twilio\"\npath = \"/webhooks/twilio\"\n\
        public_url = \"https://hooks.example.com/ferry/webhooks/twilio\"\nsecrets_file = \"secrets\"\n";

    fn plan() -> Plan {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        std::fs::write(&path, PLAN).unwrap();
        Plan::read(&path).unwrap()
    }

    #[test]
    fn the_start_says_where_platforms_reach_each_webhook_and_what_comes_next() {
        let proxy = Reach::Proxy("https://hooks.example.com/ferry/".parse().unwrap());
        let admin = Some("127.0.0.1:9464".parse().unwrap());
        expect_test::expect![[r#"
            receiving webhooks on https://hooks.example.com/ferry
              meta         https://hooks.example.com/ferry/webhooks/meta
              360dialog    https://hooks.example.com/ferry/… (the path is a secret: see the plan)
              twilio       https://hooks.example.com/ferry/webhooks/twilio
            metrics on http://127.0.0.1:9464/metrics
            next: register each address with its platform, with the token of verify_token_env; Ctrl-C stops without loss"#]]
        .assert_eq(&start_message(&plan().webhooks, &proxy, admin));
        let local = start_message(&plan().webhooks, &Reach::Local("127.0.0.1:8443".parse().unwrap()), None);
        assert!(local.contains("only this machine reaches these addresses"), "{local}");
        assert!(!local.contains("d41d8cd98f00b204e980"));
    }
}

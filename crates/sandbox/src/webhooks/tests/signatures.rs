//! The signatures as the receiver checks them.

use std::collections::BTreeSet;

use providers::TwilioRequest;
use whatsapp::{SignatureForm, WebhookSecret};

use super::*;

/// The values of a header, whose name is written in any case.
fn values<'w>(webhook: &'w Webhook, name: &str) -> Vec<&'w [u8]> {
    webhook.headers.iter().filter(|it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1.as_bytes()).collect()
}

fn is_accepted(form: SignatureForm, webhook: &Webhook) -> bool {
    let secrets = [WebhookSecret::new(SECRET).unwrap()];
    form.read(values(webhook, form.header())).is_ok_and(|it| it.is_of(&webhook.body, &secrets))
}

fn is_accepted_of_twilio(webhook: &Webhook) -> bool {
    let url = format!("{URL}{}", webhook.path.strip_prefix("/webhooks/x").unwrap());
    let request = TwilioRequest { url: &url, is_form: true, body: &webhook.body };
    let [signature] = values(webhook, "x-twilio-signature")[..] else { return false };
    request.is_signed(str::from_utf8(signature).unwrap(), &[SECRET])
}

type Check = fn(&Webhook) -> bool;

#[test]
fn what_is_signed_is_accepted_and_what_is_forged_is_refused() {
    let checks: [(WebhookKind, Check); 3] = [
        (WebhookKind::Meta, |it| is_accepted(SignatureForm::Meta, it)),
        (WebhookKind::Dialog360, |it| is_accepted(SignatureForm::Dialog360, it)),
        (WebhookKind::Twilio, is_accepted_of_twilio),
    ];
    for (kind, is_accepted) in checks {
        let truncated = if kind == WebhookKind::Twilio { 0.0 } else { 0.05 };
        let settings = TrafficSettings { forged: 0.5, truncated, profile: Profile::PywaCompat, ..bad_settings() };
        let (mut n_good, mut n_forged) = (0, 0);
        for webhook in traffic(kind, settings) {
            let is_forged = webhook.trick == Trick::Forged;
            assert_eq!(is_accepted(&webhook), !is_forged, "{kind} {webhook:?}");
            assert_eq!(webhook.expected, if is_forged { 401 } else { 200 });
            *if is_forged { &mut n_forged } else { &mut n_good } += 1;
        }
        assert!(n_good > 1_100 && n_forged == 500, "{kind} {n_good} {n_forged}");
    }
}

#[test]
fn signatures_are_forged_in_many_ways() {
    let settings = TrafficSettings { forged: 1.0, ..settings() };
    let forged = traffic(WebhookKind::Meta, settings).filter(|it| it.trick == Trick::Forged);
    let forms: BTreeSet<Vec<usize>> =
        forged.map(|it| values(&it, "x-hub-signature-256").iter().map(|it| it.len()).collect()).collect();
    // Missing, empty, shorter, right length, longer, doubled.
    let expected = [vec![], vec![0], vec![70], vec![71], vec![71, 71], vec![72]];
    assert_eq!(forms, BTreeSet::from(expected));
}

#[test]
fn there_is_no_signer_without_a_secret() {
    assert!(Signer::new(WebhookKind::Meta, "", URL).is_none());
}

//! `GET /viber/1/senders/{sender}/templates`: messages that Viber approved, with named places in them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Infobip, SENDER, number, paging};
use crate::Sandbox;
use crate::providers::{Answer, Asked, Call, Failure, World};

/// A category, a status, a language, a text.
const TEMPLATES: [[&str; 4]; 5] = [
    ["TRANSACTIONAL", "APPROVED", "fr", "Bonjour {{prenom}}, votre commande {{numero}} est prête."],
    ["TRANSACTIONAL", "APPROVED", "fr", "Rappel : rendez-vous le {{date}} à {{heure}} pour {{prenom}}."],
    ["OTP", "APPROVED", "en", "Your code is {{pin}}. It expires in {{minutes}} minutes."],
    ["TRANSACTIONAL", "PENDING", "en", "Hello {{name}}, your parcel {{tracking}} arrives today."],
    ["TRANSACTIONAL", "DECLINED", "fr", "{{prenom}} : promotion {{code}} !"],
];

pub(super) async fn list(State(sandbox): State<Arc<Sandbox>>, Path(sender): Path<String>, asked: Asked) -> Response {
    sandbox.provided(&Infobip::NEW, asked, |call| page(call, &sender)).await
}

fn page(call: &mut Call<'_>, sender: &str) -> Result<Answer, Failure> {
    if sender != SENDER {
        return Err(Failure::NotFound);
    }
    let size = number(call, "size", (1, 100), 20)?;
    let n_page = number(call, "page", (0, usize::MAX), 0)?;
    let world = call.world();
    let templates: Vec<Value> = (0_u64..).zip(&TEMPLATES).map(|(n, it)| template(world, n, it)).collect();
    let shown: Vec<&Value> = templates.iter().skip(n_page.saturating_mul(size)).take(size).collect();
    let body = json!({ "templates": shown, "paging": paging(n_page, size, templates.len()) });
    Answer::json(&body, shown.len())
}

fn template(world: &World, n: u64, [category, status, language, text]: &[&str; 4]) -> Value {
    let names = text.split("{{").skip(1).filter_map(|it| it.split_once("}}")).map(|it| it.0);
    let params: Vec<Value> = names.map(|it| json!({ "type": "TEXT", "name": it, "example": "abc" })).collect();
    json!({
        "templateId": world.uuid("template", n), "version": "1", "sender": SENDER, "category": category,
        "status": status, "params": params, "body": [{ "language": language, "template": text }],
    })
}

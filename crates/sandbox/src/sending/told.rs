//! The bodies of webhooks about messages: statuses, what people write, preferences, and limits that have grown.
//!
//! Sources: Meta, "Webhooks reference: messages" and "Business-scoped user ids" (May 2026).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::providers::draw::Draw;
use crate::sending::codes;
use crate::sending::schedule::{Inbound, Price, State as Told, StatusEvent};
use crate::sending::settings::{Answer, StatusProfile};
use crate::sending::state::{State, World};
use crate::sending::tier::Tier;

/// One event, before it is put into a body.
pub(super) struct Item {
    pub(super) account: String,
    /// The digits and the id of the number; none if the event is of the account.
    pub(super) number: Option<(String, String)>,
    pub(super) field: &'static str,
    /// The list of the value that holds the event.
    pub(super) list: &'static str,
    pub(super) contact: Option<Value>,
    pub(super) payload: Value,
    /// When it happened, for events of the account.
    pub(super) at: i64,
}

/// Puts events into one body, in their order. Neighbours of one number, field and list share a change.
pub(super) fn body(items: &[Item]) -> Value {
    let is_same = |one: &Item, other: &Item| {
        one.number.is_some()
            && (&one.account, &one.number, one.list) == (&other.account, &other.number, other.list)
            && one.contact.is_some() == other.contact.is_some()
    };
    let entries: Vec<Value> = items.chunk_by(is_same).map(entry).collect();
    json!({ "object": "whatsapp_business_account", "entry": entries })
}

fn entry(items: &[Item]) -> Value {
    let Some(first) = items.first() else { return Value::Null };
    let Some((digits, id)) = &first.number else {
        let change = json!({ "field": first.field, "value": first.payload });
        return json!({ "id": first.account, "time": first.at, "changes": [change] });
    };
    let mut contacts: Vec<&Value> = Vec::new();
    for contact in items.iter().filter_map(|it| it.contact.as_ref()) {
        if !contacts.iter().any(|it| it["user_id"] == contact["user_id"]) {
            contacts.push(contact);
        }
    }
    let mut value = Map::new();
    value.insert("messaging_product".to_owned(), "whatsapp".into());
    value.insert("metadata".to_owned(), json!({ "display_phone_number": digits, "phone_number_id": id }));
    if !contacts.is_empty() {
        value.insert("contacts".to_owned(), json!(contacts));
    }
    value.insert(first.list.to_owned(), items.iter().map(|it| it.payload.clone()).collect());
    json!({ "id": first.account, "changes": [{ "field": first.field, "value": value }] })
}

impl State {
    /// The account of a number, and its digits with its id.
    fn place(&self, number: &str) -> (String, Option<(String, String)>) {
        let settings = self.settings.numbers.get(number);
        let digits = settings.map(|it| it.digits()).unwrap_or_default();
        (settings.map(|it| it.account.clone()).unwrap_or_default(), Some((digits, number.to_owned())))
    }

    /// A status of a message.
    pub(super) fn status_item(&self, event: &StatusEvent) -> Item {
        let StatusEvent { message, state, at, price } = event;
        let (account, number) = self.place(&message.number);
        let is_failed = matches!(state, Told::Failed(_));
        let mut status = Map::new();
        let mut put = |key: &str, value: Value| status.insert(key.to_owned(), value);
        put("id", message.wamid.clone().into());
        put("status", state.name().into());
        put("timestamp", at.as_second().to_string().into());
        if message.is_to_phone {
            put("recipient_id", message.wa_id.clone().into());
        }
        if !(is_failed && message.is_to_phone) {
            put("recipient_user_id", message.user_id.clone().into());
        }
        if let Some(opaque) = &message.opaque {
            put("biz_opaque_callback_data", opaque.clone().into());
        }
        if let Told::Failed(code) = state {
            put("errors", errors(*code));
        }
        if let Some(price) = price {
            let category = message.category.price_name(message.is_marketing_api);
            put("pricing", pricing(*price, category));
            if *price == Price::FreeEntryPoint {
                // Since version 24 only such conversations are shown.
                let id = message.wamid.replace("wamid.", "c").to_lowercase();
                put("conversation", json!({ "id": id, "origin": { "type": "referral_conversion" } }));
            }
        }
        let has_contact = !is_failed || self.settings.statuses.profile == StatusProfile::PywaCompat;
        let contact = has_contact.then(|| {
            let wa_id = message.is_to_phone.then_some(message.wa_id.as_str());
            self.contact(message.person, &message.user_id, wa_id)
        });
        Item {
            account,
            number,
            field: "messages",
            list: "statuses",
            contact,
            payload: status.into(),
            at: at.as_second(),
        }
    }

    fn contact(&self, person: u64, user_id: &str, wa_id: Option<&str>) -> Value {
        let name = self.people.get(&person).map_or("Ana", |it| it.name);
        match wa_id {
            Some(wa_id) => json!({ "profile": { "name": name }, "user_id": user_id, "wa_id": wa_id }),
            None => json!({ "profile": { "name": name }, "user_id": user_id }),
        }
    }

    /// What a person writes or does.
    pub(super) fn inbound_item(&mut self, world: World<'_>, inbound: &Inbound, at: Timestamp) -> Item {
        let (account, number) = self.place(&inbound.number);
        let portfolio = self.settings.accounts.get(&account).map(|it| it.portfolio.clone()).unwrap_or_default();
        let person = self.person(inbound.from, world);
        let user_id = person.user_id(world.population.seed, &portfolio, inbound.from);
        self.by_user_id.insert(user_id.clone(), inbound.from);
        let wa_id = inbound.from.to_string();
        let contact = Some(self.contact(inbound.from, &user_id, Some(&wa_id)));
        let (field, list, payload) = match &inbound.does {
            Answer::Writes(text) => {
                ("messages", "messages", self.said(world, inbound, &user_id, at, ("text", json!({ "body": text }))))
            }
            Answer::Presses(button) => {
                let content = json!({ "payload": button, "text": button });
                ("messages", "messages", self.said(world, inbound, &user_id, at, ("button", content)))
            }
            does => {
                let value = if *does == Answer::Stops { "stop" } else { "resume" };
                let payload = json!({
                    "wa_id": wa_id, "user_id": user_id, "category": "marketing_messages", "value": value,
                    "detail": format!("User requested to {value} marketing messages"), "timestamp": at.as_second(),
                });
                ("user_preferences", "user_preferences", payload)
            }
        };
        Item { account, number, field, list, contact, payload, at: at.as_second() }
    }

    fn said(
        &self,
        world: World<'_>,
        inbound: &Inbound,
        user_id: &str,
        at: Timestamp,
        (kind, content): (&str, Value),
    ) -> Value {
        use base64::prelude::{BASE64_STANDARD, Engine};
        let id = Draw::new(world.population.seed, &["inbound"], self.counts.inbound).bytes();
        let mut said = json!({
            "from": inbound.from.to_string(), "from_user_id": user_id,
            "id": format!("wamid.{}", BASE64_STANDARD.encode(&id[..24])),
            "timestamp": at.as_second().to_string(), "type": kind, kind: content,
        });
        if let Some(answered) = inbound.answers.as_ref().filter(|_| kind == "button") {
            let number = self.settings.numbers.get(&inbound.number).map(|it| it.digits()).unwrap_or_default();
            said["context"] = json!({ "from": number, "id": answered });
        }
        said
    }

    /// A limit that has grown, once for each account of the portfolio.
    pub(super) fn growth_items(&self, portfolio: &str, tier: Tier, at: Timestamp) -> Vec<Item> {
        let limit = match (self.settings.statuses.capability_as_number, tier.people()) {
            (false, _) => json!(tier.name()),
            (true, people) => json!(people.map_or(-1, i64::from)),
        };
        let payload = json!({
            "max_daily_conversations_per_business": limit, "max_phone_numbers_per_business": 20,
            "max_phone_numbers_per_waba": 20,
        });
        let accounts = self.settings.accounts.iter().filter(|it| it.1.portfolio == portfolio);
        let item = |account: &String| Item {
            account: account.clone(),
            number: None,
            field: "business_capability_update",
            list: "",
            contact: None,
            payload: payload.clone(),
            at: at.as_second(),
        };
        accounts.map(|it| item(it.0)).collect()
    }
}

fn pricing(price: Price, category: &str) -> Value {
    let kind = match price {
        Price::Regular => "regular",
        Price::FreeCustomerService => "free_customer_service",
        Price::FreeEntryPoint => "free_entry_point",
    };
    json!({ "billable": price == Price::Regular, "pricing_model": "PMP", "category": category, "type": kind })
}

fn errors(code: u32) -> Value {
    let title = codes::of(code).title;
    json!([{
        "code": code,
        "title": title,
        "message": title,
        "error_data": { "details": title },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }])
}

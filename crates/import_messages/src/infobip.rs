//! Reads the templates of Infobip: pages of `GET /viber/1/senders/{sender}/templates` and of
//! `GET /whatsapp/2/senders/{sender}/templates`, or the lists in them.

mod whatsapp;

use scenario::{Act, Loss, Message, Purpose, Scenario, Trigger};
use serde_json::Value;

use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, origin};
use import_base::{File, Format, ImportError, Imported, Skipped, placeholders};

/// The fields of a Viber template that are read or say nothing about its messages.
const FIELDS: [&str; 9] = ["templateId", "id", "name", "version", "sender", "category", "status", "params", "body"];

pub fn import(file: &File, imported: &mut Imported) -> Result<(), ImportError> {
    let page: Value =
        serde_json::from_slice(&file.bytes).map_err(|it| ImportError::shape(file, "templates of Infobip", it))?;
    let list = page.get("templates").or(page.get("results")).unwrap_or(&page);
    let one = std::slice::from_ref(list);
    for (template, n) in list.as_array().map_or(one, Vec::as_slice).iter().zip(1..) {
        Template::of(file, template, n).read(imported);
    }
    Ok(())
}

/// Whether the value is a template of Infobip: `GET /whatsapp/2/senders/{sender}/templates` gives no `templateId`.
pub fn is_template(value: &Value) -> bool {
    let is_whatsapp = value.get("structure").is_some_and(Value::is_object) && value.get("status").is_some();
    value.get("templateId").is_some() || is_whatsapp
}

/// A template of either channel.
struct Template<'a> {
    file: &'a File,
    value: &'a Value,
    /// The id, or its number in the file.
    id: String,
    place: String,
}

impl<'a> Template<'a> {
    fn of(file: &'a File, value: &'a Value, n: u64) -> Self {
        let known = ["templateId", "id"].iter().find_map(|it| scalar(value, it));
        let id = known.unwrap_or_else(|| n.to_string());
        let place = match scalar(value, "name") {
            Some(name) => format!("template {name} ({id})"),
            None => format!("template {id}"),
        };
        Self { file, value, id, place }
    }

    fn read(&self, imported: &mut Imported) {
        let status = scalar(self.value, "status").unwrap_or_default().to_ascii_uppercase();
        let refused = ["DECLINED", "REJECTED", "DISABLED", "DELETED", "PENDING_DELETION", "LIMIT_EXCEEDED"];
        if refused.contains(&status.as_str()) {
            return self.skip(imported, &format!("its status is {status}: customers never read it, or not any more"));
        }
        match self.value.get("structure") {
            Some(structure) => whatsapp::read(self, structure, &status, imported),
            None => self.viber(&status, imported),
        }
    }

    /// Reads a Viber template: a scenario for each of its languages.
    fn viber(&self, status: &str, imported: &mut Imported) {
        let bodies = self.value.get("body").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if bodies.is_empty() {
            self.skip(imported, "it has no text");
        }
        for body in bodies {
            let language = body.get("language").and_then(Value::as_str).unwrap_or_default();
            let text = body.get("template").and_then(Value::as_str).filter(|it| !it.trim().is_empty());
            let Some(text) = text else {
                self.skip(imported, &format!("it has no text in {language}"));
                continue;
            };
            let mut builder = ScenarioBuilder::default();
            let text = placeholders::parse(&mut builder, text);
            self.examples(&mut builder);
            self.name_status(&mut builder, "Viber", status);
            name_fields(&mut builder, "the template", self.value, &FIELDS);
            name_fields(&mut builder, "a text of the template", body, &["language", "template"]);
            builder.push("text", Act::Message(Message { text, ..Message::default() }));
            self.finish(builder, language, imported);
        }
    }

    fn finish(&self, builder: ScenarioBuilder, language: &str, imported: &mut Imported) {
        let declared = match scalar(self.value, "category").unwrap_or_default().to_ascii_uppercase().as_str() {
            "OTP" | "AUTHENTICATION" => Some(Purpose::Authentication),
            "MARKETING" | "PROMOTIONAL" => Some(Purpose::Promotion),
            "UTILITY" | "TRANSACTIONAL" => Some(Purpose::Notification),
            _ => None,
        };
        let head = ScenarioHead {
            intent: &scalar(self.value, "name").unwrap_or_else(|| format!("viber template {}", self.id)),
            language: language_of(language),
            purpose: declared.unwrap_or(Purpose::Notification),
            trigger: Trigger::Event { name: None },
            origin: origin(Format::InfobipTemplates, &self.file.path, self.place.clone()),
        };
        let category = declared.and_then(Purpose::category).map(str::to_owned);
        imported.scenarios.push(Scenario { category, ..builder.finish(head, None) });
    }

    /// Names a status in which customers have not read the template yet.
    fn name_status(&self, builder: &mut ScenarioBuilder, channel: &str, status: &str) {
        if !status.is_empty() && status != "APPROVED" {
            let what = format!("the status {status}: {channel} has not approved it");
            builder.record_loss(Loss::FieldDropped, &self.place, what);
        }
    }

    fn examples(&self, builder: &mut ScenarioBuilder) {
        for parameter in self.value.get("params").and_then(Value::as_array).into_iter().flatten() {
            name_fields(builder, "a parameter", parameter, &["type", "name", "example"]);
            let string = |key: &str| parameter.get(key).and_then(Value::as_str);
            let (Some(name), Some(example)) = (string("name"), string("example")) else { continue };
            let name = builder.slot(name);
            if let Some(slot) = builder.slots.iter_mut().find(|it| it.name == name) {
                slot.examples.push(example.to_owned());
            }
        }
    }

    fn skip(&self, imported: &mut Imported, why: &str) {
        let (file, place) = (self.file.path.clone(), self.place.clone());
        imported.skipped.push(Skipped { file, place, why: why.to_owned() });
    }
}

/// Infobip writes `no` for Norwegian, as Viber does; WhatsApp has `nb` alone.
fn language_of(language: &str) -> &str {
    match language {
        "no" | "no_NO" | "no-NO" => "nb",
        other => other,
    }
}

/// A text or a number of a field.
fn scalar(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()).filter(|it| !it.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Names the fields that are not known here.
fn name_fields(builder: &mut ScenarioBuilder, of: &str, value: &Value, known: &[&str]) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let is_empty = value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty && !known.contains(&key.as_str()) {
            builder.record_loss(Loss::FieldDropped, "text", format!("“{key}” of {of}"));
        }
    }
}

#[cfg(test)]
mod tests;

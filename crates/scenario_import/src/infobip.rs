//! Reads Infobip's Viber templates: a page of `GET /viber/1/senders/{sender}/templates`, or the list in it.

use scenario::{Act, Message, Purpose, Trigger};
use serde_json::Value;

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, origin};
use crate::{File, Format, ImportError, Imported, Skipped, placeholders};

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    for file in files {
        let page: Value =
            serde_json::from_slice(&file.bytes).map_err(|it| ImportError::shape(file, "templates of Infobip", it))?;
        let list = page.get("templates").or(page.get("results")).unwrap_or(&page);
        let one = std::slice::from_ref(list);
        for (template, n) in list.as_array().map_or(one, Vec::as_slice).iter().zip(1..) {
            read_template(file, template, n, imported);
        }
    }
    Ok(())
}

/// Reads a template: a scenario for each of its languages.
fn read_template(file: &File, template: &Value, n: u64, imported: &mut Imported) {
    let string = |key: &str| template.get(key).map(|it| it.to_string().trim_matches('"').to_owned());
    let id = string("templateId").or_else(|| string("id")).unwrap_or_else(|| n.to_string());
    let status = string("status").unwrap_or_default();
    let place = format!("template {id}");
    let skip = |why: &str| Skipped { file: file.path.clone(), place: place.clone(), why: why.to_owned() };
    if status == "DECLINED" {
        imported.skipped.push(skip("Viber declined it"));
        return;
    }
    let bodies = template.get("body").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if bodies.is_empty() {
        imported.skipped.push(skip("it has no text"));
    }
    for body in bodies {
        let language = body.get("language").and_then(Value::as_str).unwrap_or_default();
        let Some(text) = body.get("template").and_then(Value::as_str) else {
            imported.skipped.push(skip("it has no text"));
            continue;
        };
        let mut builder = ScenarioBuilder::default();
        let text = placeholders::parse(&mut builder, text);
        examples(&mut builder, template);
        builder.push("text", Act::Message(Message { text, ..Message::default() }));
        let purpose = match string("category").as_deref() {
            Some("OTP") => Purpose::Authentication,
            _ => Purpose::Notification,
        };
        let head = ScenarioHead {
            intent: &string("name").unwrap_or_else(|| format!("viber template {id}")),
            language,
            purpose,
            trigger: Trigger::Event { name: None },
            origin: origin(Format::InfobipTemplates, &file.path, place.clone()),
        };
        imported.scenarios.push(builder.finish(head, None));
    }
}

fn examples(builder: &mut ScenarioBuilder, template: &Value) {
    for parameter in template.get("params").and_then(Value::as_array).into_iter().flatten() {
        let string = |key: &str| parameter.get(key).and_then(Value::as_str);
        let (Some(name), Some(example)) = (string("name"), string("example")) else { continue };
        let name = builder.slot(name);
        if let Some(slot) = builder.slots.iter_mut().find(|it| it.name == name) {
            slot.examples.push(example.to_owned());
        }
    }
}

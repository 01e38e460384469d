//! The JSON Schema of a plan, from the structs that plans are read into, for editors.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::read::PlanFile;

/// The JSON Schema of a plan. Draft 7 without references, which every editor of TOML reads.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft07().with(|it| it.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<PlanFile>().to_value();
    schema["title"] = json!("A plan of Ferry");
    // An option for its place in the file alone: a plan without it is refused.
    schema["properties"]["verify"]["required"] = json!(["adapter"]);
    without_null(&mut schema);
    schema
}

/// Removes what a value that can be left out has in JSON and not in TOML: null as a type, a choice or a default.
fn without_null(schema: &mut Value) {
    let is_null = |it: &Value| it.is_null() || *it == "null" || it["type"] == "null";
    if let Some(object) = schema.as_object_mut() {
        object.retain(|key, value| !(key == "default" && (value.is_null() || *value == "")));
        // Names of Rust's types.
        object.retain(|key, value| key != "format" || !value.is_string());
        for key in ["type", "enum", "anyOf"] {
            let Some(Value::Array(choices)) = object.get_mut(key) else { continue };
            choices.retain(|it| !is_null(it));
            if let (1, Some(only)) = (choices.len(), choices.first().cloned()) {
                object.remove(key);
                match (key, only) {
                    ("anyOf", Value::Object(only)) => only.into_iter().for_each(|(key, value)| {
                        object.entry(key).or_insert(value);
                    }),
                    ("enum", only) => drop(object.insert("const".to_owned(), only)),
                    (key, only) => drop(object.insert(key.to_owned(), only)),
                }
            }
        }
        object.values_mut().for_each(without_null);
    } else if let Some(list) = schema.as_array_mut() {
        list.iter_mut().for_each(without_null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use crate::read::tests::PLAN;

    /// The message about a plan with a value of `[verify]`, `[whatsapp]` or `[sending]`; none if the plan is right.
    fn refused(section: &str, key: &str, value: &Value) -> Option<String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        let account = match section {
            "whatsapp" => "[whatsapp]\naccount = \"1\"\n",
            "sending" => {
                "[whatsapp]\naccount = \"1\"\nurl = \"http://127.0.0.1:1\"\n[sending]\nmode = \"sandbox\"\nnumber = \"1\"\n"
            }
            _ => "",
        };
        std::fs::write(&path, format!("{PLAN}{account}{key} = {value}\n")).unwrap();
        Plan::read(&path).err().map(|it| it.to_string())
    }

    #[test]
    fn a_range_of_the_schema_is_that_of_the_plan() {
        let schema = schema();
        let mut n_ranges = 0;
        for section in ["verify", "whatsapp", "sending"] {
            for (key, property) in schema["properties"][section]["properties"].as_object().unwrap() {
                let (Some(least), Some(most)) = (property["minimum"].as_f64(), property["maximum"].as_f64()) else {
                    continue;
                };
                n_ranges += 1;
                let value = |it: f64| match property["type"] == "integer" {
                    true => json!(it as i64),
                    false => json!(it),
                };
                for (n, is_right) in [(least, true), (most, true), (least - 1.0, false), (most + 1.0, false)] {
                    let refused = refused(section, key, &value(n));
                    assert_eq!(refused.is_none(), is_right, "{section}.{key} = {n}: {refused:?}");
                }
            }
        }
        assert_eq!(n_ranges, 23);
    }

    #[test]
    fn the_limits_of_unreadable_values_in_the_schema_are_those_of_a_plan_without_gates() {
        let default = &schema()["properties"]["gates"]["properties"]["max_unreadable"]["default"];
        for field in clean::ReadField::ALL {
            let limit = crate::GatesSection::default().max_unreadable(field);
            assert_eq!(default[field.name()].as_f64(), limit, "{}", field.name());
        }
    }
}

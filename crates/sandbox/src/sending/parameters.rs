//! Holds the parameters of a template against the template as it was approved.

use serde_json::Value;

use crate::sending::body::text;
use crate::sending::refusal::Refusal;

/// The most characters of a body with its parameters in it.
const BODY: usize = 1_024;
/// The most characters of a header with its parameter in it.
const HEADER: usize = 60;
/// The most characters of a URL with its parameter in it.
const URL: usize = 2_000;

/// Refuses parameters that do not fit the approved components.
pub(super) fn check(approved: &[Value], is_named: bool, given: &[Value]) -> Result<(), Refusal> {
    for component in given {
        let kind = text(component, "type").to_ascii_lowercase();
        if !["header", "body", "button", "carousel", "limited_time_offer"].contains(&kind.as_str()) {
            return Err(Refusal::new(132_012, format!("a component has the type \"{kind}\"")));
        }
    }
    let of = |kind: &str| approved.iter().find(|it| text(it, "type").eq_ignore_ascii_case(kind));
    if let Some(body) = of("body") {
        texts("body", text(body, "text"), is_named, parameters(given, "body"), BODY)?;
    }
    match of("header") {
        Some(header) => check_header(header, is_named, parameters(given, "header"))?,
        None if !parameters(given, "header").is_empty() => return Err(counted("header", 0, 1)),
        None => {}
    }
    let buttons = of("buttons").and_then(|it| it.get("buttons")).and_then(Value::as_array);
    check_buttons(buttons.map(Vec::as_slice).unwrap_or_default(), given)
}

/// The parameters of all components of a type that is no button.
fn parameters<'a>(given: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let of_kind = given.iter().filter(|it| text(it, "type").eq_ignore_ascii_case(kind));
    of_kind.filter_map(|it| it.get("parameters")?.as_array()).flatten().collect()
}

fn counted(place: &str, expected: usize, given: usize) -> Refusal {
    let details = format!("{place}: number of localizable_params ({given}) does not match the expected ({expected})");
    Refusal::new(132_000, details)
}

/// The names between double braces, each once.
fn placeholders(template: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for part in template.split("{{").skip(1) {
        let name = part.split("}}").next().unwrap_or_default().trim();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Checks the parameters of a text, and its length with them in it.
fn texts(place: &str, template: &str, is_named: bool, given: Vec<&Value>, most: usize) -> Result<(), Refusal> {
    let names = placeholders(template);
    if names.len() != given.len() {
        return Err(counted(place, names.len(), given.len()));
    }
    let mut length = template.chars().count();
    for parameter in given {
        let name = text(parameter, "parameter_name");
        if is_named && !names.contains(&name) {
            return Err(Refusal::new(132_012, format!("{place}: the template has no parameter \"{name}\"")));
        }
        length += value(place, parameter)?.chars().count();
    }
    length = length.saturating_sub(names.iter().map(|it| it.chars().count() + 4).sum());
    match length > most {
        true => {
            Err(Refusal::new(132_005, format!("{place}: the text has {length} characters, and {most} are allowed")))
        }
        false => Ok(()),
    }
}

/// The text that a parameter puts in.
fn value<'a>(place: &str, parameter: &'a Value) -> Result<&'a str, Refusal> {
    let value = match text(parameter, "type") {
        "text" => text(parameter, "text"),
        kind @ ("currency" | "date_time") => text(parameter.get(kind).unwrap_or(&Value::Null), "fallback_value"),
        kind => return Err(Refusal::new(132_012, format!("{place}: a parameter has the type \"{kind}\""))),
    };
    if value.is_empty() {
        return Err(Refusal::new(131_008, format!("{place}: a parameter is empty")));
    }
    if value.contains(['\n', '\r', '\t']) || value.contains("     ") {
        let details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
        return Err(Refusal::new(132_018, format!("{place}: {details}")));
    }
    Ok(value)
}

fn check_header(header: &Value, is_named: bool, given: Vec<&Value>) -> Result<(), Refusal> {
    let format = text(header, "format").to_ascii_uppercase();
    match format.as_str() {
        "" | "TEXT" => texts("header", text(header, "text"), is_named, given, HEADER),
        _ => {
            let kind = format.to_ascii_lowercase();
            let is_media = |it: &Value| {
                let file = it.get(&kind).unwrap_or(&Value::Null);
                kind == "location" || !text(file, "id").is_empty() || !text(file, "link").is_empty()
            };
            match given.as_slice() {
                [one] if text(one, "type") == kind && is_media(one) => Ok(()),
                [] => {
                    Err(Refusal::new(132_012, format!("header: Format mismatch, expected {format}, received UNKNOWN")))
                }
                _ => Err(Refusal::new(132_012, format!("header: Format mismatch, expected {format}"))),
            }
        }
    }
}

/// Checks that each button with a variable has its parameter, and that no other button has one.
fn check_buttons(buttons: &[Value], given: &[Value]) -> Result<(), Refusal> {
    let of_button = |place: usize| {
        given.iter().find(|it| text(it, "type").eq_ignore_ascii_case("button") && index(it) == Some(place))
    };
    for (place, button) in buttons.iter().enumerate() {
        let found = of_button(place);
        let list = found.and_then(|it| it.get("parameters")).and_then(Value::as_array);
        let list = list.map(Vec::as_slice).unwrap_or_default();
        let name = format!("buttons[{place}]");
        match text(button, "type").to_ascii_uppercase().as_str() {
            "URL" if text(button, "url").contains("{{") => {
                texts(&name, text(button, "url"), false, list.iter().collect(), URL)?;
            }
            "COPY_CODE" | "OTP" if list.len() != 1 => return Err(counted(&name, 1, list.len())),
            "QUICK_REPLY" if list.len() > 1 => return Err(counted(&name, 1, list.len())),
            "URL" | "PHONE_NUMBER" if !list.is_empty() => return Err(counted(&name, 0, list.len())),
            _ => {}
        }
    }
    let is_stray =
        |it: &&Value| text(it, "type").eq_ignore_ascii_case("button") && index(it).is_none_or(|at| at >= buttons.len());
    match given.iter().find(is_stray) {
        Some(_) => Err(Refusal::new(132_012, "button: the template has no button at this index")),
        None => Ok(()),
    }
}

/// The index of a button, which the documents show as a text and as a number.
fn index(component: &Value) -> Option<usize> {
    match component.get("index")? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64().map(|it| it as usize),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(template: &str, is_named: bool, parameters: Value) -> Result<(), u32> {
        let approved = [json!({ "type": "BODY", "text": template })];
        let given = [json!({ "type": "body", "parameters": parameters })];
        check(&approved, is_named, &given).map_err(|it| it.code)
    }

    fn texts(values: &[&str]) -> Value {
        values.iter().map(|it| json!({ "type": "text", "text": it })).collect()
    }

    #[test]
    fn a_body_takes_as_many_parameters_as_it_has_variables() {
        let template = "Bonjour {{1}}, le {{2}} est à vous, {{1}}.";
        assert_eq!(body(template, false, texts(&["Ana", "colis"])), Ok(()));
        assert_eq!(body(template, false, texts(&["Ana"])), Err(132_000));
        assert_eq!(body(template, false, texts(&["Ana", "colis", "x"])), Err(132_000));
        assert_eq!(body("Bonjour à vous.", false, texts(&[])), Ok(()));
    }

    #[test]
    fn a_named_parameter_has_the_name_of_a_variable() {
        let named = |name: &str| json!([{ "type": "text", "parameter_name": name, "text": "Ana" }]);
        assert_eq!(body("Bonjour {{nom}}, à bientôt.", true, named("nom")), Ok(()));
        assert_eq!(body("Bonjour {{nom}}, à bientôt.", true, named("name")), Err(132_012));
    }

    #[test]
    fn a_parameter_has_no_line_break_no_tab_and_at_most_four_spaces_in_a_row() {
        let with = |value: &str| body("Bonjour {{1}}, à bientôt.", false, texts(&[value]));
        assert_eq!([with("a    b"), with("a b")], [Ok(()), Ok(())]);
        assert_eq!([with("a     b"), with("a\nb"), with("a\tb")], [Err(132_018); 3]);
        assert_eq!(with(""), Err(131_008));
    }

    #[test]
    fn a_body_is_measured_with_its_parameters_in_it() {
        let with = |n: usize| body("Bonjour {{1}}.", false, texts(&["é".repeat(n).as_str()]));
        assert_eq!((with(1_024 - 9), with(1_024 - 8)), (Ok(()), Err(132_005)));
    }

    #[test]
    fn a_header_of_media_takes_one_file_of_its_kind() {
        let approved = [json!({ "type": "HEADER", "format": "IMAGE" }), json!({ "type": "BODY", "text": "Voilà." })];
        let with = |parameters: Value| {
            let given = [json!({ "type": "header", "parameters": parameters })];
            check(&approved, false, &given).map_err(|it| it.code)
        };
        assert_eq!(with(json!([{ "type": "image", "image": { "id": "1" } }])), Ok(()));
        assert_eq!(with(json!([{ "type": "video", "video": { "id": "1" } }])), Err(132_012));
        assert_eq!(check(&approved, false, &[]).map_err(|it| it.code), Err(132_012));
    }

    #[test]
    fn a_button_with_a_variable_needs_its_parameter() {
        let buttons = json!([
            { "type": "QUICK_REPLY", "text": "Stop" },
            { "type": "URL", "text": "Voir", "url": "https://example.com/{{1}}" },
        ]);
        let approved = [json!({ "type": "BODY", "text": "Voilà." }), json!({ "type": "BUTTONS", "buttons": buttons })];
        let check = |given: Value| check(&approved, false, given.as_array().unwrap()).map_err(|it| it.code);
        let url = |index: Value| json!([{ "type": "button", "sub_type": "url", "index": index, "parameters": [{ "type": "text", "text": "x" }] }]);
        assert_eq!([check(url(json!("1"))), check(url(json!(1)))], [Ok(()), Ok(())]);
        assert_eq!(check(json!([])), Err(132_000));
        assert_eq!(check(url(json!("4"))), Err(132_000));
        let mut stray = url(json!("1"));
        stray.as_array_mut().unwrap().push(url(json!("4"))[0].clone());
        assert_eq!(check(stray), Err(132_012));
    }
}

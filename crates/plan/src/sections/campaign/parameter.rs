//! `[campaign.step.parameters]`: what the variables of a template say to a person.

use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use toml::Spanned;

use crate::error::with_nearest;
use crate::{Plan, PlanError};

/// The fields of a person that a variable can show.
const FIELDS: [&str; 5] = ["first_name", "last_name", "name", "email", "language"];
/// A template has at most 10 buttons, counted from 0.
const MOST_BUTTON: u8 = 9;
const ATTRIBUTE: &str = "attributes.";
const TEXT: &str = "text:";

/// What the plan says of a variable; of the buttons also as a table, which is what `button.0 = "…"` is in TOML.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text such as \"first_name or text:friend\"")]
pub(crate) enum ParameterText {
    Text(String),
    OfButtons(BTreeMap<String, String>),
}

/// Where a value goes in a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterPlace {
    /// A variable of the body by its number, from 1.
    Number(u16),
    /// A variable of the body by its name.
    Name(String),
    /// The variable of a header that is a text.
    Header,
    /// The address of the file of a header that is a picture, a video or a document.
    HeaderLink,
    /// The end of the address of a button, by the place of the button from 0.
    Button(u8),
}

/// Where the value of a variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterSource {
    /// A field of the person: `first_name`, `last_name`, `name`, `email` or `language`.
    Field(String),
    /// An attribute of the person, by its name without `attributes.`.
    Attribute(String),
    /// The same text for everybody.
    Text(String),
}

/// What a variable says to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterValue {
    pub first: ParameterSource,
    /// What it says if the first says nothing.
    pub otherwise: Option<ParameterSource>,
}

impl ParameterSource {
    /// The name of the value of a person, such as `first_name` or `attributes.city`; none for a text.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Field(name) => Some(name.clone()),
            Self::Attribute(name) => Some(format!("{ATTRIBUTE}{name}")),
            Self::Text(_) => None,
        }
    }

    fn resolve<'a>(&'a self, values: &'a BTreeMap<String, String>) -> Option<&'a str> {
        let value = match (self, self.key()) {
            (Self::Text(text), _) => Some(text),
            (_, Some(key)) => values.get(&key),
            (_, None) => None,
        };
        value.map(|it| it.trim()).filter(|it| !it.is_empty())
    }
}

impl ParameterValue {
    /// What the variable says to a person with these values, by [`ParameterSource::key`]. None if they say nothing.
    pub fn resolve<'a>(&'a self, values: &'a BTreeMap<String, String>) -> Option<&'a str> {
        self.first.resolve(values).or_else(|| self.otherwise.as_ref()?.resolve(values))
    }
}

/// The parameters of a step as the plan has them.
pub(crate) type Parameters = BTreeMap<Spanned<String>, Spanned<ParameterText>>;

/// Reads and checks the parameters of a step.
pub(super) fn read(plan: &Plan, given: &Parameters) -> Result<BTreeMap<ParameterPlace, ParameterValue>, PlanError> {
    let mut parameters = BTreeMap::new();
    for (place, value) in given {
        let (at, at_value) = (place.span().start, value.span().start);
        match value.get_ref() {
            ParameterText::Text(text) => {
                let place = read_place(place.get_ref()).map_err(|it| plan.wrong(at, it))?;
                parameters.insert(place, read_value(text).map_err(|it| plan.wrong(at_value, it))?);
            }
            ParameterText::OfButtons(buttons) => {
                for (index, text) in buttons {
                    let name = format!("{}.{index}", place.get_ref());
                    let place = read_place(&name).map_err(|it| plan.wrong(at, it))?;
                    parameters.insert(place, read_value(text).map_err(|it| plan.wrong(at, it))?);
                }
            }
        }
    }
    let at = given.keys().map(|it| it.span().start).min().unwrap_or(0);
    check_places(&parameters).map_err(|it| plan.wrong(at, it))?;
    Ok(parameters)
}

/// Fails if the places cannot all be those of one template.
fn check_places(parameters: &BTreeMap<ParameterPlace, ParameterValue>) -> Result<(), String> {
    let has = |place| parameters.contains_key(&place);
    if has(ParameterPlace::Header) && has(ParameterPlace::HeaderLink) {
        return Err("parameters have header and header_link: a header is a text or a file, so give one".into());
    }
    let is_named = |it: &&ParameterPlace| matches!(it, ParameterPlace::Name(_));
    let numbers: Vec<u16> = parameters
        .keys()
        .filter_map(|it| match it {
            ParameterPlace::Number(n) => Some(*n),
            _ => None,
        })
        .collect();
    match (numbers.last(), parameters.keys().find(is_named)) {
        (Some(n), Some(ParameterPlace::Name(name))) => {
            Err(format!("parameters have the number {n} and the name \"{name}\": a template has numbers or names"))
        }
        _ => match (1..).zip(&numbers).find(|(wanted, n)| wanted != *n) {
            Some((missing, _)) => {
                Err(format!("parameters have no variable {missing}: number them from 1 without gaps"))
            }
            None => Ok(()),
        },
    }
}

/// Reads a place such as `1`, `customer_name`, `header` or `button.0`.
fn read_place(text: &str) -> Result<ParameterPlace, String> {
    let is_name = text.starts_with(|it: char| it.is_ascii_lowercase() || it == '_')
        && text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
    let number = Some(text).filter(|it| it.bytes().all(|it| it.is_ascii_digit()) && !it.starts_with('0'));
    match (text, text.strip_prefix("button."), number.and_then(|it| it.parse().ok())) {
        ("header", ..) => Ok(ParameterPlace::Header),
        ("header_link", ..) => Ok(ParameterPlace::HeaderLink),
        (_, Some(index), _) => {
            let index = Some(index).filter(|it| it.len() == 1).and_then(|it| it.parse().ok());
            index
                .filter(|it| *it <= MOST_BUTTON)
                .map(ParameterPlace::Button)
                .ok_or_else(|| format!("parameter \"{text}\": buttons are counted from button.0 to button.9"))
        }
        (_, None, Some(number)) => Ok(ParameterPlace::Number(number)),
        _ if is_name => Ok(ParameterPlace::Name(text.to_owned())),
        _ => Err(format!(
            "parameter \"{text}\": write the number or the name of a variable of the body, or header, header_link, button.0"
        )),
    }
}

/// Reads a value such as `first_name or text:friend`. What follows `text:` is one text, also with `or` in it.
fn read_value(text: &str) -> Result<ParameterValue, String> {
    let text = text.trim();
    let parts = Some(text).filter(|it| !it.starts_with(TEXT)).and_then(|it| it.split_once(" or "));
    let (first, otherwise) = parts.map_or((text, None), |(first, otherwise)| (first, Some(otherwise)));
    Ok(ParameterValue { first: read_source(first)?, otherwise: otherwise.map(read_source).transpose()? })
}

fn read_source(text: &str) -> Result<ParameterSource, String> {
    let text = text.trim();
    if let Some(literal) = text.strip_prefix(TEXT) {
        return match literal.trim() {
            "" => Err("the text after text: is empty: WhatsApp refuses empty variables".into()),
            literal => Ok(ParameterSource::Text(literal.to_owned())),
        };
    }
    if let Some(name) = text.strip_prefix(ATTRIBUTE) {
        let is_name = name.starts_with(|it: char| it.is_ascii_lowercase())
            && name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
        return match is_name {
            true => Ok(ParameterSource::Attribute(name.to_owned())),
            false => Err(format!("\"{text}\" names no attribute: write attributes. and a name of [source.attributes]")),
        };
    }
    if FIELDS.contains(&text) {
        return Ok(ParameterSource::Field(text.to_owned()));
    }
    let known = FIELDS.map(|it| format!("`{it}`")).join(", ");
    Err(with_nearest(&format!("unknown field `{text}`, expected one of {known}, `attributes.NAME`, `text:TEXT`")))
}

/// Parameters by their place.
pub(crate) fn schema(_: &mut SchemaGenerator) -> Schema {
    let source = format!(r"({}|{ATTRIBUTE}[a-z][a-z0-9_]*)", FIELDS.join("|").replace('.', r"\."));
    let source = source.replace("attributes.", r"attributes\.");
    let value =
        serde_json::json!({ "type": "string", "pattern": format!(r"^({TEXT}.+|{source}( or ({source}|{TEXT}.+))?)$") });
    let name = r"^([1-9][0-9]*|[a-z_][a-z0-9_]*|button\.[0-9])$";
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": name },
        "patternProperties": { "^button$": { "type": ["string", "object"], "additionalProperties": value.clone() } },
        "additionalProperties": value,
    })
}

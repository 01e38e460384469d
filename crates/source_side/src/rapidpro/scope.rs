//! The values that expressions can name.

use std::collections::BTreeMap;

use scenario::value_named;

use super::value::Val;
use crate::player::Player;

/// The parts of every result.
const OF_RESULT: [&str; 6] = ["name", "value", "category", "category_localized", "input", "extra"];

/// The contact, whose values every flow of a session shares.
#[derive(Debug, Default)]
pub(super) struct Contact {
    /// The values that the flow has set, by `name` or `fields.key`.
    pub(super) set: BTreeMap<String, String>,
    pub(super) groups: Vec<String>,
}

/// The values of one run of a flow.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) results: BTreeMap<String, Val>,
    pub(super) locals: BTreeMap<String, String>,
    pub(super) input: String,
    /// The answer of the last call.
    pub(super) webhook: BTreeMap<String, String>,
    pub(super) webhook_status: f64,
    /// The flow that was entered last: how it ended, and its results.
    pub(super) child: (String, BTreeMap<String, Val>),
    /// The results of the flow that entered this one.
    pub(super) parent: BTreeMap<String, Val>,
}

pub(super) struct Scope<'a, 'b> {
    pub(super) contact: &'a Contact,
    pub(super) values: &'a Values,
    pub(super) player: &'a mut Player<'b>,
    /// For a decision, a value that the script does not give is empty and noted here.
    pub(super) asked: Option<&'a mut Vec<String>>,
}

impl Scope<'_, '_> {
    /// The value of a path such as `results.city.category`.
    pub(super) fn path(&mut self, path: &str) -> Val {
        let parts: Vec<&str> = path.split('.').collect();
        match parts.as_slice() {
            ["contact", "fields", rest @ ..] | ["fields", rest @ ..] => self.of_contact("fields", rest),
            ["contact", "groups"] => Val::Text(self.contact.groups.join(", ")),
            ["contact"] | ["contact", "name"] => self.of_contact("name", &[]),
            ["contact", "first_name"] => self.first_name(),
            ["contact", ..] => self.unknown(path),
            ["results", name, rest @ ..] => self.result(path, name, rest),
            ["locals", name] => Val::Text(self.values.locals.get(*name).cloned().unwrap_or_default()),
            ["input"] | ["input", "text"] => Val::Text(self.values.input.clone()),
            ["webhook", "status"] => Val::Number(self.values.webhook_status),
            ["webhook", rest @ ..] | ["legacy_extra", rest @ ..] => self.answer(path, rest),
            ["child", "status"] | ["child", "run", "status"] => Val::Text(self.values.child.0.clone()),
            ["child", "results", name, rest @ ..] => part(self.values.child.1.get(*name), rest),
            ["parent", "results", name, rest @ ..] => part(self.values.parent.get(*name), rest),
            ["run", "results", name, rest @ ..] => self.result(path, name, rest),
            _ => self.unknown(path),
        }
    }

    /// A value that only the business knows.
    pub(super) fn unknown(&mut self, name: &str) -> Val {
        match (&mut self.asked, self.player.given(name)) {
            (_, Some(value)) => Val::Text(value.to_owned()),
            (Some(asked), None) => {
                asked.push(name.to_owned());
                Val::Nil
            }
            (None, None) => Val::Text(self.player.value(name)),
        }
    }

    fn of_contact(&mut self, kind: &str, rest: &[&str]) -> Val {
        let key = [&[kind], rest].concat().join(".");
        let name = if kind == "name" { "contact.name".to_owned() } else { key.clone() };
        match self.contact.set.get(&key) {
            Some(value) => Val::Text(value.clone()),
            None => self.unknown(&name),
        }
    }

    fn first_name(&mut self) -> Val {
        let known = self.contact.set.get("name").cloned();
        let known = known.or_else(|| {
            let name = self.player.given("contact.name")?;
            (self.player.given("contact.first_name") == Some(name) || self.player.given("contact.first_name").is_none())
                .then(|| name.to_owned())
        });
        match known {
            Some(name) => Val::Text(name.split_whitespace().next().unwrap_or_default().to_owned()),
            None => self.unknown("contact.first_name"),
        }
    }

    fn result(&mut self, path: &str, name: &str, rest: &[&str]) -> Val {
        match (self.values.results.get(name), rest) {
            (Some(_), ["extra", key @ ..]) if !self.values.webhook.is_empty() => self.answer(path, key),
            (Some(result), ["extra", ..]) if result.get("extra") == Val::Nil => self.unknown(path),
            // Calls of Glific put what they brought into the result itself.
            (Some(result), [key, ..]) if result.get(key) == Val::Nil && !OF_RESULT.contains(key) => {
                self.answer(path, rest)
            }
            (Some(result), rest) => part(Some(result), rest),
            // A result that the flow never saves comes from outside.
            (None, _) => Val::Nil,
        }
    }

    /// A value of the answer of the last call.
    fn answer(&mut self, path: &str, rest: &[&str]) -> Val {
        let name = rest.iter().filter(|it| **it != "json").copied().collect::<Vec<_>>().join(".");
        match value_named(&self.values.webhook, &name) {
            Some(value) => Val::Text(value.to_owned()),
            None => self.unknown(path),
        }
    }
}

fn part(value: Option<&Val>, rest: &[&str]) -> Val {
    let value = value.cloned().unwrap_or_default();
    rest.iter().fold(value, |value, key| value.get(key))
}

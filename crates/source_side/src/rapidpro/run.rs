//! Runs a flow: node after node, and the flows that it enters.

use std::collections::BTreeMap;

use scenario::{Input, MediaKind, Shown};
use serde_json::Value;

use super::definition::{Definition, Flow, Node, texts};
use super::scope::{Contact, Scope, Values};
use super::value::Val;
use super::{case, expression};
use crate::json::list;
use crate::player::{Player, Reply, Trace, something_else, typed};

/// Limits how deep flows enter each other.
const DEEPEST: usize = 20;

pub(super) fn run(definition: &Definition, flow: usize, language: &str, player: Player<'_>) -> Trace {
    let mut session = Session {
        definition,
        language: language.to_owned(),
        contact: Contact::default(),
        player,
        is_first: true,
        depth: 0,
    };
    // A message after the end of the flow can start it again.
    while session.begin(flow).is_some() && session.definition.is_begun_by_customer(flow) && session.player.has_inputs()
    {
    }
    session.player.trace
}

struct Session<'a> {
    definition: &'a Definition,
    language: String,
    contact: Contact,
    player: Player<'a>,
    /// Whether the message that started the session has not been used by a wait yet.
    is_first: bool,
    depth: usize,
}

/// How a flow ended.
enum Ended {
    Completed,
    /// The flow that entered it ends too.
    Handed,
}

impl<'a> Session<'a> {
    fn begin(&mut self, flow: usize) -> Option<()> {
        let mut input = String::new();
        let definition = self.definition;
        if definition.is_begun_by_customer(flow) {
            let keywords = || {
                let mut inputs: Vec<Input> = definition.keywords(flow).into_iter().map(Input::Say).collect();
                inputs.push(something_else());
                inputs
            };
            loop {
                input = self.player.reply("start", None, keywords)?.text();
                if definition.starts(flow, &input) {
                    break;
                }
            }
        }
        self.is_first = definition.is_begun_by_customer(flow);
        self.flow(flow, input, BTreeMap::new()).map(|_| ())
    }

    /// Runs a flow to its end; none if the script ended before.
    fn flow(
        &mut self,
        flow: usize,
        input: String,
        parent: BTreeMap<String, Val>,
    ) -> Option<(Ended, BTreeMap<String, Val>)> {
        let flow = self.definition.flows.get(flow)?;
        let mut values = Values { input, parent, ..Values::default() };
        let mut at = flow.nodes.first();
        while let Some(node) = at {
            if !self.player.goes_on() {
                return None;
            }
            let mut entered = None;
            for action in &node.actions {
                self.action(flow, node, action, &mut values, &mut entered)?;
            }
            if let Some((child, is_terminal)) = entered {
                if self.depth >= DEEPEST {
                    return None;
                }
                self.depth += 1;
                let ended = self.flow(child, values.input.clone(), values.results.clone())?;
                self.depth -= 1;
                values.child = ("completed".to_owned(), ended.1);
                if is_terminal || matches!(ended.0, Ended::Handed) {
                    return Some((Ended::Handed, values.results));
                }
            }
            let exit = self.route(flow, node, &mut values)?;
            let goal = node.exits.iter().find(|it| Some(&it.0) == exit.as_ref()).and_then(|it| it.1.as_deref());
            self.player.takes(&node.label(), exit.as_deref().unwrap_or("end"));
            self.is_first = false;
            at = goal.and_then(|it| flow.node(it));
        }
        Some((Ended::Completed, values.results))
    }

    fn fill(&mut self, text: &str, values: &Values) -> String {
        expression::fill(text, &mut self.scope(values))
    }

    fn scope<'s>(&'s mut self, values: &'s Values) -> Scope<'s, 'a> {
        Scope { contact: &self.contact, values, player: &mut self.player, asked: None }
    }

    fn action(
        &mut self,
        flow: &Flow,
        node: &Node,
        action: &Value,
        values: &mut Values,
        entered: &mut Option<(usize, bool)>,
    ) -> Option<()> {
        let text = |key: &str| action[key].as_str().unwrap_or_default();
        match text("type") {
            "send_msg" | "say_msg" => self.send(flow, node, action, values),
            "set_contact_name" => {
                let name = self.fill(text("name"), values);
                self.contact.set.insert("name".to_owned(), name);
            }
            "set_contact_field" => {
                let key = action["field"]["key"].as_str().unwrap_or_default().to_lowercase();
                let value = self.fill(text("value"), values);
                self.contact.set.insert(format!("fields.{key}"), value);
            }
            "set_contact_language" => {
                let language = self.fill(text("language"), values);
                if flow.languages().contains(&language) {
                    self.language = language;
                }
            }
            "add_contact_groups" => {
                let names = list(&action["groups"]).iter().filter_map(|it| it["name"].as_str().or(it["uuid"].as_str()));
                self.contact.groups.extend(names.map(str::to_owned));
            }
            "set_run_result" => {
                let value = self.fill(text("value"), values);
                save(values, text("name"), Val::Text(value.clone()), text("category"), &value);
            }
            "set_run_local" => {
                let value = self.fill(text("value"), values);
                let name = text("local").to_lowercase();
                match text("operation") {
                    "clear" => values.locals.remove(&name),
                    "increment" => {
                        let before = values.locals.get(&name).and_then(|it| it.parse::<f64>().ok()).unwrap_or_default();
                        let by = value.parse::<f64>().unwrap_or(1.0);
                        values.locals.insert(name, Val::Number(before + by).text())
                    }
                    _ => values.locals.insert(name, value),
                };
            }
            "enter_flow" => {
                let child = self.definition.position(action["flow"]["uuid"].as_str().unwrap_or_default());
                if child.is_none() {
                    // A flow that is not in the file is decided by the script.
                    let name = action["flow"]["name"].as_str().unwrap_or_default();
                    let answer = self.player.answer(&node.label(), &format!("flow {name}"))?;
                    values.child = (if answer.ok { "completed" } else { "expired" }.to_owned(), BTreeMap::new());
                }
                *entered = child.map(|it| (it, action["terminal"].as_bool().unwrap_or(false)));
            }
            kind @ ("call_webhook" | "call_resthook" | "call_classifier" | "call_llm" | "open_ticket"
            | "transfer_airtime") => {
                return self.call(node, kind, action, values);
            }
            _ => {}
        }
        Some(())
    }

    fn send(&mut self, flow: &Flow, node: &Node, action: &Value, values: &Values) {
        let uuid = action["uuid"].as_str().unwrap_or_default();
        let said = |key: &str| flow.translated(&self.language, uuid, key).unwrap_or_else(|| texts(&action[key]));
        let (said, files, replies) = (said("text"), said("attachments"), said("quick_replies"));
        let mut shown = Shown::at(&node.label());
        for file in files.iter().filter(|it| !it.is_empty()) {
            let (kind, url) = file.split_once(':').unwrap_or(("image", file));
            let url = self.fill(url, values);
            shown.media(MediaKind::of(kind.split('/').next().unwrap_or(kind)), &url);
        }
        let text = self.fill(said.first().map(String::as_str).unwrap_or_default(), values);
        shown.text(&text);
        for reply in &replies {
            let label = self.fill(reply.split('\n').next().unwrap_or(reply), values);
            shown.tap(&label, None);
        }
        self.player.show(shown);
    }

    fn call(&mut self, node: &Node, kind: &str, action: &Value, values: &mut Values) -> Option<()> {
        let answer = self.player.answer(&node.label(), kind)?;
        let status = answer.values.get("status").and_then(|it| it.parse().ok());
        values.webhook_status = status.unwrap_or(if answer.ok { 200.0 } else { 503.0 });
        let is_good = answer.ok && (200.0..300.0).contains(&values.webhook_status);
        let name = action["result_name"].as_str().or(action["output_local"].as_str()).unwrap_or_default();
        if let Some(local) = action["output_local"].as_str() {
            let output = answer.values.get(local).or(answer.values.get("output")).cloned().unwrap_or_default();
            values.locals.insert(local.to_lowercase(), if is_good { output } else { "<ERROR>".to_owned() });
        }
        save(values, name, Val::Number(values.webhook_status), if is_good { "Success" } else { "Failure" }, "");
        values.webhook = answer.values;
        Some(())
    }

    /// The exit that the router of a node chooses.
    fn route(&mut self, flow: &Flow, node: &Node, values: &mut Values) -> Option<Option<String>> {
        let Some(router) = &node.router else { return Some(node.exits.first().map(|it| it.0.clone())) };
        let categories = list(&router["categories"]);
        if router["wait"].is_object() && !self.is_started_by_wait(flow, node) {
            let timeout = &router["wait"]["timeout"];
            let inputs = self.candidates(flow, router, timeout["seconds"].as_u64());
            match self.player.reply(&node.label(), timeout["seconds"].as_u64(), || inputs)? {
                Reply::TimedOut => {
                    let category = category(categories, timeout["category_uuid"].as_str());
                    return Some(self.take(router, category, Val::Nil, "", values));
                }
                reply => values.input = reply.text(),
            }
        }
        if router["type"] == "random" {
            let n = self.player.chance(&node.label(), categories.len())?;
            return Some(self.take(router, categories.get(n), Val::Nil, "", values));
        }
        let (operand, category, matched) = self.decide(flow, node, router, values);
        let operand = operand.text();
        let matched = matched.unwrap_or_else(|| Val::Text(operand.clone()));
        Some(self.take(router, category, matched, &operand, values))
    }

    /// Whether this node is the first of the session and waits for a message. A message that started the session is that
    /// message, so the engine does not wait there.
    fn is_started_by_wait(&self, flow: &Flow, node: &Node) -> bool {
        self.is_first && self.depth == 0 && flow.nodes.first().is_some_and(|it| it.uuid == node.uuid)
    }

    /// Evaluates the operand and the cases, and returns the category with what was matched.
    fn decide<'r>(
        &mut self,
        flow: &Flow,
        node: &Node,
        router: &'r Value,
        values: &Values,
    ) -> (Val, Option<&'r Value>, Option<Val>) {
        let mut asked = Vec::new();
        let operand = router["operand"].as_str().unwrap_or("@input.text");
        let mut scope = Scope { contact: &self.contact, values, player: &mut self.player, asked: Some(&mut asked) };
        let operand = expression::value(operand, &mut scope);
        let categories = list(&router["categories"]);
        for name in asked {
            let samples = list(&router["cases"]).iter().flat_map(|it| self.samples(flow, it));
            let values = samples.chain([String::new(), "zzz".to_owned()]).collect();
            self.player.decides(&node.label(), &name, values);
        }
        for it in list(&router["cases"]) {
            let arguments = self.arguments(flow, it);
            let mut scope = self.scope(values);
            let arguments: Vec<Val> = arguments.iter().map(|it| expression::value(it, &mut scope)).collect();
            let kind = it["type"].as_str().unwrap_or_default();
            let matched = match kind {
                "has_group" => self.is_in_group(it).then(|| operand.clone()),
                _ => case::test(kind, &operand, &arguments),
            };
            if let Some(matched) = matched {
                return (operand, category(categories, it["category_uuid"].as_str()), Some(matched));
            }
        }
        (operand, category(categories, router["default_category_uuid"].as_str()), None)
    }

    fn is_in_group(&self, case: &Value) -> bool {
        texts(&case["arguments"]).iter().any(|it| self.contact.groups.contains(it))
    }

    fn arguments(&self, flow: &Flow, case: &Value) -> Vec<String> {
        let uuid = case["uuid"].as_str().unwrap_or_default();
        flow.translated(&self.language, uuid, "arguments").unwrap_or_else(|| texts(&case["arguments"]))
    }

    fn samples(&self, flow: &Flow, case: &Value) -> Vec<String> {
        case::samples(case["type"].as_str().unwrap_or_default(), &self.arguments(flow, case))
    }

    /// What a customer may answer: the buttons that are shown, a text for each case, something else, and nothing.
    fn candidates(&self, flow: &Flow, router: &Value, timeout: Option<u64>) -> Vec<Input> {
        let buttons = self.player.trace.shown.last().into_iter().flat_map(|it| &it.lines);
        let labels = buttons.filter_map(|it| it.strip_prefix('[')?.strip_suffix(']'));
        let mut inputs: Vec<Input> = labels.map(|it| Input::Press(it.to_owned())).collect();
        let samples = list(&router["cases"]).iter().flat_map(|it| self.samples(flow, it));
        for input in samples.flat_map(|it| typed(&it)).chain([something_else()]).chain(timeout.map(Input::Wait)) {
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        inputs
    }

    /// Saves the result of a router and returns its exit.
    fn take(
        &mut self,
        router: &Value,
        category: Option<&Value>,
        value: Val,
        input: &str,
        values: &mut Values,
    ) -> Option<String> {
        let name = category.and_then(|it| it["name"].as_str()).unwrap_or_default();
        save(values, router["result_name"].as_str().unwrap_or_default(), value, name, input);
        category.and_then(|it| it["exit_uuid"].as_str()).map(str::to_owned)
    }
}

fn category<'v>(categories: &'v [Value], uuid: Option<&str>) -> Option<&'v Value> {
    categories.iter().find(|it| it["uuid"].as_str() == uuid)
}

/// Saves a result under the key that expressions use: small letters, digits and `_`.
fn save(values: &mut Values, name: &str, value: Val, category: &str, input: &str) {
    if name.is_empty() {
        return;
    }
    let key: String = name.to_lowercase().chars().map(|it| if it.is_alphanumeric() { it } else { '_' }).collect();
    let text = value.text();
    let fields = [
        ("value", Val::Text(text.clone())),
        ("category", Val::Text(category.to_owned())),
        ("category_localized", Val::Text(category.to_owned())),
        ("input", Val::Text(input.to_owned())),
        ("name", Val::Text(name.to_owned())),
        ("extra", if matches!(value, Val::Object(..)) { value } else { Val::Nil }),
    ];
    let fields = fields.into_iter().map(|it| (it.0.to_owned(), it.1)).collect();
    values.results.insert(key, Val::Object(text, fields));
}

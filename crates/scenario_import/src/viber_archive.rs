//! Reads dialogues of a Viber bot: what its webhook received and what it sent, one JSON object per line.
//!
//! Lines with `event` were received; lines with `receiver` were sent by the bot. Each message of the bot is a step; the
//! answers of customers, and what the bot sent next, are the routes between steps. If the bot sent different messages
//! after the same answer, the most frequent one counts and the others are listed as losses. Text that only one person
//! typed is never repeated, because it may be personal data.

use std::collections::{BTreeMap, HashMap};

use scenario::{Accepts, Act, Choice, Goal, Loss, Message, Purpose, Question, Trigger};
use serde_json::Value;

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of, origin};
use crate::viber_messages::{lower_keys, message};
use crate::{File, Format, ImportError, Imported, Skipped};

/// Whether the first lines are events or messages of a bot.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    let lines = bytes.split(|it| *it == b'\n').filter(|it| !it.trim_ascii().is_empty()).take(3);
    let values: Vec<Option<Value>> = lines.map(|it| serde_json::from_slice(it).ok()).collect();
    let is_line =
        |it: &Option<Value>| it.as_ref().is_some_and(|it| it.get("event").is_some() || it.get("receiver").is_some());
    !values.is_empty() && values.iter().all(is_line)
}

/// One turn of a dialogue.
struct Turn {
    at: i64,
    line: usize,
    who: String,
    said: Utterance,
}

enum Utterance {
    /// The bot's message, with a key that is equal for equal messages.
    Bot(String, Value),
    /// What the customer wrote, tapped or did.
    Customer(String),
}

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    let mut turns = Vec::new();
    for file in files {
        for (line, n) in file.bytes.split(|it| *it == b'\n').zip(1..) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Value>(line) {
                Ok(value) => turns.extend(turn(&lower_keys(&value), n)),
                Err(_) => imported.skipped.push(Skipped {
                    file: file.path.clone(),
                    place: format!("line {n}"),
                    why: "it is not JSON".to_owned(),
                }),
            }
        }
    }
    turns.sort_by(|a, b| (&a.who, a.at, a.line).cmp(&(&b.who, b.at, b.line)));
    let file = files.first().map(|it| it.path.clone()).unwrap_or_default();
    if let Some(scenario) = dialogue(&turns, &file) {
        imported.scenarios.push(scenario);
    }
    Ok(())
}

fn turn(value: &Value, line: usize) -> Option<Turn> {
    let string = |it: &Value| it.as_str().map(str::to_owned);
    let at = value.get("timestamp").and_then(Value::as_i64).unwrap_or(0);
    if let Some(who) = value.get("receiver").and_then(string) {
        let shown = ["type", "text", "keyboard", "rich_media", "media", "location"];
        let content: BTreeMap<&str, &Value> = shown.into_iter().filter_map(|it| Some((it, value.get(it)?))).collect();
        let key = serde_json::to_string(&content).ok()?;
        return Some(Turn { at, line, who, said: Utterance::Bot(key, value.clone()) });
    }
    match value.get("event")?.as_str()? {
        "message" => {
            let who = value.get("sender")?.get("id").and_then(string)?;
            let message = value.get("message")?;
            let text = message.get("text").and_then(Value::as_str);
            let kind = message.get("type").and_then(Value::as_str).unwrap_or("text");
            let said = match kind {
                "text" => text?.trim().to_owned(),
                other => format!("({other})"),
            };
            Some(Turn { at, line, who, said: Utterance::Customer(said) })
        }
        "conversation_started" => {
            let who = value.get("user")?.get("id").and_then(string)?;
            Some(Turn { at, line, who, said: Utterance::Customer("(started)".to_owned()) })
        }
        // Events such as delivered, seen and subscribed carry no message.
        _ => None,
    }
}

/// How often each message followed each answer.
#[derive(Default)]
struct Transitions<'a> {
    /// The bot's messages, in the order of their first use.
    messages: Vec<(&'a str, &'a Value)>,
    numbers: HashMap<&'a str, usize>,
    /// By the message before (none at the beginning) and the answer (empty if there was none): how often each message
    /// came.
    next_messages: BTreeMap<(Option<usize>, String), BTreeMap<usize, u64>>,
}

fn dialogue(turns: &[Turn], file: &str) -> Option<scenario::Scenario> {
    let transitions = count_transitions(turns);
    if transitions.messages.is_empty() {
        return None;
    }
    let mut builder = ScenarioBuilder::default();
    let ids: Vec<String> = (1..=transitions.messages.len()).map(|n| format!("message_{n}")).collect();
    let most = |next_messages: &BTreeMap<usize, u64>| {
        next_messages.iter().max_by_key(|it| (it.1, std::cmp::Reverse(it.0))).map(|it| *it.0)
    };
    for ((from, answer), next_messages) in &transitions.next_messages {
        let place = from.map_or("the beginning", |it| ids[it].as_str());
        let winner = most(next_messages);
        for (to, n) in next_messages.iter().filter(|it| Some(*it.0) != winner) {
            let answer = if is_common(next_messages) { format!("“{answer}”") } else { "other words".to_owned() };
            builder.record_loss(Loss::RouteDropped, place, format!("after {answer} {n} times {} instead", ids[*to]));
        }
    }
    let goal = |from: usize, answer: &str| -> Goal {
        transitions.next_messages.get(&(Some(from), answer.to_owned())).and_then(most).map(|it| ids[it].clone())
    };
    let mut said = String::new();
    for (n, (_, value)) in transitions.messages.iter().enumerate() {
        let Some(message) = message(&mut builder, value, &ids[n]) else { continue };
        said += &format!("{} ", message.text);
        let act = step(&mut builder, &transitions, n, message, &goal, &ids);
        builder.push(&ids[n], act);
    }
    let first = transitions
        .next_messages
        .iter()
        .filter(|it| it.0.0.is_none() && !it.0.1.starts_with('(') && !it.0.1.is_empty());
    let phrases: Vec<String> = first.filter(|it| is_common(it.1)).map(|it| it.0.1.clone()).take(20).collect();
    let name = format!("viber {}", name_of(&said));
    let start =
        transitions.next_messages.iter().filter(|it| it.0.0.is_none()).flat_map(|it| it.1.iter()).max_by_key(|it| it.1);
    let start = start.map(|it| ids[*it.0].clone());
    let head = ScenarioHead {
        intent: &name,
        language: "",
        purpose: Purpose::Conversation,
        trigger: Trigger::Message { phrases },
        origin: origin(Format::ViberArchive, file, format!("{} turns", turns.len())),
    };
    Some(builder.finish(head, start.as_deref()))
}

/// Whether several people gave this answer: a dialogue begins once per person.
fn is_common(next_messages: &BTreeMap<usize, u64>) -> bool {
    next_messages.values().sum::<u64>() > 1
}

fn count_transitions(turns: &[Turn]) -> Transitions<'_> {
    let mut transitions = Transitions::default();
    for person in turns.chunk_by(|a, b| a.who == b.who) {
        let (mut last, mut answer) = (None, String::new());
        for turn in person {
            match &turn.said {
                Utterance::Customer(text) => answer = text.clone(),
                Utterance::Bot(key, value) => {
                    let n_known = transitions.messages.len();
                    let n = *transitions.numbers.entry(key).or_insert(n_known);
                    if n == n_known {
                        transitions.messages.push((key, value));
                    }
                    let next_messages =
                        transitions.next_messages.entry((last, std::mem::take(&mut answer))).or_default();
                    *next_messages.entry(n).or_default() += 1;
                    last = Some(n);
                }
            }
        }
    }
    transitions
}

fn step(
    builder: &mut ScenarioBuilder,
    transitions: &Transitions<'_>,
    n: usize,
    mut message: Message,
    goal: &impl Fn(usize, &str) -> Goal,
    ids: &[String],
) -> Act {
    let answers: Vec<&String> =
        transitions.next_messages.keys().filter(|it| it.0 == Some(n) && !it.1.is_empty()).map(|it| &it.1).collect();
    let mut known = Vec::new();
    for choice in &mut message.choices {
        match choice {
            Choice::Reply { title, value, next, .. } => {
                let body = value.clone().unwrap_or_else(|| title.clone());
                *next = goal(n, &body).or_else(|| goal(n, title));
                known.extend([body, title.clone()]);
            }
            Choice::ShareLocation { next, .. } => {
                *next = goal(n, "(location)");
                known.push("(location)".to_owned());
            }
            Choice::SharePhone { next, .. } => {
                *next = goal(n, "(contact)");
                known.push("(contact)".to_owned());
            }
            Choice::Link { .. } | Choice::Phone { .. } | Choice::CopyCode { .. } | Choice::Form { .. } => {}
        }
    }
    let free: Vec<&&String> = answers.iter().filter(|it| !known.contains(it)).collect();
    message.next = goal(n, "").or_else(|| free.iter().find_map(|it| goal(n, it)));
    // Free text leads to the message that followed most often.
    let mut other: BTreeMap<&str, u64> = BTreeMap::new();
    for answer in &free {
        for (to, n_times) in transitions.next_messages.get(&(Some(n), (**answer).clone())).into_iter().flatten() {
            *other.entry(&ids[*to]).or_default() += n_times;
        }
    }
    if let Some((to, _)) = other.iter().max_by_key(|it| (it.1, std::cmp::Reverse(it.0))) {
        message.next = Some((*to).to_owned());
        for (other, n_times) in other.iter().filter(|it| it.0 != to) {
            builder.record_loss(
                Loss::RouteDropped,
                &ids[n],
                format!("after other words, {n_times} times {other} instead"),
            );
        }
    }
    if message.choices.is_empty() && !free.is_empty() && goal(n, "").is_none() {
        let slot = builder.slot(&format!("answer {}", n + 1));
        return Act::Question(Question {
            text: message.text,
            slot,
            accepts: Accepts::Text,
            next: message.next,
            timeout: None,
        });
    }
    Act::Message(message)
}

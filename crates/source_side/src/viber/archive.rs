//! An archive: callbacks of the customer and bodies of the bot's messages, in the order in which they were written.

use scenario::Input;
use serde_json::Value;

use super::message::Message;
use crate::player::{Player, Reply, Trace, something_else};

#[derive(Debug, Default)]
pub(crate) struct Archive {
    people: Vec<Person>,
}

/// The dialogue of one customer.
#[derive(Debug, Default)]
struct Person {
    id: String,
    name: String,
    turns: Vec<Turn>,
}

#[derive(Debug)]
enum Turn {
    Said(String),
    Sent(Message),
}

impl Archive {
    /// Reads callbacks and messages. The order of the lines counts: a message has no time of its own.
    pub(super) fn read(lines: &[Value]) -> Self {
        let mut archive = Self::default();
        for line in lines {
            match line["event"].as_str() {
                Some("message") => archive.said(line),
                Some("conversation_started" | "subscribed") => {
                    archive.person(&line["user"]);
                }
                Some(_) => {}
                None => archive.sent(line),
            }
        }
        archive
    }

    pub(super) fn is_empty(&self) -> bool {
        let is_sent = |it: &Person| it.turns.iter().any(|it| matches!(it, Turn::Sent(_)));
        !self.people.iter().any(is_sent)
    }

    fn person(&mut self, user: &Value) -> &mut Person {
        let id = user["id"].as_str().unwrap_or_default();
        let at = self.people.iter().position(|it| it.id == id).unwrap_or(self.people.len());
        if at == self.people.len() {
            self.people.push(Person { id: id.to_owned(), ..Person::default() });
        }
        let person = &mut self.people[at];
        if let Some(name) = user["name"].as_str() {
            name.clone_into(&mut person.name);
        }
        person
    }

    fn said(&mut self, line: &Value) {
        let message = &line["message"];
        let kind = message["type"].as_str().unwrap_or_default();
        let text = message["text"].as_str().filter(|it| !it.is_empty()).map_or(format!("({kind})"), str::to_owned);
        self.person(&line["sender"]).turns.push(Turn::Said(text));
    }

    fn sent(&mut self, line: &Value) {
        // A line may wrap the body of the request.
        let body = ["body", "request", "payload"].iter().map(|it| &line[*it]).find(|it| it.is_object()).unwrap_or(line);
        let Some(message) = Message::read(body) else { return };
        let list = body["broadcast_list"].as_array();
        let alone = std::slice::from_ref(&body["receiver"]);
        for receiver in list.map_or(alone, Vec::as_slice).iter().filter(|it| it.is_string()) {
            let user = serde_json::json!({ "id": receiver });
            self.person(&user).turns.push(Turn::Sent(message.clone()));
        }
    }

    pub(super) fn play(&self, player: Player<'_>) -> Trace {
        let mut run = Run { archive: self, player, history: Vec::new(), last: None };
        run.begin();
        while run.player.goes_on() && run.turn().is_some() {}
        run.player.trace
    }
}

struct Run<'a> {
    archive: &'a Archive,
    player: Player<'a>,
    /// All that was said so far.
    history: Vec<String>,
    last: Option<&'a Message>,
}

/// Where somebody said something: the person, and the number of the turn.
type Place = (usize, usize);

impl<'a> Run<'a> {
    /// A dialogue that the bot began begins with the same messages, unless the customer writes first.
    fn begin(&mut self) {
        let begins = |it: &Person| matches!(it.turns.first(), Some(Turn::Sent(_)));
        let has_written = self.archive.people.iter().any(|it| matches!(it.turns.first(), Some(Turn::Said(_))));
        if let Some(at) = self.archive.people.iter().position(begins).filter(|_| !has_written) {
            self.say(at, 0, None);
        }
    }

    fn turn(&mut self) -> Option<()> {
        let place = self.history.last().cloned().unwrap_or_else(|| "start".to_owned());
        let inputs = self.candidates();
        let reply = self.player.reply(&place, None, || inputs)?;
        let said = match &reply {
            Reply::Tap(label) => {
                let button = self.last.iter().flat_map(|it| &it.buttons).find(|it| it.label == label.trim());
                button.map_or(label.clone(), |it| it.body.clone())
            }
            reply => reply.text(),
        };
        let found = self.said(&said);
        // A free answer: what others wrote at the same place, with this answer in its place.
        let free = || self.free().map(|(at, text)| (at, Some((text, said.clone()))));
        let found = found.map(|it| (it, None)).or_else(free);
        self.player.takes(&place, &said);
        self.history.push(said);
        if let Some(((person, turn), instead)) = found {
            self.say(person, turn + 1, instead);
        }
        Some(())
    }

    /// The place where this was said after most of the same history.
    fn said(&self, text: &str) -> Option<Place> {
        let is_it = |it: &str| it.trim().to_lowercase() == text.trim().to_lowercase();
        let places = self.places().filter(|it| is_it(it.1)).map(|it| it.0);
        places.map(|it| (self.agreed(it), it)).rev().max_by_key(|it| it.0).map(|it| it.1)
    }

    /// A place after the same last turn where somebody wrote freely, and what they wrote.
    fn free(&self) -> Option<(Place, String)> {
        let bodies = |text: &str| self.last.iter().flat_map(|it| &it.buttons).any(|it| it.body == text);
        let places = self.places().filter(|it| !bodies(it.1) && self.agreed(it.0) > 0);
        places.max_by_key(|it| self.agreed(it.0)).map(|it| (it.0, it.1.to_owned()))
    }

    fn places(&self) -> impl DoubleEndedIterator<Item = (Place, &'a str)> + use<'a> {
        let mut places = Vec::new();
        for (person, it) in self.archive.people.iter().enumerate() {
            for (turn, it) in it.turns.iter().enumerate() {
                if let Turn::Said(text) = it {
                    places.push(((person, turn), text.as_str()));
                }
            }
        }
        places.into_iter()
    }

    /// How many turns before a place are the last turns of the history.
    fn agreed(&self, (person, turn): Place) -> usize {
        let turns = &self.archive.people[person].turns[..turn];
        let said = turns.iter().rev().filter_map(|it| match it {
            Turn::Said(text) => Some(text.trim().to_lowercase()),
            Turn::Sent(_) => None,
        });
        said.zip(self.history.iter().rev()).take_while(|it| it.0 == it.1.trim().to_lowercase()).count()
    }

    /// Shows what the bot sent from a turn on, with the customer's own name and answer.
    fn say(&mut self, person: usize, from: usize, instead: Option<(String, String)>) {
        let person = &self.archive.people[person];
        for turn in person.turns.iter().skip(from) {
            let Turn::Sent(message) = turn else { break };
            let mut shown = message.shown(&format!("after {}", self.history.last().map_or("start", String::as_str)));
            let name = person.name.split_whitespace().next().filter(|it| it.chars().count() > 1);
            for line in &mut shown.lines {
                if let Some((recorded, said)) = &instead {
                    *line = line.replace(recorded.trim(), said.trim());
                }
                let full = person.name.trim();
                if !full.is_empty() && line.contains(full) {
                    *line = line.replace(full, &self.player.value("user.name"));
                } else if let Some(name) = name.filter(|it| line.contains(*it)) {
                    *line = line.replace(name, &self.player.value("user.name"));
                }
            }
            self.player.show(shown);
            self.last = Some(message);
        }
    }

    fn candidates(&self) -> Vec<Input> {
        let mut inputs: Vec<Input> = self.last.map(Message::inputs).unwrap_or_default();
        let here = self.places().filter(|it| self.history.is_empty() && it.0.1 == 0 || self.agreed(it.0) > 0);
        let texts =
            here.map(|it| Input::Say(it.1.to_owned())).filter(|_| self.last.is_none_or(|it| it.buttons.is_empty()));
        for input in texts.chain([something_else()]) {
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        inputs
    }
}

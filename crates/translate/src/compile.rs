//! The compiler: turns a scenario into templates and session messages.

mod buttons;
mod cards;
mod category;
mod code;
mod examples;
mod finish;
mod forms;
mod session;
mod silent;
mod templates;
mod text;
mod titles;
mod unreached;

use std::collections::{BTreeMap, HashMap};

use model::Finding;
use scenario::{Act, Choice, Goal, Handover, Listen, Loss, Message, PlacedLoss, Question, Scenario, Slot, Step, Text};
use serde::Serialize;
use template::{ButtonWords, Phrases, Template, language_code};

pub(crate) use buttons::COPY_TITLE;

use crate::check::check;
use crate::flow::{Awaits, Flow, FlowAct, FlowStep, Route, Sends};
use crate::menu::menus_to_choices;
use crate::window::{WINDOW_SECONDS, seconds_since_customer};
use crate::{loops, rules, unused};

/// How templates are written.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub parameters: Parameters,
    pub business: Business,
}

/// The wording and the contact of the business.
#[derive(Clone, Debug, Default)]
pub struct Business {
    pub name: Option<String>,
    /// The footer of templates that have none.
    pub footer: Option<String>,
    /// How a customer reaches a person.
    pub contact: Option<String>,
    /// How marketing is stopped, by language.
    pub opt_out: BTreeMap<String, OptOutWording>,
}

/// The wording of an opt-out.
#[derive(Clone, Debug)]
pub struct OptOutWording {
    /// The quick reply that stops marketing.
    pub button: String,
    /// The footer that says so.
    pub line: String,
}

impl Business {
    /// The wording in a language: the one of the plan, which may name a region, or Ferry's own.
    fn opt_out(&self, language: &str) -> Option<OptOutWording> {
        let base = language.split(['_', '-']).next().unwrap_or_default();
        let own = self.opt_out.get(language).or_else(|| self.opt_out.get(base));
        let ours = || {
            let it = Phrases::of(language)?;
            Some(OptOutWording { button: it.stop.to_owned(), line: it.stop_line.to_owned() })
        };
        own.cloned().or_else(ours)
    }
}

/// How variables are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parameters {
    /// `{{1}}`
    #[default]
    Positional,
    /// `{{name}}`
    Named,
}

/// What a scenario became.
#[derive(Clone, Debug, Serialize)]
pub struct Compiled {
    /// The id of the scenario.
    pub scenario: String,
    pub language: String,
    /// Templates must be approved before they can be sent.
    pub templates: Vec<Template>,
    pub flow: Flow,
    /// Errors, losses, warnings and notes. Places are JSON pointers: `/steps/…` into the scenario, `/templates/…` and
    /// `/messages/…` into the result.
    pub findings: Vec<Finding>,
}

impl Compiled {
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }

    /// Whether it has all ways of the scenario: nothing was refused, and no loop was cut.
    fn is_whole(&self) -> bool {
        !self.flow.steps.is_empty() && self.findings.iter().all(|it| it.rule.code != rules::ENDLESS.code)
    }
}

/// Compiles a scenario as far as possible. What cannot be compiled is an error among the findings.
pub fn compile(scenario: &Scenario, options: &Options) -> Compiled {
    let mut findings = check(scenario, options.business.contact.is_some());
    findings.extend(scenario.losses.iter().enumerate().map(|(n, lost)| imported(n, lost)));
    // Ids become names of templates and of files. In another language a template would take the name of its translation.
    let others = [rules::SCENARIO_ID.code, rules::LANGUAGE.code, rules::LANGUAGE_UNKNOWN.code];
    let is_mended = |code: &str| [rules::NO_TEXT.code, rules::ENDLESS.code].contains(&code);
    let breaks = |code: &str| code.starts_with("S10") && !is_mended(code) || others.contains(&code);
    let is_broken = findings.iter().any(|it| it.is_error() && breaks(it.rule.code));
    if is_broken {
        return Compiled {
            scenario: scenario.id.clone(),
            language: scenario.language.clone(),
            templates: Vec::new(),
            flow: Flow::default(),
            findings,
        };
    }
    let scenario = &*loops::cut(scenario);
    let (spoken, left_out) = silent::leave_out(scenario);
    findings.extend(left_out.findings);
    unused::check(scenario, &mut findings);
    let (with_choices, menus) = menus_to_choices(&spoken);
    findings.extend(menus);
    let (written, scenario) = (&*spoken, &with_choices);
    let mut compiler = Compiler {
        scenario,
        written,
        options,
        language: language_code(&scenario.language).unwrap_or("en"),
        phrases: Phrases::of(&scenario.language).filter(|_| scenario.language_basis.is_certain()),
        button_words: ButtonWords::of(&scenario.language),
        seconds: seconds_since_customer(scenario),
        templates: Vec::new(),
        steps: Vec::new(),
        findings,
    };
    for (n, step) in scenario.steps.iter().enumerate().filter(|it| !left_out.steps.contains(&it.0)) {
        compiler.step(n, step);
    }
    compiler.finish()
}

/// Compiles scenarios. The second list has those that have no WhatsApp side, or not the whole, because of errors.
pub fn compile_all<'a>(
    scenarios: &'a [Scenario],
    options: &Options,
) -> (Vec<(&'a Scenario, Compiled)>, Vec<&'a Scenario>) {
    let (compiled, broken): (Vec<_>, Vec<_>) =
        scenarios.iter().map(|it| (it, compile(it, options))).partition(|it| it.1.is_whole());
    (compiled, broken.into_iter().map(|it| it.0).collect())
}

/// What was lost when the scenario was imported.
fn imported(n: usize, lost: &PlacedLoss) -> Finding {
    Finding::new(lost.loss.rule(), format!("/losses/{n}"), format!("{}: {}", lost.place, lost.what))
}

struct Compiler<'a> {
    scenario: &'a Scenario,
    /// The scenario with the menus in its texts.
    written: &'a Scenario,
    options: &'a Options,
    language: &'static str,
    phrases: Option<&'static Phrases>,
    button_words: Option<ButtonWords>,
    seconds: HashMap<&'a str, u64>,
    templates: Vec<Template>,
    steps: Vec<FlowStep>,
    findings: Vec<Finding>,
}

/// A step with a message that is being compiled.
struct SpokenStep<'a> {
    /// The number and id of the step.
    n: usize,
    id: &'a str,
    message: Message,
    /// Whether the step waits for any answer, although it has no choices.
    is_question: bool,
    asks_location: bool,
}

impl SpokenStep<'_> {
    /// Adds a line to the text.
    fn say_on_a_line(&mut self, line: &Text) {
        if !self.message.text.is_empty() {
            self.message.text.push_plain("\n");
        }
        self.message.text.push(line);
    }

    /// Moves header and footer into the text, where the message has no other place for them.
    fn frame_in_text(&mut self) {
        self.header_in_text();
        let footer = std::mem::take(&mut self.message.footer);
        self.say_as_paragraph(&footer);
    }

    fn header_in_text(&mut self) {
        let header = std::mem::take(&mut self.message.header);
        if !header.is_empty() {
            let text = std::mem::replace(&mut self.message.text, header);
            self.say_as_paragraph(&text);
        }
    }

    fn say_as_paragraph(&mut self, text: &Text) {
        if text.is_empty() {
            return;
        }
        if !self.message.text.is_empty() {
            self.message.text.push_plain("\n\n");
        }
        self.message.text.push(text);
    }

    /// Adds the target of a button that has no place to the text.
    fn say_as_line(&mut self, choice: &Choice) {
        let mut line = Text::plain(&format!("{}: ", choice.title()));
        match choice {
            Choice::Link { url, .. } => line.push(url),
            Choice::Phone { number, .. } => line.push_plain(number),
            Choice::CopyCode { code, .. } => line.push(code),
            Choice::Reply { .. } | Choice::ShareLocation { .. } | Choice::SharePhone { .. } | Choice::Form { .. } => {
                return;
            }
        }
        self.say_on_a_line(&line);
    }
}

impl<'a> Compiler<'a> {
    fn step(&mut self, n: usize, step: &'a Step) {
        match &step.act {
            Act::Message(message) => self.speak(SpokenStep {
                n,
                id: &step.id,
                message: message.clone(),
                is_question: false,
                asks_location: false,
            }),
            Act::Question(question) => self.ask(n, step, question),
            Act::Listen(listen) => self.listen(n, step, listen),
            Act::Handover(handover) if !handover.text.is_empty() => self.hand_over(n, step, handover),
            act => self.push(&step.id, &step.id, FlowAct::Other(act.clone())),
        }
    }

    fn ask(&mut self, n: usize, step: &'a Step, question: &Question) {
        let message = Message {
            text: question.text.clone(),
            slot: Some(question.slot.clone()),
            next: question.next.clone(),
            timeout: question.timeout.clone(),
            ..Message::default()
        };
        let asks_location = question.accepts == scenario::Accepts::Location;
        self.speak(SpokenStep { n, id: &step.id, message, is_question: true, asks_location });
    }

    /// Sends nothing and waits.
    fn listen(&mut self, n: usize, step: &Step, listen: &Listen) {
        if let Some(timeout) = &listen.timeout {
            self.record_loss(Loss::Timeout, n, format!("after {} s without an answer", timeout.seconds));
        }
        let awaits = Awaits {
            ways: Vec::new(),
            slot: Some(listen.slot.clone()),
            other: listen.next.clone(),
            timeout: listen.timeout.clone(),
        };
        let sends = Sends { sends: Vec::new(), awaits: Some(awaits), next: listen.next.clone() };
        self.push_sends(&step.id, &step.id, sends);
    }

    /// Sends the text, then hands the customer over to a person.
    fn hand_over(&mut self, n: usize, step: &'a Step, handover: &Handover) {
        let person = format!("{}__person", step.id);
        let message = Message { text: handover.text.clone(), next: Some(person.clone()), ..Message::default() };
        self.speak(SpokenStep { n, id: &step.id, message, is_question: false, asks_location: false });
        let silent = Handover { text: Text::default(), ..handover.clone() };
        self.push(&person, &step.id, FlowAct::Other(Act::Handover(silent)));
    }

    fn speak(&mut self, mut spoken: SpokenStep<'a>) {
        if let Some(timeout) = &spoken.message.timeout {
            let message = format!("after {} s without an answer", timeout.seconds);
            self.record_loss(Loss::Timeout, spoken.n, message);
        }
        if !spoken.message.cards.is_empty() {
            match self.carousel(&spoken) {
                Ok(()) => return,
                Err(why) => self.cards_in_text(&mut spoken, &why),
            }
        }
        self.drop_share_phone(&mut spoken);
        match self.is_closed(spoken.id) {
            true => {
                // A template is alone: what follows it is in its text.
                for media in std::mem::take(&mut spoken.message.then) {
                    let what = format!("{}: its address is in the text", media.kind.name());
                    self.record_loss(Loss::MediaKind, spoken.n, what);
                    spoken.say_on_a_line(&media.url);
                }
                self.template(spoken);
            }
            false => self.session(spoken),
        }
    }

    /// Whether the step can be due while the window is closed.
    fn is_closed(&self, id: &str) -> bool {
        self.seconds.get(id).is_some_and(|it| *it >= WINDOW_SECONDS)
    }

    /// Removes requests for the phone number: WhatsApp knows it. Without other choices the scenario continues.
    fn drop_share_phone(&mut self, spoken: &mut SpokenStep<'_>) {
        let message = &mut spoken.message;
        let is_asked = |it: &mut Choice| matches!(it, Choice::SharePhone { .. });
        let dropped: Vec<Choice> = message.choices.extract_if(.., is_asked).collect();
        let Some(first) = dropped.first() else { return };
        if !message.waits() {
            message.next = first.next().cloned().flatten().or_else(|| message.next.clone());
        }
        for choice in &dropped {
            self.record_loss(Loss::SharePhone, spoken.n, format!("“{}”", choice.title()));
        }
    }

    fn record_loss(&mut self, loss: Loss, n: usize, what: impl Into<String>) {
        self.add_finding(Finding::new(loss.rule(), format!("/steps/{n}"), what));
    }

    fn add_finding(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn push(&mut self, id: &str, from: &str, act: FlowAct) {
        self.steps.push(FlowStep { id: id.to_owned(), from: from.to_owned(), act });
    }

    fn push_sends(&mut self, id: &str, from: &str, sends: Sends) {
        self.push(id, from, FlowAct::Send(sends));
    }

    /// What a message waits for.
    fn awaits(spoken: &SpokenStep<'_>, ways: Vec<Route>) -> Option<Awaits> {
        let message = &spoken.message;
        let waits = spoken.is_question || !ways.is_empty();
        waits.then(|| Awaits {
            ways,
            slot: message.slot.clone(),
            other: message.next.clone(),
            timeout: message.timeout.clone(),
        })
    }

    fn slot(&self, name: &str) -> Option<&Slot> {
        self.scenario.slot(name)
    }
}

/// The next step, if the compiler has made it.
fn to(id: &str) -> Goal {
    Some(id.to_owned())
}

#[cfg(test)]
mod tests;

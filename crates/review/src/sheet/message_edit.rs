//! An edited message, checked as the flow sends it.

use std::collections::HashMap;

use crm::KeptMessage;
use model::Finding;
use scenario::Scenario;
use template::{SessionMessage, check_message};
use translate::{Compiled, FlowAct, Options, Outgoing, compile};
use translation::{Edits, MessageKey};

use super::context::parsed;
use super::{KeptTexts, findings, variables};

/// Checks messages. A scenario is compiled once, when the first of its messages is checked.
pub(super) struct MessageChecks<'a> {
    kept: &'a KeptTexts,
    options: &'a Options,
    compiled: HashMap<(String, String), Option<(Scenario, Compiled)>>,
}

impl<'a> MessageChecks<'a> {
    pub(super) fn new(kept: &'a KeptTexts, options: &'a Options) -> Self {
        Self { kept, options, compiled: HashMap::new() }
    }

    /// Fails if WhatsApp would refuse the message with its new text; gives other findings.
    pub(super) fn check(&mut self, message: &KeptMessage, text: &str) -> Result<Vec<Finding>, String> {
        if text.trim().is_empty() {
            return Err("text is empty: a message has a text; remove the step in the source".to_owned());
        }
        let found = self.scenario(message);
        let slots = found.map_or(Vec::new(), |it| it.0.slots.iter().map(|it| it.name.as_str()).collect());
        variables::check_message(text, &message.source_text, &slots)?;
        let sent = |text: &str| {
            let sent = found.and_then(|it| sent(&it.1, message, text));
            // The scenario is compiled in another way than in the run: its length counts all the same.
            sent.unwrap_or_else(|| SessionMessage::Text { body: text.to_owned() })
        };
        let (was, now) = (check_message(&sent(&message.text)), check_message(&sent(text)));
        let is_old = |it: &Finding| was.iter().any(|was| (was.rule.code, &was.message) == (it.rule.code, &it.message));
        let now = now.into_iter().filter(|it| it.is_error() || !is_old(it));
        let (errors, warnings): (Vec<_>, Vec<_>) = now.partition(|it| it.is_error() && !is_old(it));
        match errors.is_empty() {
            true => Ok(warnings),
            false => Err(errors.iter().map(findings::in_words).collect::<Vec<_>>().join("; ")),
        }
    }

    fn scenario(&mut self, message: &KeptMessage) -> Option<&(Scenario, Compiled)> {
        let key = (message.scenario.clone(), message.language.clone());
        let compiled = self.compiled.entry(key).or_insert_with_key(|(id, language)| {
            let row = self.kept.scenarios.iter().find(|it| it.id == *id && it.language == *language)?;
            let scenario = parsed(row)?;
            let compiled = compile(&scenario, self.options);
            Some((scenario, compiled))
        });
        compiled.as_ref()
    }
}

/// The message as the flow sends it, with another text.
fn sent(compiled: &Compiled, message: &KeptMessage, text: &str) -> Option<SessionMessage> {
    let key = MessageKey {
        scenario: message.scenario.clone(),
        language: message.language.clone(),
        step: message.step_id.clone(),
        part: message.part,
    };
    let edits = Edits { messages: [(key, text.to_owned())].into(), ..Edits::default() };
    let mut compiled = compiled.clone();
    edits.apply(&mut compiled);
    let FlowAct::Send(sends) = &compiled.flow.step(&message.step_id)?.act else { return None };
    match sends.sends.get(message.part as usize)? {
        Outgoing::Message(message) => Some(message.clone()),
        Outgoing::Template { .. } => None,
    }
}

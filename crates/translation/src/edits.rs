//! Edits of people, put in place of what the translation says.

use std::collections::BTreeMap;

use template::{SessionMessage, Template};
use translate::{Compiled, FlowAct, Outgoing};

/// The name and the language that the translation gives a template.
pub type TemplateKey = (String, String);

/// A message of a flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey {
    pub scenario: String,
    pub language: String,
    /// The id of the step of the flow.
    pub step: String,
    /// The number of the message among those that the step sends, from 0.
    pub part: u32,
}

/// The texts that people have edited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edits {
    /// The edited templates. Name and language can be others than those of the translation.
    pub templates: BTreeMap<TemplateKey, Template>,
    /// The edited texts of messages.
    pub messages: BTreeMap<MessageKey, String>,
}

impl Edits {
    /// Puts the edits into what a scenario became: into its templates, into the messages of its flow, and into the names by
    /// which the flow calls templates.
    pub fn apply(&self, compiled: &mut Compiled) {
        for template in &mut compiled.templates {
            let key = (template.name.clone(), template.language.clone());
            if let Some(edited) = self.templates.get(&key) {
                *template = edited.clone();
            }
        }
        let (scenario, language) = (compiled.scenario.clone(), compiled.language.clone());
        for step in &mut compiled.flow.steps {
            let FlowAct::Send(sends) = &mut step.act else { continue };
            for (part, outgoing) in (0..).zip(&mut sends.sends) {
                match outgoing {
                    Outgoing::Template { name, language, .. } => self.rename(name, language),
                    Outgoing::Message(message) => {
                        let (scenario, language, step) = (scenario.clone(), language.clone(), step.id.clone());
                        let key = MessageKey { scenario, language, step, part };
                        if let Some(text) = self.messages.get(&key) {
                            set_body(message, text);
                        }
                    }
                }
            }
        }
    }

    fn rename(&self, name: &mut String, language: &mut String) {
        if let Some(edited) = self.templates.get(&(name.clone(), language.clone())) {
            name.clone_from(&edited.name);
            language.clone_from(&edited.language);
        }
    }
}

/// Gives a message another text. A message without a text stays as it is.
fn set_body(message: &mut SessionMessage, text: &str) {
    match message {
        SessionMessage::Text { body }
        | SessionMessage::Buttons { body, .. }
        | SessionMessage::List { body, .. }
        | SessionMessage::Form { body, .. }
        | SessionMessage::Link { body, .. }
        | SessionMessage::LocationRequest { body }
        | SessionMessage::Products { body, .. } => text.clone_into(body),
        SessionMessage::Media { caption: Some(caption), .. } => text.clone_into(caption),
        SessionMessage::Media { caption: None, .. } | SessionMessage::Location { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_template_is_called_by_its_new_name_and_an_edited_message_is_sent() {
        let scenarios = r#"{ "scenarios": [{
            "id": "help", "intent": "help", "language": "en", "purpose": "notification", "trigger": { "type": "campaign" },
            "start": "hello", "steps": [
              { "id": "hello", "type": "message", "text": "Your order is on its way to you today.",
                "choices": [{ "action": "reply", "title": "Where is it?", "next": "where" }] },
              { "id": "where", "type": "message", "text": "In Lyon." }]
        }] }"#;
        let scenarios = scenario::read_scenarios(scenarios).unwrap();
        let mut compiled = translate::compile(&scenarios[0], &translate::Options::default());
        let template = compiled.templates[0].clone();
        let key = (template.name.clone(), template.language.clone());
        let edited = Template { name: "on_its_way".into(), ..template };
        let message = MessageKey { scenario: "help".into(), language: "en".into(), step: "where".into(), part: 0 };
        let edits = Edits { templates: [(key, edited)].into(), messages: [(message, "In Paris.".into())].into() };
        edits.apply(&mut compiled);
        assert_eq!(compiled.templates[0].name, "on_its_way");
        let flow = serde_json::to_string(&compiled.flow).unwrap();
        assert!(flow.contains("\"name\":\"on_its_way\"") && flow.contains("In Paris."), "{flow}");
        assert!(!flow.contains("In Lyon."), "{flow}");
    }
}

//! Checks what was compiled, and puts it together.

use std::collections::HashMap;

use template::{Template, ValueLengths, check_message, lint};

use super::{Compiled, Compiler};
use crate::flow::{Flow, FlowAct, Outgoing};

impl Compiler<'_> {
    pub(super) fn finish(mut self) -> Compiled {
        self.name_unreached();
        let mut found = Vec::new();
        for (n, template) in self.templates.iter().enumerate() {
            let longest = self.longest(template);
            let place = format!("/templates/{n}");
            found.extend(lint(template, &ValueLengths { longest }).into_iter().map(|it| it.within(&place)));
        }
        let all: Vec<&Template> = self.templates.iter().collect();
        found.extend(template::lint_set(&all).into_iter().map(|(n, it)| it.within(&format!("/templates/{n}"))));
        for step in &self.steps {
            let FlowAct::Send(sends) = &step.act else { continue };
            for (n, outgoing) in sends.sends.iter().enumerate() {
                if let Outgoing::Message(message) = outgoing {
                    let place = format!("/messages/{}/{n}", step.id);
                    found.extend(check_message(message).into_iter().map(|it| it.within(&place)));
                }
            }
        }
        self.findings.extend(found);
        self.findings.sort_by(|a, b| (a.rule.severity, &a.place).cmp(&(b.rule.severity, &b.place)));
        let (trigger, scenario) = (Some(self.scenario.trigger.clone()), self.scenario);
        let (start, first_message) = (scenario.start.clone(), scenario.first_message.clone());
        let flow = Flow { trigger, start, first_message, steps: self.steps };
        Compiled {
            scenario: self.scenario.id.clone(),
            language: self.scenario.language.clone(),
            templates: self.templates,
            flow,
            findings: self.findings,
        }
    }

    /// The length of the longest value of each variable, by its name in the template.
    fn longest(&self, template: &Template) -> HashMap<String, usize> {
        let parameters = self.steps.iter().find_map(|step| match &step.act {
            FlowAct::Send(sends) => sends.sends.iter().find_map(|it| match it {
                Outgoing::Template { name, parameters, .. } if *name == template.name => Some(parameters),
                _ => None,
            }),
            FlowAct::Other(_) => None,
        });
        let named = template.is_named();
        let known = parameters.into_iter().flatten().enumerate().filter_map(|(n, slot)| {
            let longest = self.slot(slot)?.longest? as usize;
            Some((if named { slot.clone() } else { (n + 1).to_string() }, longest))
        });
        known.collect()
    }
}

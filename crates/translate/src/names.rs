//! Names of templates that two scenarios share.

use std::collections::HashMap;

use model::Finding;

use crate::Compiled;
use crate::rules;

/// Finds templates that an earlier scenario has under the same name and language. The number is the index of the scenario.
pub fn check_names<'a>(compiled: impl IntoIterator<Item = &'a Compiled>) -> Vec<(usize, Finding)> {
    let mut seen: HashMap<(&str, &str), &str> = HashMap::new();
    let mut findings = Vec::new();
    for (n, compiled) in compiled.into_iter().enumerate() {
        for template in &compiled.templates {
            if let Some(first) = seen.insert((&template.name, &template.language), &compiled.scenario) {
                let message = format!("its template {} has the name of one of the scenario {first}", template.name);
                findings.push((n, Finding::new(&rules::SCENARIO_ID, "/id", message).fixed_by("give it another id")));
                break;
            }
        }
    }
    findings
}

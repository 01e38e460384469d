//! The linter: finds broken rules in a template.

mod buttons;
mod cards;
mod content;
mod fields;
pub(crate) mod text;

use std::collections::HashMap;

use model::Finding;

use crate::{Template, ValueLengths, rules};

/// Every finding, in the order of the places. Places are JSON pointers into the template.
pub fn lint(template: &Template, lengths: &ValueLengths) -> Vec<Finding> {
    let mut findings = Vec::new();
    fields::lint(template, &mut findings);
    text::lint(template, lengths, &mut findings);
    buttons::lint(template, &mut findings);
    cards::lint(template, &mut findings);
    content::lint(template, &mut findings);
    findings.sort_by(|a, b| (&a.place, a.span, a.rule.code).cmp(&(&b.place, b.span, b.rule.code)));
    findings
}

/// Limits the templates of an account whose business is not verified.
const MAX_UNVERIFIED: usize = 250;

/// Checks templates against each other: too many, a name that is used twice in a language, or the same body and footer.
/// The number is the index of the template that the finding is about: the later of two.
pub fn lint_set(templates: &[&Template]) -> Vec<(usize, Finding)> {
    let mut findings = Vec::new();
    if templates.len() > MAX_UNVERIFIED {
        let message =
            format!("{} templates; {MAX_UNVERIFIED} are allowed for a business that is not verified", templates.len());
        findings.push((MAX_UNVERIFIED, Finding::new(&rules::TOO_MANY, "", message)));
    }
    let (mut names, mut texts) = (HashMap::new(), HashMap::new());
    for (n, template) in templates.iter().enumerate() {
        if let Some(first) = names.insert((&template.name, &template.language), n) {
            let message =
                format!("template {} has the name “{}” in {} too", first + 1, template.name, template.language);
            findings.push((n, Finding::new(&rules::NAME_TAKEN, "/name", message)));
        }
        if template.is("AUTHENTICATION") || template.body_text().is_empty() {
            continue;
        }
        let text = (template.body_text(), template.footer(), &template.language);
        if let Some(first) = texts.insert(text, n) {
            let message = format!("“{}” has the same body and footer", templates[first].name);
            let finding = Finding::new(&rules::DUPLICATE, "/components", message);
            findings.push((n, finding.fixed_by("use one template for both")));
        }
    }
    findings
}

#[cfg(test)]
mod tests;

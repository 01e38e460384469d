//! Names of templates after all edits of a sheet.

use std::collections::HashMap;

use crm::KeptTemplate;
use template::Template;

/// The edited templates whose new name or language another template has after all edits, each with the reason.
///
/// `edited` holds templates by the name and language that the database calls them. Translations of a template share its
/// name; a template of its own does not take it.
pub(super) fn taken(
    all: &[KeptTemplate],
    edited: &HashMap<(String, String), Template>,
) -> Vec<((String, String), String)> {
    let finals: Vec<(&KeptTemplate, Template)> = all
        .iter()
        .filter_map(|it| {
            let edited = edited.get(&(it.name.clone(), it.language.clone())).cloned();
            Some((it, edited.or_else(|| serde_json::from_str(&it.current.body).ok())?))
        })
        .collect();
    let mut taken = Vec::new();
    for (kept, template) in &finals {
        let key = (kept.name.clone(), kept.language.clone());
        let before: Option<Template> = serde_json::from_str(&kept.current.body).ok();
        let is_renamed = before.is_none_or(|it| (&it.name, &it.language) != (&template.name, &template.language));
        if !edited.contains_key(&key) || !is_renamed {
            continue;
        }
        let is_other = |it: &&(&KeptTemplate, Template)| {
            let is_same = (&it.0.name, &it.0.language) == (&kept.name, &kept.language);
            let is_translation = it.0.name == kept.name && it.1.language != template.language;
            !is_same && !is_translation && it.1.name == template.name
        };
        if let Some((other, _)) = finals.iter().find(is_other) {
            taken.push((key, sentence(template, other)));
        }
    }
    taken
}

fn sentence(template: &Template, other: &KeptTemplate) -> String {
    format!(
        "the name {} in {} would be that of template {} {}: choose another one",
        template.name, template.language, other.name, other.language
    )
}

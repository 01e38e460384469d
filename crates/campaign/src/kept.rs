//! Templates that the database keeps, beside what was submitted of them.

pub(crate) mod compared;
pub(crate) mod costs;
pub(crate) mod versions;
pub(crate) mod wanted;

use crm::KeptTemplate;
use template::Template;

/// Reads the body of a version. The error says why it is not a template.
pub fn template_of(body: &str) -> Result<Template, String> {
    serde_json::from_str(body).map_err(|it| format!("its text is not a template: {it}"))
}

/// Whether a template is meant by `NAME` or `NAME.LANGUAGE`: by the name that the translation gave it, or by the one that
/// it is submitted under.
pub fn is_meant(kept: &KeptTemplate, words: &str) -> bool {
    let is_called = |name: &str, language: &str| name == words || format!("{name}.{language}") == words;
    let submitted = template_of(&kept.current.body);
    is_called(&kept.name, &kept.language) || submitted.is_ok_and(|it| is_called(&it.name, &it.language))
}

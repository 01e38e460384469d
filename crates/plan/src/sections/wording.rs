//! `[[wording]]`: what people were told when they consented.

use std::path::PathBuf;

use model::{ConsentPurpose, WordingName};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::error::nearest;
use crate::sections::value_schemas;
use crate::{Plan, PlanError};

/// A version of a wording as the plan has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordingSection {
    /// The name of the wording, of the same form as the name of a run.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    name: Spanned<String>,
    /// The version: letters, digits, `.`, `-` and `_`. Another text or other purposes are another version.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    version: Spanned<String>,
    /// The language of the text, as a code such as `fr`.
    #[schemars(with = "String")]
    language: Spanned<String>,
    /// The text that people saw or heard.
    #[schemars(with = "Option<String>")]
    text: Option<Spanned<String>>,
    /// The file with the text, instead of `text`. Relative to the plan.
    #[schemars(with = "Option<String>")]
    file: Option<Spanned<PathBuf>>,
    /// The purposes that the text names: `marketing`, `utility`, `authentication`, `conversation`. A consent to this
    /// wording covers these and no others.
    #[schemars(schema_with = "value_schemas::purposes")]
    purposes: Spanned<Vec<Spanned<String>>>,
}

/// A version of a wording, with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanWording {
    pub name: WordingName,
    pub language: String,
    pub text: String,
    /// Sorted, each once.
    pub purposes: Vec<ConsentPurpose>,
    /// The place of the section in the plan.
    at: usize,
}

impl Plan {
    /// Returns the wordings of the plan with their texts, in the order of their names.
    pub fn wordings(&self) -> Result<Vec<PlanWording>, PlanError> {
        let wordings: Result<Vec<PlanWording>, PlanError> =
            self.wording_sections.iter().map(|it| it.read(self)).collect();
        let mut wordings = wordings?;
        wordings.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(wordings)
    }

    /// Returns the names of all versions of wordings.
    pub fn wording_names(&self) -> Vec<WordingName> {
        self.wording_sections.iter().map(WordingSection::name).collect()
    }

    /// Returns an error about a wording, with its line.
    pub fn wrong_wording(&self, wording: &PlanWording, message: String) -> PlanError {
        self.wrong(wording.at, message)
    }

    pub(crate) fn check_wordings(&self) -> Result<(), PlanError> {
        for (n, section) in self.wording_sections.iter().enumerate() {
            section.check(self)?;
            let name = section.name();
            if self.wording_sections[..n].iter().any(|it| it.name() == name) {
                return Err(self.wrong(section.name.span().start, format!("two wordings are named \"{name}\"")));
            }
        }
        for source in &self.sources {
            if let Some(wording) = &source.wording {
                self.known_wording(wording)?;
            }
        }
        Ok(())
    }

    /// The version that a source names, which has to be one of the plan.
    pub(crate) fn known_wording(&self, given: &Spanned<String>) -> Result<WordingName, PlanError> {
        let (at, text) = (given.span().start, given.get_ref());
        let Some(name) = WordingName::parse(text) else {
            return Err(self.wrong(at, format!("wording = \"{text}\": write NAME@VERSION of a [[wording]]")));
        };
        let known = self.wording_names();
        if known.contains(&name) {
            return Ok(name);
        }
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        let hint = nearest(text, &names).map_or(String::new(), |it| format!("; did you mean \"{it}\"?"));
        Err(self.wrong(at, format!("the plan has no [[wording]] \"{name}\"{hint}")))
    }
}

impl WordingSection {
    fn name(&self) -> WordingName {
        WordingName { name: self.name.get_ref().clone(), version: self.version.get_ref().clone() }
    }

    fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        plan.check_name("a wording", &self.name)?;
        let (version, at) = (self.version.get_ref(), self.version.span().start);
        if !is_version(version) {
            let message = format!("version \"{version}\": use 1 to 64 letters, digits, dots, hyphens and underscores");
            return Err(plan.wrong(at, message));
        }
        if clean::language(self.language.get_ref()).is_none() {
            let message = format!("\"{}\" is not a language: write its code, such as fr", self.language.get_ref());
            return Err(plan.wrong(self.language.span().start, message));
        }
        let at = self.name.span().start;
        match (&self.text, &self.file) {
            (None, None) => return Err(plan.wrong(at, format!("wording \"{}\": missing field `text`", self.name()))),
            (Some(_), Some(_)) => {
                return Err(plan.wrong(at, format!("wording \"{}\" has text and file: give one", self.name())));
            }
            (Some(text), None) if text.get_ref().trim().is_empty() => {
                return Err(plan.wrong(text.span().start, format!("wording \"{}\": the text is empty", self.name())));
            }
            _ => {}
        }
        self.purposes(plan).map(drop)
    }

    fn purposes(&self, plan: &Plan) -> Result<Vec<ConsentPurpose>, PlanError> {
        if self.purposes.get_ref().is_empty() {
            let message =
                format!("wording \"{}\" names no purpose, so a consent to it would allow nothing", self.name());
            return Err(plan.wrong(self.purposes.span().start, message));
        }
        let purposes: Result<Vec<ConsentPurpose>, PlanError> =
            self.purposes.get_ref().iter().map(|it| purpose(plan, it)).collect();
        let mut purposes = purposes?;
        purposes.sort_unstable();
        purposes.dedup();
        Ok(purposes)
    }

    fn read(&self, plan: &Plan) -> Result<PlanWording, PlanError> {
        let language = self.language.get_ref().trim().to_owned();
        let text = match (&self.text, &self.file) {
            (Some(text), _) => text.get_ref().trim().to_owned(),
            (None, Some(file)) => text_of(plan, file)?,
            (None, None) => String::new(),
        };
        let purposes = self.purposes(plan)?;
        Ok(PlanWording { name: self.name(), language, text, purposes, at: self.name.span().start })
    }
}

/// The text in a file, without white space around it: editors add a line break at the end.
fn text_of(plan: &Plan, file: &Spanned<PathBuf>) -> Result<String, PlanError> {
    let wrong = |why: String| plan.wrong(file.span().start, format!("file {}: {why}", file.get_ref().display()));
    let text = run::read_small_text(&plan.folder().join(file.get_ref()), run::MOST_PLAN_BYTES);
    let text = text.map_err(|error| wrong(error.to_string()))?;
    match text.trim() {
        "" => Err(wrong("it is empty".to_owned())),
        text => Ok(text.to_owned()),
    }
}

/// Reads one of the purposes that messages are sent for.
pub(crate) fn purpose(plan: &Plan, given: &Spanned<String>) -> Result<ConsentPurpose, PlanError> {
    let names = ConsentPurpose::OF_MESSAGES.map(ConsentPurpose::name);
    let found = ConsentPurpose::OF_MESSAGES.into_iter().find(|it| it.name() == given.get_ref());
    found.ok_or_else(|| {
        let known = names.map(|it| format!("`{it}`")).join(", ");
        let message = format!("unknown purpose `{}`, expected one of {known}", given.get_ref());
        plan.wrong(given.span().start, crate::error::with_nearest(&message))
    })
}

fn is_version(text: &str) -> bool {
    let is_right = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
    (1..=64).contains(&text.len())
        && text.starts_with(|it: char| it.is_ascii_alphanumeric())
        && text.chars().all(is_right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tests::PLAN;

    const WORDING: &str = "[[wording]]\nname = \"news\"\nversion = \"2026-01\"\nlanguage = \"fr\"\n\
        text = \"Oui, je veux des nouvelles.\"\npurposes = [\"marketing\", \"utility\"]\n";

    /// The plan with these sections, read.
    fn plan(sections: &str, source: &str) -> Result<Plan, String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        std::fs::write(home.path().join("wording.txt"), "Yes, send me news.\n").unwrap();
        let text = PLAN.replace("profile = \"columns\"\n", &format!("profile = \"columns\"\n{source}"));
        std::fs::write(&path, format!("{text}{sections}")).unwrap();
        let shown = |error: PlanError| error.to_string().replace(&format!("{}/", home.path().display()), "");
        let plan = Plan::read(&path).map_err(shown)?;
        plan.wordings().map_err(shown)?;
        Ok(plan)
    }

    fn error(sections: &str, source: &str) -> String {
        plan(sections, source).err().unwrap_or_else(|| "fine".to_owned())
    }

    #[test]
    fn a_wording_has_a_text_of_its_own_or_a_file() {
        let wordings = |sections: &str| plan(sections, "").unwrap().wordings().unwrap();
        let wording = wordings(WORDING).remove(0);
        assert_eq!(wording.name.to_string(), "news@2026-01");
        assert_eq!(wording.purposes, [ConsentPurpose::Utility, ConsentPurpose::Marketing]);
        let of_file = WORDING.replace("text = \"Oui, je veux des nouvelles.\"", "file = \"wording.txt\"");
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("wording.txt"), "Yes, send me news.\n").unwrap();
        std::fs::write(home.path().join("plan.toml"), format!("{PLAN}{of_file}")).unwrap();
        let plan = Plan::read(&home.path().join("plan.toml")).unwrap();
        assert_eq!(plan.wordings().unwrap()[0].text, "Yes, send me news.");
        assert_eq!(
            error(&of_file.replace("wording.txt", "none.txt"), ""),
            "plan.toml:23: file none.txt: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_wording_that_no_section_has_is_told_with_its_line_and_the_nearest_name() {
        assert_eq!(error(WORDING, "wording = \"news@2026-01\"\n"), "fine");
        assert_eq!(
            error(WORDING, "wording = \"news@2026-02\"\n"),
            "plan.toml:13: the plan has no [[wording]] \"news@2026-02\"; did you mean \"news@2026-01\"?"
        );
        assert_eq!(
            error(WORDING, "wording = \"news\"\n"),
            "plan.toml:13: wording = \"news\": write NAME@VERSION of a [[wording]]"
        );
    }

    #[test]
    fn a_wording_without_purposes_or_twice_the_same_is_a_mistake() {
        for (sections, expected) in [
            (
                WORDING.replace("\"marketing\", \"utility\"", ""),
                "plan.toml:24: wording \"news@2026-01\" names no purpose, so a consent to it would allow nothing",
            ),
            (
                WORDING.replace("\"utility\"", "\"market\""),
                "plan.toml:24: unknown purpose `market`, expected one of `conversation`, `utility`, `marketing`, \
                 `authentication`; did you mean `marketing`?",
            ),
            (WORDING.repeat(2), "plan.toml:26: two wordings are named \"news@2026-01\""),
            (
                WORDING.replace("\"2026-01\"", "\"2026 01\""),
                "plan.toml:21: version \"2026 01\": use 1 to 64 letters, digits, dots, hyphens and underscores",
            ),
            (
                WORDING.replace("\"fr\"", "\"tlh1\""),
                "plan.toml:22: \"tlh1\" is not a language: write its code, such as fr",
            ),
        ] {
            assert_eq!(error(&sections, ""), expected);
        }
    }

    #[test]
    fn the_digest_of_the_rules_depends_on_the_wordings() {
        let digest = |sections: &str, source: &str| plan(sections, source).unwrap().rules_digest().unwrap();
        let other = WORDING.replace("marketing", "authentication");
        let digests =
            [digest("", ""), digest(WORDING, ""), digest(&other, ""), digest(WORDING, "wording = \"news@2026-01\"\n")];
        for (n, one) in digests.iter().enumerate() {
            assert!(digests[..n].iter().all(|it| it != one), "{n}");
        }
    }
}

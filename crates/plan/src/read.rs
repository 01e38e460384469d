//! Reads a plan, and reports the line of a mistake.

use std::path::Path;

use extract::Profile;
use serde::Deserialize;
use toml::Spanned;

use crate::Plan;
use crate::error::{PlanError, with_nearest, wrong};
use crate::sections::gates::GatesSection;
use crate::sections::merge::MergeSection;
use crate::sections::source::SourceSection;
use crate::sections::verify::VerifySection;
use crate::sections::whatsapp::WhatsappSection;
use crate::sections::{CleanSection, CrmSection, IdentitySection, LimitsSection, RunSection};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    run: Option<RunSection>,
    #[serde(default)]
    crm: CrmSection,
    #[serde(default)]
    source: Vec<SourceSection>,
    #[serde(default)]
    clean: CleanSection,
    #[serde(default)]
    merge: MergeSection,
    #[serde(default)]
    identity: IdentitySection,
    verify: Option<VerifySection>,
    whatsapp: Option<WhatsappSection>,
    #[serde(default)]
    gates: GatesSection,
    #[serde(default)]
    limits: LimitsSection,
    #[serde(default)]
    profile: Vec<toml::Table>,
}

impl Plan {
    /// Reads and checks a plan.
    pub fn read(path: &Path) -> Result<Self, PlanError> {
        let unreadable = |source| PlanError::Read { path: path.to_owned(), source };
        let text = run::read_small_text(path, run::MOST_PLAN_BYTES).map_err(unreadable)?;
        let absolute = std::path::absolute(path).map_err(unreadable)?;
        let file: PlanFile = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |it| it.start);
            wrong(path, &text, at, with_nearest(error.message()))
        })?;
        let PlanFile {
            run,
            crm,
            source: sources,
            clean,
            merge,
            identity,
            verify,
            whatsapp,
            gates,
            limits,
            profile: tables,
        } = file;
        let profiles = Vec::new();
        let mut plan = Self {
            path: absolute,
            text,
            run,
            crm,
            sources,
            clean,
            merge,
            identity,
            verify,
            whatsapp,
            gates,
            limits,
            profiles,
        };
        plan.profiles = plan.read_profiles(tables)?;
        let resolved: Vec<Profile> =
            plan.sources.iter().map(|it| plan.resolve(it)).collect::<Result<_, PlanError>>()?;
        for (source, profile) in plan.sources.iter_mut().zip(resolved) {
            source.resolved = Some(profile);
        }
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), PlanError> {
        if let Some(run) = &self.run {
            check_name(self, "a run", &run.name)?;
        }
        for (n, source) in self.sources.iter().enumerate() {
            check_name(self, "a source", &source.name)?;
            if self.sources[..n].iter().any(|it| it.name.get_ref() == source.name.get_ref()) {
                return Err(self
                    .wrong(source.name.span().start, format!("two sources are named \"{}\"", source.name.get_ref())));
            }
            source.check(self)?;
        }
        self.own_numbers()?;
        if let Some(message) = self.clean.consent_words.contradiction() {
            return Err(self.wrong(self.text.find("[clean.consent_words]").unwrap_or(0), message));
        }
        if !(self.limits.unpacked_gib > 0.0 && self.limits.ratio > 0) {
            return Err(self.wrong(0, "unpacked_gib and ratio are above 0".into()));
        }
        self.check_gates()?;
        self.verify.as_ref().map_or(Ok(()), |it| it.check(self))
    }

    /// Returns an error at a position in the plan.
    pub fn wrong(&self, at: usize, message: String) -> PlanError {
        wrong(&self.path, &self.text, at, message)
    }
}

fn check_name(plan: &Plan, what: &'static str, name: &Spanned<String>) -> Result<(), PlanError> {
    run::run_name(what, name.get_ref()).map(|_| ()).map_err(|error| plan.wrong(name.span().start, error.to_string()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const PLAN: &str = r#"[run]
name = "spring"
default_region = "FR"

[crm]
url = "sqlite:ferry.db"

[[source]]
name = "sms"
channel = "sms"
path = "sms.csv"
profile = "columns"
[source.columns]
phone = "PhoneNumber"

[verify]
adapter = "contacts"
url = "http://127.0.0.1:8480"
"#;

    fn error(from: &str, to: &str) -> String {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        assert!(PLAN.contains(from));
        std::fs::write(&path, PLAN.replace(from, to)).unwrap();
        match Plan::read(&path) {
            Ok(_) => "fine".to_owned(),
            Err(error) => error.to_string().replace(&format!("{}/", home.path().display()), ""),
        }
    }

    #[test]
    fn a_wrong_plan_is_told_its_line_and_the_nearest_right_name() {
        assert_eq!(error("[run]", "[run]"), "fine");
        for (from, to, expected) in [
            (
                "name = \"spring\"",
                "nam = \"spring\"",
                "plan.toml:2: unknown field `nam`, expected `name` or `default_region`; did you mean `name`?",
            ),
            ("\"FR\"", "\"XX\"", "plan.toml:3: \"XX\" is not a country: write its two-letter code, such as FR"),
            (
                "\"spring\"",
                "\"../x\"",
                "plan.toml:2: \"../x\" cannot name a run: use 1 to 64 small letters, digits and hyphens, a letter or digit first",
            ),
            (
                "profile = \"columns\"",
                "profile = \"column\"",
                "plan.toml:12: unknown profile `column`; did you mean `columns`? (`ferry profiles` lists them)",
            ),
            (
                "phone = \"PhoneNumber\"",
                "phon = \"PhoneNumber\"",
                "plan.toml:14: unknown field `phon`, expected one of `phone`, `region`, `name`, `first_name`, `last_name`, `email`, `language`, `last_at`, `first_at`, `consent`, `consent_at`, `opt_out`, `external_id`, `viber_id`, `tags`, `message_id`, `from`, `to`, `direction`, `body`, `status`, `error`, `channel`, `shared_phone`, `tracking`, `prompt`; did you mean `phone`?",
            ),
            (
                "phone = \"PhoneNumber\"",
                "name = \"Name\"",
                "plan.toml:12: [source.columns] maps no phone column: add phone = \"…\"",
            ),
            (
                "channel = \"sms\"",
                "channel = \"fax\"",
                "plan.toml:10: unknown variant `fax`, expected `sms` or `viber`",
            ),
            (
                "http://127.0.0.1:8480",
                "http://example.com",
                "plan.toml:18: the address must begin with https:// (http:// is only for this machine, such as http://127.0.0.1:8480)",
            ),
            ("url = \"http", "batch = 1001\nurl = \"http", "plan.toml:18: a batch holds 1 to 1000 contacts"),
            (
                "url = \"http",
                "daily_quota = 6\nurl = \"http",
                "plan.toml:17: each verification first asks about 5 numbers to find out what the provider knows: daily_quota is \
                 at least 7",
            ),
        ] {
            assert_eq!(error(from, to), expected, "{to}");
        }
    }
}

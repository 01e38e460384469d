//! Reads a plan, and reports the line of a mistake.

use std::path::Path;

use extract::Profile;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::Plan;
use crate::error::{PlanError, with_nearest, wrong};
use crate::sections::basis::BasisSection;
use crate::sections::business::BusinessSection;
use crate::sections::campaign::CampaignSection;
use crate::sections::gates::GatesSection;
use crate::sections::merge::MergeSection;
use crate::sections::replies::RepliesSection;
use crate::sections::report::ReportSection;
use crate::sections::scenario::{RatesSection, ScenarioSection, TranslateSection};
use crate::sections::segment::SegmentSection;
use crate::sections::sending::SendingSection;
use crate::sections::source::SourceSection;
use crate::sections::verify::VerifySection;
use crate::sections::webhook::WebhookSection;
use crate::sections::whatsapp::WhatsappSection;
use crate::sections::wording::WordingSection;
use crate::sections::{CleanSection, CrmSection, IdentitySection, LimitsSection, RunSection, SuppressionSection};

/// A plan of Ferry: its sources, its rules and its targets. Paths in it are relative to the file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanFile {
    /// The name of the run, and the country of phone numbers that do not name one.
    ///
    /// The run folder is `runs/DATE-NAME` beside the plan. `--run-dir` names another folder, which holds one run only.
    /// Every command that makes a run needs this section.
    run: Option<RunSection>,
    /// The CRM database: contacts are loaded into it.
    ///
    /// The first run creates a SQLite file and all tables. A PostgreSQL database must exist already. Ferry refuses a
    /// database or schema with tables of another program, and one of another version of Ferry.
    #[serde(default)]
    crm: CrmSection,
    /// An export, and how it is read. Repeat the section for each export.
    ///
    /// Keys whose default is "detected" are found out from the file. `ferry inspect FILE` shows what was found.
    #[serde(default)]
    source: Vec<SourceSection>,
    /// Files with scenarios: texts of SMS, dialogues of Viber, flows and bots. Repeat the section for each set.
    ///
    /// `ferry run` translates them to templates and messages of WhatsApp, and keeps both in the database.
    #[serde(default)]
    scenario: Vec<ScenarioSection>,
    /// How scenarios are written for WhatsApp.
    #[serde(default)]
    translate: TranslateSection,
    /// The prices of messages, for the amounts of `ferry template costs`.
    rates: Option<RatesSection>,
    /// Consent words of your own, and the list of people whose rows are kept out.
    #[serde(default)]
    clean: CleanSection,
    /// Which value a contact keeps if its rows have several.
    ///
    /// The rules hold within a run. A later import replaces what the database holds, except values that people have
    /// edited there. `ferry trace` shows the rule that kept a value, and the values that lost.
    #[serde(default)]
    merge: MergeSection,
    /// The place of the contact key. Contact ids are made from phone numbers with this key.
    ///
    /// Ferry looks in the environment variable first, then in the file.
    #[serde(default)]
    identity: IdentitySection,
    /// The place of the suppression keys. The suppression list holds digests under these keys, and no numbers.
    ///
    /// Ferry looks in the environment variable first, then in the file. `ferry suppress --rotate-keys` puts a new key before
    /// the others.
    #[serde(default)]
    suppression: SuppressionSection,
    /// The provider that says which contacts are on WhatsApp. Without this section, verification is off.
    verify: Option<VerifySection>,
    /// The WhatsApp Business account of `ferry template submit`, `status` and `sync`.
    whatsapp: Option<WhatsappSection>,
    /// An address that a platform calls when a message was delivered or a person writes. Repeat the section for each.
    ///
    /// `ferry serve` takes what comes. Bodies count only if the platform has signed them.
    #[serde(default)]
    webhook: Vec<WebhookSection>,
    /// When an answer to a person is late.
    #[serde(default)]
    replies: RepliesSection,
    /// What templates and messages say in the name of the business. `ferry translate --plan plan.toml` reads it.
    #[serde(default)]
    business: BusinessSection,
    /// The highest allowed shares of rejected rows, unreadable values and invalid phone numbers.
    ///
    /// A share is a number from 0 to 1: `0.05` is 5 %.
    #[serde(default)]
    gates: GatesSection,
    /// How `report.html` is written.
    #[serde(default)]
    report: ReportSection,
    /// A segment of your own, by a condition. Repeat the section for each segment.
    #[serde(default)]
    segment: Vec<SegmentSection>,
    /// How messages are sent on WhatsApp: the number, the limits, and what pauses a campaign.
    ///
    /// `ferry campaign` sends nothing without this section. The account and its token are those of `[whatsapp]`.
    sending: Option<SendingSection>,
    /// Messages to the people of a segment, in steps. Repeat the section for each campaign.
    ///
    /// `ferry campaign plan` shows what it would send, and sends nothing.
    #[serde(default)]
    campaign: Vec<CampaignSection>,
    /// What people were told when they consented, one section for each version.
    ///
    /// A source names its wording with `wording = "NAME@VERSION"`, and so does `ferry consent import --wording`. On WhatsApp a
    /// consent covers the purposes that its version names, and a consent without a wording covers none. Versions are kept
    /// in the database and never change there: a new text is a new version.
    #[serde(default)]
    wording: Vec<WordingSection>,
    /// The ground on which you write to people by SMS or Viber, for a channel and purpose. Repeat the section for each.
    #[serde(default)]
    basis: Vec<BasisSection>,
    /// The most that a compressed export may unpack to, as a guard against damaged or hostile archives.
    #[serde(default)]
    limits: LimitsSection,
    /// A profile of your own: an export format that Ferry does not know. Repeat the section for each profile.
    ///
    /// The other keys are those of a profile in a file of its own: see [exports.md](exports.md#a-profile-of-your-own).
    #[serde(default)]
    #[schemars(schema_with = "crate::sections::value_schemas::profiles")]
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
            scenario: scenarios,
            translate,
            rates,
            clean,
            merge,
            identity,
            suppression,
            verify,
            whatsapp,
            webhook: webhooks,
            replies,
            business,
            gates,
            report,
            segment,
            sending,
            campaign,
            wording: wording_sections,
            basis,
            limits,
            profile: tables,
        } = file;
        let (profiles, segments) = (Vec::new(), Vec::new());
        let mut plan = Self {
            path: absolute,
            text,
            run,
            crm,
            sources,
            scenario_sources: Vec::new(),
            scenarios,
            translate,
            rates,
            clean,
            merge,
            identity,
            suppression,
            verify,
            whatsapp,
            webhooks,
            replies,
            business,
            gates,
            report,
            segments,
            sending: None,
            campaigns: Vec::new(),
            bases: Vec::new(),
            limits,
            wording_sections,
            profiles,
        };
        plan.profiles = plan.read_profiles(tables)?;
        plan.sources.iter().try_for_each(|it| it.check_stream(&plan))?;
        plan.take_over_scopes();
        let sources = std::mem::take(&mut plan.sources);
        (plan.scenario_sources, plan.sources) = sources.into_iter().partition(SourceSection::holds_scenarios);
        let resolved: Vec<Profile> =
            plan.sources.iter().map(|it| plan.resolve(it)).collect::<Result<_, PlanError>>()?;
        for (source, profile) in plan.sources.iter_mut().zip(resolved) {
            source.resolved = Some(profile);
        }
        plan.segments = plan.read_segments(segment)?;
        plan.bases = plan.read_bases(&basis)?;
        plan.check()?;
        plan.sending = sending.map(|it| it.read(&plan)).transpose()?;
        plan.campaigns = plan.read_campaigns(campaign)?;
        Ok(plan)
    }

    /// Ids that are asked about are those of another source, so they have its scope.
    fn take_over_scopes(&mut self) {
        let scopes: Vec<(String, String)> =
            self.sources.iter().map(|it| (it.name.get_ref().clone(), it.scope().to_owned())).collect();
        for source in &mut self.sources {
            let other = source.ids_from.as_ref().and_then(|it| scopes.iter().find(|(name, _)| name == it.get_ref()));
            if let (None, Some((_, scope))) = (&source.scope, other) {
                source.scope = Some(scope.clone());
            }
        }
    }

    fn check(&self) -> Result<(), PlanError> {
        if let Some(run) = &self.run {
            self.check_name("a run", &run.name)?;
        }
        let sources: Vec<&SourceSection> = self.all_sources().collect();
        for (n, source) in sources.iter().enumerate() {
            self.check_name("a source", &source.name)?;
            if sources[..n].iter().any(|it| it.name.get_ref() == source.name.get_ref()) {
                return Err(self
                    .wrong(source.name.span().start, format!("two sources are named \"{}\"", source.name.get_ref())));
            }
            source.check(self)?;
        }
        self.check_scenarios()?;
        self.check_wordings()?;
        self.own_numbers()?;
        if let Some(message) = self.clean.consent_words.contradiction() {
            return Err(self.wrong(self.text.find("[clean.consent_words]").unwrap_or(0), message));
        }
        if !(self.limits.unpacked_gib > 0.0 && self.limits.ratio > 0) {
            return Err(self.wrong(0, "unpacked_gib and ratio are above 0".into()));
        }
        self.business.check(self)?;
        self.check_gates()?;
        self.whatsapp.as_ref().map_or(Ok(()), |it| it.check(self))?;
        self.check_webhooks()?;
        self.check_replies()?;
        self.verify.as_ref().map_or(Ok(()), |it| it.check(self))
    }

    /// Fails if a name cannot become part of a path.
    pub(crate) fn check_name(&self, what: &'static str, name: &Spanned<String>) -> Result<(), PlanError> {
        let named = run::run_name(what, name.get_ref());
        named.map(|_| ()).map_err(|error| self.wrong(name.span().start, error.to_string()))
    }

    /// Returns an error at a position in the plan.
    pub fn wrong(&self, at: usize, message: String) -> PlanError {
        wrong(&self.path, &self.text, at, message)
    }
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
                "plan.toml:2: unknown field `nam`, expected one of `name`, `default_region`, `notify`, `notify_env`; did you mean `name`?",
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
                "plan.toml:14: unknown field `phon`, expected one of `phone`, `region`, `name`, `first_name`, `last_name`, `email`, `language`, `last_at`, `first_at`, `consent`, `consent_at`, `consent_channel`, `opt_out`, `external_id`, `viber_id`, `tags`, `message_id`, `from`, `to`, `direction`, `body`, `status`, `error`, `channel`, `shared_phone`, `tracking`, `prompt`; did you mean `phone`?",
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
            ("url = \"http", "batch = 1001\nurl = \"http", "plan.toml:18: batch is 1001: it can be from 1 to 1000"),
            (
                "url = \"http",
                "concurrency = 9223372036854775807\nurl = \"http",
                "plan.toml:18: concurrency is 9223372036854775807: it can be from 1 to 256",
            ),
            ("url = \"http", "attempts = 0\nurl = \"http", "plan.toml:18: attempts is 0: it can be from 1 to 20"),
            (
                "url = \"http",
                "per_second = 0\nurl = \"http",
                "plan.toml:18: per_second is 0: it can be from 1 to 10000",
            ),
            ("url = \"http", "price = nan\nurl = \"http", "plan.toml:18: price is NaN: it can be from 0 to 1000"),
            (
                "url = \"http",
                "timeout_ms = 99999999999\nurl = \"http",
                "plan.toml:18: timeout_ms is 99999999999: it can be from 1 to 600000",
            ),
            (
                "[verify]",
                "[report]\nlanguage = \"de\"\n[verify]",
                "plan.toml:17: unknown variant `de`, expected `en` or `fr`",
            ),
            (
                "[verify]",
                "[whatsapp]\naccount = \"1\"\ntimeout_ms = 0\n[verify]",
                "plan.toml:18: timeout_ms is 0: it can be from 1 to 600000",
            ),
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

    #[test]
    fn a_secret_that_is_not_there_is_told_with_its_line() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("empty"), " \n").unwrap();
        std::fs::write(home.path().join("token"), "secret\n").unwrap();
        let check = |lines: &str| {
            let path = home.path().join("plan.toml");
            std::fs::write(&path, format!("{PLAN}{lines}\n")).unwrap();
            let checked = Plan::read(&path).unwrap().check_secrets();
            checked
                .map_or_else(|it| it.to_string(), |()| "fine".into())
                .replace(&format!("{}/", path.parent().unwrap().display()), "")
        };
        assert_eq!(check(""), "fine");
        assert_eq!(check("token_file = \"token\""), "fine");
        for (lines, expected) in [
            (
                "token_env = \"FERRY_TEST_UNSET\"",
                "plan.toml:19: the environment has no FERRY_TEST_UNSET: set it to the token",
            ),
            (
                "blocking = true\nlogin_env = \"FERRY_TEST_UNSET\"",
                "plan.toml:20: the environment has no FERRY_TEST_UNSET: set it to USER:PASSWORD",
            ),
            // Cargo sets this variable to something that is no login.
            ("login_env = \"CARGO_PKG_NAME\"", "plan.toml:19: CARGO_PKG_NAME in the environment is not USER:PASSWORD"),
            ("token_file = \"empty\"", "plan.toml:19: token_file empty cannot be used: it is empty"),
            (
                "token_file = \"absent\"",
                "plan.toml:19: token_file absent cannot be used: No such file or directory (os error 2)",
            ),
            (
                "token_file = \"/dev/zero\"",
                "plan.toml:19: token_file /dev/zero cannot be used: it is a pipe, socket or device, not a file",
            ),
        ] {
            assert_eq!(check(lines), expected, "{lines}");
        }
    }
}

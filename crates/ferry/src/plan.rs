//! The plan: what a run reads, by which rules, and where it leads.

mod profiles;
mod verification;
mod whatsapp;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use clean::{Rule, Survivorship};
use extract::{Encoding, ExtractError, FIELDS, Layout, Limits, Names, Profile, Settings};
use model::{Channel, ConsentState, ContactId, Digest, MAX_BATCH, PhoneNumber, Region};
use run::SourceRecord;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

pub(crate) use verification::VerifySection;
pub(crate) use whatsapp::WhatsappSection;

/// A plan, checked as far as that goes without looking at anything else.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Where the plan stands, as an absolute path.
    pub(crate) path: PathBuf,
    text: String,
    pub(crate) run: RunSection,
    pub(crate) crm: CrmSection,
    pub(crate) sources: Vec<SourceSection>,
    pub(crate) clean: CleanSection,
    /// Which of several values of a field a contact keeps.
    pub(crate) merge: Survivorship,
    pub(crate) identity: IdentitySection,
    pub(crate) verify: Option<VerifySection>,
    pub(crate) whatsapp: Option<WhatsappSection>,
    pub(crate) gates: GatesSection,
    pub(crate) limits: LimitsSection,
    /// Profiles that come with Ferry and those of the plan.
    profiles: Vec<Profile>,
}

/// What is wrong with a plan, and on which line.
#[derive(Debug, Error)]
pub(crate) enum PlanError {
    #[error("could not read the plan {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}:{line}: {message}", path.display())]
    Wrong { path: PathBuf, line: usize, message: String },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    run: RunSection,
    crm: CrmSection,
    #[serde(default)]
    source: Vec<SourceSection>,
    #[serde(default)]
    clean: CleanSection,
    #[serde(default)]
    merge: Survivorship,
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunSection {
    pub(crate) name: Spanned<String>,
    pub(crate) default_region: Option<Region>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrmSection {
    url: Option<Spanned<String>>,
    /// The environment variable that holds the URL, where it has a password in it.
    url_env: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceSection {
    pub(crate) name: Spanned<String>,
    pub(crate) channel: Channel,
    pub(crate) path: PathBuf,
    profile: Spanned<String>,
    priority: Option<i32>,
    delimiter: Option<Spanned<String>>,
    encoding: Option<Encoding>,
    /// Whether the first line of CSV names the columns.
    header: Option<bool>,
    /// The sheet of a spreadsheet.
    sheet: Option<String>,
    /// The key under which pages of JSON hold their records.
    records: Option<String>,
    /// Within what the ids of the source are unique, such as the name of a Viber bot.
    scope: Option<String>,
    /// Numbers of the business, which stand in its message logs beside those of people.
    #[serde(default)]
    own_numbers: Vec<Spanned<String>>,
    #[serde(default)]
    columns: BTreeMap<Spanned<String>, Spanned<Names>>,
    #[serde(skip)]
    resolved: Option<Profile>,
}

/// How much an archive may unpack to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsSection {
    pub(crate) unpacked_gib: f64,
    pub(crate) ratio: u64,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self { unpacked_gib: 20.0, ratio: Limits::default().ratio }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CleanSection {
    #[serde(default)]
    consent_words: WordsSection,
    /// Contact ids of people who must not come back, one a line.
    pub(crate) suppression: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WordsSection {
    yes: Vec<String>,
    no: Vec<String>,
    stop: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct IdentitySection {
    pub(crate) key_env: String,
    pub(crate) key_file: PathBuf,
}

impl Default for IdentitySection {
    fn default() -> Self {
        Self { key_env: "FERRY_CONTACT_KEY".into(), key_file: "ferry.key".into() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GatesSection {
    pub(crate) max_reject_rate: f64,
    /// Of the phone numbers of a source; over it nothing is verified or loaded.
    pub(crate) max_invalid_rate: Option<f64>,
    /// Of the valid phone numbers of a source, those in sequences.
    pub(crate) max_sequence_rate: Option<f64>,
}

impl Default for GatesSection {
    /// "More than 5 % invalid numbers": default from the design text, unconfirmed.
    fn default() -> Self {
        Self { max_reject_rate: 0.05, max_invalid_rate: None, max_sequence_rate: None }
    }
}

impl Plan {
    /// Reads and checks a plan.
    pub(crate) fn read(path: &Path) -> Result<Self, PlanError> {
        let unreadable = |source| PlanError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
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

    /// Numbers of the business itself.
    pub(crate) fn own_numbers(&self) -> HashSet<PhoneNumber> {
        let numbers = self.sources.iter().flat_map(|it| &it.own_numbers);
        // What is no number, such as an alphanumeric sender, is nobody's number anyway.
        numbers
            .filter_map(|it| clean::phone(it.get_ref(), self.run.default_region).ok())
            .map(|it| it.0.number)
            .collect()
    }

    /// People who must not come back.
    pub(crate) fn suppressed(&self) -> Result<HashSet<ContactId>, PlanError> {
        let Some(path) = &self.clean.suppression else { return Ok(HashSet::new()) };
        let path = self.folder().join(path);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashSet::new()),
            read => read.map_err(|source| PlanError::Read { path: path.clone(), source })?,
        };
        let lines = (1..).zip(text.lines()).filter(|it| !it.1.trim().is_empty() && !it.1.starts_with('#'));
        lines
            .map(|(line, text)| {
                let message = "a line is the 32 digits of a contact id: `ferry suppress` writes them".to_owned();
                ContactId::from_hex(text.trim()).ok_or(PlanError::Wrong { path: path.clone(), line, message })
            })
            .collect()
    }

    /// The folder that relative paths of the plan start from.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    pub(crate) fn name(&self) -> &str {
        self.run.name.get_ref()
    }

    /// The address of the CRM database. A relative SQLite path starts from the plan.
    pub(crate) fn crm_url(&self) -> Result<String, PlanError> {
        let url = match (&self.crm.url, &self.crm.url_env) {
            (Some(url), None) => url.get_ref().clone(),
            (None, Some(name)) => std::env::var(name.get_ref()).map_err(|_| {
                self.wrong(
                    name.span().start,
                    format!("the environment has no {}: set it to the CRM URL", name.get_ref()),
                )
            })?,
            (Some(url), Some(_)) => {
                return Err(self.wrong(url.span().start, "[crm] has url and url_env: give one".into()));
            }
            (None, None) => return Err(self.wrong(0, "[crm] needs url or url_env".into())),
        };
        Ok(match url.strip_prefix("sqlite:").map(|it| it.strip_prefix("//").unwrap_or(it)) {
            Some(path) if !path.is_empty() => format!("sqlite:{}", self.folder().join(path).display()),
            _ => url,
        })
    }

    /// The rules that cleaning goes by, apart from the key.
    pub(crate) fn words(&self) -> clean::ConsentWords {
        let mut words = clean::ConsentWords::default();
        let added = &self.clean.consent_words;
        for (state, list) in
            [(ConsentState::Yes, &added.yes), (ConsentState::No, &added.no), (ConsentState::Stop, &added.stop)]
        {
            words.add(state, list);
        }
        words
    }

    /// The most contacts in a batch.
    pub(crate) fn batch_size(&self) -> usize {
        self.verify.as_ref().map_or(MAX_BATCH, VerifySection::batch)
    }

    /// What cleaning depends on besides the rows.
    pub(crate) fn clean_digest(&self) -> Digest {
        let sources = self.sources.iter().map(|it| {
            format!("{} {:?} {:?} {:?} {}", it.name.get_ref(), it.channel, it.profile(), it.priority(), it.scope())
        });
        let mut own: Vec<String> = self.own_numbers().iter().map(ToString::to_string).collect();
        own.sort();
        let rules = format!("{:?} {:?} {own:?} {:?}", self.run.default_region, self.words(), self.merge);
        let parts: Vec<String> = sources.chain([rules]).collect();
        Digest::of_parts(parts.iter().map(String::as_bytes))
    }

    fn check(&self) -> Result<(), PlanError> {
        check_name(self, "a run", &self.run.name)?;
        if self.sources.is_empty() {
            return Err(self.wrong(0, "the plan has no [[source]]: name at least one export".into()));
        }
        for (n, source) in self.sources.iter().enumerate() {
            check_name(self, "a source", &source.name)?;
            if self.sources[..n].iter().any(|it| it.name.get_ref() == source.name.get_ref()) {
                return Err(self
                    .wrong(source.name.span().start, format!("two sources are named \"{}\"", source.name.get_ref())));
            }
            source.check(self)?;
        }
        let texts = [self.merge.name, self.merge.email, self.merge.language];
        if texts.contains(&Rule::Strictest) || self.merge.consent == Rule::Longest {
            let at = self.text.find("[merge]").unwrap_or(0);
            return Err(self.wrong(at, "strictest is a rule for consent, longest one for the other fields".into()));
        }
        if !(self.limits.unpacked_gib > 0.0 && self.limits.ratio > 0) {
            return Err(self.wrong(0, "unpacked_gib and ratio are above 0".into()));
        }
        let GatesSection { max_reject_rate, max_invalid_rate, max_sequence_rate } = self.gates;
        let shares = [Some(max_reject_rate), max_invalid_rate, max_sequence_rate];
        if shares.into_iter().flatten().any(|it| !(0.0..=1.0).contains(&it)) {
            return Err(self.wrong(self.text.find("[gates]").unwrap_or(0), "a gate is a share from 0 to 1".into()));
        }
        self.verify.as_ref().map_or(Ok(()), |it| it.check(self))
    }

    fn limits(&self) -> Limits {
        Limits { unpacked_bytes: (self.limits.unpacked_gib * f64::from(1 << 30)) as u64, ratio: self.limits.ratio }
    }

    /// An error at a place of the plan.
    pub(crate) fn wrong(&self, at: usize, message: String) -> PlanError {
        wrong(&self.path, &self.text, at, message)
    }
}

impl SourceSection {
    /// What kind of export it is.
    pub(crate) fn profile(&self) -> Profile {
        self.resolved.clone().unwrap_or_else(|| Profile::of_columns(BTreeMap::new()))
    }

    /// Which columns of the source, as it was extracted, hold what.
    pub(crate) fn layout_of(&self, record: &SourceRecord) -> Result<Layout, ExtractError> {
        let path = record.files.first().map_or(Path::new(""), |it| it.path.as_path());
        self.profile().layout(path, &record.columns)
    }

    pub(crate) fn settings(&self, plan: &Plan) -> Settings {
        let profile = self.profile();
        Settings {
            delimiter: self.delimiter.as_ref().map(|it| it.get_ref().as_bytes()[0]),
            encoding: self.encoding,
            has_header: self.header,
            sheet: self.sheet.clone(),
            records: self.records.clone(),
            limits: plan.limits(),
            // What a plan says of no profile is found as it was when the file was inspected.
            ..Settings::of_profiles(if profile.records.is_empty() {
                &plan.profiles
            } else {
                std::slice::from_ref(&profile)
            })
        }
    }

    /// The smaller number wins ties of the merge; SMS over Viber where the plan says nothing.
    pub(crate) fn priority(&self) -> i32 {
        self.priority.unwrap_or(match self.channel {
            Channel::Sms => 1,
            Channel::Viber => 2,
        })
    }

    pub(crate) fn scope(&self) -> &str {
        self.scope.as_deref().unwrap_or(self.name.get_ref())
    }

    /// Where the plan asks for a column, to point at it when the file has none of that name.
    pub(crate) fn place_of_column(&self, column: &str) -> usize {
        let asked = self.columns.values().find(|it| it.get_ref().iter().any(|it| it == column));
        asked.map_or(self.profile.span().start, |it| it.span().start)
    }

    fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        for field in self.columns.keys() {
            if !FIELDS.contains(&field.get_ref().as_str()) {
                let known = FIELDS.map(|it| format!("`{it}`")).join(", ");
                let message = format!("unknown field `{}`, expected one of {known}", field.get_ref());
                return Err(plan.wrong(field.span().start, with_nearest(&message)));
            }
        }
        let has = |name: &str| self.columns.keys().any(|it| it.get_ref() == name);
        let has_anybody = ["phone", "viber_id", "from", "to"].into_iter().any(has)
            || (self.channel == Channel::Viber && has("external_id"));
        if self.profile.get_ref() == "columns" && !has_anybody {
            let message = "[source.columns] maps no phone column: add phone = \"…\"".to_owned();
            return Err(plan.wrong(self.profile.span().start, message));
        }
        if let Some(delimiter) = &self.delimiter
            && (delimiter.get_ref().len() != 1 || ["\"", "\n", "\r"].contains(&delimiter.get_ref().as_str()))
        {
            return Err(
                plan.wrong(delimiter.span().start, "a delimiter is one ASCII character other than a quote".into())
            );
        }
        Ok(())
    }
}

fn check_name(plan: &Plan, what: &'static str, name: &Spanned<String>) -> Result<(), PlanError> {
    run::run_name(what, name.get_ref()).map(|_| ()).map_err(|error| plan.wrong(name.span().start, error.to_string()))
}

fn wrong(path: &Path, text: &str, at: usize, message: String) -> PlanError {
    let line = text.bytes().take(at).filter(|it| *it == b'\n').count() + 1;
    PlanError::Wrong { path: path.to_owned(), line, message }
}

/// Adds the nearest right name to a message of the form "unknown … `x`, expected one of `a`, `b`".
fn with_nearest(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let (Some(given), true) = (names.next(), message.starts_with("unknown")) else { return message.to_owned() };
    let similarity = |it: &&str| (strsim::jaro_winkler(given, it) * 1000.0) as u32;
    match names.max_by_key(similarity).filter(|it| similarity(it) > 600) {
        Some(nearest) => format!("{message}; did you mean `{nearest}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"[run]
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
                "plan.toml:14: unknown field `phon`, expected one of `phone`, `region`, `name`, `first_name`, `last_name`, `email`, `language`, `last_at`, `first_at`, `consent`, `external_id`, `viber_id`, `tags`, `message_id`, `from`, `to`, `direction`, `body`, `status`, `error`, `channel`, `shared_phone`, `tracking`, `prompt`; did you mean `phone`?",
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

//! The plan: what a run reads, by which rules, and where it leads.

mod consents;
mod profiles;
mod source;
mod verification;
mod whatsapp;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use clean::{DateOrder, ReadField};
use extract::{Encoding, Limits, Names, Profile};
use model::{Channel, ConsentChannel, ContactId, Digest, DigestInput, MAX_BATCH};
use phone::{PhoneForm, PhoneNumber, Region};
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use consents::WordsSection;
pub(crate) use consents::{ListConsent, MergeSection};
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
    pub(crate) merge: MergeSection,
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
    /// The line of the header, where other lines stand above it.
    header_row: Option<u64>,
    /// The country of rows that name none.
    region: Option<Region>,
    /// How digits without a plus sign are meant.
    pub(crate) numbers: Option<PhoneForm>,
    pub(crate) date_order: Option<DateOrder>,
    /// A pattern of strftime.
    date_format: Option<Spanned<String>>,
    /// The zone of local times, such as `Europe/Paris`.
    timezone: Option<Spanned<String>>,
    /// What being in the list says about consent.
    consent: Option<Spanned<ListConsent>>,
    /// What the words of consent speak of, where that is not the channel of the source.
    consent_channel: Option<ConsentChannel>,
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
    /// The highest allowed share of values that are not understood, by field. Above it the people of those rows are held
    /// back.
    pub(crate) max_unreadable: BTreeMap<String, f64>,
    /// The same; above it nothing is verified or loaded.
    pub(crate) stop_unreadable: BTreeMap<String, f64>,
}

impl Default for GatesSection {
    /// "More than 5 % invalid numbers": default from the design text, unconfirmed.
    fn default() -> Self {
        Self {
            max_reject_rate: 0.05,
            max_invalid_rate: None,
            max_sequence_rate: None,
            max_unreadable: BTreeMap::new(),
            stop_unreadable: BTreeMap::new(),
        }
    }
}

impl GatesSection {
    /// The highest allowed share of values of a field that are not understood; none where any share is allowed.
    pub(crate) fn max_unreadable(&self, field: ReadField) -> Option<f64> {
        let default = match field {
            ReadField::Consent => Some(0.0),
            ReadField::Region => Some(0.01),
            ReadField::Date => Some(0.05),
            ReadField::Language | ReadField::Email | ReadField::Name => None,
        };
        self.max_unreadable.get(field.name()).copied().or(default)
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
    pub(crate) fn own_numbers(&self) -> Result<HashSet<PhoneNumber>, PlanError> {
        let mut numbers = HashSet::new();
        for source in &self.sources {
            for number in &source.own_numbers {
                numbers.extend(source.own_number(self, number)?);
            }
        }
        Ok(numbers)
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
                let message = "a line is the 32 digits of a contact id: `ferry trace` shows it".to_owned();
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

    /// The words of consent: those that come with Ferry and those of the plan.
    pub(crate) fn words(&self) -> consent::Words {
        self.clean.consent_words.words()
    }

    /// The most contacts in a batch.
    pub(crate) fn batch_size(&self) -> usize {
        self.verify.as_ref().map_or(MAX_BATCH, VerifySection::batch)
    }

    /// Digests the settings of the plan on which cleaned contacts depend. Version 1.
    pub(crate) fn clean_digest(&self) -> Result<Digest, PlanError> {
        Ok(self.clean_input()?.digest())
    }

    fn clean_input(&self) -> Result<DigestInput, PlanError> {
        let mut own_numbers: Vec<String> = self.own_numbers()?.iter().map(ToString::to_string).collect();
        own_numbers.sort();
        let MergeSection { name, email, language, consent } = self.merge;
        let mut input = DigestInput::new("plan.clean", 1)
            .optional("default_region", self.run.default_region.as_ref().map(Region::code))
            .field("words", self.words().digest())
            .list("own_numbers", own_numbers)
            .field("merge.name", name.name())
            .field("merge.email", email.name())
            .field("merge.language", language.name())
            .field("merge.consent", consent.name());
        for field in ReadField::ALL {
            input = input.optional(field.name(), self.gates.max_unreadable(field));
        }
        Ok(self.sources.iter().fold(input, |input, it| input.nested("source", &it.clean_input())))
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

    fn check_gates(&self) -> Result<(), PlanError> {
        let GatesSection { max_reject_rate, max_invalid_rate, max_sequence_rate, max_unreadable, stop_unreadable } =
            &self.gates;
        let wrong = |message| Err(self.wrong(self.text.find("[gates]").unwrap_or(0), message));
        let by_field = max_unreadable.iter().chain(stop_unreadable);
        for field in by_field.clone().map(|it| it.0) {
            if !ReadField::ALL.iter().any(|it| it.name() == field) {
                let known = ReadField::ALL.map(|it| format!("`{}`", it.name())).join(", ");
                return wrong(with_nearest(&format!("unknown field `{field}`, expected one of {known}")));
            }
        }
        let rates = [Some(*max_reject_rate), *max_invalid_rate, *max_sequence_rate].into_iter().flatten();
        match rates.chain(by_field.map(|it| *it.1)).all(|it| (0.0..=1.0).contains(&it)) {
            true => Ok(()),
            false => wrong("a gate is a share from 0 to 1".into()),
        }
    }

    fn limits(&self) -> Limits {
        Limits { unpacked_bytes: (self.limits.unpacked_gib * f64::from(1 << 30)) as u64, ratio: self.limits.ratio }
    }

    /// An error at a place of the plan.
    pub(crate) fn wrong(&self, at: usize, message: String) -> PlanError {
        wrong(&self.path, &self.text, at, message)
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
    use expect_test::expect;

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

    #[test]
    fn what_cleaning_depends_on_is_digested_by_the_names_of_a_plan() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        std::fs::write(&path, PLAN).unwrap();
        let plan = Plan::read(&path).unwrap();
        let input = plan.clean_input().unwrap();
        // The words of consent have a digest of their own, which their tests hold.
        let text = input.text().replace(&plan.words().digest().to_string(), "DIGEST");
        expect![[r#"
            plan.clean 1
            default_region=2:FR
            words=64:DIGEST
            own_numbers=[0]
            merge.name=6:latest
            merge.email=6:latest
            merge.language=6:latest
            merge.consent=16:latest-statement
            consent=1:0
            date=4:0.05
            region=4:0.01
            language=-
            email=-
            name=-
            source=817:source.clean 1
            name=3:sms
            channel=3:sms
            priority=1:1
            scope=3:sms
            profile=640:profile 1
            name=7:columns
            title=40:a table with columns that the plan names
            documented=0:
            channel=-
            signature=[0]
            without=[0]
            records=[0]
            only_pages=5:false
            is_certain=-
            each=[0]
            pairs=[0]
            total=[0]
            next=[0]
            window_days=-
            gaps=[0]
            consent=-
            consent_channel=-
            dates_consent=5:false
            is_international=5:false
            direction=-
            columns=36:columns 1
            phone=[1]
            =11:PhoneNumber

            guess=10:columns 1

            words=228:words 1
            inbound=[0]
            outbound=[0]
            neutral=[0]
            ignored=[0]
            subscribed=[0]
            unsubscribed=[0]
            implied=[0]
            delivered=[0]
            unreachable=[0]
            opted_out_errors=[0]
            unreachable_errors=[0]
            sms=[0]
            viber=[0]
            other_channels=[0]
            share_phone=[0]

            is_exact=4:true

            reading=87:source.reading 1
            date_order=-
            date_format=-
            timezone=-
            numbers=-
            region=-
            header_row=-


        "#]]
        .assert_eq(&text);
    }
}

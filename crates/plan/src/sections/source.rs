//! `[[source]]`: an export, and how it is read.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use clean::{DateForm, DateOrder};
use extract::{
    ATTRIBUTE_NAMES, ColumnNames, Encoding, ExtractError, FIELDS, Layout, Profile, Settings, is_attribute_name,
};
use model::{Channel, ConsentChannel, DigestInput, Reason, WordingName};
use phone::{PhoneForm, PhoneNumber, Region};
use run::SourceRecord;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::error::with_nearest;
use crate::sections::merge::ListConsent;
use crate::sections::value_schemas;
use crate::{Plan, PlanError};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSection {
    /// The name of the source in reports, rejects and traces: small letters, digits and hyphens, a letter or digit
    /// first.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    pub name: Spanned<String>,
    /// The channel on which the business reached the people of this export.
    /// A source with a provider has the channel of its stream by default.
    #[serde(default)]
    #[schemars(schema_with = "value_schemas::channel")]
    pub(crate) channel: Option<Channel>,
    /// A file, a folder (its files are read), or a pattern such as `days/*.json.gz`. For a source with a provider: the
    /// folder in which its pages are kept, by default `pages/NAME`.
    pub(crate) path: Option<PathBuf>,
    /// The format of the export: a name that `ferry profiles` lists, `columns` if `[source.columns]` says all, or a
    /// TOML file with a profile. A source with a provider has the profile of its stream.
    #[schemars(with = "Option<String>")]
    pub(crate) profile: Option<Spanned<String>>,
    /// The provider whose API is read, instead of files: `twilio`, `vonage`, … (`ferry sources list` lists them).
    #[schemars(with = "Option<String>")]
    pub(crate) provider: Option<Spanned<String>>,
    /// The stream to read, such as `messages`. Default: the first of the provider.
    #[schemars(with = "Option<String>")]
    pub(crate) stream: Option<Spanned<String>>,
    /// The environment variable that holds the id, key or user of the account.
    #[schemars(with = "Option<String>")]
    pub(crate) account_env: Option<Spanned<String>>,
    /// The environment variable that holds the secret of the account: its token, key or password.
    #[schemars(with = "Option<String>")]
    pub(crate) token_env: Option<Spanned<String>>,
    /// The file that holds the secret, instead of `token_env`.
    #[schemars(with = "Option<String>")]
    pub(crate) token_file: Option<Spanned<PathBuf>>,
    /// Another address of the API, such as that of a region: `https://`, or `http://` on this machine.
    #[schemars(with = "Option<String>")]
    pub(crate) url: Option<Spanned<String>>,
    /// Reads records from this moment on: a date such as `2026-01-31`, or RFC 3339. Default: as far back as the provider
    /// keeps them.
    #[schemars(with = "Option<String>")]
    pub(crate) since: Option<Spanned<String>>,
    /// Reads records before this moment, which is not included. Default: now.
    #[schemars(with = "Option<String>")]
    pub(crate) until: Option<Spanned<String>>,
    /// Whether a run goes on without this source if it cannot be read. What is written to people waits all the same for
    /// every source that can hold refusals.
    #[serde(default)]
    pub(crate) optional: bool,
    /// Streams that return each record only once need this. Records lost in a crash cannot be read again.
    #[serde(default)]
    pub(crate) consume: bool,
    /// Allows an address in a private network.
    #[serde(default)]
    pub(crate) allow_private: bool,
    /// The highest number of calls in one reading. The next reading continues from there.
    #[schemars(with = "Option<u64>", range(min = 1))]
    pub(crate) max_calls: Option<NonZeroU64>,
    /// The name of the source whose ids Ferry asks about. Streams of `viber` need it.
    #[schemars(with = "Option<String>")]
    pub(crate) ids_from: Option<Spanned<String>>,
    /// Infobip's `viber-templates` only: the sender whose templates are read.
    #[schemars(with = "Option<String>")]
    pub(crate) sender: Option<Spanned<String>>,
    /// The region of the API, such as `eu-west-1` for AWS, or `us`, `eu` or `br` for Sinch.
    #[schemars(with = "Option<String>")]
    pub(crate) api_region: Option<Spanned<String>>,
    /// Sinch only: the id of the project.
    #[schemars(with = "Option<String>")]
    pub(crate) project: Option<Spanned<String>>,
    /// Sinch only: the id of the app whose consent lists are read.
    #[schemars(with = "Option<String>")]
    pub(crate) app: Option<Spanned<String>>,
    /// The list of AWS that holds the opt-outs. Default: `Default`.
    #[schemars(with = "Option<String>")]
    pub(crate) opt_out_list: Option<Spanned<String>>,
    /// When the dates of two rows are equal, the source with the lower number wins. Default: 1 for SMS, 2 for Viber.
    priority: Option<i32>,
    /// The character between cells. Default: detected (`,` `;` tab or `|`).
    #[schemars(with = "Option<String>", length(min = 1, max = 1))]
    delimiter: Option<Spanned<String>>,
    /// The character encoding, by its label in the WHATWG encoding standard, such as `windows-1251` or `shift_jis`.
    /// Default: detected.
    #[schemars(with = "Option<String>")]
    encoding: Option<Encoding>,
    /// Whether the first line of a CSV file or a sheet names the columns. Without a header the columns are `column_1`, `column_2`,
    /// … Default: detected.
    header: Option<bool>,
    /// The line, or the row of the sheet, that names the columns, counted from 1. The lines above it are skipped.
    /// Default: detected.
    #[schemars(range(min = 1))]
    header_row: Option<u64>,
    /// The country of rows that do not name one, such as `FR`. Default: `default_region` of `[run]`.
    #[schemars(with = "Option<String>")]
    region: Option<Region>,
    /// How to read phone numbers without a plus sign: with their country code, as dialled within the country, or
    /// either. Default: as the profile says, else judged by the column.
    #[serde(default)]
    #[schemars(schema_with = "value_schemas::numbers")]
    pub numbers: Option<PhoneForm>,
    /// Whether dates such as `03/04/2025` have the day or the month first. Default: judged by the column, then by an
    /// earlier run, then by the region.
    #[serde(default)]
    #[schemars(schema_with = "value_schemas::date_order")]
    pub date_order: Option<DateOrder>,
    /// A date pattern as in strftime, such as `%d/%m/%Y %H:%M`. It is tried before all other forms.
    #[schemars(with = "Option<String>")]
    date_format: Option<Spanned<String>>,
    /// The time zone of dates that do not name one, such as `Europe/Paris`. Default: UTC.
    #[schemars(with = "Option<String>")]
    timezone: Option<Spanned<String>>,
    /// What being in this list says about consent. Default: as the profile says.
    #[schemars(with = "Option<ListConsent>")]
    consent: Option<Spanned<ListConsent>>,
    /// The channel that the consent columns and the list refer to. Default: as the profile says, else the channel of
    /// the row.
    #[serde(default)]
    #[schemars(schema_with = "value_schemas::consent_channel")]
    consent_channel: Option<ConsentChannel>,
    /// What people were told when they gave the consents of this source: `NAME@VERSION` of a `[[wording]]`. On WhatsApp a
    /// consent counts only for the purposes that its wording names.
    #[schemars(with = "Option<String>")]
    pub(crate) wording: Option<Spanned<String>>,
    /// The name of the sheet in a spreadsheet. Default: the first sheet that is not empty.
    sheet: Option<String>,
    /// The key that holds the list of records, in JSON that comes in pages. Default: detected.
    records: Option<String>,
    /// The scope within which the external ids of the source are unique, such as the name of a Viber bot. Sources of
    /// one system have the same scope. Default: the scope of the source in `ids_from`, else the name of the source.
    pub(crate) scope: Option<String>,
    /// Phone numbers of the business, which its message logs contain alongside those of people. Sender names and short
    /// codes are allowed.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) own_numbers: Vec<Spanned<String>>,
    /// The column of each field: `FIELD = "COLUMN"`, or several columns, such as `phone = ["mobile", "home"]`.
    ///
    /// Of several columns, the first that is not empty counts; of `opt_out` every filled one counts. With `profile =
    /// "columns"` these keys are the whole mapping, and every column must exist in the file. With another profile they
    /// change that profile.
    #[serde(default)]
    #[schemars(schema_with = "value_schemas::columns")]
    pub(crate) columns: BTreeMap<Spanned<String>, Spanned<ColumnNames>>,
    /// Further columns to carry to the contact, by names of your own, such as `city = "Ville"`. A name has small
    /// letters, digits and underscores, and is not one of the fields above. Every column must exist. Attributes go to
    /// the database and to every export.
    #[serde(default)]
    #[schemars(schema_with = "value_schemas::attributes")]
    pub(crate) attributes: BTreeMap<Spanned<String>, Spanned<ColumnNames>>,
    #[serde(skip)]
    pub(crate) resolved: Option<Profile>,
}

impl SourceSection {
    /// Returns the profile of the export.
    pub fn profile(&self) -> Profile {
        self.resolved.clone().unwrap_or_else(|| Profile::of_columns(BTreeMap::new()))
    }

    /// Returns the meaning of the columns of the source, as it was extracted.
    pub fn layout_of(&self, record: &SourceRecord) -> Result<Layout, ExtractError> {
        let path = record.files.first().map_or(Path::new(""), |it| it.path.as_path());
        self.profile().layout(path, &record.columns)
    }

    pub fn settings(&self, plan: &Plan) -> Settings {
        let profile = self.profile();
        Settings {
            delimiter: self.delimiter.as_ref().map(|it| it.get_ref().as_bytes()[0]),
            encoding: self.encoding,
            has_header: self.header,
            header_row: self.header_row,
            sheet: self.sheet.clone(),
            records: self.records.clone(),
            drops_repeats: self.provider.is_some(),
            limits: plan.limits(),
            // Settings that neither plan nor profile gives are detected as they were when the file was inspected.
            ..Settings::of_profiles(if profile.records.is_empty() {
                &plan.profiles
            } else {
                std::slice::from_ref(&profile)
            })
        }
    }

    /// Returns the priority of the source: the lower number wins ties in the merge. By default SMS comes before Viber.
    pub fn priority(&self) -> i32 {
        self.priority.unwrap_or(match self.channel() {
            Channel::Sms => 1,
            Channel::Viber => 2,
        })
    }

    /// Returns the channel on which the business reached the people of this source.
    pub fn channel(&self) -> Channel {
        self.channel.or(self.stream_spec().map(|it| it.channel)).unwrap_or(Channel::Sms)
    }

    /// Returns where the files of the source are, relative to the plan.
    pub fn path(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(|| Path::new("pages").join(self.name.get_ref()))
    }

    /// Returns the wording of the consents of the source.
    pub fn wording(&self) -> Option<WordingName> {
        self.wording.as_ref().and_then(|it| WordingName::parse(it.get_ref()))
    }

    pub fn scope(&self) -> &str {
        self.scope.as_deref().unwrap_or(self.name.get_ref())
    }

    /// Returns where the plan names a column, for an error if the file does not have it.
    pub fn place_of_column(&self, column: &str) -> usize {
        let asked =
            self.columns.values().chain(self.attributes.values()).find(|it| it.get_ref().iter().any(|it| it == column));
        asked.map_or(self.profile_at(), |it| it.span().start)
    }

    pub(crate) fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        self.check_provider(plan)?;
        for field in self.columns.keys() {
            if !FIELDS.contains(&field.get_ref().as_str()) {
                let known = FIELDS.map(|it| format!("`{it}`")).join(", ");
                let message = format!("unknown field `{}`, expected one of {known}", field.get_ref());
                return Err(plan.wrong(field.span().start, with_nearest(&message)));
            }
        }
        for name in self.attributes.keys() {
            if !is_attribute_name(name.get_ref()) {
                let message = format!("attribute \"{}\": {ATTRIBUTE_NAMES}", name.get_ref());
                return Err(plan.wrong(name.span().start, message));
            }
        }
        let has = |name: &str| self.columns.keys().any(|it| it.get_ref() == name);
        let has_anybody = ["phone", "viber_id", "from", "to"].into_iter().any(has)
            || (self.channel() == Channel::Viber && has("external_id"));
        if self.profile_name() == "columns" && !has_anybody && !self.holds_scenarios() {
            let message = "[source.columns] maps no phone column: add phone = \"…\"".to_owned();
            return Err(plan.wrong(self.profile_at(), message));
        }
        if let Some(delimiter) = &self.delimiter
            && (delimiter.get_ref().len() != 1 || ["\"", "\n", "\r"].contains(&delimiter.get_ref().as_str()))
        {
            return Err(
                plan.wrong(delimiter.span().start, "a delimiter is one ASCII character other than a quote".into())
            );
        }
        if self.header_row == Some(0) {
            return Err(
                plan.wrong(self.name.span().start, "header_row is the line of the header, the first is 1".into())
            );
        }
        if let Some(consent) = &self.consent
            && *consent.get_ref() == ListConsent::Ask
        {
            return Err(plan.wrong(consent.span().start, format!("source \"{}\": {ASK_CONSENT}", self.name.get_ref())));
        }
        if let Some(format) = &self.date_format
            && !clean::is_date_format(format.get_ref())
        {
            let message = "date_format is a pattern of strftime, such as \"%d/%m/%Y %H:%M\"".to_owned();
            return Err(plan.wrong(format.span().start, message));
        }
        if let Some(timezone) = &self.timezone
            && clean::zone(timezone.get_ref()).is_none()
        {
            let message = "timezone is the name of a time zone, such as \"Europe/Paris\" or \"UTC\"".to_owned();
            return Err(plan.wrong(timezone.span().start, message));
        }
        Ok(())
    }

    /// Parses a number of the business; none for a sender name or short code, which is not a phone number.
    pub(crate) fn own_number(&self, plan: &Plan, number: &Spanned<String>) -> Result<Option<PhoneNumber>, PlanError> {
        let text = number.get_ref();
        let by_profile = self.resolved.as_ref().is_some_and(|it| it.is_international);
        let form = self.numbers.unwrap_or(if by_profile { PhoneForm::International } else { PhoneForm::Unknown });
        match clean::phone_in(text, self.region(plan), form) {
            Ok((phone, _)) => Ok(Some(phone.number)),
            // Message logs contain letter senders and short codes too, and no row about a person has them.
            Err(Reason::Letters | Reason::ShortCode) => Ok(None),
            Err(reason) => {
                let message = format!(
                    "own_numbers: \"{text}\" is not a phone number ({}): write it with + and its country code",
                    reason.describe()
                );
                Err(plan.wrong(number.span().start, message))
            }
        }
    }

    /// Returns the profile with the consent settings of the plan.
    pub(crate) fn with_consent(&self, profile: Profile) -> Profile {
        let consent = self.consent.as_ref().map(|it| it.get_ref().state());
        Profile {
            consent: consent.unwrap_or(profile.consent),
            consent_channel: self.consent_channel.or(profile.consent_channel),
            ..profile
        }
    }

    /// Returns the country of rows that do not name one.
    pub fn region(&self, plan: &Plan) -> Option<Region> {
        self.region.or(plan.default_region())
    }

    pub fn has_date_format(&self) -> bool {
        self.date_format.is_some()
    }

    pub fn has_encoding(&self) -> bool {
        self.encoding.is_some()
    }

    /// Returns the date form as far as the plan gives it; `order` is that of one column.
    pub fn date_form(&self, order: Option<DateOrder>) -> DateForm {
        DateForm {
            order: self.date_order.or(order),
            format: self.date_format.as_ref().map(|it| it.get_ref().clone()),
            zone: self.timezone.as_ref().and_then(|it| clean::zone(it.get_ref())),
        }
    }

    /// Returns the input for a digest of the plan's settings for reading cells. Version 1.
    pub fn reading_input(&self) -> DigestInput {
        let text = |it: &Option<Spanned<String>>| it.as_ref().map(|it| it.get_ref().clone());
        DigestInput::new("source.reading", 1)
            .optional("date_order", self.date_order.map(DateOrder::name))
            .optional("date_format", text(&self.date_format))
            .optional("timezone", text(&self.timezone))
            .optional("numbers", self.numbers.map(PhoneForm::name))
            .optional("region", self.region.as_ref().map(Region::code))
            .optional("header_row", self.header_row)
    }

    /// Returns the input for a digest of the settings in this section that cleaned contacts depend on. Version 1.
    pub(crate) fn clean_input(&self) -> DigestInput {
        let input = DigestInput::new("source.clean", 1)
            .field("name", self.name.get_ref())
            .field("channel", self.channel().name())
            .field("priority", self.priority())
            .field("scope", self.scope())
            .nested("profile", &self.profile().digest_input())
            .nested("reading", &self.reading_input());
        // Plans without wordings have the digests that they had before there were any.
        match self.wording() {
            Some(wording) => input.field("wording", wording),
            None => input,
        }
    }
}

/// The error for a plan that leaves open what a list is.
const ASK_CONSENT: &str = "consent = \"?\": this looks like a list of people who have opted out. Write \
    consent = \"stop\" if everybody on it has, or consent = \"none\" if being on it says nothing about consent";

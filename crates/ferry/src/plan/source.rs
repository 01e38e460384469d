//! What a plan says of one source.

use std::collections::BTreeMap;
use std::path::Path;

use clean::{DateForm, DateOrder};
use extract::{ExtractError, FIELDS, Layout, Profile, Settings};
use model::{Channel, DigestInput, Reason};
use phone::{PhoneForm, PhoneNumber, Region};
use run::SourceRecord;
use toml::Spanned;

use crate::plan::consents::ListConsent;
use crate::plan::{Plan, PlanError, SourceSection, with_nearest};

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
            header_row: self.header_row,
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

    pub(super) fn check(&self, plan: &Plan) -> Result<(), PlanError> {
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

    /// A number of the business; none for the name of a sender, which is nobody's number.
    pub(super) fn own_number(&self, plan: &Plan, number: &Spanned<String>) -> Result<Option<PhoneNumber>, PlanError> {
        let text = number.get_ref();
        let by_profile = self.resolved.as_ref().is_some_and(|it| it.is_international);
        let form = self.numbers.unwrap_or(if by_profile { PhoneForm::International } else { PhoneForm::Unknown });
        match clean::phone_in(text, self.region(plan), form) {
            Ok((phone, _)) => Ok(Some(phone.number)),
            // Senders in letters and short codes are in logs too, and no row of a person has them.
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

    /// The profile with what the plan says about consent.
    pub(super) fn with_consent(&self, profile: Profile) -> Profile {
        let consent = self.consent.as_ref().map(|it| it.get_ref().state());
        Profile {
            consent: consent.unwrap_or(profile.consent),
            consent_channel: self.consent_channel.or(profile.consent_channel),
            ..profile
        }
    }

    /// The country of rows that name none.
    pub(crate) fn region(&self, plan: &Plan) -> Option<Region> {
        self.region.or(plan.run.default_region)
    }

    pub(crate) fn has_date_format(&self) -> bool {
        self.date_format.is_some()
    }

    pub(crate) fn has_encoding(&self) -> bool {
        self.encoding.is_some()
    }

    /// How dates are written as far as the plan says so; `order` is that of one column.
    pub(crate) fn date_form(&self, order: Option<DateOrder>) -> DateForm {
        DateForm {
            order: self.date_order.or(order),
            format: self.date_format.as_ref().map(|it| it.get_ref().clone()),
            zone: self.timezone.as_ref().and_then(|it| clean::zone(it.get_ref())),
        }
    }

    /// What the plan says of how cells are read, to be digested. Version 1.
    pub(crate) fn reading_input(&self) -> DigestInput {
        let text = |it: &Option<Spanned<String>>| it.as_ref().map(|it| it.get_ref().clone());
        DigestInput::new("source.reading", 1)
            .optional("date_order", self.date_order.map(DateOrder::name))
            .optional("date_format", text(&self.date_format))
            .optional("timezone", text(&self.timezone))
            .optional("numbers", self.numbers.map(PhoneForm::name))
            .optional("region", self.region.as_ref().map(Region::code))
            .optional("header_row", self.header_row)
    }

    /// What cleaned contacts depend on in this section, to be digested. Version 1.
    pub(super) fn clean_input(&self) -> DigestInput {
        DigestInput::new("source.clean", 1)
            .field("name", self.name.get_ref())
            .field("channel", self.channel.name())
            .field("priority", self.priority())
            .field("scope", self.scope())
            .nested("profile", &self.profile().digest_input())
            .nested("reading", &self.reading_input())
    }
}

/// The error where a plan leaves open what a list is.
const ASK_CONSENT: &str = "consent = \"?\": this looks like a list of people who have opted out. Write \
    consent = \"stop\" if everybody on it has, or consent = \"none\" if being on it says nothing about consent";

//! The shapes that the importers of other CRMs take, each as CSV in UTF-8.
//!
//! - HubSpot: knowledge.hubspot.com, "Set up your import file" (read 2026-11-29). Headers are labels of properties; a
//!   row needs a first name, a last name or an e-mail address; rows with one e-mail address become one contact.
//! - Salesforce: help.salesforce.com, "Field Mapping for Other Data Sources", and the fields of Contact in the Object
//!   Reference (read 2026-11-29). Headers are names of the API, which Data Loader matches by itself; `LastName` is
//!   required.
//! - Chatwoot: `DataImport::ContactManager` of chatwoot/chatwoot (read 2026-11-29). `identifier`, `email` and
//!   `phone_number` find a contact, in this order; each other column becomes a custom attribute.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crm::Exported;
use model::{Answer, NAME_PARTS, Personal};

use crate::ExportFormat;
use crate::columns::Column;

pub(crate) fn hubspot(attributes: &[String]) -> Vec<Column> {
    let mut columns = vec![
        Column::text("First name", |it| part(it, "first_name").or_else(|| first_name(it))),
        Column::text("Last name", |it| part(it, "last_name")),
        Column::text("Email", email),
        Column::text("Mobile phone number", mobile),
        Column::text("Phone number", fixed_line),
        Column::text("WhatsApp phone number", whatsapp),
        Column::text("Country/Region", region),
        Column::text("Preferred language", language),
        Column::text("Ferry contact ID", id),
        Column::text("Consent", consent),
        Column::text("WhatsApp consent", whatsapp_consent),
        Column::text("Ferry segment", segment),
    ];
    columns.extend(custom(attributes, str::to_owned));
    columns
}

pub(crate) fn salesforce(attributes: &[String]) -> Vec<Column> {
    let mut columns = vec![
        Column::text("FirstName", |it| part(it, "first_name").filter(|_| part(it, "last_name").is_some())),
        Column::text("LastName", |it| part(it, "last_name").or_else(|| any_name(it)).or_else(|| stand_in(it))),
        Column::text("Email", email),
        Column::text("MobilePhone", mobile),
        Column::text("Phone", fixed_line),
        Column::text("WhatsApp_Phone__c", whatsapp),
        Column::text("Region__c", region),
        Column::text("Language__c", language),
        Column::text("Ferry_Contact_Id__c", id),
        Column::text("Consent__c", consent),
        Column::text("WhatsApp_Consent__c", whatsapp_consent),
        Column::text("Ferry_Segment__c", segment),
    ];
    columns.extend(custom(attributes, |it| format!("{it}__c")));
    columns
}

pub(crate) fn chatwoot(attributes: &[String]) -> Vec<Column> {
    let mut columns = vec![
        Column::text("identifier", id),
        Column::text("name", any_name),
        Column::text("email", email),
        Column::text("phone_number", phone),
        Column::text("region", region),
        Column::text("language", language),
        Column::text("consent", consent),
        Column::text("whatsapp_consent", whatsapp_consent),
        Column::text("segment", segment),
    ];
    columns.extend(NAME_PARTS.map(|it| Column::attribute(it, it)));
    columns.extend(custom(attributes, str::to_owned));
    columns
}

/// The attributes beside the parts of the name, each as a column.
fn custom(attributes: &[String], name: impl Fn(&str) -> String) -> Vec<Column> {
    let is_part = |it: &&String| NAME_PARTS.contains(&it.as_str());
    attributes.iter().filter(|it| !is_part(it)).map(|it| Column::attribute(it, name(it))).collect()
}

/// What the importer of another CRM makes of some contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// These have no name where one is required: their phone number or id is written as their name.
    Nameless(u64),
    /// These have the e-mail address of another: the importer makes one contact of both.
    SameEmail(u64),
}

/// Counts the contacts of each [`Remark`].
pub(crate) struct Remarks {
    format: ExportFormat,
    n_nameless: u64,
    n_same_email: u64,
    /// Hashes of the e-mail addresses so far.
    emails: HashSet<u64>,
}

impl Remarks {
    pub(crate) fn of(format: ExportFormat) -> Self {
        Self { format, n_nameless: 0, n_same_email: 0, emails: HashSet::new() }
    }

    /// Takes a contact into account.
    pub(crate) fn see(&mut self, it: &Exported) {
        let needs_name = match self.format {
            ExportFormat::Salesforce => true,
            ExportFormat::Hubspot => email(it).is_none(),
            _ => false,
        };
        let is_nameless = any_name(it).is_none() && part(it, "first_name").is_none() && part(it, "last_name").is_none();
        self.n_nameless += u64::from(needs_name && is_nameless);
        if matches!(self.format, ExportFormat::Hubspot | ExportFormat::Chatwoot)
            && let Some(email) = email(it)
        {
            let mut hasher = DefaultHasher::new();
            email.hash(&mut hasher);
            self.n_same_email += u64::from(!self.emails.insert(hasher.finish()));
        }
    }

    pub(crate) fn found(&self) -> Vec<Remark> {
        let all = [(self.n_nameless, Remark::Nameless as fn(u64) -> Remark), (self.n_same_email, Remark::SameEmail)];
        all.into_iter().filter(|it| it.0 > 0).map(|(n, remark)| remark(n)).collect()
    }
}

fn part(it: &Exported, name: &str) -> Option<String> {
    it.contact.attributes.get(name).map(|Personal(it)| it.clone())
}

fn any_name(it: &Exported) -> Option<String> {
    it.contact.name.as_ref().map(|it| it.value.0.clone())
}

/// The first name for HubSpot where it is not known: the whole name, unless a part of it stands elsewhere, or what stands
/// in for it in a row without an e-mail address.
fn first_name(it: &Exported) -> Option<String> {
    match (part(it, "last_name"), email(it)) {
        (Some(_), _) => None,
        (None, Some(_)) => any_name(it),
        (None, None) => any_name(it).or_else(|| stand_in(it)),
    }
}

/// The number or id, for a row that needs a name.
fn stand_in(it: &Exported) -> Option<String> {
    phone(it).or_else(|| id(it))
}

fn email(it: &Exported) -> Option<String> {
    it.contact.email.as_ref().map(|it| it.value.0.clone())
}

fn phone(it: &Exported) -> Option<String> {
    it.contact.phone.map(|it| it.to_string())
}

fn is_fixed(it: &Exported) -> bool {
    it.contact.line_type.is_some_and(|it| !it.is_sendable())
}

fn mobile(it: &Exported) -> Option<String> {
    phone(it).filter(|_| !is_fixed(it))
}

fn fixed_line(it: &Exported) -> Option<String> {
    phone(it).filter(|_| is_fixed(it))
}

/// The number of a contact that is registered on WhatsApp.
fn whatsapp(it: &Exported) -> Option<String> {
    let is_registered = it.registration.as_ref().is_some_and(|it| it.answer == Answer::Registered);
    phone(it).filter(|_| is_registered)
}

fn region(it: &Exported) -> Option<String> {
    it.contact.region.as_ref().map(|it| it.code().to_owned())
}

fn language(it: &Exported) -> Option<String> {
    it.contact.language.as_ref().map(|it| it.value.clone())
}

fn id(it: &Exported) -> Option<String> {
    Some(it.contact.id.to_string())
}

fn consent(it: &Exported) -> Option<String> {
    it.contact.consent.as_ref().map(|it| it.value.name().to_owned())
}

fn whatsapp_consent(it: &Exported) -> Option<String> {
    it.contact.whatsapp_consent.map(|it| it.name().to_owned())
}

fn segment(it: &Exported) -> Option<String> {
    Some(it.segment().name().to_owned())
}

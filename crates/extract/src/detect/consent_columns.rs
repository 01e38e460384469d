//! Guesses which columns hold consents, refusals and their dates.

use crate::detect::guesser::ColumnGuesser;
use crate::detect::opt_outs::{has_refusal, negates_messages};
use crate::header::folded;

/// Parts of the names of columns that are details of a refusal, or about paper, and not refusals of messages.
const NOT_REFUSALS: [&str; 12] =
    ["reason", "motif", "motivo", "grund", "link", "url", "token", "campaign", "count", "rate", "fax", "optin"];
/// Ends of the names of columns that say how a consent was given.
const EVIDENCE: [&str; 7] = ["ip", "source", "method", "url", "link", "version", "text"];

/// The topic of the name of a column of consent or refusal, in order of preference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    WhatsApp,
    Sms,
    Anything,
    Email,
}

impl ColumnGuesser<'_> {
    /// Assigns the columns of consents, refusals and their dates.
    pub(super) fn take_consents(&mut self) {
        let refusals = self.refusals();
        let consents = self.consents(&refusals);
        let dates = self.consent_dates(&refusals);
        let first = consents.first().copied();
        let refusals = self.without_email(refusals, first);
        let consent = first.filter(|it| !self.is_narrower(*it, &refusals));
        if let (Some(index), None) = (first, consent) {
            self.leave_out(index, "it is about e-mail, and the refusals are not");
        }
        for index in consents.into_iter().skip(1) {
            self.leave_out(index, "another column of consent is used");
        }
        let topic = consent.map(|it| self.topic(it));
        let dates = self.dates_about(dates, topic);
        self.guess.consent_channel = match topic.or_else(|| refusals.iter().map(|it| self.topic(*it)).min()) {
            Some(Topic::Email) => Some("email"),
            Some(Topic::WhatsApp) => Some("whatsapp"),
            _ => None,
        };
        self.take("opt_out", refusals);
        self.take("consent", consent.into_iter().collect());
        self.take("consent_at", dates.into_iter().take(1).collect());
    }

    /// The refusals without those of e-mail, if another column is about SMS or WhatsApp.
    fn without_email(&mut self, refusals: Vec<usize>, consent: Option<usize>) -> Vec<usize> {
        let is_about_messages = |it: &usize| self.topic(*it) <= Topic::Sms;
        let has_messages = refusals.iter().chain(&consent).any(is_about_messages);
        let (refusals, of_email): (Vec<_>, Vec<_>) =
            refusals.into_iter().partition(|it| !has_messages || self.topic(*it) != Topic::Email);
        for index in of_email {
            self.leave_out(index, "it is about e-mail, and another column is about SMS or WhatsApp");
        }
        refusals
    }

    /// Whether a consent is to e-mail only, while a refusal is wider. Consent and refusals get one channel, and a refusal of
    /// everything must not be stored as one of e-mail.
    fn is_narrower(&self, consent: usize, refusals: &[usize]) -> bool {
        self.topic(consent) == Topic::Email && refusals.iter().any(|it| self.topic(*it) != Topic::Email)
    }

    /// The dates that may belong to the consent that is used. The others are left out.
    fn dates_about(&mut self, dates: Vec<usize>, topic: Option<Topic>) -> Vec<usize> {
        let (dates, others): (Vec<_>, Vec<_>) = dates.into_iter().partition(|it| {
            let date_topic = self.topic(*it);
            date_topic == Topic::Anything || topic.is_none_or(|topic| topic == date_topic)
        });
        for index in others {
            self.leave_out(index, "it is the date of another consent");
        }
        dates
    }

    /// Columns whose name is a refusal, in the lists of the profile or by its words.
    fn refusals(&mut self) -> Vec<usize> {
        let mut known = self.named(self.contacts.columns.get("consent"));
        known.extend(self.named(self.contacts.columns.get("consent_at")));
        let mut indexes = self.named(self.contacts.columns.get("opt_out"));
        indexes.extend(self.named(self.contacts.guess.get("opt_out")));
        for (index, column) in self.columns.iter().enumerate() {
            let name = folded(column);
            let is_other = NOT_REFUSALS.iter().any(|it| name.contains(it));
            let is_free = !self.is_taken[index] && !indexes.contains(&index) && !known.contains(&index);
            let is_refusal = has_refusal(column) || (negates_messages(column) && self.sample(index).is_flag());
            if is_free && !is_other && is_refusal {
                indexes.push(index);
            }
        }
        indexes.sort_by_key(|it| self.topic(*it));
        indexes.dedup();
        indexes
    }

    /// Columns of consent whose values are understood, the preferred topic first.
    fn consents(&mut self, refusals: &[usize]) -> Vec<usize> {
        let named = self.named(self.contacts.columns.get("consent"));
        let weak = self.named(self.contacts.guess.get("consent"));
        let dates = self.consent_dates(refusals);
        let is_other = |it: &usize| named.contains(it) || refusals.contains(it) || dates.contains(it);
        let weak: Vec<usize> = weak.into_iter().filter(|it| !is_other(it) && !self.is_evidence(*it)).collect();
        let mut indexes = Vec::new();
        for (is_weak, index) in named.into_iter().map(|it| (false, it)).chain(weak.into_iter().map(|it| (true, it))) {
            let sample = self.sample(index);
            let (n_known, n_distinct) = (sample.n_consent_known, sample.n_consent_distinct);
            // A name such as "Status" needs more evidence than "Consent" or "SMS".
            let is_understood = match is_weak && self.topic(index) == Topic::Anything {
                true => n_known * 2 > n_distinct,
                false => n_known * 2 >= n_distinct,
            };
            if is_understood {
                indexes.push(index);
            } else if n_distinct > 0 {
                let why = format!("of its {n_distinct} different values, {n_known} are known words of consent");
                self.leave_out(index, &why);
            }
        }
        indexes.sort_by_key(|it| self.topic(*it));
        indexes
    }

    /// Whether a column says how a consent was given, and not whether.
    fn is_evidence(&self, index: usize) -> bool {
        let name = folded(&self.columns[index]);
        EVIDENCE.iter().any(|it| name.ends_with(it))
    }

    /// Columns with the date of a consent: by the lists of the profile, or a column of dates that is named like a consent.
    fn consent_dates(&mut self, refusals: &[usize]) -> Vec<usize> {
        let mut indexes = self.named(self.contacts.columns.get("consent_at"));
        indexes.extend(self.named(self.contacts.guess.get("consent_at")));
        let consents = self.named(self.contacts.columns.get("consent"));
        for index in self.named(self.contacts.guess.get("consent")) {
            let sample = self.sample(index);
            let is_date = sample.is_mostly_dates() && sample.n_consent_known == 0;
            if is_date && ![&consents[..], &indexes[..], refusals].iter().any(|it| it.contains(&index)) {
                indexes.push(index);
            }
        }
        indexes
    }

    fn topic(&self, index: usize) -> Topic {
        let name = self.header.folded(index);
        let has = |stems: &[&str]| stems.iter().any(|it| name.contains(it));
        match () {
            () if has(&["whatsapp"]) => Topic::WhatsApp,
            () if has(&["sms", "смс", "textmessage", "textopt", "donottext", "phone", "mobile"]) => Topic::Sms,
            // In exports of Shopify this column is about e-mail.
            () if name == "acceptsmarketing" => Topic::Email,
            () if has(&["mail", "newsletter", "courriel", "correo", "имеил", "имејл", "почт", "пошт"]) => {
                Topic::Email
            }
            () => Topic::Anything,
        }
    }
}

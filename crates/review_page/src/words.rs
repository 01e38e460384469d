//! The words of the page, a table for each language: [`english`].
//!
//! `{0}`, `{1}` … in a text are filled in by [`fill`]. The words of findings are those of their rules.

mod english;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::Severity;

pub(crate) use english::ENGLISH;

/// A text for one and a text for several, such as `{0} step` and `{0} steps`.
pub(crate) type Counted = (&'static str, &'static str);

/// Defines the table with a list of its texts, for the tests.
macro_rules! words {
    ($($group:literal: $($name:ident),+;)+ counted: $($counted:ident),+;) => {
        /// The texts of a language.
        pub(crate) struct Words {
            /// The code for browsers and screen readers.
            pub(crate) code: &'static str,
            pub(crate) months: [&'static str; 12],
            $($(pub(crate) $name: &'static str,)+)+
            $(pub(crate) $counted: Counted,)+
        }

        #[cfg(test)]
        impl Words {
            fn texts(&self) -> Vec<(&'static str, &'static str)> {
                let counted = [$((stringify!($counted), self.$counted)),+];
                let counted = counted.into_iter().flat_map(|(name, it)| [(name, it.0), (name, it.1)]);
                [$($((stringify!($name), self.$name)),+),+].into_iter().chain(counted).collect()
            }
        }
    };
}

words! {
    "the page": title, skip, of_run, nobody, made_by, overview, how_to, how_to_read, how_to_submit, how_to_decide, how_to_back,
        scenarios, search, severity, decision, any, values, examples, variables, shown, none_shown;
    "a scenario": language, owner, no_owner, criticality, purpose, file, section, origin_none, notes, tap_through, all_steps, view,
        low, normal, high, notification, promotion, authentication, conversation, declared, guessed, assumed, doubted,
        doubted_script, unknown_language, step_word, source_side, whatsapp_side, not_translated, nothing_there;
    "formats": format_sms_list, format_message_log, format_viber_messages, format_viber_archive, format_infobip,
        format_twilio_studio, format_twilio_content, format_dialogflow, format_rasa, format_rapidpro, format_neutral;
    "beginnings": begins_by_event, begins_by_some_event, begins_by_campaign, begins_by_customer, any_message;
    "ways": to_step, to_end, any_answer, other_answer, answers_so, sends_location, sends_phone, sends_media, after, no_answer,
        otherwise, call_done, call_failed;
    "what happens": saves, waits, decides, calls, goes_on_in, finds, hands_over, listens;
    "messages": template_named, session_message, message_gone, written_by_whatsapp, code_text, code_warning, image, video,
        audio, document, sticker, gif, contact_card, file_word, location, product, card, cards, opens, dials, copies,
        copies_login_code, opens_form, opens_items, leads_nowhere, send_location, view_items, copy_code, copy_offer_code;
    "chats": chat, ways_on, ends, circle, back, again;
    "texts": texts, source_text, current_text, proposed_text, no_source_text, reason, comment, variable, slot, example,
        header_line, footer_line, card_line, no_texts;
    "states": undecided, approved, rejected, approved_by, rejected_by, edited_by, edited, proposal_waits, all_approved;
    "severities": error, loss, warning, note, fix;
    "categories": utility, marketing, auth_category;
    "figures": tile_scenarios, tile_templates, tile_messages, tile_messages_about, tile_errors, tile_errors_about,
        tile_losses, tile_losses_about, tile_undecided, tile_decided, tile_proposed, tile_proposed_about;
    counted: n_errors, n_losses, n_proposed, n_rejected, n_approved, n_undecided, n_edited, n_templates, n_messages,
        n_products, n_lost_here, n_logged, code_expires, n_seconds, n_minutes, n_hours, n_days, notes_fold;
}

/// Fills the values into the slots of a text.
pub(crate) use model::fill;

impl Words {
    pub(crate) fn counted(&self, words: Counted, n: usize) -> String {
        let text = if n == 1 { words.0 } else { words.1 };
        fill(text, &[&model::grouped(n as u64)])
    }

    /// `28 November 2026`
    pub(crate) fn day(&self, at: Timestamp) -> String {
        let date = at.to_zoned(TimeZone::UTC).date();
        let month = self.months[usize::from(date.month().unsigned_abs()) - 1];
        format!("{} {month} {}", date.day(), date.year())
    }

    /// A time in the largest unit that it is a whole number of.
    pub(crate) fn duration(&self, seconds: u64) -> String {
        const DAY: u64 = 24 * 60 * 60;
        let (unit, words) = match seconds {
            it if it > DAY && it % DAY == 0 => (DAY, self.n_days),
            it if it >= 3_600 && it % 3_600 == 0 => (3_600, self.n_hours),
            it if it >= 60 && it % 60 == 0 => (60, self.n_minutes),
            _ => (1, self.n_seconds),
        };
        self.counted(words, usize::try_from(seconds / unit).unwrap_or(usize::MAX))
    }

    pub(crate) fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Error => self.error,
            Severity::Loss => self.loss,
            Severity::Warning => self.warning,
            Severity::Note => self.note,
        }
    }

    /// The name of a category; the category itself if WhatsApp has a new one.
    pub(crate) fn category<'a>(&self, category: &'a str) -> &'a str {
        match category.to_ascii_uppercase().as_str() {
            "UTILITY" => self.utility,
            "MARKETING" => self.marketing,
            "AUTHENTICATION" => self.auth_category,
            _ => category,
        }
    }

    /// What a kind of file is; its name if it is not known.
    pub(crate) fn format<'a>(&self, format: &'a str) -> &'a str {
        match format {
            "sms-list" => self.format_sms_list,
            "message-log" => self.format_message_log,
            "viber-messages" => self.format_viber_messages,
            "viber-archive" => self.format_viber_archive,
            "infobip-templates" => self.format_infobip,
            "twilio-studio" => self.format_twilio_studio,
            "twilio-content" => self.format_twilio_content,
            "dialogflow" => self.format_dialogflow,
            "rasa" => self.format_rasa,
            "rapidpro" => self.format_rapidpro,
            "scenario" => self.format_neutral,
            _ => format,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_empty_and_a_text_for_several_says_how_many() {
        for (name, text) in ENGLISH.texts() {
            assert!(!text.trim().is_empty(), "{name}");
        }
        for counted in [ENGLISH.n_losses, ENGLISH.n_days, ENGLISH.n_lost_here] {
            assert!(counted.1.contains("{0}"), "{}", counted.1);
        }
    }

    #[test]
    fn a_time_is_told_in_its_largest_unit() {
        let told: Vec<String> = [1, 90, 120, 3_600, 86_400, 259_200].map(|it| ENGLISH.duration(it)).into();
        assert_eq!(told, ["1 second", "90 seconds", "2 minutes", "1 hour", "24 hours", "3 days"]);
    }
}

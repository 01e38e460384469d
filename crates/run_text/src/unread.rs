//! Advice for unreadable values.

/// Advice for a field, such as the plan key to set.
pub fn remedy(field: &str) -> &'static str {
    match field {
        "consent" => "define them in [clean.consent_words]: yes, no or stop = [\"…\"]",
        "date" => "set date_order or date_format in the [[source]]",
        "region" => "correct the country in the file, or leave the column out and set region in the [[source]]",
        "language" => "a language is a code such as fr, or its name",
        "name" => "they look garbled: set encoding in the [[source]]",
        _ => "an e-mail address has one @ and no spaces",
    }
}

//! The languages of WhatsApp.

/// The languages of templates ([Meta, supported languages], 2025-11-04).
///
/// [Meta, supported languages]: https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/supported-languages
pub const LANGUAGES: [&str; 111] = [
    "af", "sq", "ar", "ar_EG", "ar_AE", "ar_LB", "ar_MA", "ar_QA", "az", "be_BY", "bn", "bn_IN", "bg", "ca", "zh_CN",
    "zh_HK", "zh_TW", "hr", "cs", "da", "prs_AF", "nl", "nl_BE", "en", "en_GB", "en_US", "en_AE", "en_AU", "en_CA",
    "en_GH", "en_IE", "en_IN", "en_JM", "en_MY", "en_NZ", "en_QA", "en_SG", "en_UG", "en_ZA", "et", "fil", "fi", "fr",
    "fr_BE", "fr_CA", "fr_CH", "fr_CI", "fr_MA", "ka", "de", "de_AT", "de_CH", "el", "gu", "ha", "he", "hi", "hu",
    "id", "ga", "it", "ja", "kn", "kk", "rw_RW", "ko", "ky_KG", "lo", "lv", "lt", "mk", "ms", "ml", "mr", "nb",
    "ps_AF", "fa", "pl", "pt_BR", "pt_PT", "pa", "ro", "ru", "sr", "si_LK", "sk", "sl", "es", "es_AR", "es_CL",
    "es_CO", "es_CR", "es_DO", "es_EC", "es_HN", "es_MX", "es_PA", "es_PE", "es_ES", "es_UY", "sw", "sv", "ta", "te",
    "th", "tr", "uk", "ur", "uz", "vi", "zu",
];

/// WhatsApp's code for a language in any usual notation, such as `fr-FR`, `PT_br` or `en`.
///
/// A region that WhatsApp does not know is dropped; a language that it only knows with a region gets the most common
/// one.
pub fn language_code(text: &str) -> Option<&'static str> {
    let text = text.trim().replace('-', "_");
    let (language, region) = text.split_once('_').unwrap_or((&text, ""));
    // The script in `zh_Hant_TW` adds nothing to the region.
    let region = region.rsplit('_').next().unwrap_or_default();
    let known = |wanted: &str| LANGUAGES.iter().find(|it| it.eq_ignore_ascii_case(wanted)).copied();
    let usual = || match language.to_ascii_lowercase().as_str() {
        "pt" => Some("pt_BR"),
        "zh" => Some("zh_CN"),
        "be" => Some("be_BY"),
        "no" | "nn" => Some("nb"),
        "in" => Some("id"),
        "iw" => Some("he"),
        _ => None,
    };
    known(&format!("{language}_{region}")).or_else(|| known(language)).or_else(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_however_they_are_written() {
        for (text, code) in [
            ("fr-FR", Some("fr")),
            ("FR", Some("fr")),
            ("pt", Some("pt_BR")),
            ("pt-pt", Some("pt_PT")),
            ("es_419", Some("es")),
            ("zh-Hant-TW", Some("zh_TW")),
            ("tlh", None),
            ("", None),
        ] {
            assert_eq!(language_code(text), code, "{text}");
        }
    }
}

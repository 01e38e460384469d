//! Languages: RapidPro names them by three letters (ISO 639-3), Glific by two.

/// The codes of ISO 639-3 and 639-2 for the languages of WhatsApp.
const CODES: [(&str, &str); 92] = [
    ("afr", "af"),
    ("sqi", "sq"),
    ("alb", "sq"),
    ("ara", "ar"),
    ("arb", "ar"),
    ("apc", "ar_LB"),
    ("arz", "ar_EG"),
    ("ary", "ar_MA"),
    ("aze", "az"),
    ("azj", "az"),
    ("bel", "be_BY"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("zho", "zh_CN"),
    ("chi", "zh_CN"),
    ("cmn", "zh_CN"),
    ("yue", "zh_HK"),
    ("hrv", "hr"),
    ("ces", "cs"),
    ("cze", "cs"),
    ("dan", "da"),
    ("prs", "prs_AF"),
    ("nld", "nl"),
    ("dut", "nl"),
    ("eng", "en"),
    ("est", "et"),
    ("fil", "fil"),
    ("tgl", "fil"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("kat", "ka"),
    ("geo", "ka"),
    ("deu", "de"),
    ("ger", "de"),
    ("ell", "el"),
    ("gre", "el"),
    ("guj", "gu"),
    ("hau", "ha"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hun", "hu"),
    ("ind", "id"),
    ("gle", "ga"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kaz", "kk"),
    ("kin", "rw_RW"),
    ("kor", "ko"),
    ("kir", "ky_KG"),
    ("lao", "lo"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mkd", "mk"),
    ("mac", "mk"),
    ("msa", "ms"),
    ("may", "ms"),
    ("zsm", "ms"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("nob", "nb"),
    ("nor", "nb"),
    ("pus", "ps_AF"),
    ("fas", "fa"),
    ("per", "fa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("pan", "pa"),
    ("ron", "ro"),
    ("rum", "ro"),
    ("rus", "ru"),
    ("srp", "sr"),
    ("sin", "si_LK"),
    ("slk", "sk"),
    ("slo", "sk"),
    ("slv", "sl"),
    ("spa", "es"),
    ("swa", "sw"),
    ("swh", "sw"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tha", "th"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("zul", "zu"),
];

/// The code of WhatsApp for a language; empty if the flow declares none. A language that WhatsApp does not have keeps its
/// code, which is an error of the scenario.
pub(super) fn whatsapp(language: &str) -> String {
    let lower = language.trim().to_ascii_lowercase();
    let (code, region) = lower.split_once(['-', '_']).unwrap_or((&lower, ""));
    if matches!(code, "" | "und" | "mul" | "base" | "mis" | "zxx") {
        return String::new();
    }
    let known = CODES.iter().find(|it| it.0 == code).map_or(code, |it| it.1);
    match region {
        "" => known.to_owned(),
        region => format!("{known}_{}", region.to_ascii_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_of_three_letters_are_those_of_whatsapp() {
        for (code, language) in
            [("spa", "es"), ("swa", "sw"), ("por-BR", "pt_BR"), ("hi", "hi"), ("base", ""), ("und", ""), ("amh", "amh")]
        {
            assert_eq!(whatsapp(code), language, "{code}");
        }
    }
}

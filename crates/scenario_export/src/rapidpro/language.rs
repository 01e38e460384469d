//! The languages of WhatsApp by three letters (ISO 639-3), as RapidPro names them.

const CODES: [(&str, &str); 73] = [
    ("af", "afr"),
    ("sq", "sqi"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bn", "ben"),
    ("bg", "bul"),
    ("ca", "cat"),
    ("zh", "zho"),
    ("hr", "hrv"),
    ("cs", "ces"),
    ("da", "dan"),
    ("prs", "prs"),
    ("nl", "nld"),
    ("en", "eng"),
    ("et", "est"),
    ("fil", "fil"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("ka", "kat"),
    ("de", "deu"),
    ("el", "ell"),
    ("gu", "guj"),
    ("ha", "hau"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hu", "hun"),
    ("id", "ind"),
    ("ga", "gle"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("kn", "kan"),
    ("kk", "kaz"),
    ("rw", "kin"),
    ("ko", "kor"),
    ("ky", "kir"),
    ("lo", "lao"),
    ("lv", "lav"),
    ("lt", "lit"),
    ("mk", "mkd"),
    ("ms", "msa"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("nb", "nob"),
    ("ps", "pus"),
    ("fa", "fas"),
    ("pl", "pol"),
    ("pt", "por"),
    ("pa", "pan"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("sr", "srp"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("es", "spa"),
    ("sw", "swa"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("th", "tha"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("zu", "zul"),
    ("no", "nor"),
    ("am", "amh"),
    ("my", "mya"),
    ("ne", "nep"),
    ("km", "khm"),
    ("so", "som"),
];

/// The code of a language; `und` if it is not known.
pub(super) fn three_letters(language: &str) -> String {
    let base = language.split(['_', '-']).next().unwrap_or_default().to_lowercase();
    let known = CODES.iter().find(|it| it.0 == base).map(|it| it.1.to_owned());
    known.unwrap_or_else(|| if base.len() == 3 { base } else { "und".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_three_letters() {
        for (language, code) in [("fr", "fra"), ("pt_BR", "por"), ("zh_CN", "zho"), ("fil", "fil"), ("", "und")] {
            assert_eq!(three_letters(language), code);
        }
    }
}

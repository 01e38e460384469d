//! The encodings that text can be written in.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use encoding_rs_io::DecodeReaderBytesBuilder;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text encoding of the WHATWG standard, named by its label, such as `windows-1251`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// A label that is not the name of an encoding, such as `windows-1521`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{label}\" is not an encoding that can be read; {}", nearest(label))]
pub struct UnknownEncoding {
    pub label: String,
}

impl Encoding {
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);
    pub const UTF_16LE: Self = Self(encoding_rs::UTF_16LE);
    pub const UTF_16BE: Self = Self(encoding_rs::UTF_16BE);
    pub const WINDOWS_1252: Self = Self(encoding_rs::WINDOWS_1252);

    /// Finds an encoding by any of its labels in any case: `cp1251` is `windows-1251`.
    pub fn from_label(label: &str) -> Result<Self, UnknownEncoding> {
        let found = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes());
        found.map(Self).ok_or_else(|| UnknownEncoding { label: label.to_owned() })
    }

    /// The label as in a plan.
    pub fn name(self) -> String {
        self.0.name().to_ascii_lowercase()
    }

    pub(crate) fn of(encoding: &'static encoding_rs::Encoding) -> Self {
        Self(encoding)
    }

    /// Whether a character can take several bytes.
    pub(crate) fn is_multibyte(self) -> bool {
        !self.0.is_single_byte()
    }

    /// Decodes bytes without a byte order mark. Invalid bytes become U+FFFD.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        self.0.decode_without_bom_handling(bytes).0
    }
}

/// The encoding that a byte order mark names.
pub(crate) fn marked(start: &[u8]) -> Option<Encoding> {
    match start {
        [0xef, 0xbb, 0xbf, ..] => Some(Encoding::UTF_8),
        [0xff, 0xfe, ..] => Some(Encoding::UTF_16LE),
        [0xfe, 0xff, ..] => Some(Encoding::UTF_16BE),
        _ => None,
    }
}

/// Whether a text is UTF-16: then every second byte of its ASCII characters is zero.
pub(crate) fn looks_like_utf16(start: &[u8]) -> bool {
    start.len() >= 4 && start.iter().filter(|it| **it == 0).count() * 3 > start.len()
}

/// Decodes the text of a file to UTF-8 without byte order mark.
///
/// UTF-8 is passed through with its errors. The decoder would replace them, and then no row could be rejected for them.
pub(crate) fn decoded<R: Read>(bytes: R, encoding: Encoding) -> impl Read {
    DecodeReaderBytesBuilder::new()
        .encoding((encoding != Encoding::UTF_8).then_some(encoding.0))
        .bom_override(false)
        .strip_bom(true)
        .utf8_passthru(true)
        .build(bytes)
}

/// Encodings that an error may suggest.
const SUGGESTED: [&encoding_rs::Encoding; 37] = [
    encoding_rs::UTF_8,
    encoding_rs::UTF_16LE,
    encoding_rs::UTF_16BE,
    encoding_rs::WINDOWS_1250,
    encoding_rs::WINDOWS_1251,
    encoding_rs::WINDOWS_1252,
    encoding_rs::WINDOWS_1253,
    encoding_rs::WINDOWS_1254,
    encoding_rs::WINDOWS_1255,
    encoding_rs::WINDOWS_1256,
    encoding_rs::WINDOWS_1257,
    encoding_rs::WINDOWS_1258,
    encoding_rs::WINDOWS_874,
    encoding_rs::ISO_8859_2,
    encoding_rs::ISO_8859_3,
    encoding_rs::ISO_8859_4,
    encoding_rs::ISO_8859_5,
    encoding_rs::ISO_8859_6,
    encoding_rs::ISO_8859_7,
    encoding_rs::ISO_8859_8,
    encoding_rs::ISO_8859_10,
    encoding_rs::ISO_8859_13,
    encoding_rs::ISO_8859_14,
    encoding_rs::ISO_8859_15,
    encoding_rs::ISO_8859_16,
    encoding_rs::KOI8_R,
    encoding_rs::KOI8_U,
    encoding_rs::IBM866,
    encoding_rs::MACINTOSH,
    encoding_rs::X_MAC_CYRILLIC,
    encoding_rs::BIG5,
    encoding_rs::EUC_JP,
    encoding_rs::EUC_KR,
    encoding_rs::GBK,
    encoding_rs::GB18030,
    encoding_rs::SHIFT_JIS,
    encoding_rs::ISO_2022_JP,
];

/// Suggests the encodings with the most similar names, for an error.
fn nearest(label: &str) -> String {
    let label = label.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    let mut names: Vec<(f64, String)> = SUGGESTED
        .map(|it| Encoding(it).name())
        .map(|it| (strsim::jaro_winkler(&label, &it), it))
        .into_iter()
        .filter(|it| it.0 > 0.8)
        .collect();
    names.sort_by(|one, other| other.0.total_cmp(&one.0));
    match names.as_slice() {
        [] => "write a name such as \"utf-8\", \"windows-1252\" or \"windows-1251\"".to_owned(),
        names => {
            let names: Vec<String> = names.iter().take(3).map(|it| format!("\"{}\"", it.1)).collect();
            format!("did you mean {}?", names.join(" or "))
        }
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Label;
        impl Visitor<'_> for Label {
            type Value = Encoding;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("the name of an encoding, such as \"windows-1251\"")
            }

            fn visit_str<E: serde::de::Error>(self, label: &str) -> Result<Encoding, E> {
                Encoding::from_label(label).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Label).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_has_its_usual_names_and_an_unknown_name_suggests_similar_ones() {
        for (label, name) in [
            ("windows-1251", "windows-1251"),
            ("cp1251", "windows-1251"),
            ("ISO-8859-2", "iso-8859-2"),
            ("shift_jis", "shift_jis"),
            ("koi8-r", "koi8-r"),
            ("macintosh", "macintosh"),
            ("UTF8", "utf-8"),
            (" utf-16le ", "utf-16le"),
            ("latin1", "windows-1252"),
            ("gb18030", "gb18030"),
        ] {
            assert_eq!(Encoding::from_label(label).unwrap().name(), name, "{label}");
        }
        for (label, hint) in [
            ("windows-1521", "did you mean \"windows-1251\" or"),
            ("win_1250", "\"windows-1250\""),
            ("koi-8r", "\"koi8-r\""),
            ("klingon", "write a name such as"),
            ("replacement", "write a name such as"),
        ] {
            let error = Encoding::from_label(label).unwrap_err().to_string();
            assert!(error.contains(hint), "{error}");
        }
    }

    #[test]
    fn a_label_is_read_from_a_plan_and_written_back() {
        let read = |text: &str| serde_json::from_str::<Encoding>(text);
        let cyrillic = read("\"CP1251\"").unwrap();
        assert_eq!(serde_json::to_string(&cyrillic).unwrap(), "\"windows-1251\"");
        assert!(read("\"windows-9\"").unwrap_err().to_string().contains("is not an encoding that can be read"));
    }
}

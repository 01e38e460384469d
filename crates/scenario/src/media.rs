//! What a message can show beside its text: media, a location, products, and what WhatsApp adds to a code.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    pub kind: MediaKind,
    /// An HTTPS address; it may hold slots.
    pub url: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    Document,
    Sticker,
    /// An animated picture, which WhatsApp cannot show.
    Gif,
    /// A file with contacts, which WhatsApp sends as a message of its own and not as a file.
    Contact,
    /// Any other kind, which WhatsApp cannot send.
    Other,
}

impl MediaKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Gif => "gif",
            Self::Contact => "contact card",
            Self::Other => "other",
        }
    }

    /// Reads the kind from a file name or a media type, such as `a/b.png?x=1` or `image/png`.
    pub fn of(name: &str) -> Self {
        let path = name.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        match path.rsplit(['.', '/', ':']).next().unwrap_or_default() {
            "png" | "jpg" | "jpeg" | "image" => Self::Image,
            "mp4" | "3gp" | "3gpp" | "video" => Self::Video,
            "mp3" | "ogg" | "aac" | "amr" | "m4a" | "audio" => Self::Audio,
            "pdf" | "doc" | "docx" | "xls" | "xlsx" | "ppt" | "pptx" | "txt" | "csv" | "document" => Self::Document,
            "webp" => Self::Sticker,
            "gif" => Self::Gif,
            "vcf" | "vcard" | "x-vcard" => Self::Contact,
            _ if path.starts_with("image") => Self::Image,
            _ if path.starts_with("video") => Self::Video,
            _ if path.starts_with("audio") => Self::Audio,
            _ if path.contains("vcard") => Self::Contact,
            _ => Self::Other,
        }
    }
}

/// A place on the map. Degrees are kept as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    pub latitude: String,
    pub longitude: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// The id in the catalogue of the business.
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
}

/// The lines that WhatsApp writes beside a one-time code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodeNotice {
    /// Whether it warns the customer not to share the code.
    #[serde(default)]
    pub warns: bool,
    /// After how many minutes the code expires, if the message says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_minutes: Option<u32>,
}

//! Resumable uploads of samples for the media headers of templates.
//!
//! Source: Meta, "Resumable Upload API" (developers.facebook.com/docs/graph-api/guides/upload, v26.0, read 2026-11-29). A
//! session is begun under the app, its bytes are posted from an offset, and the answer to the last byte is a handle. Meta
//! says neither how long a session nor how long a handle is valid.
//!
//! No part is sent twice: after a lost answer the server says how many bytes it has.

use std::time::Duration;

use http::{BytesRequest, CallError, ClientConfig, Credentials, Hooks, Parameters, Request, path_segment};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use super::templates::{PostOutcome, read_outcome, with_unknown};
use crate::Client;

/// The slowest connection for which a timeout leaves time, in bytes a second.
const SLOWEST: u64 = 64 << 10;

/// A client of uploads. It is a client of its own, because an upload shows its token as `OAuth` and not as `Bearer`.
#[derive(Clone, Debug)]
pub struct Uploads {
    client: Client,
    timeout: Duration,
}

/// A file to upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadFile<'a> {
    pub name: &'a str,
    pub length: u64,
    /// `image/jpeg`, `image/png`, `video/mp4` or `application/pdf`.
    pub media_type: &'a str,
}

/// The id of an upload session, such as `upload:MTphdHR…?sig=ARZ…`. Its query belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadSession(String);

/// The handle of an uploaded file. It is opaque: that of a large file has several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadHandle(String);

/// Limits ids and handles, in bytes.
const MAX_ID: usize = 64 << 10;

impl UploadSession {
    /// Reads an id; none if it does not name a session.
    pub fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("upload:")?;
        let is_fine = (1..=MAX_ID).contains(&rest.len())
            && rest.bytes().all(|it| it.is_ascii_graphic() && !b"#\\".contains(&it))
            && !rest.contains("..");
        is_fine.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id alone would be read as an address with the scheme `upload`.
    fn path(&self) -> String {
        format!("./{}", self.0)
    }
}

impl UploadHandle {
    fn read(text: &str) -> Option<Self> {
        let is_fine = (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic() || it == b'\n');
        is_fine.then(|| Self(text.to_owned()))
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for UploadSession {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom("no id of an upload session"))
    }
}

#[derive(Deserialize)]
struct Begun {
    id: UploadSession,
}

#[derive(Deserialize)]
struct Finished {
    h: String,
}

impl Uploads {
    /// Makes a client; `base` comes from [`crate::base_url`]. `config.timeout` is that of requests without a file.
    pub fn with_hooks(
        base: Url,
        credentials: Credentials,
        config: ClientConfig,
        hooks: Hooks,
    ) -> Result<Self, CallError> {
        let credentials = match credentials {
            Credentials::Bearer(token) => Credentials::Key("authorization", format!("OAuth {token}")),
            other => other,
        };
        let timeout = config.timeout;
        Client::with_hooks(base, credentials, config, hooks).map(|client| Self { client, timeout })
    }

    /// How long the request with so many bytes may take.
    pub fn timeout(&self, n_bytes: u64) -> Duration {
        self.timeout + Duration::from_secs(n_bytes / SLOWEST)
    }

    /// Begins a session. If the answer is lost, there may be a session without bytes, which does no harm.
    pub async fn begin(&self, app: &str, file: UploadFile<'_>) -> Result<PostOutcome<UploadSession>, CallError> {
        let path = format!(
            "{}/uploads?file_name={}&file_length={}&file_type={}",
            path_segment(app),
            path_segment(file.name),
            file.length,
            path_segment(file.media_type)
        );
        let request = BytesRequest { path: &path, headers: &[], body: Vec::new(), timeout: self.timeout };
        let begun = with_unknown(self.client.0.post_bytes_once(request, read_outcome::<Begun>).await)?;
        Ok(known(begun, |it| Some(it.id)))
    }

    /// Sends the rest of a file, from `offset` on. If the answer is lost, [`Uploads::offset`] says what has arrived.
    pub async fn send(
        &self,
        session: &UploadSession,
        offset: u64,
        rest: Vec<u8>,
        media_type: &str,
    ) -> Result<PostOutcome<UploadHandle>, CallError> {
        let timeout = self.timeout(rest.len() as u64);
        let text = offset.to_string();
        let headers = [("file_offset", text.as_str()), ("content-type", media_type)];
        let request = BytesRequest { path: &session.path(), headers: &headers, body: rest, timeout };
        let sent = with_unknown(self.client.0.post_bytes_once(request, read_outcome::<Finished>).await)?;
        Ok(known(sent, |it| UploadHandle::read(&it.h)))
    }

    /// Asks how many bytes of a session have arrived. [`CallError::Refused`] means that there is no such session.
    pub async fn offset(&self, session: &UploadSession) -> Result<u64, CallError> {
        let request = Request { path: &session.path(), parameters: Parameters::Query(&[]), units: 0 };
        self.client.0.send_retrying(request, read_offset).await
    }
}

/// Reads the value of an accepted request; one that cannot be read says that something was done, but not what.
fn known<T, U>(outcome: PostOutcome<T>, read: impl FnOnce(T) -> Option<U>) -> PostOutcome<U> {
    match outcome {
        PostOutcome::Accepted(value) => read(value).map_or(PostOutcome::Unknown, PostOutcome::Accepted),
        PostOutcome::Refused { code, subcode, message } => PostOutcome::Refused { code, subcode, message },
        PostOutcome::Unknown => PostOutcome::Unknown,
    }
}

/// Meta's guide shows the offset as a number; other numbers of the Graph API come as texts as well.
fn read_offset(body: &[u8]) -> Result<u64, CallError> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| CallError::Malformed)?;
    let offset = &answer["file_offset"];
    offset.as_u64().or_else(|| offset.as_str()?.parse().ok()).ok_or(CallError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_keeps_its_signature_and_is_no_address_of_its_own() {
        let session = UploadSession::read("upload:MTphdHRhY2g=?sig=ARZqkGCA").unwrap();
        let base = http::base_url("https://graph.example.com/v25.0").unwrap();
        assert_eq!(
            base.join(&session.path()).unwrap().as_str(),
            "https://graph.example.com/v25.0/upload:MTphdHRhY2g=?sig=ARZqkGCA"
        );
        for text in ["", "upload:", "1234", "upload:a b", "upload:../x", "upload:a#b", "https://example.com"] {
            assert_eq!(UploadSession::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_handle_of_several_lines_is_kept_as_it_is() {
        let read =
            |body: &str| known(read_outcome::<Finished>(200, body.as_bytes()).unwrap(), |it| UploadHandle::read(&it.h));
        let handle = UploadHandle("4::aW1h:a\n4::aW1h:b".into());
        assert_eq!(read(r#"{"h":"4::aW1h:a\n4::aW1h:b"}"#), PostOutcome::Accepted(handle));
        assert_eq!(read(r#"{"h":""}"#), PostOutcome::Unknown);
        assert_eq!(read(r#"{"id":"x"}"#), PostOutcome::Unknown);
    }

    #[test]
    fn an_offset_is_a_number_or_a_text() {
        assert_eq!(read_offset(br#"{"id":"upload:a","file_offset":12}"#).unwrap(), 12);
        assert_eq!(read_offset(br#"{"id":"upload:a","file_offset":"12"}"#).unwrap(), 12);
        assert!(matches!(read_offset(br#"{"id":"upload:a"}"#), Err(CallError::Malformed)));
    }
}

//! The coverage of a source beside its pages, signed with the contact key.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::{ContactKey, Digest};
use pages::{Contents, PullCoverage, last_read_at};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The name of the file.
const FILE: &str = "coverage.json";

/// The coverage of a source does not fit its pages, or was signed with another key.
#[derive(Debug, Error)]
#[error(
    "{} does not fit the pages beside it: they were changed, or another contact key signed it. Put the folder back as it \
     was, or move it away and read the source anew", path.display()
)]
pub struct SignatureError {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Signed {
    source: String,
    coverage: PullCoverage,
    /// When the last reading that has ended began.
    read_at: Option<Timestamp>,
    /// The digest of all frames.
    chain: Option<Digest>,
    signature: String,
}

/// Writes the coverage of a source, at once or not at all.
pub(crate) fn write(folder: &Path, source: &str, now: &Contents, key: &ContactKey) -> std::io::Result<()> {
    let (coverage, read_at, chain) = (pages::coverage_of(now), last_read_at(now), now.chain);
    let mut signed = Signed { source: source.to_owned(), coverage, read_at, chain, signature: String::new() };
    signed.signature = key.sign(&bytes(&signed)?);
    let (path, passing) = (folder.join(FILE), folder.join(".coverage.json"));
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&passing)?;
    file.write_all(&serde_json::to_vec_pretty(&signed)?)?;
    file.sync_all()?;
    fs::rename(passing, path)
}

/// Checks that the coverage on the disk was signed with the key and is of pages that are still there. A folder without
/// one was left before its first reading ended.
pub(crate) fn check(folder: &Path, source: &str, now: &Contents, key: &ContactKey) -> anyhow::Result<()> {
    let path = folder.join(FILE);
    let bytes_of_file = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    let wrong = || SignatureError { path: path.clone() };
    let signed: Signed = serde_json::from_slice(&bytes_of_file).map_err(|_| wrong())?;
    let is_signed = key.sign(&bytes(&signed)?) == signed.signature && signed.source == source;
    let is_of_pages = match signed.chain {
        Some(chain) => now.frames.iter().any(|it| it.frame.chain == chain),
        None => now.frames.is_empty(),
    };
    if is_signed && is_of_pages { Ok(()) } else { Err(wrong().into()) }
}

fn bytes(signed: &Signed) -> serde_json::Result<Vec<u8>> {
    let Signed { source, coverage, read_at, chain, .. } = signed;
    serde_json::to_vec(&(source, coverage, read_at, chain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coverage_that_was_changed_or_signed_with_another_key_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let key = |digit: &str| ContactKey::from_hex(&digit.repeat(64)).unwrap();
        let contents = Contents::default();
        assert!(check(home.path(), "twilio", &contents, &key("1")).is_ok());
        write(home.path(), "twilio", &contents, &key("1")).unwrap();
        assert!(check(home.path(), "twilio", &contents, &key("1")).is_ok());
        assert!(check(home.path(), "twilio", &contents, &key("2")).is_err());
        assert!(check(home.path(), "vonage", &contents, &key("1")).is_err());
        let path = home.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap().replace("\"pages\": 0", "\"pages\": 4");
        fs::write(&path, text).unwrap();
        assert!(check(home.path(), "twilio", &contents, &key("1")).is_err());
    }
}

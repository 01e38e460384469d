//! Text files line by line, for files that are neither tables nor records.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use model::Digest;

use crate::error::ExtractError;
use crate::files::{check_is_file, open};
use crate::magic::{FileKind, file_kind};
use crate::packing::{Archives, Limits, Packing, start_of};

/// Longest line in bytes; a longer one is truncated. Bodies of webhooks have at most 3 MB.
const LONGEST_LINE: u64 = 4 << 20;

/// Gives every line of a file to `each`, with its number from 1 and without its line end. Returns the digest of the file.
///
/// Unpacks gzip and zstd.
pub fn lines<E: From<ExtractError>>(
    path: &Path,
    limits: Limits,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<Digest, E> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    check_is_file(path)?;
    let start = open(path).and_then(|it| start_of(it, 8)).map_err(failed)?;
    let packing = match file_kind(&start) {
        FileKind::Gzip => Packing::Gzip,
        FileKind::Zstd => Packing::Zstd,
        FileKind::Pages => Packing::Pages,
        FileKind::Text => Packing::Plain,
        FileKind::Zip | FileKind::Other(_) => {
            let what = "is not text: unpack it first, or pack it with gzip or zstd".to_owned();
            return Err(ExtractError::Archive { path: path.to_owned(), what }.into());
        }
    };
    let ((), on_disk) = Archives::default().unpacked_in(path, &packing, limits, |bytes| {
        let mut bytes = BufReader::new(bytes);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if bytes.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(failed)? == 0 {
                break;
            }
            if line.last() != Some(&b'\n') {
                bytes.skip_until(b'\n').map_err(failed)?;
            }
            each(number, line.trim_ascii_end())?;
        }
        Ok::<(), E>(())
    })?;
    Ok(on_disk.digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_given_with_its_number() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("events.ndjson");
        std::fs::write(&path, "{}\r\n\n[1]").unwrap();
        let mut seen = Vec::new();
        lines(&path, Limits::default(), |number, line| {
            seen.push(format!("{number} {}", String::from_utf8_lossy(line)));
            Ok::<(), ExtractError>(())
        })
        .unwrap();
        assert_eq!(seen, ["1 {}", "2 ", "3 [1]"]);
        std::fs::write(&path, b"PK\x03\x04....").unwrap();
        assert!(lines(&path, Limits::default(), |_, _| Ok::<(), ExtractError>(())).is_err());
    }
}

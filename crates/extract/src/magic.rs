//! Detects the kind of a file by its first bytes.

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Gzip,
    Zstd,
    Zip,
    /// Pages that were read from a provider.
    Pages,
    /// A kind that cannot be read, with its name for an error.
    Other(&'static str),
    Text,
}

/// First bytes of a file, and its kind.
const KINDS: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a Word document (RTF)"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"\0\x01\0\0Standard Jet DB", "an Access database"),
    (b"\0\x01\0\0Standard ACE DB", "an Access database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"bplist00", "an Apple property list"),
    (b"!BDN", "an Outlook data file"),
    (b"\t\x08\x10\0\0\x06\x10\0", "an old Excel spreadsheet (XLS)"),
];

/// Names of streams in OLE files, and the kind of the file. The first one that is found decides.
const STREAMS: [(&str, &str); 6] = [
    ("EncryptedPackage", "an Office document locked with a password"),
    ("Workbook", "an old Excel spreadsheet (XLS)"),
    ("Book", "an old Excel spreadsheet (XLS)"),
    ("WordDocument", "a Word document (DOC)"),
    ("PowerPoint Document", "a PowerPoint presentation (PPT)"),
    ("__properties_version1.0", "an Outlook message (MSG)"),
];

pub(crate) fn file_kind(start: &[u8]) -> FileKind {
    match start {
        start if pages::is_segment(start) => FileKind::Pages,
        [0x1f, 0x8b, ..] => FileKind::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => FileKind::Zstd,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => FileKind::Zip,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => FileKind::Other(old_office(start)),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => FileKind::Other("a bzip2 archive"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => FileKind::Other("a picture"),
        start if start.get(257..262) == Some(b"ustar") => FileKind::Other("a tar archive"),
        start if start.starts_with(&[0, 0, 0]) && start.get(4..8) == Some(b"ftyp") => {
            FileKind::Other("a picture or a film")
        }
        start => match KINDS.iter().find(|it| start.starts_with(it.0)) {
            Some((_, kind)) => FileKind::Other(kind),
            None => markup(start).map_or(FileKind::Text, FileKind::Other),
        },
    }
}

/// Tells the kind of an OLE file by the names in its directory, which is near the start of small files.
fn old_office(start: &[u8]) -> &'static str {
    let has = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).chain([0, 0]).collect();
        memchr::memmem::find(start, &name).is_some()
    };
    let found = STREAMS.iter().find(|it| has(it.0));
    found.map_or("an old Excel spreadsheet", |it| it.1)
}

/// Tells the kind of a markup file. HTML is often named `.xls`, because Excel opens it as a table.
fn markup(start: &[u8]) -> Option<&'static str> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let begins = |tag: &str| text.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag.as_bytes()));
    let holds =
        |tag: &[u8]| memchr::memmem::find(&text.get(..4096).unwrap_or(text).to_ascii_lowercase(), tag).is_some();
    match () {
        () if begins("<!doctype html") || begins("<html") || begins("<table") || begins("<meta ") => {
            Some("a page of HTML, whatever its name says")
        }
        () if begins("<?xml") && holds(b"<html") => Some("a page of HTML, whatever its name says"),
        () if begins("<?xml") && holds(b"urn:schemas-microsoft-com:office:spreadsheet") => {
            Some("an Excel spreadsheet in XML (2003)")
        }
        () if begins("<?xml") => Some("XML"),
        () if begins("From ") && holds(b"\nmime-version:") => Some("a mailbox"),
        () if begins("mime-version:") && holds(b"multipart/related") => Some("a web page saved as one file (MHTML)"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ole(stream: &str) -> Vec<u8> {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(1024, 0);
        for name in ["Root Entry", stream] {
            bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
            bytes.extend([0; 64]);
        }
        bytes
    }

    #[test]
    fn the_kind_of_a_file_is_named() {
        for (start, kind) in [
            (&b"<html><body><table><tr><td>phone"[..], "HTML"),
            (b"\xef\xbb\xbf\r\n<!DOCTYPE html>", "HTML"),
            (b"<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=", "HTML"),
            (b"<TABLE border=1>", "HTML"),
            (b"<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "Excel"),
            (b"<?xml version=\"1.0\"?><contacts>", "XML"),
            (b"%PDF-1.7", "PDF"),
            (b"SQLite format 3\0", "SQLite"),
            (b"PAR1\x15\x04", "Parquet"),
            (b"\x89PNG\r\n", "picture"),
            (b"{\\rtf1\\ansi", "RTF"),
            (&ole("Workbook"), "XLS"),
            (&ole("WordDocument"), "DOC"),
            (&ole("PowerPoint Document"), "PPT"),
            (&ole("EncryptedPackage"), "password"),
            (&ole("x"), "old Excel"),
        ] {
            let found = file_kind(start);
            assert!(matches!(found, FileKind::Other(it) if it.contains(kind)), "{kind}: {found:?}");
        }
    }

    #[test]
    fn text_is_text() {
        for start in [
            "phone,name\n",
            "<name>,phone\n",
            "{\"a\":1}",
            "[{\"a\":1}]",
            "",
            "From,To\n",
            "ORCID,phone\n",
            "tel,ftyp\n",
        ] {
            assert_eq!(file_kind(start.as_bytes()), FileKind::Text, "{start}");
        }
    }
}

//! Files that are no text, by their first bytes.

/// The first bytes of files that are no text, and what they are.
const MAGIC: [(&[u8], &str); 12] = [
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture, a sound or a video"),
    (b"\xd0\xcf\x11\xe0", "a document of an old Office: save tables as XLSX or CSV"),
    (b"SQLite format 3", "a database of SQLite: export the table as CSV"),
    (b"PAR1", "a file of Parquet: export the table as CSV"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"OggS", "a sound"),
    (b"ID3", "a sound"),
];

/// What a file is by its first bytes, if it is no text.
pub fn kind_of_bytes(bytes: &[u8]) -> Option<&'static str> {
    MAGIC.iter().find(|it| bytes.starts_with(it.0)).map(|it| it.1)
}

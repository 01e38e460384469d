//! Finds the columns of CSV files with texts.

use csv::{ReaderBuilder, StringRecord};

use crate::{File, ImportError};

const TEXT: [&str; 16] = [
    "text",
    "texte",
    "body",
    "message",
    "content",
    "contenu",
    "template",
    "sms",
    "message text",
    "message body",
    "mensaje",
    "texto",
    "mensagem",
    "pesan",
    "corps",
    "modele",
];
const LOG: [&str; 22] = [
    "to",
    "from",
    "sent at",
    "sentat",
    "date sent",
    "datesent",
    "sentdate",
    "sent_at",
    "date_sent",
    "status",
    "message_uuid",
    "sid",
    "message sid",
    "recipient",
    "destinataire",
    "direction",
    "date",
    "timestamp",
    "from_number",
    "to_number",
    "message_time",
    "senddate",
];
const NAME: [&str; 10] = ["name", "nom", "id", "key", "cle", "title", "titre", "nombre", "nome", "nama"];
const LANGUAGE: [&str; 6] = ["language", "lang", "langue", "idioma", "locale", "bahasa"];
const PURPOSE: [&str; 7] = ["purpose", "category", "categorie", "type", "usage", "categoria", "kategori"];
const DATE: [&str; 10] = [
    "date",
    "sent at",
    "date sent",
    "datesent",
    "sentdate",
    "sent_at",
    "date_sent",
    "timestamp",
    "message_time",
    "senddate",
];
const DIRECTION: [&str; 3] = ["direction", "sens", "message_direction"];

/// The positions of the columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) text: usize,
    pub(crate) name: Option<usize>,
    pub(crate) language: Option<usize>,
    pub(crate) purpose: Option<usize>,
    pub(crate) date: Option<usize>,
    pub(crate) direction: Option<usize>,
    is_log: bool,
}

impl Columns {
    /// Finds the columns by their names; none if there is no column for the text.
    pub(crate) fn of(header: &StringRecord) -> Option<Self> {
        let names: Vec<String> = header.iter().map(plain).collect();
        let find = |known: &[&str]| known.iter().find_map(|it| names.iter().position(|name| name == it));
        let text = find(&TEXT)?;
        let n_log = names.iter().filter(|it| LOG.contains(&it.as_str())).count();
        Some(Self {
            text,
            name: find(&NAME).filter(|it| *it != text),
            language: find(&LANGUAGE),
            purpose: find(&PURPOSE).filter(|it| *it != text),
            date: find(&DATE),
            direction: find(&DIRECTION),
            is_log: n_log >= 2,
        })
    }
}

fn plain(name: &str) -> String {
    let name = scenario::slot_name(name);
    // `message_text` and `Message Text` are the same name.
    match LOG.contains(&name.as_str()) || TEXT.contains(&name.as_str()) {
        true => name,
        false => name.replace('_', " "),
    }
}

/// The rows of a file, and where its columns are.
pub(crate) fn open<'a>(
    file: &'a File,
    expected: &'static str,
) -> Result<(csv::Reader<&'a [u8]>, Columns), ImportError> {
    let mut rows = reader(&file.bytes);
    let header = rows.headers().map_err(|it| ImportError::shape(file, expected, it))?;
    let why = || "it has no column such as “text”, “message” or “body”".to_owned();
    let columns = Columns::of(header);
    let columns = columns.ok_or_else(|| ImportError::Wrong { file: file.path.clone(), expected, why: why() })?;
    Ok((rows, columns))
}

/// Reads CSV. The delimiter is the candidate that is most frequent in the first line.
fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    let line = bytes.split(|it| *it == b'\n').next().unwrap_or_default();
    let count = |delimiter: &u8| line.iter().filter(|it| *it == delimiter).count();
    let delimiter = [b',', b';', b'\t', b'|'].into_iter().max_by_key(|it| (count(it), *it == b',')).unwrap_or(b',');
    ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(bytes)
}

/// Whether a table is a message log or a list of templates; none if it is neither.
pub(crate) fn is_log(bytes: &[u8]) -> Option<bool> {
    let header = reader(bytes).headers().cloned().ok()?;
    Columns::of(&header).map(|it| it.is_log)
}

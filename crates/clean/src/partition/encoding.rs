//! A clean row as bytes: its contact's id, its length, and the row itself.

use model::{ContactId, RowId};

use crate::row::CleanRow;

const ID_BYTES: usize = size_of::<ContactId>();
const LENGTH_BYTES: usize = size_of::<u32>();
/// The id and the length in front of an encoded row.
const HEAD_BYTES: usize = ID_BYTES + LENGTH_BYTES;

#[expect(clippy::expect_used, reason = "plain values encode; going on without a row would lose it")]
impl CleanRow<'_> {
    /// Appends the encoded row to `bytes`.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        bytes.extend_from_slice(&self.contact_id.0);
        bytes.extend_from_slice(&[0; LENGTH_BYTES]);
        let mut encoded = postcard::to_extend(self, std::mem::take(bytes)).expect("plain values encode");
        let length = (encoded.len() - start - HEAD_BYTES) as u32;
        encoded[start + ID_BYTES..start + HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
        *bytes = encoded;
    }
}

/// The place of an encoded row within the bytes of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EncodedRow {
    /// The contact that the row is about, as a number in the order of ids.
    id: u128,
    start: usize,
    end: usize,
}

impl EncodedRow {
    /// All rows of `bytes`, without decoding them. Bytes at the end that are not a whole row are left out.
    pub(crate) fn all(bytes: &[u8]) -> Vec<Self> {
        /// About the size of a row with a number, a name and little else.
        const USUAL_BYTES: usize = 64;
        let mut rows = Vec::with_capacity(bytes.len() / USUAL_BYTES);
        let mut rest = bytes;
        while let Some((id, after)) = rest.split_first_chunk::<ID_BYTES>()
            && let Some((length, after)) = after.split_first_chunk::<LENGTH_BYTES>()
        {
            let start = bytes.len() - after.len();
            let end = start + u32::from_le_bytes(*length) as usize;
            if end > bytes.len() {
                break;
            }
            rows.push(Self { id: u128::from_be_bytes(*id), start, end });
            rest = &bytes[end..];
        }
        rows
    }

    /// The row as it is in `bytes`, with its id and length.
    pub(crate) fn encoded<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start - HEAD_BYTES..self.end]
    }

    /// The end of the row in the bytes.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// The contact and the row. No two rows have the same.
    pub(crate) fn key(&self, bytes: &[u8]) -> (ContactId, RowId) {
        (self.id(), self.row(bytes))
    }

    /// The row, from the bytes that [`EncodedRow::all`] was given.
    #[expect(clippy::expect_used, reason = "see `decode`")]
    pub(crate) fn row(&self, bytes: &[u8]) -> RowId {
        postcard::take_from_bytes(&bytes[self.start..self.end]).expect("a row begins with its id").0
    }

    pub(crate) fn id(&self) -> ContactId {
        ContactId(self.id.to_be_bytes())
    }

    /// Decodes the row, from the bytes that [`EncodedRow::all`] was given.
    #[expect(
        clippy::expect_used,
        reason = "what we encode ourselves in memory decodes; going on without a row would lose it"
    )]
    pub(crate) fn decode<'a>(&self, bytes: &'a [u8]) -> CleanRow<'a> {
        let row: CleanRow = postcard::from_bytes(&bytes[self.start..self.end]).expect("an encoded row decodes");
        CleanRow { contact_id: self.id(), ..row }
    }
}

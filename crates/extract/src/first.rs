//! The first rows of a source.

use crate::{ExtractError, Probe, Row, read};

/// Why reading ends before the end of the files.
enum End {
    Enough,
    Failed(ExtractError),
}

impl From<ExtractError> for End {
    fn from(error: ExtractError) -> Self {
        Self::Failed(error)
    }
}

/// Gives at most so many rows of a source to `each`, the first ones.
pub fn read_first(probe: &Probe, n_rows: u64, mut each: impl FnMut(&Row)) -> Result<(), ExtractError> {
    let give = |row: Row| {
        if row.record > n_rows {
            return Err(End::Enough);
        }
        each(&row);
        Ok(())
    };
    match read(probe, give) {
        Ok(_) | Err(End::Enough) => Ok(()),
        Err(End::Failed(error)) => Err(error),
    }
}

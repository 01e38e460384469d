//! A spreadsheet as a file that can be read several times.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::ExtractError;

/// A spreadsheet file: the original, or a copy if the original is packed.
pub(crate) type SheetFile = BufReader<File>;

/// Opens the same file again, at its start.
pub(crate) fn reopened(path: &Path, file: &SheetFile) -> Result<SheetFile, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let mut again = file.get_ref().try_clone().map_err(failed)?;
    again.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(BufReader::new(again))
}

/// Copies a packed spreadsheet to a temporary file without a name, which is gone when it is closed.
pub(crate) fn copied(path: &Path, packed: &mut dyn Read) -> Result<SheetFile, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let mut copy = tempfile::tempfile().map_err(failed)?;
    std::io::copy(packed, &mut copy).map_err(failed)?;
    reopened(path, &BufReader::new(copy))
}

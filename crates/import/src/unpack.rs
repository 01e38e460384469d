use std::io::{Cursor, Read};

use crate::{File, ImportError};

/// What an archive of scenarios may unpack to; the largest bots are a few MiB.
const MOST_BYTES: u64 = 256 << 20;

/// Takes the files out of zips. Only names are used from them, never as paths.
pub(crate) fn unpack(files: Vec<File>) -> Result<Vec<File>, ImportError> {
    let mut unpacked = Vec::new();
    for file in files {
        match file.bytes.starts_with(b"PK\x03\x04") {
            true => unpacked.extend(entries(&file)?),
            false => unpacked.push(file),
        }
    }
    Ok(unpacked)
}

fn entries(file: &File) -> Result<Vec<File>, ImportError> {
    let failed = |source| ImportError::shape(file, "a zip", source);
    let mut archive = zip::ZipArchive::new(Cursor::new(&file.bytes)).map_err(failed)?;
    let (mut entries, mut left) = (Vec::new(), MOST_BYTES);
    for n in 0..archive.len() {
        let entry = archive.by_index(n).map_err(failed)?;
        if !entry.is_file() {
            continue;
        }
        let name = entry.name().map_err(failed)?.into_owned();
        let path = format!("{}/{name}", file.path);
        let mut bytes = Vec::new();
        entry.take(left + 1).read_to_end(&mut bytes).map_err(|it| ImportError::shape(file, "a zip", it))?;
        left = left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| ImportError::TooLarge { file: file.path.clone(), most: MOST_BYTES })?;
        entries.push(File { path, bytes });
    }
    Ok(entries)
}

//! The members of zip archives.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;

use crate::error::ExtractError;
use crate::files::open;

/// Most members of an archive. No export has more, and a hostile archive could fill the memory with their names.
const MOST_MEMBERS: usize = 10_000;

/// Opens a zip archive and checks its directory.
pub(crate) fn zip_archive(path: &Path) -> Result<ZipArchive<BufReader<File>>, ExtractError> {
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    #[cfg(test)]
    N_OPENED.set(N_OPENED.get() + 1);
    let file = BufReader::new(open(path).map_err(failed)?);
    ZipArchive::new(file).map_err(|error| unzip_error(path, &error))
}

#[cfg(test)]
thread_local! {
    static N_OPENED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How many archives this thread has opened.
#[cfg(test)]
pub(crate) fn n_opened() -> usize {
    N_OPENED.get()
}

/// The names of the files in an archive, without the ones that macOS adds.
pub(crate) fn members(path: &Path) -> Result<Vec<String>, ExtractError> {
    let refused = |what: String| ExtractError::Archive { path: path.to_owned(), what };
    let mut archive = zip_archive(path)?;
    if archive.len() > MOST_MEMBERS {
        return Err(refused(format!("holds {} files; at most {MOST_MEMBERS} are read", archive.len())));
    }
    let mut names = Vec::new();
    for number in 0..archive.len() {
        let member = archive.by_index_raw(number).map_err(|error| unzip_error(path, &error))?;
        let name = member.name().map_err(|error| unzip_error(path, &error))?.into_owned();
        if member.enclosed_name().is_none() || name.contains('\\') || name.starts_with('/') {
            return Err(refused(format!("holds \"{}\", which leads out of the archive", name.escape_debug())));
        }
        if member.encrypted() {
            return Err(refused("is locked with a password: unpack it first".into()));
        }
        let is_clutter = name.starts_with("__MACOSX/") || name.rsplit('/').next().is_some_and(|it| it.starts_with('.'));
        if !member.is_dir() && !is_clutter {
            names.push(name);
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

pub(crate) fn unzip_error(path: &Path, error: &zip::result::ZipError) -> ExtractError {
    ExtractError::Archive { path: path.to_owned(), what: format!("cannot be unpacked: {error}") }
}

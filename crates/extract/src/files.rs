//! Finds the files of a source.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::error::ExtractError;

/// The files of a path in a plan, in the order of their names. `folder` is the folder of the plan.
///
/// The path may be a file, a folder (all files in it and in its subfolders), or a pattern such as
/// `exports/2026-*.json.gz`. Hidden files are left out.
pub fn files(folder: &Path, path: &Path) -> Result<Vec<PathBuf>, ExtractError> {
    let given = path;
    let path = &folder.join(given);
    let none = || ExtractError::NoFiles { path: path.to_owned() };
    let failed = |source| ExtractError::Read { path: path.to_owned(), source };
    let is_hidden = |it: &Path| it.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
    let mut found: Vec<PathBuf> = match given.to_str() {
        Some(pattern) if !path.exists() && pattern.contains(['*', '?', '[']) => {
            let folder = glob::Pattern::escape(&folder.to_string_lossy());
            let pattern = if given.is_absolute() { pattern.to_owned() } else { format!("{folder}/{pattern}") };
            let matches = glob::glob(&pattern).map_err(|_| none())?;
            let mut files = Vec::new();
            for path in matches {
                let path = path.map_err(|error| failed(error.into()))?;
                match path.is_dir() {
                    _ if is_hidden(&path) => {}
                    true => files.extend(files_in(&path).map_err(failed)?),
                    false => files.push(path),
                }
            }
            files
        }
        _ if path.is_dir() => files_in(path).map_err(failed)?,
        _ => vec![path.to_owned()],
    };
    found.sort();
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

/// All files in a folder and in its subfolders. Links to folders are not followed, because they may form a cycle.
fn files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        match entry.file_name().to_string_lossy().starts_with('.') {
            true => {}
            false if entry.file_type()?.is_dir() => files.extend(files_in(&path)?),
            false if path.is_file() => files.push(path),
            false => {}
        }
    }
    Ok(files)
}

/// Opens a file for reading. Opening and reading never wait, so a pipe that takes the place of the file cannot hold a run
/// up.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

/// Fails if the path is not a plain file.
pub(crate) fn check_is_file(path: &Path) -> Result<(), ExtractError> {
    let kind =
        std::fs::metadata(path).map_err(|source| ExtractError::Read { path: path.to_owned(), source })?.file_type();
    let kind = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a directory",
        () => "a pipe, socket or device",
    };
    Err(ExtractError::NotAFile { path: path.to_owned(), kind })
}

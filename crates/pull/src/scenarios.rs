//! The scenarios of a provider, as files.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Result;
use pages::{FrameKind, coverage_of, read_store};
use plan::FILES;

/// Writes the pages of the last reading that has ended as files, one each, in the folder that `[[scenario]]` reads.
/// Nothing is left of an earlier reading.
pub(crate) fn write_files(folder: &Path) -> Result<()> {
    let contents = read_store(folder)?;
    let last = coverage_of(&contents).last_pull;
    let (passing, files) = (folder.join(".files"), folder.join(FILES));
    remove(&passing)?;
    DirBuilder::new().mode(0o700).create(&passing)?;
    let pages = contents.frames.iter().filter(|it| it.frame.kind == FrameKind::Page && it.frame.pull == last);
    for (number, page) in (1..).zip(pages.filter(|it| it.frame.rows > 0)) {
        let path = passing.join(format!("{number:04}.json"));
        let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
        std::io::Write::write_all(&mut file, &contents.body(page)?)?;
    }
    remove(&files)?;
    Ok(fs::rename(passing, files)?)
}

fn remove(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

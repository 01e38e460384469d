//! The files of a set: those that are named, and those in folders.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use model::Digest;
use scenario_import::File;

/// Limits one file of scenarios, in bytes. A log of a million messages has 150 MiB.
const MOST_BYTES: u64 = 1 << 30;

/// A file of a set and the digest of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path relative to the folder that was named.
    pub path: String,
    pub sha256: Digest,
}

/// Reads all files, and those in folders, in the order of their names. Hidden files of folders are left out.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, path, &mut files)?;
    }
    Ok(files)
}

/// The digests of files.
pub fn with_digests(files: &[File]) -> Vec<SourceFile> {
    let digest = |it: &File| SourceFile { path: it.path.clone(), sha256: Digest::of_parts([it.bytes.as_slice()]) };
    files.iter().map(digest).collect()
}

/// Collects files, with names relative to the folder.
fn collect(root: &Path, path: &Path, files: &mut Vec<File>) -> Result<()> {
    let context = || format!("could not read {}", path.display());
    if path.is_dir() {
        let entries: std::io::Result<Vec<PathBuf>> =
            std::fs::read_dir(path).with_context(context)?.map(|it| Ok(it?.path())).collect();
        let mut entries = entries.with_context(context)?;
        entries.sort();
        for entry in entries.iter().filter(|it| !is_hidden(it)) {
            collect(root, entry, files)?;
        }
        return Ok(());
    }
    let base = root.parent().unwrap_or(Path::new(""));
    let name = path.strip_prefix(base).unwrap_or(path).to_string_lossy().replace('\\', "/");
    files.push(File { path: name, bytes: run::read_small(path, MOST_BYTES).with_context(context)? });
    Ok(())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'))
}

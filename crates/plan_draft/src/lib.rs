//! The work of `ferry inspect` and `ferry init`: finds out what files are, joins files of one format into sources, and
//! writes a first plan for a folder. Results have a text for a terminal.
//!
//! Nothing here prints or knows the command line.

mod draft;
mod inspected;
mod joined;
mod words;

use std::path::PathBuf;

use anyhow::{Context, Result};
use extract::Profile;

pub use crate::draft::{Draft, PLAN, write_draft};
pub use crate::inspected::{InspectOptions, Inspected, inspect_files};

/// The built-in profiles, and those of the given files.
fn profiles(paths: &[PathBuf]) -> Result<Vec<Profile>> {
    let mut profiles = Profile::built_in()?;
    for path in paths {
        let text = run::read_small_text(path, run::MOST_PLAN_BYTES);
        let text = text.with_context(|| format!("could not read the profile {}", path.display()))?;
        // A plan refers to the profile by its file.
        let mut profile = Profile::read(&path.display().to_string(), &text, &[])?;
        profile.name = path.display().to_string();
        profiles.push(profile);
    }
    Ok(profiles)
}

//! Files and folders that somebody looks at.

use std::path::{Path, PathBuf};

use anyhow::Result;
use crossing::inspect::{InspectSettings, Inspection, inspect};
use model::printable;
use phone::Region;
use run_text::{inspection, path};
use serde_json::{Value, json};

use crate::joined::joined;
use crate::profiles;

/// What to inspect, and how.
#[derive(Clone, Copy, Debug)]
pub struct InspectOptions<'a> {
    /// Files, folders or patterns.
    pub paths: &'a [PathBuf],
    /// Files of profiles to try as well.
    pub profiles: &'a [PathBuf],
    /// The country of phone numbers without a country code.
    pub region: Option<Region>,
    /// The folder of the future plan.
    pub folder: &'a Path,
    /// How many rows the description of the columns is of.
    pub profiled_rows: u64,
}

/// What files are.
pub struct Inspected {
    pub inspections: Vec<Inspection>,
    /// Files that could not be read, and why.
    pub left: Vec<(String, String)>,
}

/// Inspects files. A single file that cannot be read is an error, one of several is left.
pub fn inspect_files(options: InspectOptions<'_>) -> Result<Inspected> {
    let InspectOptions { paths, region, folder, profiled_rows, .. } = options;
    let profiles = profiles(options.profiles)?;
    let settings = InspectSettings { profiles: &profiles, region, folder, profiled_rows };
    let mut inspected = Inspected { inspections: Vec::new(), left: Vec::new() };
    for it in paths {
        let files = extract::files(folder, it)?;
        if let ([_], false) = (files.as_slice(), folder.join(it).is_dir()) {
            match inspect(&files, &settings) {
                Ok(inspection) => inspected.inspections.push(inspection),
                Err(error) if paths.len() == 1 => return Err(error),
                Err(error) => inspected.left.push((path(it), format!("{error:#}"))),
            }
            continue;
        }
        inspected.add_several(&files, !folder.join(it).is_dir(), &settings)?;
    }
    Ok(inspected)
}

impl Inspected {
    /// Inspects each file alone, because formats may differ. Files of one format become one source.
    fn add_several(&mut self, files: &[PathBuf], is_pattern: bool, settings: &InspectSettings) -> Result<()> {
        let mut known = Vec::new();
        for file in files {
            match inspect(std::slice::from_ref(file), settings) {
                Ok(inspection) => known.push(inspection),
                Err(error) => self.left.push((path(file), format!("{error:#}"))),
            }
        }
        match is_pattern && known.len() == files.len() && known.iter().all(|it| it.columns == known[0].columns) {
            true => self.inspections.push(inspect(files, settings)?),
            false => self.inspections.extend(joined(known, settings)?),
        }
        Ok(())
    }

    /// The result in JSON.
    pub fn json(&self) -> Result<Value> {
        let files: Vec<Value> = self.inspections.iter().map(inspection::json).collect::<Result<_>>()?;
        Ok(json!({ "files": files, "left": self.left }))
    }

    /// The result as text.
    pub fn text(&self) -> String {
        let not_read =
            |(file, why): &(String, String)| format!("{}\n  not read   {}\n", printable(file), printable(why));
        let left = self.left.iter().map(not_read);
        self.inspections.iter().map(inspection::text).chain(left).collect::<Vec<_>>().join("\n")
    }
}

//! A first plan for the exports in a folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use crossing::inspect::{InspectSettings, Inspection, inspect, source_name};
use model::{counted, printable};
use phone::Region;
use run_text::{inspection, names, path};
use serde_json::{Value, json};

use crate::joined::joined;
use crate::profiles;
use crate::words::{title, unknown, warnings};

/// The name of the plan.
pub const PLAN: &str = "plan.toml";

/// The JSON Schema that `ferry init` writes beside a plan. Hidden, because a source can be the folder of the plan or a
/// pattern such as `*.json`, and hidden files are no exports.
const SCHEMA: &str = ".plan.schema.json";

/// A plan that was written.
pub struct Draft {
    pub plan: PathBuf,
    /// The JSON Schema of plans, beside it.
    pub schema: PathBuf,
    pub sources: Vec<Inspection>,
    /// Files that the plan does not read, and why.
    pub left: Vec<(String, String)>,
}

/// Writes a plan for the exports in a folder, and the schema of plans beside it. `region` is the country of phone numbers
/// without a country code. The caller makes sure that there is no plan yet.
pub fn write_draft(folder: &Path, region: Option<Region>) -> Result<Draft> {
    let profiles = profiles(&[])?;
    let settings = InspectSettings { profiles: &profiles, region, folder, profiled_rows: 0 };
    let mut known: Vec<Inspection> = Vec::new();
    let mut left = Vec::new();
    for file in extract::files(folder, &PathBuf::new())?.into_iter().filter(|it| !is_own(folder, it)) {
        let shown = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        match inspect(std::slice::from_ref(&file), &settings) {
            Err(error) => left.push((shown, format!("{error:#}"))),
            Ok(it) if it.source.is_none() => left.push((shown, unknown(&it))),
            Ok(it) => known.push(it),
        }
    }
    let sources = joined(known, &settings)?;
    let draft = Draft { plan: folder.join(PLAN), schema: folder.join(SCHEMA), sources, left };
    write_file(&draft.schema, &(serde_json::to_string_pretty(&plan::schema())? + "\n"))?;
    write_file(&draft.plan, &draft.plan_text(folder, region))?;
    Ok(draft)
}

impl Draft {
    /// The result in JSON.
    pub fn json(&self) -> Result<Value> {
        let sources: Vec<Value> = self.sources.iter().map(inspection::json).collect::<Result<_>>()?;
        Ok(json!({ "plan": self.plan, "schema": self.schema, "sources": sources, "left": self.left }))
    }

    /// The result as text, with what to do next.
    pub fn text(&self) -> String {
        let sources = counted(self.sources.len() as u64, "source");
        let mut text = format!("{} written, with {sources}\n", path(&self.plan));
        for source in &self.sources {
            let files: Vec<String> = source.files.iter().map(|it| path(it)).collect();
            text += &format!("  {}: {}\n", names(&files), title(source));
            text += &warnings(source);
        }
        for (file, why) in &self.left {
            text += &format!("  {} left out: {}\n", printable(file), printable(why));
        }
        text + match self.sources.as_slice() {
            [] => "no source was found: add one to the plan, or remove the plan and run `ferry init` again\n",
            _ => "look through the plan, then run `ferry check` and `ferry run --dry-run`\n",
        }
    }

    fn plan_text(&self, folder: &Path, region: Option<Region>) -> String {
        let name = source_name(&[folder.to_path_buf()]);
        let region = match region {
            Some(region) => format!("default_region = \"{}\"\n", region.code()),
            None => "# Country of phone numbers without a country code:\n# default_region = \"FR\"\n".to_owned(),
        };
        let mut text =
            format!("#:schema ./{SCHEMA}\n\n[run]\nname = \"{name}\"\n{region}\n[crm]\nurl = \"sqlite:ferry.db\"\n");
        for source in &self.sources {
            text += &format!("\n# {}\n{}", title(source), source.source.as_deref().unwrap_or_default());
        }
        for (file, why) in &self.left {
            text += &format!("\n# Left out: {}: {}\n", printable(file), printable(why));
        }
        text + "\n# Verification with WhatsApp: name a provider, or try it with `ferry sandbox`.\n# [verify]\n# adapter = \"contacts\"\n# url = \"http://127.0.0.1:8480\"\n"
    }
}

/// Whether Ferry wrote the file: plans, keys, databases and runs. Every other file is inspected, whatever its name.
fn is_own(folder: &Path, path: &Path) -> bool {
    const ENDINGS: [&str; 6] = [".toml", ".key", ".db", ".db-wal", ".db-shm", ".db-journal"];
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    path.starts_with(folder.join("runs")) || ENDINGS.iter().any(|it| name.ends_with(it))
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    let mut file = run::ArtifactWriter::create(path)?;
    file.write_all(text.as_bytes())?;
    file.publish(0)?;
    Ok(())
}

use std::path::PathBuf;

use anyhow::{Context, Result};
use extract::Profile;
use results::{ProfileEntry, ProfileText, ProfilesResult};
use serde_json::Value;

use crate::cli::{InitArgs, InspectArgs};
use crate::exit::Exit;
use crate::hint::UserError;
use crate::output::Output;
use crossing::inspect::{InspectSettings, Inspection, Kind, Warning, inspect, name_of, source_name};
use model::{Reason, counted, printable};

use crate::text;

/// Prints the format of each file, and how a plan would read it.
pub(crate) fn files(args: &InspectArgs, output: Output) -> Result<Exit> {
    let profiles = profiles(&args.profiles)?;
    let folder = std::env::current_dir()?;
    let profiled_rows = args.rows.unwrap_or(u64::MAX);
    let settings = InspectSettings { profiles: &profiles, region: args.region, folder: &folder, profiled_rows };
    let mut inspections = Vec::new();
    let mut left = Vec::new();
    for path in &args.files {
        let files = extract::files(&folder, path)?;
        if let ([_], false) = (files.as_slice(), folder.join(path).is_dir()) {
            match inspect(&files, &settings) {
                Ok(inspection) => inspections.push(inspection),
                Err(error) if args.files.len() == 1 => return Err(error),
                Err(error) => left.push((text::path(path), format!("{error:#}"))),
            }
            continue;
        }
        // Each file is inspected alone: formats may differ. Files of one format become one source.
        let mut known = Vec::new();
        for file in &files {
            match inspect(std::slice::from_ref(file), &settings) {
                Ok(inspection) => known.push(inspection),
                Err(error) => left.push((text::path(file), format!("{error:#}"))),
            }
        }
        let is_pattern = !folder.join(path).is_dir();
        match is_pattern && known.len() == files.len() && known.iter().all(|it| it.columns == known[0].columns) {
            true => inspections.push(inspect(&files, &settings)?),
            false => inspections.extend(together(known, &settings)?),
        }
    }
    let words = || {
        let left = left.iter().map(|(file, why)| format!("{}\n  not read   {}\n", printable(file), printable(why)));
        inspections.iter().map(text::inspection::text).chain(left).collect::<Vec<_>>().join("\n")
    };
    let files: Vec<Value> = inspections.iter().map(text::inspection::json).collect::<Result<_>>()?;
    output.print(&serde_json::json!({ "files": files, "left": left }), words)?;
    Ok(Exit::Done)
}

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

/// Lists the built-in profiles, or prints the file of one.
pub(crate) fn profile_list(name: Option<&str>, output: Output) -> Result<Exit> {
    if let Some(name) = name {
        let text = Profile::text(name)
            .with_context(|| format!("there is no profile \"{name}\": `ferry profiles` lists them"))?;
        output.print(&ProfileText { name, text }, || text.to_owned())?;
        return Ok(Exit::Done);
    }
    let profiles = Profile::built_in()?;
    fn entry(it: &Profile) -> ProfileEntry<'_> {
        ProfileEntry { name: &it.name, title: &it.title, documented: &it.documented }
    }
    output.print(&ProfilesResult { profiles: profiles.iter().map(entry).collect() }, || {
        profiles.iter().map(|it| format!("{:24} {}\n", it.name, it.title)).collect::<String>()
    })?;
    Ok(Exit::Done)
}

/// Writes a plan for the exports in a folder.
pub(crate) fn init(args: &InitArgs, output: Output) -> Result<Exit> {
    if !args.folder.is_dir() {
        return Err(UserError::NoFolder(args.folder.clone()).into());
    }
    let folder = std::path::absolute(&args.folder)?;
    let plan = folder.join("plan.toml");
    if plan.exists() {
        return Err(UserError::PlanExists(plan).into());
    }
    let profiles = profiles(&[])?;
    let settings = InspectSettings { profiles: &profiles, region: args.region, folder: &folder, profiled_rows: 0 };
    let mut known: Vec<Inspection> = Vec::new();
    let mut left = Vec::new();
    for file in extract::files(&folder, &PathBuf::new())?.into_iter().filter(|it| !is_own(&folder, it)) {
        let shown = file.strip_prefix(&folder).unwrap_or(&file).display().to_string();
        match inspect(std::slice::from_ref(&file), &settings) {
            Err(error) => left.push((shown, format!("{error:#}"))),
            Ok(it) if it.source.is_none() => left.push((shown, unknown(&it))),
            Ok(it) => known.push(it),
        }
    }
    let sources = together(known, &settings)?;
    let schema = serde_json::to_string_pretty(&plan::schema())? + "\n";
    write_file(&folder.join(SCHEMA), &schema)?;
    write_file(&plan, &plan_text(&folder, &sources, &left, args))?;
    let found: Vec<Value> = sources.iter().map(text::inspection::json).collect::<Result<_>>()?;
    let value = serde_json::json!({ "plan": plan, "schema": folder.join(SCHEMA), "sources": found, "left": left });
    output.print(&value, || {
        let mut words = format!("{} written, with {}\n", text::path(&plan), counted(sources.len() as u64, "source"));
        for source in &sources {
            let files: Vec<String> = source.files.iter().map(|it| text::path(it)).collect();
            words += &format!("  {}: {}\n", text::names(&files), title(source));
            words += &warnings(source);
        }
        for (file, why) in &left {
            words += &format!("  {} left out: {}\n", printable(file), printable(why));
        }
        words
            + match sources.as_slice() {
                [] => "no source was found: add one to the plan, or remove the plan and run `ferry init` again\n",
                _ => "look through the plan, then run `ferry check` and `ferry run --dry-run`\n",
            }
    })?;
    Ok(Exit::Done)
}

/// The JSON Schema that `ferry init` writes beside a plan. Hidden, because a source can be the folder of the plan or a
/// pattern such as `*.json`, and hidden files are no exports.
const SCHEMA: &str = ".plan.schema.json";

fn write_file(path: &std::path::Path, text: &str) -> Result<()> {
    let mut file = run::ArtifactWriter::create(path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.publish(0)?;
    Ok(())
}

/// Warnings about a source to read before the run.
fn warnings(source: &Inspection) -> String {
    let mut words = String::new();
    if let Kind::Guessed { left_out, .. } = &source.kind {
        for (column, why) in left_out {
            words += &format!("    column {} is left out: {}\n", printable(column), printable(why));
        }
    }
    if source.may_be_opt_outs {
        words += "    looks like a list of people who have opted out: replace consent = \"?\" in the plan\n";
    }
    if let Some(n) = source.faults.get(Reason::NoRegion.code()) {
        let rows = counted(*n, "row");
        words +=
            &format!("    no country code in {rows}: set default_region in the plan to the country of these people\n");
    }
    for warning in &source.warnings {
        words += &format!("    {}\n", text::inspection::warning(warning));
    }
    words
}

/// Whether Ferry wrote the file: plans, keys, databases and runs. Every other file is inspected, whatever its name.
fn is_own(folder: &std::path::Path, path: &std::path::Path) -> bool {
    const ENDINGS: [&str; 6] = [".toml", ".key", ".db", ".db-wal", ".db-shm", ".db-journal"];
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    path.starts_with(folder.join("runs")) || ENDINGS.iter().any(|it| name.ends_with(it))
}

/// Why a plan does not read a file.
fn unknown(inspection: &Inspection) -> String {
    let lacks_region = |it: &&Warning| matches!(it, Warning::NationalPhones { .. });
    match (&inspection.kind, inspection.warnings.iter().find(lacks_region)) {
        (Kind::Empty, _) => "empty".to_owned(),
        (_, Some(warning)) => text::inspection::warning(warning),
        (_, None) => text::inspection::unknown(inspection).to_owned(),
    }
}

fn title(inspection: &Inspection) -> String {
    match &inspection.kind {
        Kind::Known { title, .. } => format!("{}, {}", printable(title), counted(inspection.rows, "row")),
        _ => format!("guessed from column names and cells, {}", counted(inspection.rows, "row")),
    }
}

/// Joins files of one format, such as daily files, into one source if a pattern matches exactly these files.
fn together(known: Vec<Inspection>, settings: &InspectSettings) -> Result<Vec<Inspection>> {
    let mut sources: Vec<Inspection> = Vec::new();
    let mut groups: Vec<Vec<Inspection>> = Vec::new();
    for it in known {
        match groups.iter_mut().find(|group| is_alike(&group[0], &it)) {
            Some(group) => group.push(it),
            None => groups.push(vec![it]),
        }
    }
    for group in groups {
        let files: Vec<PathBuf> = group.iter().flat_map(|it| it.files.clone()).collect();
        let whole = if files.len() > 1 { inspect(&files, settings).ok() } else { None };
        let means_just_them = |it: &Inspection| {
            let path = it
                .source
                .as_ref()
                .and_then(|it| it.parse::<toml::Table>().ok())
                .and_then(|it| it.get("source")?.get(0)?.get("path")?.as_str().map(PathBuf::from));
            path.is_some_and(|it| extract::files(settings.folder, &it).is_ok_and(|it| it == files))
        };
        match whole.filter(means_just_them) {
            Some(whole) => sources.push(whole),
            None => sources.extend(group),
        }
    }
    let mut taken: Vec<String> = Vec::new();
    for source in &mut sources {
        let name = name_of(source);
        let free = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name}-{n}") });
        let free = free.take(1000).find(|it| !taken.contains(it)).unwrap_or_else(|| name.clone());
        let Some(named) = source.source.take() else { continue };
        source.source = Some(named.replacen(&format!("name = \"{name}\""), &format!("name = \"{free}\""), 1));
        taken.push(free);
    }
    Ok(sources)
}

fn is_alike(one: &Inspection, other: &Inspection) -> bool {
    let profile = |it: &Inspection| match &it.kind {
        Kind::Known { profile, .. } => Some(profile.clone()),
        _ => None,
    };
    profile(one).is_some() && profile(one) == profile(other) && one.reading == other.reading
}

fn plan_text(folder: &std::path::Path, sources: &[Inspection], left: &[(String, String)], args: &InitArgs) -> String {
    let name = source_name(&[folder.to_path_buf()]);
    let region = match &args.region {
        Some(region) => format!("default_region = \"{}\"\n", region.code()),
        None => "# Country of phone numbers without a country code:\n# default_region = \"FR\"\n".to_owned(),
    };
    let mut text =
        format!("#:schema ./{SCHEMA}\n\n[run]\nname = \"{name}\"\n{region}\n[crm]\nurl = \"sqlite:ferry.db\"\n");
    for source in sources {
        text += &format!("\n# {}\n{}", title(source), source.source.as_deref().unwrap_or_default());
    }
    for (file, why) in left {
        text += &format!("\n# Left out: {}: {}\n", printable(file), printable(why));
    }
    text + "\n# Verification with WhatsApp: name a provider, or try it with `ferry sandbox`.\n# [verify]\n# adapter = \"contacts\"\n# url = \"http://127.0.0.1:8480\"\n"
}

//! Files of one format as one source.

use std::path::PathBuf;

use anyhow::Result;
use crossing::inspect::{InspectSettings, Inspection, Kind, inspect, name_of};

/// Joins files of one format, such as daily files, into one source if a pattern matches exactly these files.
pub(crate) fn joined(known: Vec<Inspection>, settings: &InspectSettings) -> Result<Vec<Inspection>> {
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

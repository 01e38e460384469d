//! Resolves the profile of a source: one that comes with Ferry, one of the plan, or one in a file of its own.

use extract::Profile;

use crate::error::with_nearest;
use crate::{Plan, PlanError, SourceSection};

impl Plan {
    /// Reads the profiles of the plan, which can extend each other and those that come with Ferry.
    pub(crate) fn read_profiles(&self, tables: Vec<toml::Table>) -> Result<Vec<Profile>, PlanError> {
        let mut named = Vec::new();
        for mut table in tables {
            let Some(toml::Value::String(name)) = table.remove("name") else {
                return Err(self.wrong(self.text.find("[[profile]]").unwrap_or(0), "a [[profile]] needs a name".into()));
            };
            named.push((name, table));
        }
        let wrong = |name: &str, error: extract::ExtractError| {
            self.wrong(self.text.find(&format!("\"{name}\"")).unwrap_or(0), error.to_string())
        };
        let mut profiles = Profile::built_in().map_err(|error| self.wrong(0, error.to_string()))?;
        for (name, table) in &named {
            let profile = Profile::from_table(name, table.clone(), &named).map_err(|error| wrong(name, error))?;
            profiles.retain(|it| it.name != *name);
            profiles.push(profile);
        }
        Ok(profiles)
    }

    /// Returns the profile of a source, by its name or from a file, with the columns of the plan.
    pub(crate) fn resolve(&self, source: &SourceSection) -> Result<Profile, PlanError> {
        let (at, name) = (source.profile_at(), source.profile_name());
        let columns = || source.columns.iter().map(|(field, names)| (field.get_ref().clone(), names.get_ref().clone()));
        let attributes = || source.attributes.iter().map(|(name, it)| (name.get_ref().clone(), it.get_ref().clone()));
        if name == "columns" {
            let attributes = attributes().collect();
            return Ok(source.with_consent(Profile { attributes, ..Profile::of_columns(columns().collect()) }));
        }
        let mut profile = if name.ends_with(".toml") {
            let path = self.folder().join(name);
            let unreadable = |error| self.wrong(at, format!("could not read the profile {}: {error}", path.display()));
            let text = run::read_small_text(&path, run::MOST_PLAN_BYTES).map_err(unreadable)?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            Profile::read(&stem, &text, &[]).map_err(|error| self.wrong(at, error.to_string()))?
        } else {
            let found = self.profiles.iter().find(|it| it.name == name).cloned();
            found.ok_or_else(|| {
                let known = self.profiles.iter().map(|it| format!("`{}`", it.name)).collect::<Vec<_>>().join(", ");
                let message = with_nearest(&format!("unknown profile `{name}`, expected one of `columns`, {known}"));
                let nearest = message.split_once("; did you mean").map(|it| format!("; did you mean{}", it.1));
                let nearest = nearest.unwrap_or_default();
                self.wrong(at, format!("unknown profile `{name}`{nearest} (`ferry profiles` lists them)"))
            })?
        };
        profile.columns.extend(columns());
        profile.attributes.extend(attributes());
        Ok(source.with_consent(profile))
    }
}

//! Secrets that a plan names but does not hold: the contact key, and the address of the database.

use std::io;
use std::path::{Path, PathBuf};

use model::{ContactKey, KeyError};
use run::RunError;
use thiserror::Error;
use toml::Spanned;

use crate::{CrmSection, Plan, PlanError};

/// The environment variable with the contact key, if the plan names no other.
pub(crate) const DEFAULT_KEY: &str = "FERRY_CONTACT_KEY";

/// The reason why there is no contact key.
#[derive(Debug, Error)]
pub enum SecretError {
    #[error("could not use {variable}")]
    Environment { variable: String, source: KeyError },
    #[error("could not use the key in {}", path.display())]
    File { path: PathBuf, source: KeyError },
    #[error("could not read the contact key {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("could not draw random bytes: {0}")]
    Draw(getrandom::Error),
    #[error("could not use the new contact key")]
    New(#[source] KeyError),
    #[error("could not write the contact key {}", path.display())]
    Keep { path: PathBuf, source: io::Error },
    #[error("there is no contact key in {}: `ferry run` makes one, `ferry key import` brings one", path.display())]
    None { path: PathBuf },
    #[error("{} holds another contact key, which was left as it is", path.display())]
    Other { path: PathBuf },
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Write(#[from] RunError),
}

/// A contact key, and where it was found. Has no `Debug`, because it holds the secret.
pub struct FoundKey {
    pub key: ContactKey,
    pub place: KeyPlace,
    secret: String,
}

impl FoundKey {
    /// Returns the key itself, for a person who keeps a copy of it. Nothing else may print it.
    pub fn reveal(&self) -> &str {
        self.secret.trim()
    }
}

/// Where a contact key is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    Environment(String),
    File(PathBuf),
}

/// Returns the key from which contact ids are made: from the environment, or else from its file next to the plan. None
/// if there is no key yet.
pub fn find_key(plan: &Plan) -> Result<Option<FoundKey>, SecretError> {
    if let Some((variable, text)) = key_of_environment(plan)? {
        let wrong = |source| SecretError::Environment { variable: variable.clone(), source };
        let key = ContactKey::from_hex(&text).map_err(wrong)?;
        return Ok(Some(FoundKey { key, place: KeyPlace::Environment(variable), secret: text }));
    }
    let path = key_path(plan);
    match run::read_small_text(&path, run::MOST_SECRET_BYTES) {
        Ok(text) => match ContactKey::from_hex(&text) {
            Ok(key) => Ok(Some(FoundKey { key, place: KeyPlace::File(path), secret: text })),
            Err(source) => Err(SecretError::File { path, source }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SecretError::Read { path, source }),
    }
}

/// Returns the key of the plan; an error if there is none.
pub fn contact_key(plan: &Plan) -> Result<ContactKey, SecretError> {
    find_key(plan)?.map(|it| it.key).ok_or_else(|| SecretError::None { path: key_path(plan) })
}

/// Makes a key for a plan that has none, in its file next to the plan, readable only by its owner.
///
/// If several processes make a key at the same time, one wins, and all of them get its key.
pub fn make_key(plan: &Plan) -> Result<FoundKey, SecretError> {
    let mut text = hex::encode(draw()?);
    text.push('\n');
    keep_key(plan, &text)?;
    find_key(plan)?.ok_or_else(|| SecretError::None { path: key_path(plan) })
}

/// Returns a key that is kept nowhere, for a dry run before the first run.
pub fn passing_key() -> Result<ContactKey, SecretError> {
    ContactKey::from_hex(&hex::encode(draw()?)).map_err(SecretError::New)
}

/// Puts a key in the file of the plan. An equal one may be there already; another one is an error.
pub fn import_key(plan: &Plan, text: &str) -> Result<FoundKey, SecretError> {
    let key = ContactKey::from_hex(text).map_err(SecretError::New)?;
    keep_key(plan, &format!("{}\n", text.trim()))?;
    match find_key(plan)? {
        Some(found) if found.key.id() == key.id() => Ok(found),
        _ => Err(SecretError::Other { path: key_path(plan) }),
    }
}

/// Writes the file of the key, whole or not at all, unless it is there already.
fn keep_key(plan: &Plan, text: &str) -> Result<(), SecretError> {
    let path = key_path(plan);
    match keep_text(&path, text)? {
        Ok(()) => Ok(()),
        Err(source) => Err(SecretError::Keep { path, source }),
    }
}

/// Writes a file of secrets, whole or not at all, unless it is there already. The inner error is that of the file.
pub(crate) fn keep_text(path: &Path, text: &str) -> Result<io::Result<()>, SecretError> {
    let mut draft = path.to_owned().into_os_string();
    draft.push(format!(".{}", hex::encode(&draw()?[..8])));
    run::write_private(Path::new(&draft), text.as_bytes())?;
    let linked = std::fs::hard_link(&draft, path);
    if let Err(error) = std::fs::remove_file(&draft) {
        return Ok(Err(error));
    }
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Ok(Err(error)),
        _ => Ok(Ok(run::sync_parent(path)?)),
    }
}

/// Returns the file with the contact key, whether it is there or not.
pub fn key_path(plan: &Plan) -> PathBuf {
    plan.folder().join(&plan.identity.key_file)
}

/// The variable and its value. A variable that the plan names must be set.
fn key_of_environment(plan: &Plan) -> Result<Option<(String, String)>, SecretError> {
    let named = plan.identity.key_env.as_ref();
    let variable = named.map_or(DEFAULT_KEY, |it| it.get_ref());
    match (std::env::var(variable), named) {
        (Ok(text), _) => Ok(Some((variable.to_owned(), text))),
        (Err(_), None) => Ok(None),
        (Err(_), Some(name)) => {
            let message = format!("the environment has no {variable}: set it to the contact key, or leave out key_env");
            Err(plan.wrong(name.span().start, message).into())
        }
    }
}

/// Returns a random identity of 128 bits, in hexadecimal digits.
pub fn draw_uid() -> Result<String, SecretError> {
    Ok(hex::encode(&draw()?[..16]))
}

pub(crate) fn draw() -> Result<[u8; 32], SecretError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(SecretError::Draw)?;
    Ok(secret)
}

impl Plan {
    /// Loads into a SQLite file from now on, whatever the plan says, and asks no provider unless `verifies`.
    pub fn for_sample(&mut self, database: &Path, verifies: bool) {
        // Elsewhere a path of the plan is relative to the plan.
        let database = std::path::absolute(database).unwrap_or_else(|_| database.to_owned());
        let url = Spanned::new(0..0, format!("sqlite:{}", database.display()));
        self.crm = CrmSection::default();
        self.crm.url = Some(url);
        self.verify = self.verify.take().filter(|it| verifies || it.asks_nobody());
    }

    /// Returns the address of the CRM database. A relative SQLite path starts from the folder of the plan.
    pub fn crm_url(&self) -> Result<String, PlanError> {
        let url = match (&self.crm.url, &self.crm.url_env) {
            (Some(url), None) => url.get_ref().clone(),
            (None, Some(name)) => std::env::var(name.get_ref()).map_err(|_| {
                self.wrong(
                    name.span().start,
                    format!("the environment has no {}: set it to the CRM URL", name.get_ref()),
                )
            })?,
            (Some(url), Some(_)) => {
                return Err(self.wrong(url.span().start, "[crm] has url and url_env: give one".into()));
            }
            (None, None) => return Err(self.wrong(0, "[crm] needs url or url_env".into())),
        };
        match url.strip_prefix("sqlite:").map(|it| it.strip_prefix("//").unwrap_or(it)) {
            Some(path) => {
                let for_postgres = [("schema", &self.crm.schema), ("statement_timeout", &self.crm.statement_timeout)];
                if let Some((key, Some(value))) = for_postgres.into_iter().find(|it| it.1.is_some()) {
                    return Err(self.wrong(value.span().start, format!("{key} is for PostgreSQL, and url is SQLite")));
                }
                Ok(match path.is_empty() {
                    true => url,
                    false => format!("sqlite:{}", self.folder().join(path).display()),
                })
            }
            None => self.with_settings(url),
        }
    }

    /// The URL of PostgreSQL with the settings of the plan as parameters.
    fn with_settings(&self, mut url: String) -> Result<String, PlanError> {
        let mut add = |parameter: String| {
            url.push(if url.contains('?') { '&' } else { '?' });
            url += &parameter;
        };
        if let Some(schema) = &self.crm.schema {
            if !model::is_schema_name(schema.get_ref()) {
                let message =
                    "schema has small letters, digits and underscores, a letter first, and not pg_".to_owned();
                return Err(self.wrong(schema.span().start, message));
            }
            add(format!("schema={}", schema.get_ref()));
        }
        if let Some(timeout) = &self.crm.statement_timeout {
            let value = timeout.get_ref();
            let digits = value.trim_end_matches(|it: char| it.is_ascii_lowercase());
            let is_time = digits.parse::<u32>().is_ok() && ["ms", "s", "min", "h"].contains(&&value[digits.len()..]);
            if !is_time {
                let message = "statement_timeout is a number and ms, s, min or h, such as \"10min\"".to_owned();
                return Err(self.wrong(timeout.span().start, message));
            }
            add(format!("options[statement_timeout]={value}"));
        }
        Ok(url)
    }
}

//! A look at the database before a run. It reads and writes nothing.

use crate::crm::Address;
use crate::schema;
use crate::sql::{Row, postgres};
use crate::{Crm, Database, LoadError};

/// A database as a run would find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The version of the server, such as `17.2`; none of SQLite.
    pub server_version: Option<String>,
    /// Whether Ferry's tables are there. The first run makes them.
    pub has_tables: bool,
    /// The id of the contact key that its contacts are made from, if it holds any.
    pub key_id: Option<String>,
}

impl Crm {
    /// Examines a database: whether it can be reached, holds our tables or none, and lets this user load.
    pub async fn examine(url: &str) -> Result<Examined, LoadError> {
        let address = Address::parse(url)?;
        if matches!(&address, Address::Sqlite(path) if !path.exists()) {
            return Ok(Examined { server_version: None, has_tables: false, key_id: None });
        }
        let crm = address.connect(true).await?;
        let has_tables = schema::is_there(&crm, &address.shown()).await?;
        let server_version = match &crm.0 {
            Database::Sqlite(_) => None,
            Database::Postgres(_) => {
                crm.check_may_load(&address).await?;
                let text = |it: &dyn Row| it.text(0);
                crm.select("read the version of the server", postgres::VERSION, &[], text).await?.pop()
            }
        };
        let key_id = if has_tables { crm.known_key().await? } else { None };
        crm.close().await;
        Ok(Examined { server_version, has_tables, key_id })
    }

    /// Fails as a run would whose user lacks a right.
    async fn check_may_load(&self, address: &Address) -> Result<(), LoadError> {
        let what = "load contacts";
        let row = |it: &dyn Row| Ok((it.text(0)?, it.text(1)?, it.text(2)?));
        let rights = self.select(what, postgres::MAY_LOAD, &[], row).await?.pop();
        let Some((may_load, user, has_schema)) = rights.filter(|it| it.0 != "true") else { return Ok(()) };
        let source = format!("the server says that the user may not ({may_load})").into();
        match address {
            Address::Postgres { schema: Some(schema), .. } if has_schema != "true" => {
                Err(LoadError::NoSchema { schema: schema.clone(), user, source })
            }
            _ => Err(LoadError::NoRight { what, source }),
        }
    }
}

/// The version of SQLite in this program.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

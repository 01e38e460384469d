//! The SQL that an administrator of PostgreSQL runs where Ferry's own role may not.

use crate::schema::{notes, script};
use crate::sql::Dialect;

/// The statement that makes a schema for a role.
pub(crate) fn create_schema(schema: &str, loader: &str) -> String {
    format!("create schema {schema} authorization {};", identifier(loader))
}

/// What an administrator runs so that the role `loader` can load into a schema, and the role `reader` can export and
/// look. Tables are made by the first load, or here with `with_tables`.
pub fn ddl(schema: &str, loader: &str, reader: Option<&str>, with_tables: bool) -> String {
    let role = identifier(loader);
    let mut sql = format!("{}\n", create_schema(schema, loader));
    if let Some(reader) = reader.map(identifier) {
        sql += &format!(
            "grant usage on schema {schema} to {reader};\n\
             alter default privileges for role {role} in schema {schema} grant select on tables to {reader};\n"
        );
    }
    if with_tables {
        sql += &format!(
            "\nbegin;\nset local role {role};\nset local search_path = {schema};\n{}\n{}commit;\n",
            script(Dialect::Postgres).trim_end(),
            notes(),
        );
    }
    sql
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

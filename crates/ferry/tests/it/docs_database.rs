//! `docs/database.md` names every table and view with its columns, and its queries do the same on both databases.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect_file;
use rusqlite::types::ValueRef;

use crate::docs_artifacts::{aligned, queries, sections, with_results, world};
use crate::world::{Postgres, World, texts};

const PAGE: &str = include_str!("../../../../docs/database.md");

/// The world of the page, after its two commands.
fn decided(url: &str) -> World {
    let world = world(url);
    let merge = world.ferry(&["merge", "+33 1 99 00 00 01", "+1 202 555 0103"]);
    assert_eq!(merge.code, 0, "{merge:?}");
    let suppress = world.ferry(&["suppress", "--number", "+33 1 99 00 00 02"]);
    assert_eq!(suppress.code, 0, "{suppress:?}");
    world
}

/// The header and the rows of a query on SQLite.
fn on_sqlite(world: &World, query: &str) -> Vec<Vec<String>> {
    let database = rusqlite::Connection::open(world.path("ferry.db")).unwrap();
    let mut statement = database.prepare(query).unwrap();
    let header: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let text = |cell: ValueRef| match cell {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        cell => cell.as_str().unwrap().to_owned(),
    };
    let n_columns = header.len();
    let row = |row: &rusqlite::Row| (0..n_columns).map(|it| row.get_ref(it).map(text)).collect();
    let rows: Vec<Vec<String>> = statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap();
    [vec![header], rows].concat()
}

/// The rows of a query on PostgreSQL.
fn on_postgres(url: &str, query: &str) -> Vec<Vec<String>> {
    let query = query.trim_end().trim_end_matches(';');
    let as_json = format!(
        "select (select json_agg(coalesce(value, 'NULL')) from json_each_text(row_to_json(found)))::text from ({query}) as found"
    );
    texts(url, &as_json).iter().map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[test]
fn the_queries_of_the_page_give_what_it_shows_on_both_databases() {
    let Some(postgres) = Postgres::create() else { return };
    let (sqlite, _other) = (decided("sqlite:ferry.db"), decided(&postgres.url));
    let mut results = Vec::new();
    for query in queries(PAGE) {
        let rows = on_sqlite(&sqlite, &query);
        assert_eq!(rows[1..], on_postgres(&postgres.url, &query), "{query}");
        assert!(rows.len() > 1, "{query} finds nothing");
        results.push(aligned(&rows));
    }
    expect_file!["../../../../docs/database.md"].assert_eq(&with_results(PAGE, &results));
}

#[test]
fn the_page_names_every_table_and_view_and_every_column() {
    let Some(postgres) = Postgres::create() else { return };
    let (sqlite, _other) = (world("sqlite:ferry.db"), world(&postgres.url));
    let columns = "select m.name || ' ' || c.name from sqlite_master as m join pragma_table_info(m.name) as c \
                   where m.type in ('table', 'view')";
    let on_sqlite = texts(&format!("sqlite:{}", sqlite.path("ferry.db").display()), columns);
    let columns = "select table_name || ' ' || column_name from information_schema.columns \
                   where table_schema not in ('pg_catalog', 'information_schema')";
    let named = sections(PAGE);
    for found in [on_sqlite, texts(&postgres.url, columns)] {
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column) in found.iter().map(|it| it.split_once(' ').unwrap()) {
            tables.entry(table.to_owned()).or_default().insert(column.to_owned());
        }
        assert_eq!(named, tables);
    }
}

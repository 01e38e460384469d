//! PostgreSQL as companies have it: a schema beside the tables of other applications, and roles with few rights.

use crate::world::{Postgres, World, texts};

const ROWS: &[u8] = b"phone,name\n+33199000001,Ana\n+33199000002,Ben\n+33199000002,Benny\n";

/// A role that may log in and nothing else. It is dropped with what it owns.
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) url: String,
    owner: String,
}

impl Role {
    pub(crate) fn create(database: &Postgres) -> Self {
        let mut random = [0; 4];
        getrandom::fill(&mut random).unwrap();
        let name = format!("role_{}", hex::encode(random));
        on(&database.url, &format!("create role {name} login"));
        let url = database.url.replace("postgres://ferry@", &format!("postgres://{name}@"));
        assert_ne!(url, database.url, "the tests connect as the user ferry");
        Self { name, url, owner: database.url.clone() }
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        on(&self.owner, &format!("drop owned by {0} cascade; drop role {0}", self.name));
    }
}

/// Runs SQL that gives nothing back.
pub(crate) fn on(url: &str, script: &str) {
    crate::world::block_on(async {
        use sqlx::{AssertSqlSafe, Connection};
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(script.to_owned())).execute(&mut connection).await.unwrap();
    });
}

/// A world whose plan loads into the schema `ferry` of a database.
pub(crate) fn world(url: &str) -> World {
    let world = World::with_sms(ROWS);
    world.replan("url = \"sqlite:ferry.db\"", &format!("url = \"{url}\"\nschema = \"ferry\""));
    world
}

#[test]
fn a_schema_of_ferrys_own_stands_beside_the_tables_of_another_application() {
    let Some(database) = Postgres::create() else { return };
    on(&database.url, "create table contact (id int, note text); insert into contact values (1, 'theirs')");
    let without = World::with_sms(ROWS);
    without.replan("sqlite:ferry.db", &database.url);
    let refused = without.run();
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("or a schema: schema = \"ferry\" in [crm]"), "{refused:?}");

    let world = world(&database.url);
    assert_eq!(world.run().code, 0);
    assert!(world.run_new().out.contains("0 new, 0 changed, 2 unchanged: nothing changed"));
    for command in
        [["audit"].as_slice(), &["status"], &["export", "contacts", "--to", "all.csv"], &["restore", "--list"]]
    {
        let ended = world.ferry(&[command, &["--run-dir", "run"]].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    assert_eq!(texts(&database.url, "select note from public.contact"), ["theirs"]);
    let ours = "select count(*)::text from pg_tables where schemaname = 'ferry' and tablename = 'contact'";
    assert_eq!(texts(&database.url, ours), ["1"]);
}

#[test]
fn a_role_that_may_not_make_a_schema_gets_the_statement_for_the_administrator() {
    let Some(database) = Postgres::create() else { return };
    let (loader, reader) = (Role::create(&database), Role::create(&database));
    let world = world(&loader.url);
    let refused = world.run();
    assert_eq!(refused.code, 1, "{refused:?}");
    let create = format!("create schema ferry authorization \"{}\";", loader.name);
    assert!(refused.err.contains(&create) && refused.err.contains("`ferry crm ddl`"), "{refused:?}");

    let ddl = world.ferry(&["crm", "ddl", "--loader", &loader.name, "--reader", &reader.name]);
    assert!(ddl.out.starts_with(&create), "{ddl:?}");
    on(&database.url, &ddl.out);
    let loaded = world.run();
    assert!(loaded.out.contains("2 new, 0 changed, 0 unchanged"), "{loaded:?}");

    let url = format!("{}&schema=ferry", reader.url);
    let exported = world.ferry(&["export", "contacts", "--crm", &url, "--to", "-"]);
    assert_eq!((exported.code, exported.out.lines().count()), (0, 3), "{exported:?}");
    world.replan(&loader.url, &reader.url);
    world.write("sms.csv", "phone,name\n+33199000003,Cy\n");
    let refused = world.run();
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.err.contains("the user may not; `ferry crm ddl` prints the rights that Ferry needs"),
        "{refused:?}"
    );
}

#[test]
fn an_administrator_can_make_the_tables_as_well() {
    let Some(database) = Postgres::create() else { return };
    let loader = Role::create(&database);
    let world = world(&loader.url);
    let ddl = world.ferry(&["crm", "ddl", "--loader", &loader.name, "--tables"]);
    on(&database.url, &ddl.out);
    let loaded = world.run();
    assert!(loaded.out.contains("2 new, 0 changed, 0 unchanged"), "{loaded:?}");
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
}

#[test]
fn settings_for_postgresql_are_checked_with_their_line() {
    let world = world("postgres://nobody@localhost/none");
    for (from, to, told) in [
        ("schema = \"ferry\"", "schema = \"Ferry-1\"", "schema has small letters, digits and underscores"),
        ("schema = \"Ferry-1\"", "statement_timeout = \"soon\"", "statement_timeout is a number and ms, s, min or h"),
        ("postgres://nobody@localhost/none", "sqlite:x.db", "statement_timeout is for PostgreSQL, and url is SQLite"),
    ] {
        world.replan(from, to);
        let ended = world.run();
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains(told) && ended.err.contains("plan.toml"), "{ended:?}");
    }
}

#[test]
fn a_statement_that_takes_too_long_says_which_setting_ended_it() {
    let Some(database) = Postgres::create() else { return };
    let world = world(&database.url);
    assert_eq!(world.run().code, 0);
    on(&database.url, "alter table ferry.contact add constraint slow check (pg_sleep(1) is not null) not valid");
    world.replan("schema = \"ferry\"", "schema = \"ferry\"\nstatement_timeout = \"300ms\"");
    world.write("sms.csv", "phone,name\n+33199000001,Anna\n");
    let ended = world.run();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("set statement_timeout in [crm]"), "{ended:?}");
}

//! Every command and every statement of docs/postgresql.md, in their order, against a real server.

use std::process::Command;

use super::page::{self, Example, section};
use crate::world::{Ended, FERRY, Postgres, World, ended};

/// The databases and roles of the page, by names that no other test has. They are dropped with it.
struct Server {
    /// The address of a database of the cluster, which has its socket as a parameter.
    url: String,
    suffix: String,
}

impl Server {
    /// The page's database does not exist yet: the page makes it.
    fn of(database: &Postgres) -> Self {
        let suffix = database.url.split(['/', '?']).nth(3).unwrap().to_owned();
        Self { url: database.url.clone(), suffix }
    }

    /// Replaces the names of the page, and its host by the socket of the cluster.
    fn named(&self, text: &str) -> String {
        let names = ["ferry_crm_copy", "ferry_crm", "ferry_loader", "ferry_reader", "ferry_analyst"];
        let socket = self.url.split_once('?').unwrap().1;
        let text = names
            .iter()
            .enumerate()
            .fold(text.to_owned(), |text, (n, name)| text.replace(name, &format!("n{n}_{}", self.suffix)));
        let mut words = Vec::new();
        for word in text.split_inclusive([' ', '\n', '\'']) {
            let Some((before, after)) = word.split_once("@db.example.com") else {
                words.push(word.to_owned());
                continue;
            };
            let end = after.find(['\'', ' ', '\n']).unwrap_or(after.len());
            let (path, rest) = after.split_at(end);
            let sign = if path.contains('?') { '&' } else { '?' };
            words.push(format!("{before}@localhost{path}{sign}{socket}{rest}"));
        }
        words.concat()
    }

    /// A shell in a folder. Programs of PostgreSQL connect as the administrator.
    fn shell(&self, world: &World, script: &str) -> Ended {
        let host = self.url.rsplit_once("host=").unwrap().1.replace("%2F", "/");
        let bin = std::path::Path::new(FERRY).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.args(["-euc", script]).current_dir(world.path("")).envs(world.environment());
        command.env("PATH", path).env("PGHOST", host).env("PGUSER", "ferry");
        ended(command.output().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let drop_all = "dropdb --if-exists --force ferry_crm_copy; dropdb --if-exists --force ferry_crm; \
                        psql postgres --quiet -c 'drop role if exists ferry_loader, ferry_reader, ferry_analyst'";
        self.shell(&World::empty(), &self.named(drop_all));
    }
}

#[test]
fn every_command_and_statement_of_the_page_works_in_its_order() {
    let Some(database) = Postgres::create() else { return };
    let server = Server::of(&database);
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n+33199000002,Ben\n");
    let (mut exports, mut output) = (String::new(), String::new());
    for Example { language, text } in page::examples("postgresql.md") {
        let text = server.named(&text);
        match language.as_str() {
            "toml" => world.replan("[crm]\nurl = \"sqlite:ferry.db\"\n", &text),
            "sh" => {
                let ended = server.shell(&world, &format!("{exports}{text}"));
                assert_eq!(ended.code, 0, "{text}{ended:?}");
                exports = text.lines().filter(|it| it.starts_with("export ")).fold(exports, |all, it| all + it + "\n");
                output += &ended.out;
            }
            "sql" => {
                // Before the copy is dropped, the schema in it goes with it.
                let script =
                    format!("psql {} --quiet -v ON_ERROR_STOP=1 <<'END'\n{text}\nEND\n", server.named("ferry_crm"));
                let copy = format!("dropdb --if-exists --force {}\n", server.named("ferry_crm_copy"));
                let before = if text.contains("drop role") { copy.as_str() } else { "" };
                let ended = server.shell(&world, &format!("{before}{script}"));
                assert_eq!(ended.code, 0, "{text}{ended:?}");
                output += &ended.out;
            }
            other => panic!("the page has an example in {other}"),
        }
    }
    for shown in
        ["2 new, 0 changed, 0 unchanged", "undecided |     2", "is the one of the database", "everything adds up"]
    {
        assert!(output.contains(shown), "{shown}: {output}");
    }
    assert_eq!(world.read("contacts.csv").lines().count(), 3);
}

#[test]
fn a_server_that_is_away_is_tried_later_and_one_that_comes_back_gets_the_rest() {
    let Some(database) = Postgres::create() else { return };
    let world = crate::schemas::world(&database.url);
    let there = world.read("plan.toml");
    world.replan("@localhost/", "@localhost:1/");
    world.replan("host=%2F", "host=%2Fnowhere%2F");
    let away = world.run();
    assert_eq!(away.code, 75, "{away:?}");
    assert!(away.err.contains("could not reach the CRM database"), "{away:?}");
    world.write("plan.toml", &there);
    let back = world.run();
    assert!(back.out.contains("2 new, 0 changed, 0 unchanged"), "{back:?}");
    let page = page::text("postgresql.md");
    assert!(section(&page, "## When the server goes away").contains("exit code 75"));
}

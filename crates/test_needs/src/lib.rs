//! What tests need from outside the repository: a PostgreSQL server, Python packages, a browser, programs.
//!
//! `scripts/test` finds or installs each and names it in a variable of the environment. A test that lacks one is skipped:
//! its name is printed and written to the file that `FERRY_TEST_SKIPPED` names, which `scripts/test` counts. With
//! `FERRY_TEST_REQUIRE=all` such a test fails.

use std::io::Write;

/// Something that tests need from outside the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A PostgreSQL cluster: a URL with `DATABASE` in place of the name of the database.
    Postgres,
    /// A Python interpreter with the packages that `scripts/test` lists.
    Python,
    /// A Python interpreter with the official clients of providers.
    Clients,
    /// A folder with the packages that drive a browser.
    Browser,
    /// A folder with Prism and the documents that it checks calls by.
    Prism,
    /// A folder with clients of WhatsApp from npm, which Node.js runs.
    NodeClients,
}

impl Need {
    /// Returns the place of the thing; none if the test has to be skipped.
    ///
    /// # Panics
    ///
    /// If the thing is missing and `FERRY_TEST_REQUIRE` is `all`.
    pub fn find(self) -> Option<String> {
        let (variable, name) = match self {
            Self::Postgres => ("FERRY_TEST_POSTGRES", "PostgreSQL"),
            Self::Python => ("FERRY_TEST_PYTHON", "Python packages"),
            Self::Clients => ("FERRY_TEST_CLIENTS", "clients of providers"),
            Self::Browser => ("FERRY_TEST_BROWSER", "browser"),
            Self::Prism => ("FERRY_TEST_PRISM", "Prism"),
            Self::NodeClients => ("FERRY_TEST_NODE_CLIENTS", "clients from npm"),
        };
        let found = std::env::var(variable).ok().filter(|it| !it.is_empty());
        if found.is_none() {
            skip(name, &format!("{variable} is not set"));
        }
        found
    }
}

/// Whether a program can be run by its name; if not, the test has to be skipped.
///
/// # Panics
///
/// If the program is missing and `FERRY_TEST_REQUIRE` is `all`.
pub fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = std::env::split_paths(&path).any(|it| it.join(name).is_file());
    if !has {
        skip(name, "it is not in PATH");
    }
    has
}

#[expect(clippy::panic, clippy::print_stderr, reason = "this is part of the tests")]
fn skip(name: &str, why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    if std::env::var("FERRY_TEST_REQUIRE").is_ok_and(|it| it == "all") {
        panic!("{test} needs {name}, and {why}: run the tests with scripts/test");
    }
    eprintln!("skipped without {name}: {test}");
    let Ok(path) = std::env::var("FERRY_TEST_SKIPPED") else { return };
    let list = std::fs::OpenOptions::new().append(true).create(true).open(path);
    if let Err(error) = list.and_then(|mut it| it.write_all(format!("{name}\t{test}\n").as_bytes())) {
        panic!("could not note that {test} was skipped: {error}");
    }
}

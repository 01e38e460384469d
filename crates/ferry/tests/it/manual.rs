//! The manual equals the help that the program prints.

use std::collections::BTreeSet;
use std::fs;

use expect_test::expect_file;

use crate::world::World;

/// Words of commands with a hyphen. In the names of manual pages hyphens part words as well.
const HYPHENATED: [&str; 1] = ["dry-run"];

/// The names of all commands, such as `runs diff`, by the manual pages.
pub(crate) fn commands() -> BTreeSet<String> {
    let world = World::empty();
    assert_eq!(world.ferry(&["man", "pages"]).code, 0);
    let pages = fs::read_dir(world.path("pages")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let name = |page: &str| {
        let parted = page.strip_prefix("ferry-")?.strip_suffix(".1")?.replace('-', " ");
        Some(HYPHENATED.iter().fold(parted, |name, word| name.replace(&word.replace('-', " "), word)))
    };
    let names = pages.filter_map(|it| name(&it));
    names.filter(|it| !it.split(' ').any(|word| word == "help")).collect()
}

#[test]
fn the_manual_is_what_help_prints() {
    let world = World::empty();
    let mut manual = String::new();
    for command in [String::new()].into_iter().chain(commands()) {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        let ended = world.ferry(&arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
        manual += &format!("$ ferry {}\n{}\n", arguments.join(" "), ended.out);
    }
    expect_file!["../../../../docs/cli.txt"].assert_eq(&manual);
}

#[test]
fn completions_and_manual_pages_can_be_had() {
    let world = World::empty();
    assert!(world.ferry(&["completions", "bash"]).out.contains("complete -F _ferry"));
    assert_eq!(world.ferry(&["man", "pages"]).code, 0);
    assert!(world.read("pages/ferry-run.1").contains("dry"));
}

#[test]
fn the_version_names_the_commit_and_its_date() {
    let said = World::empty().ferry(&["--version"]).out;
    let form = regex::Regex::new(r"^ferry \d+\.\d+\.\d+( \([0-9a-f]{10} \d{4}-\d\d-\d\d\))?\n$").unwrap();
    assert!(form.is_match(&said), "{said}");
}

//! The manual equals the help that the program prints.

use expect_test::expect_file;

use crate::world::World;

/// Adds the help of a command, and of the commands within it.
fn add_help(manual: &mut String, world: &World, command: &[&str]) {
    let ended = world.ferry(&[command, &["--help"]].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    *manual += &format!("$ ferry {}\n{}\n", [command, &["--help"]].concat().join(" "), ended.out);
    let Some((_, list)) = ended.out.split_once("\nCommands:\n") else { return };
    // Lines of a description that goes on are indented further.
    let names = list.lines().take_while(|it| !it.is_empty()).filter_map(|it| it.strip_prefix("  "));
    for name in names.filter(|it| !it.starts_with(' ')).map(|it| it.split(' ').next().unwrap()) {
        if name != "help" {
            add_help(manual, world, &[command, &[name]].concat());
        }
    }
}

#[test]
fn the_manual_is_what_help_prints_of_every_command() {
    let mut manual = String::new();
    add_help(&mut manual, &World::empty(), &[]);
    expect_file!["../../../../docs/cli.txt"].assert_eq(&manual);
}

#[test]
fn completions_and_manual_pages_can_be_had() {
    let world = World::empty();
    assert!(world.ferry(&["completions", "bash"]).out.contains("complete -F _ferry"));
    assert_eq!(world.ferry(&["man", "pages"]).code, 0);
    assert!(world.read("pages/ferry-run.1").contains("dry"));
}

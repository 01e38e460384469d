//! A whole migration from the APIs of ten providers, and the same from files that their official clients saved.

use std::path::Path;
use std::process::Command;

use test_needs::Need;

use crate::world::{FERRY, World, ended};

#[test]
fn a_migration_from_ten_apis_ends_in_the_same_contacts_as_one_from_files_that_official_clients_saved() {
    let Some(clients) = Need::Clients.find() else { return };
    let world = World::empty();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/demo");
    let mut command = Command::new(script);
    command.arg("--providers").arg(world.path("demo")).envs(world.environment());
    // The pace of each account is shared by all processes of a user.
    command.env("FERRY", FERRY).env("FERRY_TEST_CLIENTS", clients).env("XDG_STATE_HOME", world.path("state"));
    let ended = ended(command.output().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    for (line, times) in [
        ("contacts   190 new, 0 changed, 0 unchanged", 2),
        ("contacts   0 new, 0 changed, 190 unchanged: nothing changed", 1),
        ("the same 190 contacts, in all 29 columns", 1),
    ] {
        assert_eq!(ended.out.lines().filter(|it| *it == line).count(), times, "{line}: {ended:?}");
    }
    assert_eq!(ended.out.matches(": everything adds up\n").count(), 2, "{ended:?}");
}

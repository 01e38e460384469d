//! Examples for the shell, as a person runs them in a project.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::world::{Ended, FERRY, World, ended};

/// A shell in the project of a world, which finds `ferry` and, where there is none, a stand-in for `sqlite3`.
pub(crate) fn shell(world: &World, script: &str, environment: &[(&str, &str)]) -> Ended {
    let bin = world.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let program = |name: &str, text: &str| {
        fs::write(bin.join(name), text).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    program("ferry", &format!("#!/bin/sh\nexec {FERRY} \"$@\"\n"));
    if !is_there("sqlite3") {
        let stand_in = "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).execute(sys.argv[2])";
        program("sqlite3", &format!("#!/bin/sh\nexec python3 -c '{stand_in}' \"$@\"\n"));
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(world.path("")).envs(world.environment());
    ended(command.env("PATH", path).envs(environment.iter().copied()).output().unwrap())
}

/// Whether a program can be run by its name.
fn is_there(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|it| it.join(program).is_file())
}

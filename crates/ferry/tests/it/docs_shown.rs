//! What the documentation shows of the program is what it prints; `UPDATE_EXPECT=1` writes it again.
//!
//! A block `console` has commands after `$ ` and what they print on standard output. `console,a.csv,b.csv` begins a new
//! folder `shop` with these files of docs/shop, and `console,demo` one with the files of the demo. A block `toml,append`
//! is added to the plan of that folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect_file;

use crate::docs::{page_files, root};
use crate::world::{FERRY, KEY, Sandbox, World, ended};

/// The date of all runs in the documentation.
const DATE: &str = "2026-11-29";

#[test]
fn what_the_documentation_shows_is_what_is_printed() {
    let sandbox = Sandbox::start(&[]);
    for file in page_files() {
        let page = fs::read_to_string(&file).unwrap();
        expect_file![file].assert_eq(&carried_out(&page, &sandbox));
    }
}

#[test]
fn a_command_of_a_page_is_carried_out_and_its_output_is_written_below_it() {
    let sandbox = Sandbox::start(&[]);
    let page = "# A\n```console,twilio-log.csv\n$ ls | grep twilio\nold\n```\n```toml,append\n[run]\n```\n```console\n$ cat \
                plan.toml\n```\n";
    let written = carried_out(page, &sandbox);
    assert!(written.contains("$ ls | grep twilio\ntwilio-log.csv\n```\n"), "{written}");
    assert!(written.ends_with("$ cat plan.toml\n\n[run]\n```\n"), "{written}");
}

/// A page with the output of its commands.
fn carried_out(page: &str, sandbox: &Sandbox) -> String {
    let mut written = String::new();
    let mut folder = None;
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        written += line;
        let Some(kind) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|it| !it.starts_with("```")).collect();
        match kind.trim_end().split_once(',').unwrap_or((kind.trim_end(), "")) {
            ("console", files) => {
                if !files.is_empty() {
                    folder = Some(Folder::with(files, sandbox));
                }
                let folder = folder.as_ref().expect("the first block of a page names its files");
                let commands = block.iter().filter(|it| it.starts_with("$ "));
                commands.for_each(|it| written += &format!("{it}{}", folder.print(&it[2..])));
            }
            ("toml", "append") => {
                let folder = folder.as_ref().expect("a plan was made before");
                folder.append(&block.concat().replace("http://127.0.0.1:8480", &sandbox.url));
                written += &block.concat();
            }
            _ => written += &block.concat(),
        }
        written += "```\n";
    }
    written
}

struct Folder {
    _world: World,
    path: PathBuf,
}

impl Folder {
    fn with(files: &str, sandbox: &Sandbox) -> Self {
        if files == "demo" {
            let world = World::demo(sandbox);
            return Self { path: world.path(""), _world: world };
        }
        let world = World::empty();
        let path = world.path("shop");
        fs::create_dir(&path).unwrap();
        for file in files.split(',') {
            fs::copy(root().join("docs/shop").join(file), path.join(file)).unwrap();
        }
        Self { path, _world: world }
    }

    /// What a command of the shell prints on standard output, with the date of the documentation.
    fn print(&self, command: &str) -> String {
        let programs = Path::new(FERRY).parent().unwrap().display();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
        // A command can name the folder of a run, which has the date of today.
        let command = self.today().map_or(command.to_owned(), |today| command.replace(DATE, &today));
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).current_dir(&self.path).env("PATH", path);
        shell.env("FERRY_CONTACT_KEY", KEY).env_remove("FERRY_LOG");
        let printed = ended(shell.output().unwrap()).out;
        match self.today() {
            Some(today) => printed.replace(&today, DATE),
            None => printed,
        }
    }

    /// The date with which the names of the runs begin.
    fn today(&self) -> Option<String> {
        let names = fs::read_dir(self.path.join("runs")).ok()?.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.filter_map(|it| it.get(..DATE.len()).map(str::to_owned)).next()
    }

    fn append(&self, text: &str) {
        let plan = self.path.join("plan.toml");
        let before = fs::read_to_string(&plan).unwrap_or_default();
        fs::write(plan, format!("{before}\n{text}")).unwrap();
    }
}

//! The documentation: its links lead somewhere, its commands exist, and its plans are read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::world::World;

#[test]
fn every_link_of_the_documentation_leads_somewhere() {
    let pages = pages();
    let mut dead = Vec::new();
    for (path, page) in &pages {
        for (line, link) in page.links.iter().filter(|it| !it.1.contains("://")) {
            if let Err(why) = follow(path, link, &pages) {
                dead.push(format!("{}:{line}: {link} {why}", path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "links that lead nowhere: {dead:#?}");
}

#[test]
fn a_link_to_a_heading_or_a_file_that_is_missing_is_found() {
    let page = |text: &str| Page::read(text);
    let pages = BTreeMap::from([
        (PathBuf::from("docs/a.md"), page("# One `two`, three\n\n# One\n\n# One")),
        (PathBuf::from("README.md"), page("# Top")),
    ]);
    let follow = |link: &str| follow(Path::new("docs/a.md"), link, &pages).map_err(str::to_owned);
    assert_eq!(follow("#one-two-three"), Ok(()));
    assert_eq!(follow("a.md#one-1"), Ok(()));
    assert_eq!(follow("a.md#one-2"), Err("has no such heading".to_owned()));
    assert_eq!(follow("none.md"), Err("is not there".to_owned()));
    assert_eq!(follow("../README.md#top"), Err("leads out of the book".to_owned()));
}

#[test]
fn the_summary_of_the_book_names_every_page_once() {
    let pages = pages();
    let summary = &pages[Path::new("docs/SUMMARY.md")];
    let mut named: Vec<PathBuf> = summary.links.iter().map(|(_, link)| Path::new("docs").join(link)).collect();
    named.sort();
    let of_the_book = |it: &&PathBuf| it.starts_with("docs") && !it.ends_with("SUMMARY.md");
    let there: Vec<PathBuf> = pages.keys().filter(of_the_book).cloned().collect();
    assert_eq!(named, there);
}

#[test]
fn every_command_of_the_documentation_is_one() {
    let world = World::empty();
    let mut commands: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for (path, page) in pages() {
        for (line, command) in page.commands {
            commands.entry(command).or_insert_with(|| format!("{}:{line}", path.display()));
        }
    }
    let mut wrong = Vec::new();
    for (command, place) in &commands {
        // With --help at its end, a command is parsed and not carried out.
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let ended = world.ferry(&arguments);
        if ended.code != 0 && !is_mention(command, &ended.err) {
            wrong.push(format!("{place}: ferry {}: {}", command.join(" "), ended.err));
        }
    }
    assert!(commands.len() > 80, "only {} commands were found", commands.len());
    assert!(wrong.is_empty(), "commands that do not exist: {wrong:#?}");
}

/// Whether a command was only refused because a sentence names it without a value, or with a word in capitals for one.
fn is_mention(command: &[String], refusal: &str) -> bool {
    let is_placeholder = |it: &&String| it.len() > 1 && it.chars().all(|it| it.is_ascii_uppercase());
    let mut placeholders = command.iter().filter(is_placeholder);
    refusal.contains("but none was supplied")
        || placeholders.any(|it| refusal.contains(&format!("invalid value '{it}'")))
}

#[test]
fn commands_are_found_in_blocks_of_shell_and_in_code() {
    let page = Page::read(
        "Use `ferry run` or `ferry.key`.\n\n```sh\ncd shop && ferry trace '+33 1' # a person\nKEY=1 ferry export \\\n  \
         contacts --to - | head > out.csv\n```\n\n```text\nferry nothing\n```\n",
    );
    let commands: Vec<String> = page.commands.iter().map(|(line, it)| format!("{line} {}", it.join("|"))).collect();
    assert_eq!(commands, ["1 run", "3 trace|+33 1", "3 export|contacts|--to|-"]);
}

#[test]
fn every_plan_of_the_documentation_is_read() {
    let world = World::empty();
    let (mut n_plans, mut wrong) = (0, Vec::new());
    for (path, page) in pages() {
        for (line, text) in &page.toml {
            let Some(whole) = whole_plan(text) else { continue };
            n_plans += 1;
            world.write("plan.toml", &whole);
            if let Err(error) = plan::Plan::read(&world.path("plan.toml")) {
                wrong.push(format!("{}:{line}: {error:#}", path.display()));
            }
        }
    }
    assert!(n_plans > 5, "only {n_plans} plans were found");
    assert!(wrong.is_empty(), "plans that are not read: {wrong:#?}");
}

#[test]
fn no_line_of_the_readme_is_longer_than_120_characters() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    // What is between fences is printed by the program.
    let prose = text.split("\n```").step_by(2).flat_map(str::lines);
    let long: Vec<&str> = prose.filter(|it| it.chars().count() > 120).collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// What the tests look at in a page. Lines are counted from 1.
#[derive(Default)]
struct Page {
    links: Vec<(usize, String)>,
    headings: BTreeSet<String>,
    commands: Vec<(usize, Vec<String>)>,
    toml: Vec<(usize, String)>,
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Self::default();
        let (mut heading, mut block) = (None, None);
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = 1 + text[..range.start].matches('\n').count();
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push((line, dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.add_heading(&heading.take().unwrap_or_default()),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                    block = Some((line, kind.into_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => page.add_block(block.take()),
                Event::Code(it) => {
                    heading.iter_mut().for_each(|heading| heading.push_str(&it));
                    // A mention that leaves something out is no command.
                    if !it.contains('…') {
                        page.add_commands(line, &it);
                    }
                }
                Event::Text(it) => {
                    heading.iter_mut().for_each(|heading| heading.push_str(&it));
                    block.iter_mut().for_each(|block| block.2.push_str(&it));
                }
                _ => {}
            }
        }
        page
    }

    /// Adds the id that GitHub and mdBook give a heading; the second one of the same text ends in -1.
    fn add_heading(&mut self, text: &str) {
        let kept = |it: char| match it {
            it if it.is_alphanumeric() || it == '_' || it == '-' => Some(it.to_ascii_lowercase()),
            it if it.is_whitespace() => Some('-'),
            _ => None,
        };
        let id: String = text.trim().chars().filter_map(kept).collect();
        let mut ids = std::iter::once(id.clone()).chain((1..).map(|n| format!("{id}-{n}")));
        self.headings.extend(ids.find(|it| !self.headings.contains(it)));
    }

    fn add_block(&mut self, block: Option<(usize, String, String)>) {
        let Some((line, kind, text)) = block else { return };
        match kind.split(',').next() {
            Some("sh") => text.replace("\\\n", " ").lines().for_each(|it| self.add_commands(line, it)),
            Some("toml") => self.toml.push((line, text)),
            _ => {}
        }
    }

    /// Adds the arguments of each `ferry` in a line of shell.
    fn add_commands(&mut self, line: usize, shell: &str) {
        for words in shell_words(shell).split(|it| ["|", "||", "&&", "&", ";", ">", "<"].contains(&it.as_str())) {
            let mut words = words.iter().skip_while(|it| it.contains('=') && !it.starts_with('-'));
            if words.next().is_some_and(|it| it == "ferry") {
                self.commands.push((line, words.cloned().collect()));
            }
        }
    }
}

/// The words of a line of shell without its comment.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut quote): (Vec<String>, Option<char>) = (Vec::new(), None);
    let mut word: Option<String> = None;
    for it in line.chars() {
        match quote {
            Some(end) if it == end => quote = None,
            None if it == '\'' || it == '"' => {
                quote = Some(it);
                word.get_or_insert_default();
            }
            None if it == '#' && word.is_none() => break,
            None if it.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(it),
        }
    }
    words.extend(word);
    words
}

/// The plan that a block of TOML is or is a part of, with what a plan needs besides; none if it is no plan.
fn whole_plan(text: &str) -> Option<String> {
    const SECTIONS: [&str; 19] = [
        "run", "crm", "source", "profile", "clean", "merge", "identity", "gates", "limits", "verify", "whatsapp",
        "business", "segment", "wording", "basis", "webhook", "rates", "sending", "campaign",
    ];
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
    if !table.keys().all(|it| SECTIONS.contains(&it.as_str())) {
        return None;
    }
    let missing = [("run", "[run]\nname = \"test\"\n"), ("crm", "[crm]\nurl = \"sqlite:ferry.db\"\n")];
    let missing = missing.iter().filter(|it| !table.contains_key(it.0)).map(|it| it.1);
    Some(missing.chain(["\n", text]).collect())
}

/// Whether a link of a page leads to a file, and to a heading of it if it names one.
fn follow(from: &Path, link: &str, pages: &BTreeMap<PathBuf, Page>) -> Result<(), &'static str> {
    let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
    let target = match file.is_empty() {
        true => from.to_owned(),
        false => flat(&from.parent().unwrap_or(Path::new("")).join(file)),
    };
    if from.starts_with("docs") && !target.starts_with("docs") {
        return Err("leads out of the book");
    }
    match (pages.get(&target), heading) {
        (Some(page), Some(heading)) if !page.headings.contains(heading) => Err("has no such heading"),
        (None, _) if !root().join(&target).exists() => Err("is not there"),
        _ => Ok(()),
    }
}

/// A path without `..`.
fn flat(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(flat.pop()),
            part => flat.push(part),
        }
    }
    flat
}

/// Every page, by its path from the root.
fn pages() -> BTreeMap<PathBuf, Page> {
    let read = |file: PathBuf| {
        let page = Page::read(&fs::read_to_string(&file).unwrap());
        (file.strip_prefix(root()).unwrap().to_owned(), page)
    };
    page_files().into_iter().map(read).collect()
}

/// README.md, the page of the crates, and all pages of the book.
pub(crate) fn page_files() -> Vec<PathBuf> {
    let mut files = vec![root().join("README.md"), root().join("crates/README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.retain(|it| it.extension().is_some_and(|it| it == "md"));
    files
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent).unwrap().to_owned()
}

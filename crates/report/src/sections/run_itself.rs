//! The run itself: its backup, its stages and its batches.

use model::Stage;
use run::Backup;

use crate::facts::Facts;
use crate::section::{Cell, Section, Table, numbers, texts};
use crate::words::fill;

pub(crate) fn section(facts: &Facts) -> Section {
    let (words, w) = (facts.words, &facts.words.run);
    let mut section = Section::new("run", w.heading);
    match facts.manifest.backups.last() {
        None => section.text(w.no_backup),
        Some(Backup::NothingToLose { .. }) => section.text(w.backup_empty),
        Some(Backup::Taken { at, contacts, number, .. }) => {
            let (people, at) = (words.counted(&words.answer.people, *contacts), words.moment(*at));
            section.text(fill(w.backup, &[&number.to_string(), &people, &at]));
            section.command(w.restore, facts.commands.of_this_run("ferry restore --list"));
        }
    }
    let n_loaded = facts.batches.iter().filter(|it| it.loaded_at.is_some()).count() as u64;
    let [batches, loaded] = [facts.batches.len() as u64, n_loaded].map(|it| words.number(it));
    section.text(fill(w.batches_done, &[&batches, &loaded]));
    section.command(w.list, facts.commands.of_this_run("ferry status --batches"));
    section.fold(w.stages, vec![stages(facts)]);
    section
}

fn stages(facts: &Facts) -> Table {
    let (words, w) = (facts.words, &facts.words.run);
    let name = |stage: &Stage| match stage {
        Stage::Translate => w.translate,
        Stage::Extract => w.extract,
        Stage::Clean => w.clean,
        Stage::Verify => w.verify,
        Stage::Load => w.load,
    };
    let mut table = Table::new(w.stages, vec![texts(w.stage), numbers(w.seconds), texts(w.finished)]);
    let row = |(stage, it): (&Stage, &run::StageRecord)| {
        let seconds = format!("{:.1}", it.seconds).replace('.', words.format.decimal);
        let name = Cell::Text(name(stage).to_owned());
        vec![name, Cell::Number(seconds), Cell::Text(words.moment(it.finished_at))]
    };
    table.rows = facts.manifest.stages.iter().map(row).collect();
    table
}

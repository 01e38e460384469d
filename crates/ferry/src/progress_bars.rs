//! Shows progress on standard error: bars on a terminal, plain lines otherwise.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crossing::Progress;
use crossing::progress::{Event, Task};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::{print_message, print_task};
use crate::text;

/// Shows what happens; nothing if `is_quiet`, and only lines without `has_bars`.
pub(crate) fn progress(is_quiet: bool, has_bars: bool) -> Progress {
    let bars: Mutex<BTreeMap<Task, ProgressBar>> = Mutex::default();
    Progress::new(move |event| {
        if !is_quiet {
            show(&mut bars.lock().unwrap_or_else(PoisonError::into_inner), event, has_bars);
        }
    })
}

fn show(bars: &mut BTreeMap<Task, ProgressBar>, event: Event, has_bars: bool) {
    match event {
        Event::Began { task, total } if has_bars => drop(bars.insert(task, bar(task, total))),
        Event::Began { .. } => {}
        Event::Advanced { task, n } => {
            if let Some(bar) = bars.get(&task) {
                bar.inc(n);
            }
        }
        Event::Expected { task, total } => {
            if let Some(bar) = bars.get(&task) {
                bar.set_style(style("{prefix:10} [{bar:32}] {human_pos}/about {human_len}, {per_sec}, {eta} left"));
                bar.set_length(total);
            }
        }
        Event::Again { task, now } => {
            if let Some(bar) = bars.get(&task) {
                bar.set_prefix(now.name());
                bar.reset();
            }
        }
        Event::Ended { task, outcome, seconds } => {
            if let Some(bar) = bars.remove(&task) {
                bar.finish_and_clear();
            }
            let outcome = text::progress::outcome(&outcome);
            // A plan without exports reads none.
            if !outcome.is_empty() {
                print_task(task.name(), &outcome, seconds);
            }
        }
        Event::Noted(note) => {
            let (name, text) = text::progress::note(&note);
            print_message(&format!("{name:10} {text}"));
        }
    }
}

fn bar(task: Task, total: u64) -> ProgressBar {
    let target = ProgressDrawTarget::stderr();
    let bar = match total {
        0 => ProgressBar::with_draw_target(None, target).with_style(style("{prefix:10} {spinner} {human_pos}")),
        _ => ProgressBar::with_draw_target(Some(total), target)
            .with_style(style("{prefix:10} [{bar:32}] {human_pos}/{human_len}, {eta} left")),
    };
    bar.set_prefix(task.name());
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

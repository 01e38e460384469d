//! What a run says while it works: bars on a terminal, plain lines otherwise, on standard error.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where progress goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    is_quiet: bool,
}

/// The progress of one piece of work.
pub(crate) struct Work {
    name: String,
    bar: ProgressBar,
    started: Instant,
    is_quiet: bool,
}

impl Progress {
    pub(crate) fn new(is_quiet: bool) -> Self {
        Self { is_quiet }
    }

    /// Begins work on `total` things; 0 if nobody knows.
    pub(crate) fn begin(&self, name: &str, total: u64) -> Work {
        self.begin_at(name, total, Instant::now())
    }

    /// The same for work of which a part was done before.
    pub(crate) fn begin_at(&self, name: &str, total: u64, started: Instant) -> Work {
        let target = if self.is_quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = match total {
            0 => ProgressBar::with_draw_target(None, target).with_style(style("{prefix:10} {spinner} {human_pos}")),
            _ => ProgressBar::with_draw_target(Some(total), target)
                .with_style(style("{prefix:10} [{bar:32}] {human_pos}/{human_len}, {eta} left")),
        };
        bar.set_prefix(name.to_owned());
        Work { name: name.to_owned(), bar, started, is_quiet: self.is_quiet }
    }

    /// Says one thing.
    #[expect(clippy::print_stderr, reason = "progress is for the person at the terminal")]
    pub(crate) fn say(&self, name: &str, text: &str) {
        if !self.is_quiet {
            eprintln!("{name:10} {text}");
        }
    }
}

impl Work {
    pub(crate) fn advance(&self, n: u64) {
        self.bar.inc(n);
    }

    /// Goes through the same things once more, under another name; at the end it is one piece of work.
    pub(crate) fn again(&self, name: &str) {
        self.bar.set_prefix(name.to_owned());
        self.bar.reset();
    }

    /// Ends the work with one line, and tells how many seconds it took.
    pub(crate) fn end(self, text: &str) -> f64 {
        let seconds = self.started.elapsed().as_secs_f64();
        self.bar.finish_and_clear();
        Progress { is_quiet: self.is_quiet }.say(&self.name, &format!("{text} ({seconds:.1} s)"));
        seconds
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

/// `1 call`, `1,234 calls`
pub(crate) fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// `1,234,567`
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}

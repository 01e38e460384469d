//! The names of source rows in a text such as `sms:1-3,9 2026-11-28-spring/viber:7`.

use std::fmt;

/// Source rows, each once: by source in the order of their first mention, and sorted within a source.
#[derive(Default)]
pub(crate) struct SourceRows<'a>(Vec<OfSource<'a>>);

/// Rows of a source of one run.
struct OfSource<'a> {
    /// The source, with the run before it if it is an earlier one, such as `2026-11-28-spring/sms`.
    name: &'a str,
    /// The first and the last row of each range.
    ranges: Vec<(u64, u64)>,
}

impl<'a> SourceRows<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let mut rows = Self::default();
        rows.add(text);
        rows
    }

    /// Adds the rows that a text names.
    pub(crate) fn add(&mut self, text: &'a str) {
        for part in text.split(' ').filter(|it| !it.is_empty()) {
            let (name, numbers) = part.rsplit_once(':').unwrap_or((part, ""));
            let of_source = match self.0.iter_mut().find(|it| it.name == name) {
                Some(known) => known,
                None => self.0.push_mut(OfSource { name, ranges: Vec::new() }),
            };
            of_source.add(numbers.split(',').filter_map(range));
        }
    }

    /// Keeps the rows of the sources for which `is_kept`. It gets the name of the source with its run.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|it| is_kept(it.name));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of rows.
    pub(crate) fn n_rows(&self) -> u64 {
        self.0.iter().flat_map(|it| &it.ranges).map(|(first, last)| last - first + 1).sum()
    }
}

impl OfSource<'_> {
    fn add(&mut self, ranges: impl Iterator<Item = (u64, u64)>) {
        self.ranges.extend(ranges);
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, kept| {
            let is_joined = next.0 <= kept.1.saturating_add(1);
            if is_joined {
                kept.1 = kept.1.max(next.1);
            }
            is_joined
        });
    }
}

/// The first and the last row of `1-3`, or of `7`.
fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

impl fmt::Display for SourceRows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, OfSource { name, ranges }) in self.0.iter().enumerate() {
            write!(f, "{}{name}", if n == 0 { "" } else { " " })?;
            for (n, (first, last)) in ranges.iter().enumerate() {
                write!(f, "{}{first}", if n == 0 { ":" } else { "," })?;
                if first != last {
                    write!(f, "-{last}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_named_once_in_the_order_of_the_sources() {
        for (one, other, both, n_rows) in [
            ("sms:1-2 viber:1", "sms:4", "sms:1-2,4 viber:1", 4),
            ("sms:3-5", "sms:1,4-6", "sms:1,3-6", 5),
            ("sms:1", "2026-a/sms:1 sms:2", "sms:1-2 2026-a/sms:1", 3),
            ("2026-a/crm:4", "2026-a/crm:3", "2026-a/crm:3-4", 2),
            ("", "sms:7", "sms:7", 1),
            ("sms:1-1000", "sms:5", "sms:1-1000", 1000),
        ] {
            let mut rows = SourceRows::of(one);
            rows.add(other);
            assert_eq!((rows.to_string().as_str(), rows.n_rows()), (both, n_rows));
        }
    }
}

//! Writes `clean/rejects.csv`: rejected rows in their original columns, plus the reason.
//!
//! Cells are as received, with an apostrophe before what a spreadsheet would run, so that the file can be corrected in
//! one. `corrections` takes these apostrophes off again.

use anyhow::Result;
use model::{Reason, Reject};
use run::guarded;

use crate::corrections::SourceRow;

pub(crate) const ARTIFACT: &str = "clean/rejects.csv";

/// Our own columns, which follow those of the exports.
const OWN: [&str; 6] = ["_source", "_record", "_line", "_reason", "_field", "_text"];

/// The columns of all sources together, and the positions of each source's columns among them.
pub(crate) struct RejectColumns {
    names: Vec<String>,
    places: Vec<Vec<usize>>,
    sources: Vec<String>,
}

impl RejectColumns {
    /// Combines the columns of sources; each source is a name and its columns.
    pub(crate) fn new<'a>(sources: impl IntoIterator<Item = (&'a str, &'a [String])>) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut places = Vec::new();
        let mut source_names = Vec::new();
        for (source, columns) in sources {
            source_names.push(source.to_owned());
            let mut used = vec![false; names.len()];
            let mut place = |name: &String| {
                // A name that occurs twice in one export needs two columns here too.
                let free =
                    names.iter().enumerate().position(|(n, it)| it == name && !used.get(n).copied().unwrap_or(true));
                let at = free.unwrap_or_else(|| {
                    names.push(name.clone());
                    names.len() - 1
                });
                used.resize(names.len(), true);
                used[at] = true;
                at
            };
            places.push(columns.iter().map(&mut place).collect());
        }
        Self { names, places, sources: source_names }
    }

    /// Returns the header line.
    pub(crate) fn header(&self) -> Result<Vec<u8>> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let names = self.names.iter().map(String::as_str).chain(OWN);
        csv.write_record(names.map(|it| guarded(it).into_owned()))?;
        Ok(csv.into_inner()?)
    }

    /// Returns the lines of some rejects; `row` finds the row of a reject.
    pub(crate) fn lines<'a>(&self, rejects: &[Reject], row: impl Fn(&Reject) -> SourceRow<'a>) -> Result<Vec<u8>> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let mut cells = vec![String::new(); self.names.len()];
        for reject in rejects {
            let row = row(reject);
            let source = usize::from(reject.row.source);
            cells.iter_mut().for_each(String::clear);
            for (column, place) in self.places[source].iter().enumerate() {
                cells[*place].push_str(row.cell(column));
            }
            let own = [
                self.sources[source].clone(),
                reject.row.record.to_string(),
                row.received.line().to_string(),
                Reason::code(reject.reason).to_owned(),
                reject.field.to_owned(),
                row.unread_text().to_owned(),
            ];
            csv.write_record(cells.iter().chain(&own).map(|it| guarded(it).into_owned()))?;
        }
        Ok(csv.into_inner()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_several_exports_are_shared_by_name() {
        let [sms, viber] =
            ["phone name", "id phone phone"].map(|it| it.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let columns = RejectColumns::new([("sms", sms.as_slice()), ("viber", viber.as_slice())]);
        assert_eq!(columns.names, ["phone", "name", "id", "phone"]);
        assert_eq!(columns.places, [vec![0, 1], vec![2, 0, 3]]);
    }
}

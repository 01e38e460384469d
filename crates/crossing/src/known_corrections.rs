//! Corrections by the content of a row, which later runs take over: the same wrong row comes with every export until it
//! is corrected in its own system.
//!
//! A row whose like has been corrected in two ways is not corrected: which of the two is right is not known.
//!
//! A correction that replaced another also has the contacts of the row before it: see `mended`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use model::{ContactId, RowId};
use run::formats::extracted::{self, Extracted};
use run::{RunFolder, SourceRecord, TableReader};
use serde::{Deserialize, Serialize};

/// The artifact, as lines of JSON.
pub(crate) const ARTIFACT: &str = "fixes/known.jsonl";

/// What rows of a source with this content were corrected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KnownCorrection {
    source: String,
    row: Content,
    /// The corrected cells of each row; several if two rows with this content were corrected in different ways.
    corrected: Vec<Vec<String>>,
    /// The ids of the contacts of each row before it had these cells; empty if no row had any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    was: Vec<Vec<String>>,
}

/// What a row was corrected to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Correction {
    cells: Vec<String>,
    /// The contacts that the row belonged to by earlier corrections.
    was: BTreeSet<ContactId>,
}

/// What a row was before a correction replaced another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replaced<'a> {
    pub(crate) cells: &'a [String],
    /// None if the row was rejected.
    pub(crate) contact: Option<ContactId>,
}

/// The content of a row as received: its columns and cells, or the text of a row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Content {
    columns: Vec<String>,
    cells: Vec<String>,
    text: String,
}

impl Content {
    pub(crate) fn of(source: &SourceRecord, row: &Extracted) -> Self {
        let is_read = row.reason().is_none();
        let cell = |it| row.cell(it).to_owned();
        let cells = if is_read { (0..source.columns.len()).map(cell).collect() } else { Vec::new() };
        Self { columns: source.columns.clone(), cells, text: row.unread_text().to_owned() }
    }
}

/// All known corrections, by source and content.
#[derive(Debug, Default)]
pub(crate) struct KnownCorrections(BTreeMap<(String, Content), Vec<Correction>>);

impl KnownCorrections {
    /// Reads those of a run; none if it has none.
    pub(crate) fn read(folder: &RunFolder) -> Result<Self> {
        match folder.manifest.artifacts.contains_key(ARTIFACT) {
            true => Self::read_file(&folder.path(ARTIFACT)),
            false => Ok(Self::default()),
        }
    }

    fn read_file(path: &Path) -> Result<Self> {
        let failed = || format!("could not read {}", path.display());
        let text = std::fs::read_to_string(path).with_context(failed)?;
        let known = text.lines().map(serde_json::from_str::<KnownCorrection>);
        let known = known.map(|it| it.map(KnownCorrection::parts));
        Ok(Self(known.collect::<Result<_, _>>().with_context(failed)?))
    }

    /// Adds a correction of a row of a source. The last of several corrections of one row counts.
    pub(crate) fn add(
        &mut self,
        source: &SourceRecord,
        content: Content,
        cells: Vec<String>,
        before: Option<Replaced>,
    ) {
        let corrections = self.0.entry((source.name.clone(), content)).or_default();
        let mut was: BTreeSet<ContactId> = before.and_then(|it| it.contact).into_iter().collect();
        let is_replaced = |it: &Correction| before.is_some_and(|before| before.cells == it.cells) || it.cells == cells;
        was.extend(corrections.iter().filter(|it| is_replaced(it)).flat_map(|it| &it.was));
        corrections.retain(|it| !is_replaced(it));
        corrections.push(Correction { cells, was });
    }

    /// Writes them into a run.
    pub(crate) fn write(&self, folder: &mut RunFolder) -> Result<()> {
        let mut file = folder.create(ARTIFACT)?;
        for ((source, row), corrections) in &self.0 {
            serde_json::to_writer(&mut file, &KnownCorrection::of(source, row, corrections))?;
            file.write_all(b"\n")?;
        }
        let artifact = file.publish(self.0.len() as u64)?;
        folder.manifest.artifacts.insert(ARTIFACT.to_owned(), artifact);
        Ok(())
    }

    /// The contacts that rows with this content and these corrected cells belonged to by earlier corrections.
    pub(crate) fn was(&self, source: &str, content: Content, cells: &[String]) -> Vec<ContactId> {
        let corrections = self.0.get(&(source.to_owned(), content)).map_or(&[][..], Vec::as_slice);
        let of_cells = corrections.iter().filter(|it| it.cells == cells);
        of_cells.flat_map(|it| it.was.iter().copied()).collect()
    }

    /// Whether a row of the source belonged to another contact by an earlier correction.
    pub(crate) fn has_moved(&self, source: &str) -> bool {
        self.0.iter().any(|((name, _), corrections)| name == source && corrections.iter().any(|it| !it.was.is_empty()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows of the run that are corrected by their content.
    pub(crate) fn rows(&self, folder: &RunFolder, sources: &[SourceRecord]) -> Result<HashMap<RowId, Vec<String>>> {
        let mut rows = HashMap::new();
        for (number, source) in sources.iter().enumerate() {
            if !self.0.keys().any(|it| it.0 == source.name) {
                continue;
            }
            let number = u16::try_from(number)?;
            each_row(folder, source, |row| {
                let key = (source.name.clone(), Content::of(source, row));
                if let Some([corrected]) = self.0.get(&key).map(Vec::as_slice) {
                    rows.insert(RowId { source: number, record: row.record() }, corrected.cells.clone());
                }
                Ok(())
            })?;
        }
        Ok(rows)
    }
}

impl KnownCorrection {
    fn of(source: &str, row: &Content, corrections: &[Correction]) -> Self {
        let ids = |it: &Correction| it.was.iter().map(ToString::to_string).collect();
        let has_moved = corrections.iter().any(|it| !it.was.is_empty());
        Self {
            source: source.to_owned(),
            row: row.clone(),
            corrected: corrections.iter().map(|it| it.cells.clone()).collect(),
            was: if has_moved { corrections.iter().map(ids).collect() } else { Vec::new() },
        }
    }

    fn parts(self) -> ((String, Content), Vec<Correction>) {
        let was = self.was.into_iter().map(|it| it.iter().filter_map(|it| ContactId::from_hex(it)).collect());
        let was = was.chain(std::iter::repeat_with(BTreeSet::new));
        let corrections = self.corrected.into_iter().zip(was).map(|(cells, was)| Correction { cells, was });
        ((self.source, self.row), corrections.collect())
    }
}

/// Gives every extracted row of a source to `each`.
pub(crate) fn each_row(
    folder: &RunFolder,
    source: &SourceRecord,
    mut each: impl FnMut(&Extracted) -> Result<()>,
) -> Result<()> {
    let table = TableReader::open(&folder.path(&extracted::artifact(&source.name)))?;
    for group in table.groups() {
        let group = group?;
        for row in 0..group.n_rows {
            each(&Extracted::new(&group, row))?;
        }
    }
    Ok(())
}

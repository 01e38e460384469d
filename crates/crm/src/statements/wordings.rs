//! Wordings: what people were told when they consented.

use consent::Wordings;
use jiff::Timestamp;
use model::{ConsentPurpose, Hasher, WordingName};

use crate::sql::{OnConflict, Row, Rows, Table, Tx, Type};
use crate::{Crm, LoadError};

const WORDING: Table = Table {
    name: "wording",
    columns: &[
        ("name", Type::Text),
        ("version", Type::Text),
        ("language", Type::Text),
        ("text", Type::Text),
        ("digest", Type::Text),
        ("purposes", Type::Text),
        ("recorded_at", Type::Time),
    ],
    on_conflict: OnConflict::Fail,
};

/// A version of a wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    pub name: WordingName,
    pub language: String,
    pub text: String,
    /// The purposes that the text names. A consent to it covers these and no others.
    pub purposes: Vec<ConsentPurpose>,
}

/// The reason why wordings cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordingError {
    #[error("the database has another text or other purposes for wording {0}: give the new text a new version")]
    Differs(WordingName),
}

impl Crm {
    /// Records versions of wordings. Those that are there already must be the same.
    pub async fn record_wordings(
        &self,
        wordings: &[Wording],
        at: Timestamp,
    ) -> Result<Result<(), WordingError>, LoadError> {
        let mut tx = self.begin("record the wordings of consent").await?;
        let known = tx.wordings().await?;
        let mut rows = Rows::new(&WORDING);
        for wording in wordings {
            match known.iter().find(|it| it.name == wording.name) {
                Some(known) if known.is_same(wording) => {}
                Some(_) => return Ok(Err(WordingError::Differs(wording.name.clone()))),
                None => push(&mut rows, wording, at),
            }
        }
        tx.write_rows([rows]).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// All versions of all wordings, in the order of their names.
    pub async fn wordings(&self) -> Result<Vec<Wording>, LoadError> {
        self.reader("read the wordings of consent").await?.wordings().await
    }
}

impl Wording {
    /// Whether both have the same text, language and purposes.
    pub fn is_same(&self, other: &Self) -> bool {
        self.text == other.text && self.language == other.language && joined(&self.purposes) == joined(&other.purposes)
    }
}

impl Tx {
    async fn wordings(&mut self) -> Result<Vec<Wording>, LoadError> {
        let select = WORDING.select() + " order by name, version";
        let wording = |it: &dyn Row| {
            let name = WordingName { name: it.text(0)?, version: it.text(1)? };
            Ok(Wording { name, language: it.text(2)?, text: it.text(3)?, purposes: it.word(5, purposes)? })
        };
        self.select(&select, &[], wording).await
    }

    /// The purposes that each version names.
    pub(crate) async fn named_purposes(&mut self) -> Result<Wordings, LoadError> {
        Ok(self.wordings().await?.into_iter().map(|it| (it.name, it.purposes)).collect())
    }
}

fn push(rows: &mut Rows, wording: &Wording, at: Timestamp) {
    let mut hasher = Hasher::default();
    hasher.update(wording.text.as_bytes());
    let digest = hasher.finish().to_string();
    rows.push([
        (&wording.name.name).into(),
        (&wording.name.version).into(),
        (&wording.language).into(),
        (&wording.text).into(),
        digest.into(),
        joined(&wording.purposes).into(),
        at.into(),
    ]);
}

/// `marketing+utility`: sorted, each once.
fn joined(purposes: &[ConsentPurpose]) -> String {
    let mut names: Vec<&str> = purposes.iter().map(|it| it.name()).collect();
    names.sort_unstable();
    names.dedup();
    names.join("+")
}

fn purposes(text: &str) -> Option<Vec<ConsentPurpose>> {
    text.split('+').filter(|it| !it.is_empty()).map(ConsentPurpose::from_name).collect()
}

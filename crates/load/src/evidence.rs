//! What checks of WhatsApp registration said.

use model::{Evidence, Receipt};

use crate::bulk::{Rows, Table, Type};
use crate::journal::receipt_rows;
use crate::writing::{Writes, Writing};
use crate::{Crm, LoadError};

const EVIDENCE: Table = Table {
    name: "evidence",
    columns: &[
        ("contact_id", Type::Bytes),
        ("method", Type::Text),
        ("checked_at", Type::Int),
        ("answer", Type::Text),
        ("wa_id", Type::Text),
        ("raw_status", Type::Text),
    ],
    conflict: "on conflict do nothing",
};

impl Crm {
    /// Adds the evidence of one verified batch and its receipt, in one transaction.
    pub async fn add_evidence(
        &self,
        run_id: &str,
        evidence: Vec<Evidence>,
        receipt: &Receipt,
    ) -> Result<(), LoadError> {
        let failed = LoadError::query("store a verified batch");
        let mut writing = Writing::begin(self).await.map_err(&failed)?;
        let merged = vec![evidence_rows(evidence), receipt_rows(run_id, std::slice::from_ref(receipt))];
        let ready = Writes { merged, ..Writes::default() }.ready(writing.dialect()).map_err(&failed)?;
        writing.write(ready).await.map_err(&failed)?;
        writing.commit().await.map_err(&failed)
    }
}

fn evidence_rows(evidence: Vec<Evidence>) -> Rows {
    let mut rows = Rows::new(&EVIDENCE);
    for it in evidence {
        rows.push([
            it.contact_id.into(),
            it.method.into(),
            it.checked_at.as_microsecond().into(),
            it.answer.name().into(),
            it.wa_id.map(|it| it.0).into(),
            it.raw_status.into(),
        ]);
    }
    rows
}

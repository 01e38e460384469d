use schemars::JsonSchema;
use serde::Serialize;

/// The result of `ferry scenario review`, with `--to` or `--from`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ReviewResult<'a> {
    Written(ReviewWritten<'a>),
    Taken(ReviewTaken<'a>),
}

/// The result of `ferry scenario review --to`.
#[derive(Serialize, JsonSchema)]
pub struct ReviewWritten<'a> {
    /// The sheet.
    pub file: &'a str,
    /// The templates and messages in it.
    pub rows: usize,
}

/// The result of `ferry scenario review --from`. A row can be counted as edited, decided and commented on.
#[derive(Serialize, JsonSchema)]
pub struct ReviewTaken<'a> {
    /// Who reviewed.
    pub by: &'a str,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Rows of which something was taken.
    pub taken: u64,
    pub approved: u64,
    pub rejected: u64,
    /// Rows whose decision was taken back.
    pub undecided: u64,
    pub edited: u64,
    /// Edited rows without a decision: nobody has approved the new text.
    pub edited_without_decision: u64,
    pub commented: u64,
    pub unchanged: u64,
    /// Unchanged rows that show a text of the past.
    pub out_of_date: u64,
    /// Templates and messages that the sheet does not have.
    pub not_in_sheet: u64,
    /// Rows of which nothing was taken.
    pub refused: Vec<ReviewNote<'a>>,
    /// What the rules say of edits that were taken.
    pub warnings: Vec<ReviewNote<'a>>,
}

/// Something about a row of the sheet.
#[derive(Serialize, JsonSchema)]
pub struct ReviewNote<'a> {
    /// The number of the row in a program that shows the sheet.
    pub row: u64,
    /// The row id, such as `template order_shipped fr`; empty if it is missing.
    pub id: &'a str,
    pub message: &'a str,
}

use std::error::Error;

/// Why a sheet as a whole could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error("could not write the sheet")]
    Write { source: Box<dyn Error + Send + Sync> },
    #[error("could not read the workbook; open it and save it again as .xlsx")]
    Workbook { source: Box<dyn Error + Send + Sync> },
    #[error("the file is {what}; save it as .xlsx or as CSV in UTF-8")]
    Form { what: &'static str },
    #[error("the file is not in UTF-8: save it again as \"CSV UTF-8\", or edit the .xlsx")]
    Encoding,
    #[error("could not read the CSV")]
    Csv { source: Box<dyn Error + Send + Sync> },
    #[error("no row has the headers \"row id\" and \"version\"; they are in the first row of a sheet that Ferry wrote")]
    NoHeader,
    #[error("the sheet has no {}: bring back what was deleted or renamed, or write a new sheet", columns(.missing))]
    MissingColumns { missing: Vec<&'static str> },
    #[error("the sheet has two columns with the header \"{header}\": delete one of them")]
    TwoColumns { header: &'static str },
    #[error("the sheet has more than {most} cells")]
    TooLarge { most: usize },
}

fn columns(missing: &[&str]) -> String {
    let named: Vec<String> = missing.iter().map(|it| format!("\"{it}\"")).collect();
    format!("{} {}", if named.len() == 1 { "column" } else { "columns" }, named.join(", "))
}

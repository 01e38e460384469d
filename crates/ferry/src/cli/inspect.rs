//! `ferry inspect` and `ferry init`.

use std::path::PathBuf;

use clap::Args;
use phone::Region;

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Files, folders or patterns; files of one format are one source
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Country of phone numbers without a country code
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<Region>,
    /// Your own profile to try as well; may be repeated
    #[arg(long = "profile", value_name = "TOML")]
    pub(crate) profiles: Vec<PathBuf>,
    /// Describe the columns by the first N rows only; 0 leaves the description out
    #[arg(long, value_name = "N")]
    pub(crate) rows: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder with the exports
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Country of phone numbers without a country code
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<Region>,
}

fn region(text: &str) -> Result<Region, String> {
    Region::from_name(text).ok_or_else(|| "a country is a two-letter code, such as FR, or a name".to_owned())
}

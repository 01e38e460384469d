use model::{Channel, RowFindings, WordingName};
use phone::{PhoneForm, Region};

use crate::rules::date::DateForm;

/// What cleaning needs to know about a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub name: String,
    pub channel: Channel,
    /// If two rows have the same date, the one from the source with the lower number counts as the later.
    pub priority: i32,
    /// The scope in which external ids are unique: the bot on Viber, else the source.
    pub scope: String,
    /// The country of rows without one.
    pub region: Option<Region>,
    /// The region column holds two-letter codes, so `NA` is Namibia.
    pub has_region_codes: bool,
    /// How digits without a plus sign are read; none if the profile of the export decides.
    pub numbers: Option<PhoneForm>,
    pub dates: SourceDates,
    /// The places in [`Rules::attributes`](crate::Rules::attributes) of the attributes that rows can have.
    pub attributes: Vec<u16>,
    /// A row with one of these findings holds its person back.
    pub held: RowFindings,
    /// What people were told when they gave the consents of the source.
    pub wording: Option<WordingName>,
}

/// How the dates of each column of a source are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceDates {
    pub last_at: DateForm,
    pub first_at: DateForm,
    pub consent_at: DateForm,
    pub opt_out: DateForm,
}

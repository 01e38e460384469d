use model::{Channel, RowFindings};
use phone::{PhoneForm, Region};

use crate::rules::date::DateForm;

/// What cleaning needs to know of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub name: String,
    pub channel: Channel,
    /// Of two rows of one date, the one whose source has the smaller number is the later.
    pub priority: i32,
    /// Within what external ids are unique: the bot on Viber, else the source.
    pub scope: String,
    /// The country of rows that name none.
    pub region: Option<Region>,
    /// Its countries are two-letter codes, so that `NA` is Namibia.
    pub has_region_codes: bool,
    /// How digits without a plus sign are meant; none where only the profile says so.
    pub numbers: Option<PhoneForm>,
    pub dates: SourceDates,
    /// Rows with one of these findings hold their person back.
    pub held: RowFindings,
}

/// How the dates of a source are written, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceDates {
    pub last_at: DateForm,
    pub first_at: DateForm,
    pub consent_at: DateForm,
    pub opt_out: DateForm,
}

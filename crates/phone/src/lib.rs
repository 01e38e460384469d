//! Phone numbers: which are valid, whose country they belong to, and what kind of line they are.
//!
//! Nothing here reads a clock, a file or the network. Only `numbering` knows the phone library.

mod fold;
mod line_type;
mod number;
mod numbering;
mod parse;
mod region;
mod variant;

pub use fold::{folded, says_nothing};
pub use line_type::LineType;
pub use number::{E164, PREFIX_DIGITS, ParsedPhone, PhoneError, PhoneForm, PhoneNumber};
pub use region::{ReadRegion, Region};
pub use variant::Variants;

//! Phone numbers: what a valid one is, whose country it belongs to, and what kind of line it is.
//!
//! Nothing here reads a clock, a file or the network. Only this crate knows the phone library.

mod fold;
mod numbering;
mod phone;
mod region;
mod variant;

pub use fold::{folded, says_nothing};
pub use phone::{E164, LineType, PREFIX_DIGITS, ParsedPhone, PhoneError, PhoneForm, PhoneNumber};
pub use region::{ReadRegion, Region};
pub use variant::Variants;

//! One folder per format: from the bytes of a file to the cells of its rows.

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod sheet;
pub(crate) mod vcard;

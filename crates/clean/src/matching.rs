//! Finds rows and contacts of one person: by Viber id, by e-mail address, and by what people have decided.

pub(crate) mod decisions;
pub(crate) mod duplicate;
pub(crate) mod email;
pub(crate) mod viber;

//! Properties of the limits over whole campaigns.

mod checker;
mod limits_hold;
mod limits_used;

//! The page as people see it: a golden page, hostile texts, and Chromium.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_methods, reason = "tests write the pages that the browser opens")]

mod browser;
mod golden;
mod hostile;
mod pages;

//! The program as its users see it: real files, a real sandbox process, real databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod arrows;
mod bad_files;
mod check;
mod clients;
mod corpus;
mod corpus_scripts;
mod crossing;
mod databases;
mod docs;
mod docs_reference;
mod docs_shown;
mod early;
mod export_files;
mod exports;
mod faults;
mod fixes;
mod hints;
mod hostile;
mod interrupted;
mod manual;
mod notices;
mod people;
mod plan_schema;
mod refusals;
mod results;
mod runs;
mod runs_diff;
mod sample;
mod scenarios;
mod schemas;
mod segments;
mod shown;
mod sources;
mod strangers;
mod submission;
mod templates;
mod terminal;
mod two_sides;
mod understood;
mod uploads;
mod verification;
mod world;

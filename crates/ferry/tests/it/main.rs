//! The program as its users see it: real files, a real sandbox process, real databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod arrows;
mod bad_files;
mod browser;
mod check;
mod clients;
mod corpus;
mod corpus_scripts;
mod crossing;
mod databases;
mod early;
mod export_files;
mod exports;
mod faults;
mod fixes;
mod hostile;
mod interrupted;
mod manual;
mod people;
mod plan_schema;
mod refusals;
mod report;
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
mod two_sides;
mod understood;
mod uploads;
mod verification;
mod world;

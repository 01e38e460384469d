//! The pages of docs/ that people look things up in: each is compared with what the program has and does.

mod json_output;
mod operating;
mod page;
mod plan_reference;
mod postgresql;
mod shell;
mod troubleshooting;

//! Ferry carries a business's customers from SMS and Viber to WhatsApp.

mod cli;
mod commands;
mod coverage;
mod exit;
mod formats;
mod hygiene;
mod inspection;
mod key;
mod memory;
mod pipeline;
mod plan;
mod progress;
mod report;
mod session;
mod stages;
mod summary;

use std::process::ExitCode;

use clap::Parser;

/// Rows are many small texts: an allocator made for those halves the time of cleaning and loading.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    commands::start_log(&cli);
    match commands::run(cli).await {
        Ok(exit) => exit.code(),
        Err(error) => exit::report(&error).code(),
    }
}

//! Ferry carries a business's customers from SMS and Viber to WhatsApp.

mod cli;
mod commands;
mod exit;
mod hint;
mod output;
mod progress_bars;
mod text;

use std::process::ExitCode;

use crate::cli::{Cli, Early};
use crate::output::Mode;

/// Rows are many small strings: this allocator halves the time of cleaning and loading.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(exit::report_panic));
    // Errors of the command line itself are printed in the format and the colours that it asks for.
    let Early { format, log_format, colour } = Early::of(std::env::args_os());
    output::begin(Mode { format, log_format }, colour);
    let cli = match Cli::read(colour) {
        Ok(cli) => cli,
        Err(error) => return exit::report_usage(&error, format),
    };
    commands::start_log(&cli);
    let run = std::panic::AssertUnwindSafe(|| match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(commands::run(cli)),
        Err(error) => Err(error.into()),
    });
    match std::panic::catch_unwind(run) {
        Ok(Ok(exit)) => exit.code(),
        Ok(Err(error)) => exit::report(&error).code(),
        // The panic hook has printed the message.
        Err(_) => exit::Exit::Fault.code(),
    }
}

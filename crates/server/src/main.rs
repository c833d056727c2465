//! The binary `jindu`.

use clap::Parser as _;
use std::process::ExitCode;

// Steady memory under many small answers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::run(server::cli::Command::parse())
}

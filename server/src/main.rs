//! The binary `watchroom`; everything is in the library so that tests run the real thing.

fn main() -> std::process::ExitCode {
    server::cli::run()
}

//! Programs that are run to their end.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

/// Runs to the end and returns what came out; the test fails if the program did.
pub fn run(command: &mut Command) -> Output {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?} failed, {}",
        report(&output)
    );
    output
}

pub fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"))
}

pub fn report(output: &Output) -> String {
    // Some of it is as large as a store, so only the end.
    let end = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(10_000)..]).into_owned()
    };
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        end(&output.stdout),
        end(&output.stderr)
    )
}

pub fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is UTF-8")
}

pub fn lines(output: &Output) -> Vec<String> {
    text(output).lines().map(str::to_owned).collect()
}

pub fn builder(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("NIX_") {
            command.env_remove(name);
        }
    }
    command
}

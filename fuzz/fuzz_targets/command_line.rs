//! Kernel command lines: what is printed reads the same, and merging a second
//! time changes nothing. A NUL separates two of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::boot::KernelCommandLine;

fn read(text: &str) -> Option<KernelCommandLine> {
    let line: KernelCommandLine = text.parse().ok()?;
    check(&line);
    Some(line)
}

fn check(line: &KernelCommandLine) {
    assert_eq!(line.to_string().parse().as_ref(), Ok(line));
    if let Ok(file) = line.to_cmdline_txt() {
        assert_eq!(file.parse().as_ref(), Ok(line));
        assert_eq!(file.find('\n'), Some(file.len() - 1));
    }
    let mut parameters: Vec<_> = line.parameters().collect();
    parameters.push("--");
    parameters.extend(line.init_arguments());
    assert_eq!(
        KernelCommandLine::from_parameters(parameters).as_ref(),
        Ok(line)
    );
}

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\0').unwrap_or((text, ""));
    let (Some(mut line), Some(other)) = (read(first), read(second)) else {
        return;
    };
    line.merge(&other);
    check(&line);
    let mut again = line.clone();
    again.merge(&other);
    assert_eq!(again, line);
});

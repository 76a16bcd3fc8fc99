//! Says whether boards can boot a TFTP tree and an NFS root that anybody made.
//!
//! ```sh
//! cargo run --release --example check_tree -- /srv/tftp/1234abcd /srv/nfs/pi 192.0.2.1:/srv/nfs/pi,vers=4.1
//! ```

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use netimage_core::check::{Severity, Subject, check};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let (boot, root, nfs) = match &arguments[..] {
        [boot] => (boot, None, None),
        [boot, root] => (boot, Some(root), None),
        [boot, root, nfs] => (boot, Some(root), nfs.to_str()),
        _ => return Err("expected BOOT [ROOT [SERVER:/PATH,OPTIONS]]".into()),
    };
    let mut subject = Subject::new(Path::new(boot), root.map(Path::new));
    subject.nfs = nfs.map(str::parse).transpose()?;

    let report = check(&subject, &())?;
    for finding in &report.findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        println!("{severity} {}: {}", finding.rule.code, finding.problem);
        println!("    {}", finding.remedy);
    }
    Ok(if report.boots() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

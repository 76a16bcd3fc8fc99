//! What is printed at the end.

use netimage_core::build::{BuildReport, CleanReport, Destination};
use netimage_core::check::CheckReport;
use netimage_core::image::{Image, Manifest, ManifestObject};
use netimage_core::verify::{Discrepancy, DiscrepancyKind, VerifyReport};
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::size::Size;
use crate::text::{OutputError, Text, print_raw, visible_json};

/// Store paths that a summary names.
const LARGEST: usize = 5;

/// The summary of a build.
pub(crate) fn build(report: &BuildReport, destination: &Destination) -> Text {
    let mut text = Text::default();
    line(&mut text, "image", &destination.path().display());
    totals(&mut text, &report.manifest);
    let stages = report.stages.iter();
    let stages =
        stages.map(|(stage, time)| format!("{} {:.2} s", stage.name(), time.as_secs_f64()));
    line(&mut text, "time", &stages.collect::<Vec<_>>().join(", "));
    largest(&mut text, &report.manifest);
    text
}

/// The same for programs.
pub(crate) fn build_json(report: &BuildReport, destination: &Destination) -> Value {
    let stages: serde_json::Map<_, _> = report
        .stages
        .iter()
        .map(|(stage, time)| (stage.name().to_owned(), json!(time.as_secs_f64())))
        .collect();
    json!({
        "image": destination.path().to_string_lossy(),
        "totals": report.manifest.totals,
        "check": report.check,
        "seconds": stages,
    })
}

/// What a verification found.
pub(crate) fn verify(report: &VerifyReport) -> Text {
    let mut text = Text::default();
    for finding in &report.findings {
        text.line(finding);
    }
    if report.separate_boot_files > 0 {
        text.line(format_args!(
            "note: boot files that are copies of those in the root's boot/firmware, not links to them: {}",
            report.separate_boot_files
        ));
    }
    let is_absent = |finding: &Discrepancy| {
        finding.path.is_absolute() && finding.problem == DiscrepancyKind::Missing
    };
    if report.findings.iter().any(is_absent) {
        text.line(
            "note: the image is lean, and its store lacks some of its closure; copy the image by nix copy, which brings all of it, or say with --real-store-dir where its store lies",
        );
    }
    let verdict = match report.count() {
        0 => "all good".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    let (paths, size, files) = (report.store_paths, Size(report.nar_size), report.files);
    text.line(format_args!(
        "{verdict}: {paths} store paths of {size}, {files} other entries"
    ));
    text
}

/// What a check found and, if it was asked for, a verification, for programs.
pub(crate) fn check_json(check: &CheckReport, verified: Option<&VerifyReport>) -> Value {
    let mut value = json!(check);
    if let Some(verified) = verified {
        value["verification"] = json!(verified);
    }
    value
}

/// What was cleaned in one directory.
pub(crate) fn clean(report: &CleanReport) -> Text {
    let mut text = Text::default();
    for (label, paths) in [
        ("put back", &report.restored),
        ("removed", &report.removed),
        ("in use", &report.in_use),
    ] {
        for path in paths {
            line(&mut text, label, &path.display());
        }
    }
    text
}

/// What is in an image.
pub(crate) fn show(image: &Image) -> Text {
    let manifest = &image.manifest;
    let mut text = Text::default();
    line(&mut text, "name", &manifest.name);
    line(&mut text, "root", &image.root.display());
    line(&mut text, "built on", &manifest.system);
    if let Some(toplevel) = &manifest.toplevel {
        let toplevel = manifest.store_dir.display(toplevel);
        line(&mut text, "toplevel", &toplevel);
    }
    line(&mut text, "NFS root", &manifest.nfs);
    totals(&mut text, manifest);
    largest(&mut text, manifest);
    for (at, file) in manifest.boot.iter().enumerate() {
        let label = if at == 0 { "boot files" } else { "" };
        line(
            &mut text,
            label,
            &format_args!("{:>10}  {}", Size(file.size).to_string(), file.name),
        );
    }
    text
}

/// Why a store path is in an image: from the toplevel to it, each refers to the next.
pub(crate) fn why(image: &Image, path: &str) -> Result<Vec<String>, CommandError> {
    let closure = image.closure()?;
    let store_dir = closure.store_dir();
    // A base name and a file in a store path will do, too.
    let below = store_dir.strip(path).unwrap_or(path);
    let base_name = below.split('/').next().unwrap_or(below);
    let chain = closure.why_depends(&base_name.parse()?);
    let chain = chain.ok_or_else(|| CommandError::NotInImage(path.to_owned()))?;
    Ok(chain
        .into_iter()
        .map(|path| store_dir.display(path))
        .collect())
}

/// The same chain for people.
pub(crate) fn chain(paths: &[String]) -> Text {
    let mut text = Text::default();
    for (at, path) in paths.iter().enumerate() {
        let refers = if at == 0 { "" } else { "  refers to " };
        text.line(format_args!("{refers}{path}"));
    }
    text
}

/// Prints any value as JSON, with a final line feed.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), OutputError> {
    print_raw(json_text(value)?.as_bytes())
}

pub(crate) fn json_text(value: &impl serde::Serialize) -> Result<String, OutputError> {
    let json = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    Ok(visible_json(&json) + "\n")
}

pub(crate) fn line(text: &mut Text, label: &str, value: &dyn std::fmt::Display) {
    text.line(format_args!("{label:<12}{value}"));
}

fn totals(text: &mut Text, manifest: &Manifest) {
    let totals = &manifest.totals;
    let files = totals.store_files.map(|files| format!("{files} files, "));
    let (paths, files) = (totals.store_paths, files.unwrap_or_default());
    let size = Size(totals.nar_size);
    let store = if manifest.lean {
        format!("{paths} paths, {size}, in {}", manifest.store_dir)
    } else {
        format!("{paths} paths, {files}{size}")
    };
    line(text, "store", &store);
    let boot = format!("{} files, {}", totals.boot_files, Size(totals.boot_size));
    line(text, "boot", &boot);
}

fn largest(text: &mut Text, manifest: &Manifest) {
    let mut objects: Vec<&ManifestObject> = manifest.store.iter().collect();
    objects.sort_by_key(|object| std::cmp::Reverse(object.nar_size));
    for (at, object) in objects.into_iter().take(LARGEST).enumerate() {
        let label = if at == 0 { "largest" } else { "" };
        let size = Size(object.nar_size).to_string();
        let path = manifest.store_dir.display(&object.path);
        line(text, label, &format_args!("{size:>10}  {path}"));
    }
}

//! Builds an image, so that there is a whole one or none.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::BuildError;
use super::materialise::{Written, materialise};
use super::options::BuildOptions;
use super::staging::{Staging, check_overlap};
use crate::check::{CheckReport, Subject, check_opened, find_rule};
use crate::fs::{Enclosed, Links, ServedDirectory};
use crate::image::{BOOT, Image, ImagePlan, Manifest, NET_IMAGE, OS};
use crate::progress::{Observer, Stage};
use crate::tree::{Node, Source};

/// Where an image goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// A new directory; the image appears there at once when it is whole.
    New(PathBuf),
    /// As [`New`](Self::New), but an image that is there is replaced.
    Replace(PathBuf),
    /// The output path of a derivation, written in place.
    Output(PathBuf),
}

impl Destination {
    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::New(path) | Self::Replace(path) | Self::Output(path) => path,
        }
    }
}

/// What was built.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BuildReport {
    /// What the image holds.
    pub manifest: Manifest,
    /// Whether the boards can boot it; no finding in it is an error.
    pub check: CheckReport,
    /// How long each stage took, in order.
    pub stages: Vec<(Stage, Duration)>,
    /// What is left of an image that was replaced, where it could not be
    /// removed whole.
    pub leftover: Option<PathBuf>,
}

/// Builds the image that `plan` describes.
///
/// # Errors
///
/// [`BuildError`]; then neither the destination nor anything beside it is
/// left (or [`BuildError::Leftover`] says what), and what a
/// [`Destination::Replace`] was to replace is as it was. An image that its
/// boards cannot boot is such an error.
pub fn build(
    plan: &ImagePlan,
    destination: &Destination,
    options: &BuildOptions,
    observer: &dyn Observer,
) -> Result<BuildReport, BuildError> {
    for code in &plan.spec().allow {
        find_rule(code)?;
    }
    check_overlap(destination.path(), sources(plan, destination))?;
    let force = matches!(destination, Destination::Replace(_));
    let staging = match destination {
        Destination::New(path) | Destination::Replace(path) => Staging::beside(path, force)?,
        Destination::Output(path) => Staging::output(path)?,
    };
    match write(plan, &staging, options, observer) {
        Ok(report) => Ok(BuildReport {
            leftover: staging.commit(force)?,
            ..report
        }),
        Err(error) => Err(match staging.discard() {
            Ok(()) => error,
            Err((path, removal)) => BuildError::Leftover {
                path,
                removal: removal.into(),
                source: Box::new(error),
            },
        }),
    }
}

/// Everything up to the name that the image will have.
fn write(
    plan: &ImagePlan,
    staging: &Staging,
    options: &BuildOptions,
    observer: &dyn Observer,
) -> Result<BuildReport, BuildError> {
    let directory = staging.directory();
    let Written {
        manifest,
        mut stages,
    } = materialise(plan, directory, options, observer)?;
    let start = Instant::now();
    observer.begin(Stage::Check, 0);
    let image = Image::new(manifest, directory.path().join(NET_IMAGE));
    let image = image.with_real_store_dir(plan.real_store_dir());
    let subject = Subject::of_image(&image);
    let net_image = directory.open_in(NET_IMAGE.as_ref())?;
    let root = Path::new(OS).join(plan.spec().root_directory_name.as_path());
    let root = Enclosed::open_in(&net_image, &root, Links::WithinRoot)?;
    let root = root.with_store(subject.store())?;
    let boot = Enclosed::open_in(&net_image, BOOT.as_ref(), Links::Outside)?;
    let boot = ServedDirectory::new(boot.with_store(subject.store())?);
    let check = check_opened(&subject, &boot, Some(&root), observer)?;
    if !check.boots() {
        return Err(BuildError::CannotBoot(Box::new(check)));
    }
    stages.push((Stage::Check, start.elapsed()));
    let start = Instant::now();
    if staging.settle(observer)? {
        stages.push((Stage::Sync, start.elapsed()));
    }
    Ok(BuildReport {
        manifest: image.manifest,
        check,
        stages,
        leftover: None,
    })
}

/// The places that a plan reads from and that nothing may be written into. The
/// output of a derivation lies in the store directory by its nature.
fn sources<'plan>(
    plan: &'plan ImagePlan,
    destination: &Destination,
) -> impl Iterator<Item = &'plan Path> {
    let output = matches!(destination, Destination::Output(_));
    let store = (!output).then(|| plan.real_store_dir());
    let nodes = plan.boot().as_tree().iter().chain(plan.root());
    let files = nodes.filter_map(|(_, node)| match node {
        Node::File {
            source: Source::File { path, .. },
            ..
        } => Some(path.as_path()),
        _ => None,
    });
    let directories = plan.directories().iter().map(PathBuf::as_path);
    store.into_iter().chain(directories).chain(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closure::{Closure, PathInfo};
    use crate::fs::{FsError, hash_nar};
    use crate::image::{FileContents, FileEntry, ImageSpec, SpecFiles};
    use crate::store::StoreDir;
    use std::fs;

    #[test]
    fn a_boot_file_has_the_size_that_was_planned_and_the_image_what_is_listed() {
        let place = tempfile::tempdir().unwrap();
        let (notes, image) = (place.path().join("notes"), place.path().join("image"));
        fs::write(&notes, "planned").unwrap();
        let store = place.path().join("store");
        let path = "00000000000000000000000000000001-path";
        fs::create_dir_all(store.join(path)).unwrap();
        let (hash, size) = hash_nar(&store.join(path)).unwrap();
        let info = PathInfo::new(path.parse().unwrap(), hash, size);
        let closure = Closure::new(StoreDir::default(), [info], []).unwrap();

        let nfs = "192.0.2.1:/srv,vers=4.1".parse().unwrap();
        let mut spec = ImageSpec::new("image", "image-1".parse().unwrap(), "x86_64-linux", nfs);
        for (target, contents) in [
            ("config.txt", FileContents::Text("arm_64bit=1\n".to_owned())),
            ("notes", FileContents::Source(notes.clone())),
        ] {
            let entry = FileEntry::new(target.parse().unwrap(), contents);
            spec.boot.files.push(entry);
        }
        let files = SpecFiles::gather(&spec).unwrap();
        let plan = ImagePlan::new(&spec, closure, files).unwrap();
        let plan = plan.with_real_store_dir(&store);
        let destination = Destination::New(image.clone());
        for (text, is_planned) in [("cut", false), ("grown beyond", false), ("PLANNED", true)] {
            fs::write(&notes, text).unwrap();
            let built = build(&plan, &destination, &BuildOptions::default(), &());
            let is_changed = matches!(
                &built,
                Err(BuildError::Fs(FsError::Changed { path })) if *path == notes
            );
            assert_eq!(
                (is_changed, built.is_ok(), image.exists()),
                (!is_planned, is_planned, is_planned),
                "{text}: {built:?}"
            );
            let listed = Manifest::of_plan(&plan, &());
            if let Ok(BuildReport { mut manifest, .. }) = built {
                assert_eq!(manifest.store[0].files.take(), Some(0));
                manifest.totals.store_files = None;
                assert_eq!(listed.unwrap(), manifest);
            } else {
                assert!(matches!(listed, Err(FsError::Changed { path }) if path == notes));
            }
        }
    }
}

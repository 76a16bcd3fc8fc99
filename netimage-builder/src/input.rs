//! Turns arguments and files into a plan.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use netimage_core::build::{BuildOptions, Destination, Verification};
use netimage_core::check::{Subject, find_rule};
use netimage_core::closure::{Attrs, Closure, PathInfo, parse_path_info_json, parse_registration};
use netimage_core::fs::ServedDirectory;
use netimage_core::image::{self, Image, ImagePlan, ImageSpec, ManifestError, SpecFiles};
use netimage_core::nfs::MountOptions;
use netimage_core::store::StoreDir;

use crate::child;
use crate::cli::{BuildArguments, CheckArguments, Verify, jobs};
use crate::error::CommandError;

/// All that a build needs.
pub(crate) struct Input {
    pub(crate) plan: ImagePlan,
    pub(crate) destination: Destination,
    pub(crate) options: BuildOptions,
}

/// Reads everything that the arguments name.
pub(crate) fn read(arguments: &BuildArguments) -> Result<Input, CommandError> {
    let (spec, closure, destination) = match &arguments.out {
        Some(out) => outside(arguments, out)?,
        None => inside()?,
    };
    let mut spec = spec;
    spec.nix_database &= !arguments.no_database;
    let files = SpecFiles::gather(&spec)?;
    let mut plan = ImagePlan::new(&spec, closure, files)?;
    if let Some(directory) = &arguments.real_store_dir {
        // By which the files of a lean image are found to be the store's.
        let absolute = std::path::absolute(directory).ok();
        let absolute = absolute.filter(|_| arguments.lean);
        plan = plan.with_real_store_dir(absolute.as_ref().unwrap_or(directory));
    }
    let mut options = BuildOptions::default();
    options.jobs = jobs(arguments.jobs);
    options.lean = arguments.lean;
    options.verification = match arguments.verify {
        Verify::Full => Verification::Full,
        Verify::None => Verification::None,
    };
    options.nix_store.clone_from(&arguments.nix_store);
    options.sqlite3.clone_from(&arguments.sqlite3);
    options.launcher = child::launcher();
    Ok(Input {
        plan,
        destination,
        options,
    })
}

type Parts = (ImageSpec, Closure, Destination);

/// Inside a derivation: everything is in its structured attributes.
fn inside() -> Result<Parts, CommandError> {
    let path = attrs_file().ok_or(CommandError::NoInput)?;
    let store_dir = match std::env::var("NIX_STORE") {
        Ok(store_dir) => store_dir.parse().map_err(CommandError::StoreDir)?,
        Err(_) => StoreDir::default(),
    };
    let attrs = read_attrs(&path, &store_dir)?;
    let spec = attrs_spec(&attrs, &path)?;
    let out = attrs.outputs.get("out").cloned();
    let out = out.ok_or(CommandError::NoOutput(path))?;
    Ok((spec, attrs.closure, Destination::Output(out)))
}

/// What a check is to look at.
pub(crate) fn subject(arguments: &CheckArguments) -> Result<Subject, CommandError> {
    let mut subject = match (&arguments.image, &arguments.boot) {
        (Some(image), _) => match open_image(image, arguments.real_store_dir.as_deref()) {
            Err(ManifestError::Missing(path)) => return Err(CommandError::NoImage(path)),
            opened => Subject::of_image(&opened?),
        },
        (None, Some(boot)) => Subject::new(boot, arguments.root.as_deref()),
        // Something is there, as clap sees to.
        (None, None) => return Err(CommandError::NoBoot),
    };
    if !arguments.boards.is_empty() {
        subject.boards.clone_from(&arguments.boards);
    }
    subject.serial = arguments.serial;
    if let Some(text) = &arguments.nfs {
        match text.parse() {
            Ok(nfs) => {
                subject.nfs = Some(nfs);
                let options = text.split_once(',').map_or("", |(_, options)| options);
                let options = MountOptions::parse(&[options]);
                subject.knows_nfs_version = options.is_ok_and(|given| given.version().is_some());
            }
            Err(error) => (subject.nfs, subject.nfs_error) = (None, Some(error)),
        }
    }
    for code in &arguments.allow {
        find_rule(code).map_err(CommandError::Allow)?;
        subject.allow.push(code.clone());
    }
    Ok(subject)
}

/// An image, with its store where the user says.
pub(crate) fn open_image(path: &Path, store: Option<&Path>) -> Result<Image, ManifestError> {
    let image = Image::open(path)?;
    Ok(match store {
        Some(store) => image.with_real_store_dir(store),
        None => image,
    })
}

/// Where Nix put the structured attributes. Nix before 2.9 names a place
/// outside of its own sandbox.
#[allow(clippy::disallowed_methods, reason = "Nix or the user names the file")]
fn attrs_file() -> Option<PathBuf> {
    let named = std::env::var_os("NIX_ATTRS_JSON_FILE").map(PathBuf::from);
    let top = std::env::var_os("NIX_BUILD_TOP").map(|top| Path::new(&top).join(".attrs.json"));
    let existing = [&named, &top]
        .into_iter()
        .flatten()
        .find(|path| path.is_file());
    existing.cloned().or(named)
}

/// Outside: a spec, a destination and a closure source.
fn outside(arguments: &BuildArguments, out: &Path) -> Result<Parts, CommandError> {
    let destination = if arguments.force {
        Destination::Replace(out.to_owned())
    } else {
        Destination::New(out.to_owned())
    };
    let spec = arguments.spec.as_deref().map(read_spec).transpose()?;
    let store_dir = spec
        .as_ref()
        .map_or_else(StoreDir::default, |spec| spec.store_dir.clone());
    if let Some(path) = &arguments.closure.attrs {
        let attrs = read_attrs(path, &store_dir)?;
        let spec = spec.map_or_else(|| attrs_spec(&attrs, path), Ok)?;
        return Ok((spec, attrs.closure, destination));
    }
    let spec = spec.ok_or(CommandError::NoInput)?;
    let closure = read_closure(arguments, store_dir)?;
    Ok((spec, closure, destination))
}

fn read_closure(arguments: &BuildArguments, store_dir: StoreDir) -> Result<Closure, CommandError> {
    let sources = &arguments.closure;
    let (path, infos) = if let Some(path) = &sources.path_info {
        let infos = parse_path_info_json(&read_file(path)?, &store_dir);
        let infos = infos.map_err(|source| CommandError::PathInfo {
            path: path.clone(),
            source,
        });
        (path.clone(), infos?)
    } else if let Some(path) = &sources.registration {
        (path.clone(), read_registration(path, &store_dir)?)
    } else if let Some(directory) = &sources.closure_info {
        let path = directory.join("registration");
        let infos = read_registration(&path, &store_dir)?;
        (path, infos)
    } else {
        return Err(CommandError::NoInput);
    };
    Closure::new(store_dir, infos, []).map_err(|source| CommandError::Closure { path, source })
}

fn read_registration(path: &Path, store_dir: &StoreDir) -> Result<Vec<PathInfo>, CommandError> {
    parse_registration(BufReader::new(open(path)?), store_dir).map_err(|source| {
        CommandError::Registration {
            path: path.to_owned(),
            source,
        }
    })
}

fn read_attrs(path: &Path, store_dir: &StoreDir) -> Result<Attrs, CommandError> {
    Attrs::from_json(&read_file(path)?, store_dir).map_err(|source| CommandError::Attrs {
        path: path.to_owned(),
        source,
    })
}

fn attrs_spec(attrs: &Attrs, path: &Path) -> Result<ImageSpec, CommandError> {
    let json = attrs.spec.as_ref();
    let json = json.ok_or_else(|| CommandError::NoSpec(path.to_owned()))?;
    parse_spec(json.get().as_bytes(), path)
}

fn read_spec(path: &Path) -> Result<ImageSpec, CommandError> {
    parse_spec(&read_file(path)?, path)
}

fn parse_spec(json: &[u8], path: &Path) -> Result<ImageSpec, CommandError> {
    ImageSpec::from_json(json).map_err(|source| CommandError::Spec {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let read = open(path)?.read_to_end(&mut bytes);
    read.map_err(|source| unreadable(path, source))?;
    Ok(bytes)
}

#[allow(clippy::disallowed_methods, reason = "Nix or the user names the file")]
fn open(path: &Path) -> Result<File, CommandError> {
    File::open(path).map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Path, source: io::Error) -> CommandError {
    CommandError::Read {
        path: path.to_owned(),
        source,
    }
}

/// The boot tree of an image, or a directory that is none, and which it is; for a board
/// whose own directory is this one in it.
pub(crate) fn open_served(
    path: &Path,
    own: &Path,
    real_store_dir: Option<&Path>,
) -> Result<(ServedDirectory, bool), CommandError> {
    let Some(boot) = image::boot_directory(path)? else {
        return Ok((ServedDirectory::open_for(path, own)?, false));
    };
    // The boot files of a full image can be looked at whatever its manifest says.
    let served = match open_image(path, real_store_dir) {
        Ok(image) if image.manifest.lean => image.open_boot()?,
        _ => ServedDirectory::open_for(&boot, own)?,
    };
    Ok((served, true))
}

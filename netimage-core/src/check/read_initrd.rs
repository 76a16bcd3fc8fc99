//! What a check has to know of an initrd.

use std::collections::BTreeSet;
use std::io::Read;

use super::drivers::{drivers, version_module};
use super::facts::{InitrdSurvey, ModuleSurvey, Mounter};
use super::finding::with_causes;
use crate::boot::Board;
use crate::initrd::{
    Availability, BuiltInModules, Init, Initrd, KernelObjection, Machine, ModuleIndex, ModuleName,
    Program, ReadOptions, Script,
};
use crate::nfs::NfsVersion;

/// What is asked about an initrd.
pub(super) struct Question<'question> {
    /// Its files as the firmware puts them together, for people.
    pub name: String,
    /// Whether there is no initrd.
    pub is_absent: bool,
    pub boards: &'question [Board],
    /// Those that are asked for, by the image and by the command line.
    pub versions: Vec<NfsVersion>,
    /// The release of the kernel that it is loaded with.
    pub release: Option<&'question str>,
    /// `modules.builtin` of the root's kernel.
    pub built_in: Option<Vec<u8>>,
}

/// Reads an initrd and answers a question about it.
pub(super) fn read(reader: impl Read, question: &Question<'_>) -> InitrdSurvey {
    let names = wanted(question);
    let initrd = Initrd::read(reader, &ReadOptions::for_modules(names.iter().cloned()));
    let releases: BTreeSet<&[u8]> = initrd.releases();
    let release = question.release.map(str::as_bytes);
    let release = release.filter(|release| releases.contains(release));
    let release = release.or_else(|| releases.first().copied());
    let index = release.map(|release| initrd.module_index(release).unwrap_or_default());
    let (built_in, knows_built_in) = built_in(&initrd, question);
    let (skipped, first) = initrd.skipped();
    let first = first
        .first()
        .map(|name| String::from_utf8_lossy(name).into_owned());
    let objections = initrd.segments().iter().enumerate();
    InitrdSurvey {
        name: question.name.clone(),
        is_absent: question.is_absent,
        boards: question.boards.to_vec(),
        broken: initrd
            .broken()
            .map(|error| (with_causes(error), error.fault.is_limit())),
        objections: objections
            .filter_map(|(at, segment)| Some(objection(at + 1, segment.objection?)))
            .collect(),
        skipped: first.map(|name| (name, skipped)),
        mounter: mounter(&initrd),
        init: initrd.init(),
        has_mount_helper: matches!(initrd.program(b"mount.nfs"), Some(Program::Searched(_))),
        has_network: has_network(&initrd),
        knows_built_in,
        modules: names
            .into_iter()
            .map(|name| module(&initrd, name, index.as_ref(), &built_in))
            .collect(),
        releases: releases
            .iter()
            .map(|release| String::from_utf8_lossy(release).into_owned())
            .collect(),
        mounts: mounts(&initrd),
    }
}

/// The modules that the boards and the root's version of NFS need.
fn wanted(question: &Question<'_>) -> BTreeSet<ModuleName> {
    let of_boards = question
        .boards
        .iter()
        .flat_map(|board| drivers(*board).iter().copied());
    let versions = question
        .versions
        .iter()
        .map(|version| version_module(*version));
    let names = of_boards.flatten().copied().chain(["nfs"]).chain(versions);
    names.filter_map(ModuleName::new).collect()
}

fn module(
    initrd: &Initrd,
    name: ModuleName,
    index: Option<&ModuleIndex>,
    built_in: &BuiltInModules,
) -> ModuleSurvey {
    let empty = ModuleIndex::new();
    let availability = match index.unwrap_or(&empty).availability(&name, built_in) {
        // modprobe looks nowhere else.
        Availability::Present if index.is_some_and(|index| !index.lists(&name)) => {
            Availability::Unlisted
        }
        other => other,
    };
    let own = initrd.modules().iter().filter(|module| module.name == name);
    let opened = own.filter_map(|module| module.info.as_ref()).next_back();
    let machine = match opened {
        Some(Ok(info)) => Some(info.machine),
        _ => None,
    };
    let (release, broken) = match opened {
        Some(Ok(info)) if info.machine != Machine::Aarch64 && info.machine != Machine::Arm => {
            (None, Some(format!("it is for {}", info.machine)))
        }
        Some(Ok(info)) => (info.release().map(str::to_owned), None),
        Some(Err(error)) => (None, Some(with_causes(error))),
        None => (None, None),
    };
    ModuleSurvey {
        name,
        availability,
        release,
        machine,
        broken,
    }
}

/// What the kernel has built in, as the initrd or the root says, and whether one
/// of them says it.
fn built_in(initrd: &Initrd, question: &Question<'_>) -> (BuiltInModules, bool) {
    let mut texts = Vec::new();
    initrd.walk(|path, _| {
        if path.ends_with(b"/modules.builtin") {
            texts.extend(initrd.text(path).map(<[u8]>::to_vec));
        }
    });
    texts.extend(question.built_in.clone());
    let is_known = !texts.is_empty();
    (
        BuiltInModules::parse(&texts.join(&b"\n"[..])).unwrap_or_default(),
        is_known,
    )
}

fn mounter(initrd: &Initrd) -> Mounter {
    match initrd.init() {
        Init::Systemd => Mounter::Systemd,
        _ if initrd.has_initrd_release() => Mounter::Systemd,
        Init::Script(Script::NixOs) => Mounter::Scripted,
        _ => Mounter::Other,
    }
}

/// Whether networkd is told of a network (systemd.network(5)).
fn has_network(initrd: &Initrd) -> bool {
    let mut found = false;
    initrd.walk(|path, _| {
        found |= path.starts_with(b"etc/systemd/network/") && path.ends_with(b".network");
    });
    found
}

fn objection(segment: usize, objection: KernelObjection) -> String {
    match objection {
        KernelObjection::XzCheck(check) => {
            format!("segment {segment} is xz with the check {check:?}; Linux knows CRC32 only")
        }
        KernelObjection::GzipHeader => {
            format!("segment {segment} is gzip with a header that Linux does not step over")
        }
    }
}

/// What is mounted at `/`, by the fstab of systemd's stage 1 or the list of the
/// scripted one: device and options.
fn mounts(initrd: &Initrd) -> Option<(String, String)> {
    let mut found = None;
    initrd.walk(|path, _| {
        if found.is_some() {
            return;
        }
        let text = || Some(String::from_utf8_lossy(initrd.text(path)?).into_owned());
        if path.ends_with(b"-initrd-fstab") || path == b"etc/fstab" {
            found = text().and_then(|text| of_fstab(&text));
        } else if path.ends_with(b"-initrd-fsinfo") {
            found = text().and_then(|text| of_fsinfo(&text));
        }
    });
    found
}

/// A line of fstab(5) for `/` or, as systemd's stage 1 has it, `/sysroot`.
fn of_fstab(text: &str) -> Option<(String, String)> {
    text.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (device, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        let is_root = matches!(place, "/" | "/sysroot") && kind.starts_with("nfs");
        is_root.then(|| {
            (
                device.to_owned(),
                options(fields.next().unwrap_or_default()),
            )
        })
    })
}

/// NixOS's scripted stage 1 has a file of four lines for each mount: place,
/// device, type, options.
fn of_fsinfo(text: &str) -> Option<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let root = lines
        .windows(4)
        .find(|lines| lines[0] == "/" && lines[2].starts_with("nfs"))?;
    Some((root[1].to_owned(), options(root[3])))
}

/// Without those that are for systemd.
fn options(text: &str) -> String {
    let options = text.split(',').filter(|option| !option.starts_with("x-"));
    options.collect::<Vec<_>>().join(",")
}

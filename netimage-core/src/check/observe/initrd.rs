//! What a check has to know of an initrd.

use std::collections::BTreeSet;
use std::io::Read;

use crate::boot::{Architecture, Board, KernelCommandLine};
use crate::check::facts::drivers::{DEPENDED_ON, VERSION_MODULES};
use crate::check::facts::{Breakage, InitrdSurvey, ModuleSurvey, SupplierSurvey};
use crate::check::finding::explained;
use crate::check::observe::contents::Contents;
use crate::check::observe::fstab::{is_root_given, list_fault, mounts_of};
use crate::check::observe::mounter::mounter;
use crate::check::observe::{programs, systemd};
use crate::explanation::Explanation;
use crate::initrd::{
    Availability, BuiltInModules, ElfMachine, Fault, Init, Initrd, InitrdError, KernelObjection,
    Module, ModuleFileError, ModuleIndex, ModuleName, ReadOptions, Script, has_carriage_return,
};
use crate::tree::TargetName;

/// What may be unpacked and is none of its files: modules that are looked into, and
/// zeros between segments.
const BESIDE_FILES: u64 = 128 << 20;

/// What is asked about an initrd.
pub(in crate::check) struct Question<'question> {
    /// Its files as the firmware puts them together, for people.
    pub name: String,
    /// Whether there is no initrd.
    pub is_absent: bool,
    /// How many files those are, and which of them have no bytes.
    pub count: usize,
    pub empty: Vec<TargetName>,
    pub boards: &'question [Board],
    /// The release of the kernel that it is loaded with.
    pub release: Option<&'question str>,
    /// What that kernel runs.
    pub architecture: Option<Architecture>,
    pub command_line: Option<&'question KernelCommandLine>,
    /// `modules.builtin` of the root's kernel.
    pub built_in: Option<Vec<u8>>,
    /// What that has as modules.
    pub kernel_modules: Option<&'question ModuleIndex>,
    /// What the boards' Ethernet needs of these.
    pub suppliers: Vec<SupplierSurvey>,
}

/// Reads an initrd and answers a question about it.
pub(in crate::check) fn read(reader: impl Read, question: &Question<'_>) -> InitrdSurvey {
    let names = wanted(question);
    let depended_on = || DEPENDED_ON.iter().filter_map(ModuleName::new);
    let opened = names.iter().cloned().chain(depended_on());
    let mut options = ReadOptions::for_modules(opened);
    let memories = question.boards.iter().map(|board| board.memory_max());
    let memory = memories.max().unwrap_or(u64::MAX);
    let limit = memory.saturating_add(BESIDE_FILES);
    options.limits.unpacked = limit.min(options.limits.unpacked);
    let initrd = Initrd::read(reader, &options);
    let is_there = |name: &ModuleName| initrd.modules().iter().any(|module| module.name == *name);
    let depended_on = depended_on().filter(is_there);
    let releases: BTreeSet<&[u8]> = initrd.releases();
    let release = question.release.map(str::as_bytes);
    let release = release.filter(|release| releases.contains(release));
    let release = release.or_else(|| releases.first().copied());
    let index = release.map(|release| (release, initrd.module_index(release).unwrap_or_default()));
    let contents = Contents::read(&initrd);
    let (built_in, knows_built_in) = built_in(&contents, question);
    let (skipped, first) = initrd.skipped();
    let first = first
        .first()
        .map(|name| String::from_utf8_lossy(name).into_owned());
    let objections = initrd.segments().iter().enumerate();
    let names: BTreeSet<_> = names.into_iter().chain(depended_on).collect();
    let modules: Vec<_> = names
        .into_iter()
        .map(|name| module(&initrd, name, index.as_ref(), &built_in))
        .collect();
    let given = question.command_line.and_then(|line| line.get("rdinit"));
    let start = given.unwrap_or("/init");
    let init = if start.is_empty() {
        Init::Missing
    } else {
        initrd.init_at(start.as_bytes())
    };
    let may_be_kernel = may_kernel_mount(question, knows_built_in, &modules);
    let mounter = mounter(&initrd, &contents, &init, may_be_kernel);
    let script = initrd.text(start.as_bytes());
    let line = question.command_line;
    let systemd = (init == Init::Systemd).then(|| systemd::read(&initrd, &contents, line));
    InitrdSurvey {
        name: question.name.clone(),
        is_absent: question.is_absent,
        boards: question.boards.to_vec(),
        broken: initrd.broken().map(|error| breakage(error, memory)),
        objections: objections
            .filter_map(|(at, segment)| {
                Some(objection(
                    &format!("segment {}", at + 1),
                    "Linux",
                    segment.objection?,
                ))
            })
            .collect(),
        unpacked: initrd
            .segments()
            .iter()
            .map(|segment| segment.unpacked)
            .sum(),
        skipped: first.map(|name| (name, skipped)),
        architecture: question.architecture,
        has_carriage_return: script.is_some_and(has_carriage_return),
        is_start_given: given.is_some(),
        programs: programs::read(&initrd, &contents, start),
        mounter,
        has_root: init != Init::Systemd || contents.names_root || line.is_some_and(is_root_given),
        has_mount_helper: initrd.program(b"mount.nfs").is_some(),
        has_tlshd: contents.has("tlshd"),
        names_client: contents.names_client || names_host(&initrd),
        knows_built_in,
        of_kernel: question.kernel_modules.map(|kernel| {
            let names = modules.iter().map(|module| &module.name);
            let listed = names.filter(|name| kernel.lists(name));
            listed.cloned().collect()
        }),
        modules,
        suppliers: question.suppliers.clone(),
        releases: releases
            .iter()
            .map(|release| String::from_utf8_lossy(release).into_owned())
            .collect(),
        mounts: mounts_of(&contents.tables),
        list_fault: (init == Init::Script(Script::NixOs))
            .then(|| list_fault(&initrd, script?))
            .flatten(),
        may_mount_store: match &systemd {
            Some(systemd) => systemd.may_mount_store,
            None => contents.may_mount_store || script.is_none(),
        },
        systemd,
        is_empty: !question.is_absent && question.empty.len() == question.count,
        empty: question.empty.clone(),
    }
}

/// Where an initrd breaks, for boards of so much memory.
fn breakage(error: &InitrdError, memory: u64) -> Breakage {
    let Explanation { problem, remedy } = explained(&error.fault);
    Breakage {
        problem: format!("{error}: {problem}"),
        remedy,
        is_limit: error.fault.is_limit(),
        is_beside: is_beside(error),
        exceeds_memory: matches!(error.fault, Fault::Unpacked { limit } if limit > memory),
    }
}

/// The modules that the boards and NFS need.
fn wanted(question: &Question<'_>) -> BTreeSet<ModuleName> {
    let of_boards = question
        .boards
        .iter()
        .flat_map(|board| board.ethernet().drivers.iter().copied());
    let names = of_boards.flatten().copied().chain(["nfs"]);
    let names = names.chain(VERSION_MODULES);
    let names = names.filter_map(ModuleName::new);
    let suppliers = question.suppliers.iter();
    let of_suppliers = suppliers.flat_map(|supplier| supplier.modules.iter().cloned());
    names.chain(of_suppliers).collect()
}

fn module(
    initrd: &Initrd,
    name: ModuleName,
    index: Option<&(&[u8], ModuleIndex)>,
    built_in: &BuiltInModules,
) -> ModuleSurvey {
    let empty = ModuleIndex::new();
    let release = index.map(|(release, _)| *release);
    let index = index.map(|(_, index)| index);
    let availability = match index.unwrap_or(&empty).availability(&name, built_in) {
        // modprobe looks nowhere else.
        Availability::Present if index.is_some_and(|index| !index.lists(&name)) => {
            Availability::Unlisted
        }
        other => other,
    };
    let own = initrd.modules().iter().filter(|module| module.name == name);
    let opened = own
        .clone()
        .filter_map(|module| module.info.as_ref())
        .next_back();
    let info = opened.and_then(|info| info.as_ref().ok());
    let error = opened.and_then(|info| info.as_ref().err());
    let objection = info.and_then(|info| {
        Some(objection(
            "it",
            "a kernel that unpacks modules itself",
            info.objection?,
        ))
    });
    let broken = error.filter(|error| !is_limit(error));
    let loaded: Vec<_> = own
        .filter(|module| Some(&*module.release) == release)
        .collect();
    ModuleSurvey {
        needs: index.unwrap_or(&empty).needs(&name),
        is_refused: availability != Availability::BuiltIn
            && !loaded.is_empty()
            && loaded.into_iter().all(is_refused),
        name,
        availability,
        release: info.and_then(|info| info.release().map(str::to_owned)),
        machine: info.map(|info| info.machine),
        broken: broken.map(|error| explained(error).problem).or(objection),
    }
}

/// Whether it is for our own limits that a file was not looked into.
fn is_limit(error: &ModuleFileError) -> bool {
    matches!(error, ModuleFileError::Limit(_))
}

/// Whether no kernel of these boards loads the file of a module
/// (`kernel/module/main.c`, `elf_validity_cache_copy`).
fn is_refused(module: &Module) -> bool {
    match &module.info {
        None => false,
        Some(Ok(info)) => !matches!(info.machine, ElfMachine::Aarch64 | ElfMachine::Arm),
        Some(Err(error)) => matches!(
            error,
            ModuleFileError::NoModule(_) | ModuleFileError::Unpack(_)
        ),
    }
}

/// Whether what is broken lies behind whole archives.
fn is_beside(error: &InitrdError) -> bool {
    match error.fault {
        Fault::Junk => true,
        Fault::Magic { .. } | Fault::Padding => error.segment > 1,
        _ => false,
    }
}

/// What the kernel has built in, as the initrd or the root says, and whether one
/// of them says it. Where the kernel's release is known, the word of another's
/// does not count.
fn built_in(contents: &Contents, question: &Question<'_>) -> (BuiltInModules, bool) {
    let own = question.release.map(|release| format!("/{release}"));
    let is_own = |directory: &[u8]| {
        let own = own.as_ref();
        own.is_none_or(|own| directory.ends_with(own.as_bytes()))
    };
    let texts = contents.built_in.iter();
    let texts = texts.filter(|(directory, _)| is_own(directory));
    let texts = texts.map(|(_, text)| text.as_slice());
    let texts: Vec<&[u8]> = texts.chain(question.built_in.as_deref()).collect();
    let is_known = !texts.is_empty();
    (
        BuiltInModules::parse(&texts.join(&b"\n"[..])).unwrap_or_default(),
        is_known,
    )
}

/// Whether it has a host name other than the one that NixOS gives where none is set.
fn names_host(initrd: &Initrd) -> bool {
    let host = initrd.text(b"etc/hostname").unwrap_or_default();
    !matches!(
        String::from_utf8_lossy(host).trim(),
        "" | "localhost" | "nixos"
    )
}

/// Whether the kernel may mount the root itself.
fn may_kernel_mount(
    question: &Question<'_>,
    knows_built_in: bool,
    modules: &[ModuleSurvey],
) -> bool {
    let may_mount = question.command_line.is_some_and(|line| {
        line.get("root") == Some("/dev/nfs")
            && (line.get("ip").is_some() || line.get("nfsaddrs").is_some())
    });
    let nfs = modules.iter().find(|module| module.name.as_str() == "nfs");
    let has_nfs =
        !knows_built_in || nfs.is_some_and(|module| module.availability == Availability::BuiltIn);
    may_mount && has_nfs
}

/// What has been packed in a way that a kernel does not unpack.
fn objection(what: &str, kernel: &str, objection: KernelObjection) -> String {
    match objection {
        KernelObjection::XzCheck(check) => {
            format!("{what} is xz with the check {check:?}, and {kernel} knows CRC32 only")
        }
        KernelObjection::GzipHeader => {
            format!("{what} is gzip with a header that {kernel} does not step over")
        }
        KernelObjection::ZstdWindow(window) => {
            let mib = window.div_ceil(1 << 20);
            format!(
                "{what} is zstd with a window of {mib} MiB, and {kernel} takes no more than 128 MiB"
            )
        }
    }
}

//! Builds a whole network-boot image without Nix, through the public API only.
//!
//! It makes a small closure of its own (what Nix would have built), plans and
//! builds the image, verifies it, and says what to do with such an image.
//! Run it with `cargo run --release --example demo`, and with the address of a server
//! after `--` to get images for a depot that is /srv/netimage there.

use std::error::Error;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use netimage_core::boot::{Board, KernelCommandLine};
use netimage_core::build::{BuildOptions, BuildReport, Destination, build};
use netimage_core::closure::{Closure, PathInfo};
use netimage_core::depot::{
    Delivery, DeployOptions, Depot, Event, GenerationNumber, Machine, MachineName, MachineStatus,
    RootKind, Selection, Settings, Timestamp,
};
use netimage_core::fs::hash_nar;
use netimage_core::image::{FileContents, FileEntry, Image, ImagePlan, ImageSpec, SpecFiles};
use netimage_core::nfs::NfsRoot;
use netimage_core::store::{StoreDir, StorePath, nix32_encode};
use netimage_core::verify::verify;
use sha2::{Digest, Sha256};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let work = tempfile::Builder::new()
        .prefix("netimage-demo.")
        .tempdir()?
        .keep();
    let server = std::env::args().nth(1);
    let server = server.unwrap_or_else(|| "192.0.2.1".to_owned());
    let (mut store, toplevel) = build_store(&work.join("store"))?;
    let spec = write_spec(&server, &store, &toplevel)?;

    // What there is, as values: nothing has been written yet.
    let roots = [toplevel.clone()];
    let closure = Closure::new(StoreDir::default(), store.paths.clone(), roots)?;
    let files = SpecFiles::gather(&spec)?;
    let plan = ImagePlan::new(&spec, closure, files)?.with_real_store_dir(&store.directory);

    let destination = Destination::New(work.join("image"));
    let options = BuildOptions::default();
    let report = build(&plan, &destination, &options, &())?;

    let verified = verify(destination.path(), options.jobs, &())?;
    if let Some(finding) = verified.findings.first() {
        return Err(finding.to_string().into());
    }
    print_result(&Image::open(destination.path())?, &report)?;
    let nfs = format!("{server}:/srv/netimage").parse()?;
    go_through_generations(&work, nfs, (&mut store, &toplevel), &spec)
}

/// Deploys an image to a machine, then one with another store path, and goes back.
fn go_through_generations(
    work: &Path,
    nfs: NfsRoot,
    (store, toplevel): (&mut Store, &StorePath),
    spec: &ImageSpec,
) -> Result<()> {
    let shared = nfs.subdirectory("store")?;
    let settings = Settings::new(StoreDir::default(), nfs);
    let depot = Depot::init(&work.join("depot"), &settings)?.depot;
    let now = || Timestamp(1_700_000_000);
    let machine: MachineName = "pi1".parse()?;
    let (serial, address) = ("100000001234abcd".parse()?, "192.0.2.21".parse()?);
    let added = Machine::new(machine.clone(), serial, address);
    depot.lock(now)?.add_machine(added, false)?;

    let mut spec = spec.clone();
    spec.root_kind = RootKind::Shared;
    spec.nfs = shared;
    spec.boards = vec![Board::Rpi4];
    // It is no real system.
    spec.allow = ALLOWED.map(str::to_owned).to_vec();
    spec.command_line = Some(vec!["root=fstab".to_owned(), "console=tty1".to_owned()]);
    for target in ["start4.elf", "fixup4.dat", "bcm2711-rpi-4-b.dtb"] {
        let contents = FileContents::Text("none".to_owned());
        let entry = FileEntry::new(target.parse()?, contents);
        spec.boot.files.push(entry);
    }
    let options = DeployOptions {
        machines: Selection::All,
        trial: true,
        only_new: false,
        jobs: BuildOptions::default().jobs,
    };
    println!("\nTwo generations of a machine that shares a store, in a depot:\n");
    for name in ["first", "second"] {
        store.add(name, &[], |out, _| {
            write(&out.join("file"), name.as_bytes())
        })?;
        let paths = store.paths.clone();
        let closure = Closure::new(StoreDir::default(), paths, [toplevel.clone()])?;
        let plan = ImagePlan::new(&spec, closure, SpecFiles::gather(&spec)?)?;
        let plan = plan.with_real_store_dir(&store.directory);
        let destination = Destination::New(work.join(name));
        build(&plan, &destination, &BuildOptions::default(), &())?;
        let delivery = Delivery::of(&Image::open(destination.path())?)?;
        let mut locked = depot.lock(now)?;
        let report = locked.deploy(&delivery, &options, now(), &())?;
        for deployed in &report.machines {
            let Some(generation) = deployed.generation else {
                continue;
            };
            let (paths, files) = (report.store_paths, report.boot_files);
            println!(
                "       generation {generation}: copied {paths} store paths, {files} boot files"
            );
            // In the place of a machine that boots it and says that it is up.
            let up = Event::Approved(generation);
            locked.apply(&[(machine.clone(), up)], now())?;
        }
    }
    let mut locked = depot.lock(now)?;
    let back = Event::RolledBack { to: None };
    locked.apply(&[(machine.clone(), back)], now())?;
    let generations = locked.generations(&machine)?.clone();
    drop(locked);
    println!("       rolled back to the one before");
    for added in depot.machines()?.iter() {
        let status = MachineStatus::of(added, &generations, depot.served(added)?);
        let number = |one: Option<GenerationNumber>| one.map_or("-".into(), |one| one.to_string());
        println!(
            "       {}: default {}, config.txt names {}, {} generations",
            status.name,
            number(status.default),
            number(status.config),
            generations.all.len()
        );
    }
    println!("       {}", depot.path().display());
    Ok(())
}

/// What a check has against it.
const ALLOWED: [&str; 3] = ["device-tree-invalid", "firmware-damaged", "initrd-no-init"];

/// A store that this program filled instead of Nix.
struct Store {
    /// Where it really lies; its own files say `/nix/store`.
    directory: PathBuf,
    paths: Vec<PathInfo>,
}

impl Store {
    /// Adds the store object that `fill` makes, and registers it as Nix would.
    ///
    /// Nix derives the digest from what a path is made of; here its name does.
    fn add(
        &mut self,
        name: &str,
        references: &[&StorePath],
        fill: impl FnOnce(&Path, &StorePath) -> Result<()>,
    ) -> Result<StorePath> {
        let digest = nix32_encode(&Sha256::digest(name)[..20]);
        let path: StorePath = format!("{digest}-{name}").parse()?;
        let object = self.directory.join(path.base_name());
        fill(&object, &path)?;
        let (nar_hash, nar_size) = hash_nar(&object)?;
        let references = references.iter().map(|&path| path.clone()).collect();
        let info = PathInfo::new(path.clone(), nar_hash, nar_size).with_references(references);
        self.paths.push(info);
        Ok(path)
    }

    /// The place where a store path's bytes are now.
    fn real(&self, path: &StorePath) -> PathBuf {
        self.directory.join(path.base_name())
    }
}

/// A dozen store paths, from a library to a system.
fn build_store(directory: &Path) -> Result<(Store, StorePath)> {
    fs::create_dir(directory)?;
    let mut store = Store {
        directory: directory.to_owned(),
        paths: Vec::new(),
    };
    let absolute = |path: &StorePath| StoreDir::default().display(path);

    let libc = store.add("libc-1", &[], |out, _| {
        write(&out.join("lib/libc.so.6"), &vec![0x7f; 40_000])?;
        Ok(symlink("libc.so.6", out.join("lib/libc.so"))?)
    })?;
    let shell = store.add("shell-1", &[&libc], |out, _| {
        let program = [&program_header()[..], absolute(&libc).as_bytes()].concat();
        write(&out.join("bin/sh"), &program)?;
        make_executable(&out.join("bin/sh"))
    })?;
    let mut tools = Vec::new();
    for name in ["coreutils-1", "nfs-utils-1", "systemd-1", "nix-1"] {
        tools.push(store.add(name, &[&libc, &shell], |out, _| {
            let script = format!("#!{}/bin/sh\necho {name}\n", absolute(&shell));
            write(&out.join("bin").join(name), script.as_bytes())?;
            make_executable(&out.join("bin").join(name))
        })?);
    }
    let modules = store.add("kernel-modules-1", &[], |out, _| {
        let name = "lib/modules/6.6.0/kernel/drivers/net/genet.ko";
        write(&out.join(name), &[1; 9_000])?;
        Ok(fs::create_dir_all(out.join("lib/firmware"))?)
    })?;
    let kernel = store.add("kernel-1", &[], |out, _| {
        write(&out.join("Image"), &kernel_image())
    })?;
    let initrd = store.add("initrd-1", &[], |out, _| {
        write(&out.join("initrd"), &initrd_archive()?)
    })?;
    let etc = store.add("etc-1", &[&shell], |out, _| {
        write(&out.join("etc/hostname"), b"pi\n")?;
        Ok(symlink(
            format!("{}/bin/sh", absolute(&shell)),
            out.join("etc/shell"),
        )?)
    })?;
    let path = store.add(
        "system-path-1",
        &tools.iter().collect::<Vec<_>>(),
        |out, _| {
            fs::create_dir_all(out.join("bin"))?;
            for tool in &tools {
                let name = tool.name();
                symlink(
                    format!("{}/bin/{name}", absolute(tool)),
                    out.join("bin").join(name),
                )?;
            }
            Ok(())
        },
    )?;

    let parts = [&shell, &modules, &kernel, &initrd, &etc, &path];
    let name = "nixos-system-pi-1";
    let toplevel = store.add(name, &parts, |out, toplevel| {
        let script = format!("#!{}/bin/sh\nexec systemd-1\n", absolute(&shell));
        write(&out.join("init"), script.as_bytes())?;
        make_executable(&out.join("init"))?;
        symlink(format!("{}/Image", absolute(&kernel)), out.join("kernel"))?;
        symlink(format!("{}/initrd", absolute(&initrd)), out.join("initrd"))?;
        symlink(format!("{}/etc", absolute(&etc)), out.join("etc"))?;
        symlink(absolute(&path), out.join("sw"))?;
        let bootspec = serde_json::json!({"org.nixos.bootspec.v1": {
            "init": format!("{}/init", absolute(toplevel)),
            "initrd": format!("{}/initrd", absolute(&initrd)),
            "kernel": format!("{}/Image", absolute(&kernel)),
            "kernelParams": ["console=tty1"],
            "label": "netimage demo",
            "system": "aarch64-linux",
            "toplevel": absolute(toplevel),
        }});
        write(&out.join("boot.json"), bootspec.to_string().as_bytes())
    })?;
    Ok((store, toplevel))
}

/// What the image is to be: the system, its boot files, and its NFS root.
fn write_spec(server: &str, store: &Store, toplevel: &StorePath) -> Result<ImageSpec> {
    let nfs: NfsRoot = format!("{server}:/srv/nfs/pi,vers=4.1,hard").parse()?;
    let mut spec = ImageSpec::new("demo", "demo-pi".parse()?, "x86_64-linux", nfs);
    spec.toplevel = Some(toplevel.clone());
    spec.command_line = Some(vec!["console=tty1".to_owned()]);
    let real = |name: &str| {
        let mut paths = store.paths.iter().map(|info| &info.path);
        paths
            .find(|path| path.name() == name)
            .map(|path| store.real(path))
    };
    let config = "arm_64bit=1\nkernel=kernel8.img\ninitramfs initrd followkernel\n";
    let mut add = |target: &str, contents| -> Result<()> {
        spec.boot
            .files
            .push(FileEntry::new(target.parse()?, contents));
        Ok(())
    };
    add("config.txt", FileContents::Text(config.to_owned()))?;
    if let (Some(kernel), Some(initrd)) = (real("kernel-1"), real("initrd-1")) {
        add("kernel8.img", FileContents::Source(kernel.join("Image")))?;
        add("initrd", FileContents::Source(initrd.join("initrd")))?;
    }
    Ok(spec)
}

/// The 64-byte header of an arm64 kernel image, and no kernel behind it
/// (Linux, Documentation/arch/arm64/booting.rst).
fn kernel_image() -> Vec<u8> {
    let mut image = vec![0; 1 << 16];
    image[16..24].copy_from_slice(&(1_u64 << 16).to_le_bytes());
    image[56..60].copy_from_slice(b"ARM\x64");
    image
}

/// The header of an ELF program for 64-bit Arm.
fn program_header() -> [u8; 64] {
    let mut header = [0; 64];
    header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    let (program, aarch64) = (2, 183);
    header[16] = program;
    header[18] = aarch64;
    header
}

/// A cpio archive with an `init`, as Linux unpacks it.
fn initrd_archive() -> Result<Vec<u8>> {
    let init = b"#!/bin/sh\nexec switch_root /sysroot \"$init\"\n";
    let builder = cpio::newc::Builder::new("init").mode(0o100_755);
    let entry = (builder, Cursor::new(init.to_vec()));
    Ok(cpio::write_cpio([entry].into_iter(), Vec::new())?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(fs::write(path, bytes)?)
}

fn make_executable(path: &Path) -> Result<()> {
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o755),
    )?)
}

fn print_result(image: &Image, report: &BuildReport) -> Result<()> {
    let manifest = &report.manifest;
    let totals = &manifest.totals;
    println!("Built and verified a network-boot image.\n");
    println!("TFTP:  {}", image.boot.display());
    for file in &manifest.boot {
        println!("       {:>8} bytes  {}", file.size, file.name);
    }
    let line = fs::read_to_string(image.boot.join("cmdline.txt"))?;
    let line: KernelCommandLine = line.parse()?;
    println!("       the kernel gets: {line}\n");
    println!("NFS:   {}", image.root.display());
    println!(
        "       {} store paths, {} bytes",
        totals.store_paths, totals.nar_size
    );
    for object in &manifest.store {
        let path = manifest.store_dir.display(&object.path);
        println!("       {:>8} bytes  {path}", object.nar_size);
    }
    println!(
        "\nNext, with an image of your own system:\n\
         1. serve the TFTP directory from your TFTP server, and have DHCP option 43\n   \
            say \"Raspberry Pi Boot\";\n\
         2. export the NFS directory as {};\n\
         3. let the Pi boot from the network (BOOT_ORDER=0xf21), and switch it on.",
        manifest.nfs.path()
    );
    Ok(())
}

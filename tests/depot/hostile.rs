//! What a hostile machine puts where it may write, in what it keeps and in its own root:
//! no command waits for it, follows it, or changes anything else for it.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
mod bare;
#[allow(dead_code, reason = "the rest is for the other tests")]
mod place;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use place::Place;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

const GOOD: &str = r#"{"generation":1,"bootId":"00000000000000000000000000000009"}"#;

/// What takes longer hangs.
const LONGEST: Duration = Duration::from_secs(10);

/// Where the machines may write: what one keeps, and the boot files of one that has a
/// root of its own.
const PLACES: [&str; 3] = [
    "persist/pi1/booted.json",
    "tftp/00000003/config.txt",
    "tftp/00000003/good",
];

const COMMANDS: [&[&str]; 8] = [
    &["status", "@"],
    &["machine", "list", "@"],
    &["list-generations", "@", "pi1"],
    &["verify", "@"],
    &["gc", "@"],
    &["rollback", "@", "pi2", "--to", "1"],
    &["machine", "set", "@", "pi2", "--tag", "lab"],
    &["watch", "@"],
];

/// Two machines that share the store, and one that has a root of its own.
fn depot() -> Option<(Place, tempfile::TempDir)> {
    let place = Place::new(2)?;
    for machine in [1, 2] {
        place.deploy(machine, &[machine], "kernel");
        place.confirm(machine, 1);
    }
    for directory in ["own-roots/pi3/boot", "tftp/00000003"] {
        fs::create_dir_all(place.path(directory)).unwrap();
    }
    let adopted = "machine add @ pi3 --serial 3 --address 192.0.2.3 --adopt";
    place.good(adopted.split(' '));
    place.good(COMMANDS[6].iter().copied());
    let outside = tempfile::tempdir().unwrap();
    for (name, text) in [("word", GOOD), ("config", "[all]\nos_prefix=g1/\n")] {
        fs::write(outside.path().join(name), text).unwrap();
    }
    Some((place, outside))
}

/// Runs a command that may fail but not hang; watch is ended after a while.
fn run(place: &Place, words: &[&str], what: &str) {
    let mut command = place.command(words.iter().copied());
    let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let is_watch = words[0] == "watch";
    let longest = if is_watch {
        Duration::from_millis(60)
    } else {
        LONGEST
    };
    let since = Instant::now();
    while since.elapsed() < longest {
        if let Some(status) = child.try_wait().unwrap() {
            let mut aside = String::new();
            child.stderr.unwrap().read_to_string(&mut aside).unwrap();
            assert!(status.success(), "{what}: {words:?}: {aside}");
            assert!(!is_watch, "{what}: watch has ended: {aside}");
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_watch, "{what}: {words:?} hangs");
}

/// All that no hostile machine may write: names, and what stands in files and links.
fn kept(place: &Place, outside: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let is_hostile = |name: &Path| PLACES.iter().any(|place| name.starts_with(place));
    let names = place.names().into_iter();
    let files = names.filter(|(name, is_directory)| !is_directory && !is_hostile(name));
    let mut kept: BTreeMap<_, _> = files
        .map(|(name, _)| {
            let path = place.path(&name);
            let bytes = match fs::read_link(&path) {
                Ok(target) => target.into_os_string().into_encoded_bytes(),
                Err(_) => fs::read(path).unwrap(),
            };
            (name, bytes)
        })
        .collect();
    for entry in fs::read_dir(outside).unwrap() {
        let path = entry.unwrap().path();
        kept.insert(path.clone(), fs::read(path).unwrap());
    }
    kept
}

fn remove(path: &Path) {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}

/// Makes something at a path.
type Make<'outside> = Box<dyn Fn(&Path) + 'outside>;

/// Each kind of thing.
fn hostile(outside: &Path) -> Vec<(&'static str, Make<'_>)> {
    let link = |target: PathBuf| move |path: &Path| symlink(&target, path).unwrap();
    let special =
        |kind, device| move |path: &Path| mknodat(CWD, path, kind, Mode::RWXU, device).unwrap();
    let text = |bytes: Vec<u8>| move |path: &Path| fs::write(path, &bytes).unwrap();
    let number = |number: &str| GOOD.replace('1', number).into_bytes();
    vec![
        (
            "a link to a good word",
            Box::new(link(outside.join("word"))),
        ),
        (
            "a link to a config.txt",
            Box::new(link(outside.join("config"))),
        ),
        (
            "a link to another's word",
            Box::new(link("../pi2/booted.json".into())),
        ),
        ("a link to nothing", Box::new(link("/nonexistent".into()))),
        (
            "a link to what never ends",
            Box::new(link("/dev/zero".into())),
        ),
        (
            "what never ends",
            Box::new(special(FileType::CharacterDevice, makedev(1, 5))),
        ),
        (
            "a disk",
            Box::new(special(FileType::BlockDevice, makedev(7, 7))),
        ),
        ("a FIFO", Box::new(special(FileType::Fifo, 0))),
        (
            "a socket",
            Box::new(|path| drop(UnixListener::bind(path).unwrap())),
        ),
        (
            "a directory",
            Box::new(|path| fs::create_dir_all(path.join("a/b")).unwrap()),
        ),
        (
            "a sparse file",
            Box::new(|path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap()),
        ),
        ("a long file", Box::new(text(vec![b' '; 8 << 20]))),
        ("nested JSON", Box::new(text(vec![b'['; 8 << 20]))),
        (
            "nested JSON, no longer than a word",
            Box::new(text(vec![b'['; 512])),
        ),
        (
            "no UTF-8",
            Box::new(text(b"\xff\xfe{\"generation\":1}".to_vec())),
        ),
        ("nothing", Box::new(text(Vec::new()))),
        (
            "a generation that it was never given",
            Box::new(text(number("7"))),
        ),
        (
            "a generation that there cannot be",
            Box::new(text(number("4294967296"))),
        ),
        ("less than a generation", Box::new(text(number("-1")))),
        (
            "a file that nobody may read",
            Box::new(|path| {
                fs::write(path, "").unwrap();
                fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
            }),
        ),
    ]
}

#[test]
fn what_a_machine_writes_stops_nothing_and_is_not_followed() {
    let Some((place, outside)) = depot() else {
        return;
    };
    let before = kept(&place, outside.path());
    for (what, make) in hostile(outside.path()) {
        for name in PLACES {
            remove(&place.path(name));
            make(&place.path(name));
        }
        for words in COMMANDS {
            run(&place, words, what);
        }
        assert_eq!(kept(&place, outside.path()), before, "{what}");
    }
}

#[test]
fn what_changes_while_it_is_read_stops_nothing() {
    let Some((place, outside)) = depot() else {
        return;
    };
    let before = kept(&place, outside.path());
    let is_over = AtomicBool::new(false);
    let word = place.path(PLACES[0]);
    let other = word.with_file_name("other");
    thread::scope(|scope| {
        scope.spawn(|| {
            for (_, make) in hostile(outside.path()).iter().cycle() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                remove(&other);
                make(&other);
                if other.is_dir() || word.is_dir() {
                    remove(&word);
                }
                fs::rename(&other, &word).unwrap();
            }
        });
        for _ in 0..5 {
            for words in &COMMANDS[..7] {
                run(&place, words, "a race");
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    remove(&other);
    assert_eq!(kept(&place, outside.path()), before);
}

#[test]
fn what_a_machine_kept_goes_without_what_it_leads_to() {
    let Some((place, outside)) = depot() else {
        return;
    };
    let key = "etc/ssh/ssh_host_ed25519_key";
    let keys = outside.path().join("ssh");
    fs::create_dir(&keys).unwrap();
    fs::write(keys.join("ssh_host_ed25519_key"), "the server's").unwrap();
    let kept = place.path("persist/pi1");
    fs::create_dir_all(kept.join("etc")).unwrap();
    symlink(&keys, kept.join("etc/ssh")).unwrap();
    symlink("/", kept.join("everything")).unwrap();
    for (at, (_, make)) in hostile(outside.path()).iter().enumerate() {
        make(&kept.join(at.to_string()));
        make(&place.path(format!("own-roots/pi3/{at}")));
    }
    for name in ["pi1", "pi3"] {
        run(&place, &["machine", "remove", "@", name], "out of service");
        run(
            &place,
            &["machine", "remove", "@", name, "--purge"],
            "purged",
        );
    }
    for name in ["persist/pi1", "own-roots/pi3", "tftp/00000003"] {
        assert!(fs::symlink_metadata(place.path(name)).is_err(), "{name}");
    }
    let again = "machine add @ pi1 --serial 1 --address 192.0.2.1 --ssh-host-key";
    let again: Vec<_> = again.split(' ').collect();
    run(&place, &again, "added again");
    let found = |path: PathBuf| fs::read_to_string(path).unwrap();
    assert_eq!(found(keys.join("ssh_host_ed25519_key")), "the server's");
    assert_eq!(found(outside.path().join("word")), GOOD);
    let made = place.path("persist/pi1").join(key);
    assert!(found(made).contains("OPENSSH PRIVATE KEY"));
}

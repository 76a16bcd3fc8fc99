//! What a depot does on disk, also when boards are hostile and commands are killed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;
use crate::depot::{
    BOOT_PAUSE, BootNames, Event, GenerationNumber, ImageHash, Machine, MachineName, RootKind,
    Settings, State, Timestamp, Transfer, generation_config, layout,
};
use crate::diagnose::BootStage;

const START: u64 = 1_000_000;

struct Fixture {
    place: tempfile::TempDir,
    depot: Depot,
}

fn settings() -> Settings {
    let nfs = "192.0.2.1:/srv/netimage".parse().unwrap();
    Settings::new(crate::store::StoreDir::default(), nfs)
}

fn number(number: u32) -> GenerationNumber {
    number.to_string().parse().unwrap()
}

fn name(number: u32) -> MachineName {
    format!("pi{number}").parse().unwrap()
}

fn machine(number: u32) -> Machine {
    Machine::new(
        name(number),
        format!("1234abc{number}").parse().unwrap(),
        format!("192.0.2.2{number}").parse().unwrap(),
    )
}

impl Fixture {
    /// A depot of two machines, both of which are up in generation 1.
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let depot = Depot::init(place.path(), &settings()).unwrap().depot;
        let fixture = Self { place, depot };
        for one in [1, 2] {
            fixture.lock(0).add_machine(machine(one), false).unwrap();
            fixture.deploy(one, 0);
            fixture.sent(one, 1, "config.txt");
            fixture.say(
                one,
                r#"{"generation":1,"bootId":"00000000000000000000000000000001"}"#,
            );
            let locked = fixture.lock(100);
            assert_eq!(
                locked.generations(&name(one)).unwrap().default,
                Some(number(1))
            );
        }
        fixture
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.place.path().join(name)
    }

    fn lock(&self, seconds: u64) -> LockedDepot<'_> {
        let locked = self.depot.try_lock(Timestamp(START + seconds)).unwrap();
        locked.unwrap()
    }

    fn served(&self, machine: u32) -> String {
        let path = format!("tftp/1234abc{machine}/config.txt");
        let config = fs::read_to_string(self.path(path)).unwrap();
        config.strip_prefix("[all]\nos_prefix=").unwrap()[..2].to_owned()
    }

    /// Writes the next generation's files, as a deploy does, and has it tried.
    fn deploy(&self, machine: u32, seconds: u64) -> GenerationNumber {
        let mut locked = self.lock(seconds);
        let name = name(machine);
        let number = locked.generations(&name).unwrap().next_number();
        let boot = self.path(format!("tftp/1234abc{machine}/g{number}"));
        fs::create_dir_all(&boot).unwrap();
        let config = crate::boot::config_txt::ConfigTxt::parse("config.txt", b"arm_64bit=1\n");
        let config = generation_config(number, &config, &mut |_: &str| None).unwrap();
        fs::write(boot.join("config.txt"), config).unwrap();
        let names = BootNames {
            kernel: "kernel8.img".into(),
            command_line: "cmdline.txt".into(),
        };
        let path = self.path(layout::boot_names(&name, number));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, serde_json::to_vec(&names).unwrap()).unwrap();
        let image = ImageHash::of(&[&[u8::try_from(number.get()).unwrap()]]);
        let event = Event::Deployed { image, trial: true };
        let now = Timestamp(START + seconds);
        locked.apply(&[(name, event)], now).unwrap();
        number
    }

    fn sent(&self, machine: u32, seconds: u64, file: &str) {
        let path = self
            .depot
            .path()
            .join(format!("tftp/1234abc{machine}/{file}"));
        let transfer = Transfer {
            size: 7,
            address: format!("192.0.2.2{machine}").parse().unwrap(),
            path,
        };
        let now = UNIX_EPOCH + Duration::from_secs(START + seconds);
        self.depot.note(transfer, now).unwrap();
    }

    /// What a machine writes.
    fn say(&self, machine: u32, text: &str) {
        fs::write(self.word(machine), text).unwrap();
    }

    fn word(&self, machine: u32) -> PathBuf {
        self.path(layout::persist(&name(machine)))
            .join("booted.json")
    }

    fn state(&self, machine: u32, generation: u32) -> State {
        let generations = self.depot.generations(&name(machine)).unwrap();
        generations.all[&number(generation)].state.clone()
    }
}

#[test]
fn a_directory_with_something_else_is_no_depot() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new/depot");
    let init = || Depot::init(&path, &settings());
    assert!(matches!(Depot::open(&path), Err(DepotError::NotADepot(_))));
    fs::create_dir_all(path.join("persist/lost+found")).unwrap();
    let made = init().unwrap();
    assert!(made.shares_file_system);
    assert_eq!(made.depot.settings(), &settings());
    assert!(path.join("store/.links").is_dir());
    assert!(matches!(init(), Err(DepotError::Exists(_))));
    fs::remove_file(path.join("depot.json")).unwrap();
    assert!(matches!(Depot::open(&path), Err(DepotError::NotADepot(_))));
    init().unwrap();
    fs::remove_file(path.join("depot.json")).unwrap();
    fs::write(path.join("letter"), "").unwrap();
    assert!(matches!(init(), Err(DepotError::NotEmpty(_))));
}

#[test]
fn one_changes_it_at_a_time() {
    let fixture = Fixture::new();
    let locked = fixture.lock(200);
    let other = Depot::open(fixture.place.path()).unwrap();
    assert!(other.try_lock(Timestamp(START)).unwrap().is_none());
    drop(locked);
    assert!(other.try_lock(Timestamp(START)).unwrap().is_some());
}

#[test]
fn a_machine_is_heard_that_was_up_while_the_clock_was_asked() {
    let fixture = Fixture::new();
    fixture.deploy(1, 200);
    fixture.sent(1, 210, "config.txt");
    fixture.say(
        1,
        r#"{"generation":2,"bootId":"00000000000000000000000000000002"}"#,
    );
    drop(fixture.lock(209));
    assert!(matches!(fixture.state(1, 2), State::Good { .. }));
}

#[test]
fn a_generation_is_served_once() {
    let fixture = Fixture::new();
    assert_eq!(fixture.deploy(1, 200), number(2));
    assert_eq!(
        (fixture.served(1), fixture.served(2)),
        ("g2".into(), "g1".into())
    );
    for (second, file) in [
        (210, "config.txt"),
        (211, "g2/cmdline.txt"),
        (212, "g2/kernel8.img"),
    ] {
        fixture.sent(1, second, file);
    }
    let mut locked = fixture.lock(213);
    let [change] = &locked.take_changes()[..] else {
        panic!("only pi1 has booted");
    };
    assert_eq!(change.machine, name(1));
    assert!(!locked.is_pending(&name(1)));
    drop(locked);
    assert_eq!(fixture.served(1), "g1");
    assert_eq!(fs::read_dir(fixture.path("spool")).unwrap().count(), 0);
    fixture.say(
        1,
        r#"{"generation":1,"bootId":"00000000000000000000000000000002"}"#,
    );
    drop(fixture.lock(300));
    assert!(matches!(fixture.state(1, 2), State::Bad(_)));
    assert_eq!(
        fs::read_link(fixture.path("tftp/1234abc1/good")).unwrap(),
        Path::new("g1")
    );
}

#[test]
fn config_txt_waits_for_a_boot_to_get_its_kernel() {
    let fixture = Fixture::new();
    fixture.sent(1, 200, "config.txt");
    fixture.deploy(1, 201);
    assert_eq!(fixture.served(1), "g1");
    // It still is the old one that is sent, which starts no trial.
    fixture.sent(1, 202, "config.txt");
    let locked = fixture.lock(203);
    assert!(locked.is_pending(&name(1)));
    assert_eq!(
        locked.due(Timestamp(START + 203)),
        Some(Timestamp(START + 202 + BOOT_PAUSE))
    );
    drop(locked);
    let State::Trying(trying) = fixture.state(1, 2) else {
        panic!("generation 2 has its try");
    };
    assert_eq!(trying.config_sent, None);
    fixture.sent(1, 204, "g1/kernel8.img");
    drop(fixture.lock(205));
    assert_eq!(fixture.served(1), "g2");
}

#[test]
fn what_was_killed_is_finished() {
    let fixture = Fixture::new();
    let config = fixture.path("tftp/1234abc1/config.txt");
    let before = fs::read(&config).unwrap();
    fixture.deploy(1, 200);
    // Killed before config.txt was replaced, and while it was written.
    fs::write(&config, before).unwrap();
    let left = [
        ".checks.json.new",
        "tftp/1234abc1/.config.txt.new",
        "tftp/1234abc1/.start4.elf.new",
        "machines/pi1/.generations.json.new",
        "spool/.00001000000000000000-192.0.2.21.7",
        "machines/.netimage.x/machine.json",
        "tftp/.netimage.x/g1/kernel8.img",
    ];
    for path in left.map(|path| fixture.path(path)) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{").unwrap();
    }
    fs::remove_dir_all(fixture.path("persist/pi2")).unwrap();
    drop(fixture.lock(201));
    assert_eq!(fixture.served(1), "g2");
    assert!(fixture.path("persist/pi2").is_dir());
    for path in left {
        assert!(!fixture.path(path).exists(), "{path}");
    }
    assert!(!fixture.path("tftp/.netimage.x").exists());
    // A hook that is still at it.
    let begun = fixture.path("spool/.00001000200000000000-192.0.2.21.7");
    fs::write(&begun, "{").unwrap();
    drop(fixture.lock(202));
    assert!(begun.exists());
}

#[test]
fn events_that_were_taken_twice_change_nothing() {
    let fixture = Fixture::new();
    fixture.deploy(1, 200);
    for (second, file) in [
        (210, "config.txt"),
        (211, "g2/cmdline.txt"),
        (212, "g2/kernel8.img"),
    ] {
        fixture.sent(1, second, file);
    }
    let spool = fixture.path("spool");
    let events: Vec<_> = fs::read_dir(&spool)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let events: Vec<_> = events
        .iter()
        .map(|path| (path, fs::read(path).unwrap()))
        .collect();
    drop(fixture.lock(213));
    let once = fixture.depot.generations(&name(1)).unwrap();
    for (path, bytes) in &events {
        fs::write(path, bytes).unwrap();
    }
    drop(fixture.lock(214));
    assert_eq!(fixture.depot.generations(&name(1)).unwrap(), once);
}

#[test]
fn what_a_machine_writes_is_its_own_affair() {
    let fixture = Fixture::new();
    fixture.deploy(1, 200);
    fixture.deploy(2, 200);
    let before = [1, 2].map(|one| fixture.depot.generations(&name(one)).unwrap());
    let word = fixture.word(1);
    let secret = fixture.path("secret");
    let good = r#"{"generation":2,"bootId":"00000000000000000000000000000009"}"#;
    fs::write(&secret, good).unwrap();
    let unchanged = |what: &str| {
        drop(fixture.lock(300));
        let after = [1, 2].map(|one| fixture.depot.generations(&name(one)).unwrap());
        assert_eq!(after, before, "{what}");
        if word.is_dir() {
            fs::remove_dir_all(&word).unwrap();
        } else {
            fs::remove_file(&word).unwrap();
        }
    };
    for (what, target) in [
        ("a link out", secret.as_path()),
        ("a link to another machine's word", &fixture.word(2)),
        ("a link to itself", Path::new("booted.json")),
        ("a device that never ends", Path::new("/dev/zero")),
    ] {
        fs::remove_file(&word).unwrap_or_default();
        symlink(target, &word).unwrap();
        unchanged(what);
    }
    mknodat(CWD, &word, FileType::Fifo, Mode::RWXU, 0).unwrap();
    unchanged("a FIFO");
    fs::create_dir(&word).unwrap();
    unchanged("a directory");
    fs::File::create(&word).unwrap().set_len(1 << 40).unwrap();
    unchanged("a huge file");
    for text in [
        "",
        "nonsense",
        r#"{"generation":3,"bootId":"00000000000000000000000000000009"}"#,
        r#"{"generation":4294967295,"bootId":"00000000000000000000000000000009"}"#,
        r#"{"generation":1,"bootId":"../../pi2"}"#,
    ] {
        fixture.say(1, text);
        unchanged(text);
    }
    // Nor does a directory of its own lead to another's word.
    let kept = fixture.path("persist/pi1");
    fs::rename(&kept, fixture.path("aside")).unwrap();
    fixture.say(2, good);
    symlink("pi2", &kept).unwrap();
    drop(fixture.lock(300));
    assert_eq!(fixture.depot.generations(&name(1)).unwrap(), before[0]);
}

#[test]
fn a_hostile_machine_moves_its_own_pointers_only() {
    let fixture = Fixture::new();
    fixture.deploy(1, 200);
    fixture.deploy(2, 200);
    let before = fixture.depot.generations(&name(2)).unwrap();
    // What it fetches of another's files is nothing to that machine.
    for file in [
        "config.txt",
        "g2/cmdline.txt",
        "g2/kernel8.img",
        "../1234abc1/config.txt",
    ] {
        let transfer = Transfer {
            size: 7,
            address: "192.0.2.21".parse().unwrap(),
            path: fixture.depot.path().join("tftp/1234abc2").join(file),
        };
        let now = UNIX_EPOCH + Duration::from_secs(START + 201);
        fixture.depot.note(transfer, now).unwrap();
    }
    fixture.say(
        1,
        r#"{"generation":2,"bootId":"00000000000000000000000000000009"}"#,
    );
    drop(fixture.lock(202));
    assert_eq!(fixture.depot.generations(&name(2)).unwrap(), before);
    let own = fixture.depot.generations(&name(1)).unwrap();
    assert_eq!(own.booted.unwrap().generation, number(2));
}

#[test]
fn a_spool_does_not_overflow() {
    let fixture = Fixture::new();
    for second in 0..260 {
        fixture.sent(1, 1000 + second, "config.txt");
    }
    fixture.sent(2, 3000, "config.txt");
    assert_eq!(fs::read_dir(fixture.path("spool")).unwrap().count(), 257);
    fs::write(fixture.path("spool/00000000000000000000-x"), "nonsense").unwrap();
    drop(fixture.lock(3001));
    assert_eq!(fs::read_dir(fixture.path("spool")).unwrap().count(), 0);
    let seen = fixture.depot.generations(&name(2)).unwrap().loading;
    assert_eq!(seen, Some(Timestamp(START + 3000)));
}

#[test]
fn machines_that_are_in_the_way_are_refused() {
    let fixture = Fixture::new();
    let mut locked = fixture.lock(200);
    let refused = |locked: &mut LockedDepot<'_>, machine: Machine| {
        let error = locked.add_machine(machine, false).unwrap_err();
        error.to_string()
    };
    assert!(refused(&mut locked, machine(1)).contains("there is a machine pi1 already"));
    let mut alike = machine(3);
    alike.serial = "ffff00001234abc1".parse().unwrap();
    assert!(refused(&mut locked, alike).contains("another TFTP prefix"));
    fs::create_dir(fixture.path("tftp/1234abc3")).unwrap();
    assert!(refused(&mut locked, machine(3)).contains("belongs to no machine"));
    assert!(!fixture.path("machines/pi3").exists());
    let unknown = locked.set_machine(machine(4)).unwrap_err();
    assert!(matches!(unknown, DepotError::UnknownMachine(_)));
}

#[test]
fn the_link_leads_to_what_is_fallen_back_to() {
    let fixture = Fixture::new();
    fixture.deploy(1, 200);
    let good = fixture.path("tftp/1234abc1/good");
    assert_eq!(fs::read_link(&good).unwrap(), Path::new("g1"));
    fixture.sent(1, 201, "config.txt");
    fixture.say(
        1,
        r#"{"generation":2,"bootId":"00000000000000000000000000000002"}"#,
    );
    // config.txt names it all the while.
    drop(fixture.lock(300));
    assert_eq!(fs::read_link(&good).unwrap(), Path::new("g2"));
    // Killed before it was replaced.
    fs::remove_file(&good).unwrap();
    symlink("g1", &good).unwrap();
    drop(fixture.lock(400));
    assert_eq!(fs::read_link(&good).unwrap(), Path::new("g2"));
}

#[test]
fn another_prefix_is_another_directory() {
    let fixture = Fixture::new();
    let mut changed = machine(1);
    changed.tftp_prefix = "rack-1".parse().unwrap();
    let mut locked = fixture.lock(200);
    locked.set_machine(changed.clone()).unwrap();
    drop(locked);
    let tftp = |name: &str| fixture.path("tftp").join(name);
    assert!(!tftp("1234abc1").exists());
    let config = fs::read_to_string(tftp("rack-1/config.txt")).unwrap();
    assert!(config.contains("os_prefix=g1/"), "{config}");
    assert_eq!(fs::read_link(tftp("rack-1/good")).unwrap(), Path::new("g1"));
    assert!(tftp("rack-1/g1/config.txt").is_file());

    // Killed after it was written down, and before the old one was removed.
    fs::create_dir(tftp("old")).unwrap();
    let path = fixture.path("machines/pi1/machine.json");
    let json = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        json.replacen('{', r#"{"spareTftpDirectory": "old","#, 1),
    )
    .unwrap();
    let locked = fixture.lock(201);
    assert_eq!(locked.record(&name(1)).unwrap().machine, changed);
    drop(locked);
    assert!(!tftp("old").exists());
    assert!(!fs::read_to_string(&path).unwrap().contains("former"));
}

#[test]
fn what_is_removed_is_served_no_more() {
    let fixture = Fixture::new();
    fixture
        .lock(200)
        .remove_machine(&name(1), false, Timestamp(START))
        .unwrap();
    assert!(!fixture.path("tftp/1234abc1").exists());
    assert!(fixture.path("persist/pi1/booted.json").is_file());
    assert!(fixture.path("machines/pi1/generations/1").is_dir());
    let mut locked = fixture.lock(201);
    assert!(locked.machines().get(&name(1)).is_none());
    let again = locked
        .remove_machine(&name(1), false, Timestamp(START))
        .unwrap_err();
    assert!(matches!(again, DepotError::UnknownMachine(_)));
    locked
        .remove_machine(&name(1), true, Timestamp(START))
        .unwrap();
    for directory in ["persist/pi1", "machines/pi1"] {
        assert!(!fixture.path(directory).exists(), "{directory}");
    }
    assert!(fixture.path("persist/pi2").is_dir());
    locked.add_machine(machine(1), false).unwrap();
}

#[test]
fn a_root_of_its_own_is_the_machines() {
    let fixture = Fixture::new();
    let mut owner = machine(1);
    owner.root = Some(RootKind::Own);
    let firmware = fixture.path("own-roots/pi1/boot/firmware");
    fs::create_dir_all(&firmware).unwrap();
    fs::write(firmware.join("config.txt"), "[all]\nos_prefix=g7/\n").unwrap();
    let mut locked = fixture.lock(200);
    locked.set_machine(owner).unwrap();
    drop(locked);
    fs::remove_dir_all(fixture.path("tftp/1234abc1")).unwrap();
    symlink(
        "../own-roots/pi1/boot/firmware",
        fixture.path("tftp/1234abc1"),
    )
    .unwrap();
    let mut locked = fixture.lock(201);
    let mut moved = locked.record(&name(1)).unwrap().machine.clone();
    moved.tftp_prefix = "own".parse().unwrap();
    locked.set_machine(moved).unwrap();
    let link = fs::read_link(fixture.path("tftp/own")).unwrap();
    assert_eq!(link, Path::new("../own-roots/pi1/boot/firmware"));
    assert!(fixture.path("tftp/1234abc1").symlink_metadata().is_err());
    let event = Event::RolledBack { to: None };
    let refused = locked
        .apply(&[(name(1), event)], Timestamp(START + 201))
        .unwrap_err();
    assert!(matches!(refused, DepotError::OwnRoot(_)));
    drop(locked);
    let config = fs::read_to_string(firmware.join("config.txt")).unwrap();
    assert!(config.contains("g7"));
    // Its directory goes without what the link leads to.
    fixture
        .lock(202)
        .remove_machine(&name(1), false, Timestamp(START))
        .unwrap();
    assert!(firmware.join("config.txt").is_file());
    assert!(fixture.path("tftp/1234abc1").symlink_metadata().is_err());
}

#[test]
fn what_is_served_today_can_be_taken_over() {
    let fixture = Fixture::new();
    let mut adopted = machine(3);
    adopted.root = Some(RootKind::Own);
    let boot = fixture.path("tftp/1234abc3");
    let root = fixture.path("own-roots/pi3");
    for (part, missing) in [(&boot, "tftp/1234abc3"), (&root, "own-roots/pi3")] {
        let mut locked = fixture.lock(200);
        let error = locked.add_machine(adopted.clone(), false).unwrap_err();
        let told = error.to_string();
        assert!(told.contains(missing), "{told}");
        fs::create_dir_all(part).unwrap();
    }
    fs::write(boot.join("config.txt"), "arm_64bit=1\n").unwrap();
    fixture.lock(200).add_machine(adopted, false).unwrap();
    drop(fixture.lock(201));
    let config = fs::read_to_string(boot.join("config.txt")).unwrap();
    assert_eq!(config, "arm_64bit=1\n");
    // It is the user's, and stays.
    let remove = |purge| {
        let mut locked = fixture.lock(202);
        locked
            .remove_machine(&name(3), purge, Timestamp(START))
            .unwrap();
    };
    remove(false);
    assert!(!boot.exists() && root.is_dir());
    assert!(fixture.path("machines/pi3/tftp/config.txt").is_file());
    remove(true);
    assert!(!root.exists() && !fixture.path("machines/pi3").exists());
}

#[test]
fn boots_are_remembered_and_counted_once() {
    let fixture = Fixture::new();
    let boots = || fixture.depot.boots(&name(1)).unwrap();
    let first = boots();
    assert_eq!((first.count, first.files, first.bytes), (1, 1, 7));
    assert_eq!(first.latest[0].seconds(), Some(99));
    fixture.deploy(1, 200);
    let files = [
        "start4.elf",
        "config.txt",
        "g2/cmdline.txt",
        "g2/kernel8.img",
    ];
    for (at, file) in (201..).zip(files) {
        fixture.sent(1, at, file);
    }
    let spool = fixture.path("spool");
    let kept = fixture.path("kept");
    fs::create_dir(&kept).unwrap();
    for event in fs::read_dir(&spool).unwrap().map(Result::unwrap) {
        fs::copy(event.path(), kept.join(event.file_name())).unwrap();
    }
    drop(fixture.lock(210));
    let second = boots();
    assert_eq!((second.count, second.files, second.bytes), (2, 5, 35));
    assert_eq!(second.latest[1].kernel, Some(Timestamp(START + 204)));
    let names = second.latest[1].sent_files.iter();
    assert!(names.map(|file| &*file.name).eq(files));
    // It was killed before it removed them.
    for event in fs::read_dir(&kept).unwrap().map(Result::unwrap) {
        fs::copy(event.path(), spool.join(event.file_name())).unwrap();
    }
    drop(fixture.lock(211));
    assert_eq!(boots(), second);
    // Who comes back counts on.
    let mut locked = fixture.lock(212);
    locked
        .remove_machine(&name(1), false, Timestamp(START))
        .unwrap();
    locked.add_machine(machine(1), false).unwrap();
    drop(locked);
    assert_eq!(boots(), second);
    // A record that nobody can read stops nothing.
    fs::write(fixture.path("machines/pi1/boots.json"), "{").unwrap();
    assert!(fixture.depot.boots(&name(1)).is_err());
    fixture.sent(1, 300, "config.txt");
    drop(fixture.lock(301));
    assert_eq!(boots().files, 1);
}

#[test]
fn how_far_a_boot_came_is_told_of_what_is_bad() {
    let fixture = Fixture::new();
    fixture.deploy(1, 200);
    for (at, file) in [(201, "config.txt"), (202, "g2/cmdline.txt")] {
        fixture.sent(1, at, file);
    }
    drop(fixture.lock(900));
    fixture.sent(1, 910, "config.txt");
    fixture.say(
        1,
        r#"{"generation":1,"bootId":"00000000000000000000000000000002"}"#,
    );
    drop(fixture.lock(920));
    let boots = fixture.depot.boots(&name(1)).unwrap();
    let boot = boots.failed(number(2)).unwrap();
    let account = fixture.depot.account(&machine(1), boot).unwrap();
    let names = account.sent_files.iter().map(|file| &*file.name);
    assert!(names.eq(["config.txt", "g2/cmdline.txt"]));
    assert_eq!((account.files, account.bytes, account.seconds), (2, 14, 1));
    assert_eq!(account.stage, BootStage::Files);
    assert_eq!(account.next.as_deref(), Some("g2/kernel8.img"));
    assert_eq!(account.cause.unwrap().cause.code, "log-stopped");
}

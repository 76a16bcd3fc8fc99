//! A depot as its owner uses it, by commands, some of which are killed.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bare;

use std::fs;
use std::io::Read;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bare::{BareDepot, Numbers};
use netimage_core::boot::config_txt::ConfigTxt;
use netimage_core::depot::{
    BootNames, Depot, Event, GenerationNumber, ImageHash, Machine, MachineName, Timestamp,
    generation_config, layout, named_generation,
};
use serde_json::{Value, json};

struct Fixture(BareDepot);

impl Deref for Fixture {
    type Target = BareDepot;

    fn deref(&self) -> &BareDepot {
        &self.0
    }
}

impl Fixture {
    /// A depot with a machine that is up in generation 1 and has others; none for users
    /// who may make no depot.
    fn new(generations: u32) -> Option<Self> {
        let fixture = Self(BareDepot::new()?);
        fixture.good(add("pi1", "1"));
        for number in 1..=generations {
            fixture.deploy("pi1", "0000000000000001", false);
            fixture.good(["confirm", "@", "pi1", &number.to_string()]);
        }
        Some(fixture)
    }

    fn refused<'word>(&self, words: impl IntoIterator<Item = &'word str>, part: &str) {
        let ended = self.run(words);
        assert_eq!(ended.status, Some(2), "{}", ended.out);
        assert!(ended.aside.contains(part), "{part}: {}", ended.aside);
    }

    /// A new generation, as a deploy makes it.
    fn deploy(&self, name: &str, directory: &str, trial: bool) {
        let depot = Depot::open(self.depot()).unwrap();
        let name: MachineName = name.parse().unwrap();
        let mut locked = depot.lock(|| Timestamp(1_000)).unwrap();
        let number = locked.generations(&name).unwrap().next_number();
        let boot = self
            .path(layout::tftp(&directory[8..]))
            .join(layout::boot_directory(number));
        fs::create_dir_all(&boot).unwrap();
        let config = ConfigTxt::parse("config.txt", b"arm_64bit=1\n");
        let config = generation_config(number, &config, &mut |_: &str| None).unwrap();
        for (file, text) in [
            ("config.txt", config.as_str()),
            ("kernel8.img", "kernel"),
            ("cmdline.txt", "quiet"),
        ] {
            fs::write(boot.join(file), text).unwrap();
        }
        let names = BootNames {
            kernel: "kernel8.img".into(),
            command_line: "cmdline.txt".into(),
        };
        let path = self.path(layout::boot_names(&name, number));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, serde_json::to_vec(&names).unwrap()).unwrap();
        let image = ImageHash::of(&[number.to_string().as_bytes()]);
        let event = Event::Deployed { image, trial };
        locked.apply(&[(name, event)], Timestamp(1_000)).unwrap();
    }

    fn named(&self, directory: &str) -> Option<GenerationNumber> {
        let config = self.path("tftp").join(directory).join("config.txt");
        named_generation(&fs::read(config).ok()?)
    }

    /// Lets dnsmasq tell that a file was sent.
    fn sent(&self, file: &str) -> Command {
        let path = fs::canonicalize(self.depot()).unwrap();
        let path = path.join("tftp/00000001").join(file);
        let mut hook = Command::new(self.path("hook"));
        hook.args(["tftp", "7", "192.0.2.1"]).arg(path);
        hook
    }
}

/// The words that add a machine by the last digit of all that it has.
fn add<'word>(name: &'word str, digit: &'word str) -> Vec<&'word str> {
    let (serial, address): (&str, &str) = match digit {
        "1" => ("0000000000000001", "192.0.2.1"),
        _ => ("0000000000000002", "192.0.2.2"),
    };
    vec![
        "machine",
        "add",
        "@",
        name,
        "--serial",
        serial,
        "--address",
        address,
    ]
}

fn number(number: u32) -> GenerationNumber {
    number.to_string().parse().unwrap()
}

#[test]
fn machines_come_and_go() {
    let Some(fixture) = Fixture::new(0) else {
        return;
    };
    let added = [
        add("pi2", "2"),
        vec![
            "--mac",
            "dc:a6:32:01:36:c2",
            "--board",
            "rpi4",
            "--tag",
            "lab",
            "--ssh-host-key",
        ],
    ];
    let told = fixture.good(added.concat());
    let key = fs::read_to_string(fixture.path("persist/pi2/etc/ssh/ssh_host_ed25519_key.pub"));
    assert!(told.contains(key.unwrap().trim()), "{told}");
    for (words, part) in [
        (add("pi1", "1"), "there is a machine pi1 already"),
        (add("Pi3", "2"), "host name"),
        (add("pi3", "2"), "with --tftp-prefix"),
        (
            [add("pi3", "2"), vec!["--tftp-prefix", "a/b"]].concat(),
            "cannot be a TFTP prefix",
        ),
        (
            [add("pi3", "2"), vec!["--tftp-prefix", "pi3"]].concat(),
            "address 192.0.2.2",
        ),
        (
            [add("pi3", "2"), vec!["--tftp-prefix", "mac"]].concat(),
            "say which that is",
        ),
        (
            vec!["machine", "set", "@", "pi1", "--mac", "dc-a6-32-01-36-c2"],
            "Ethernet address",
        ),
        (
            vec!["machine", "set", "@", "pi4", "--tag", "x"],
            "there is no machine pi4",
        ),
        (
            vec!["machine", "remove", "@", "pi4"],
            "there is no machine pi4",
        ),
        (vec!["rollback", "@", "pi4"], "there is no machine pi4"),
        (
            vec!["list-generations", "@", "pi4"],
            "there is no machine pi4",
        ),
        (vec!["rollback", "@", "pi1"], "no default yet"),
        (
            vec!["machine", "set", "@", "pi1", "--address", "192.0.2.100"],
            "is the address of the depot's server",
        ),
        (
            vec!["init", "@", "--server", "192.0.2.1"],
            "is a depot already",
        ),
        (vec!["status", "/nonexistent"], "is not a depot"),
    ] {
        fixture.refused(words, part);
    }
    let listed = fixture.good(["machine", "list", "@", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let names = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str());
    assert_eq!(names.collect::<Vec<_>>(), [Some("pi1"), Some("pi2")]);
    fixture.good(["machine", "remove", "@", "pi2"]);
    assert!(!fixture.good(["machine", "list", "@"]).contains("pi2"));
    // It comes back, and then for good as another.
    let back = fixture.good(add("pi2", "2"));
    assert!(back.contains("takes up what it kept"), "{back}");
    let of = |told: &str, what: &str| {
        let mut lines = told.lines();
        lines
            .find(|line| line.starts_with(what))
            .unwrap()
            .to_owned()
    };
    for what in ["machine ID", "host key"] {
        assert_eq!(of(&back, what), of(&told, what));
    }
    fixture.good(["machine", "remove", "@", "pi2", "--purge"]);
    assert!(!fixture.path("persist/pi2").exists());
    let new = fixture.good(add("pi2", "2"));
    assert_ne!(of(&new, "machine ID"), of(&told, "machine ID"));
    fixture.good(["machine", "remove", "@", "pi2"]);
    let with_key = [add("pi2", "2"), vec!["--ssh-host-key"]].concat();
    fixture.refused(with_key, "machine remove DEPOT NAME --purge");
}

#[test]
fn a_machine_that_comes_back_has_nothing_to_boot() {
    let Some(fixture) = Fixture::new(2) else {
        return;
    };
    let word = r#"{"generation":1,"bootId":"8f1c6d2e-0a4b-4c3d-9e5f-0123456789ab"}"#;
    fs::write(fixture.path("persist/pi1/booted.json"), word).unwrap();
    fixture.good(["machine", "remove", "@", "pi1"]);
    fixture.good(add("pi1", "1"));
    let listed = fixture.good(["list-generations", "@", "pi1", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    // It may be up in the first.
    assert_eq!(listed["all"].as_object().unwrap().len(), 1);
    assert_eq!(listed["all"]["1"]["state"], "former");
    assert_eq!(listed["last"], 2);
    assert_eq!(fixture.named("00000001"), None);
    fixture.deploy("pi1", "0000000000000001", false);
    assert_eq!(fixture.named("00000001"), Some(number(3)));
}

#[test]
fn a_depot_has_the_machines_that_are_declared() {
    let Some(fixture) = Fixture::new(1) else {
        return;
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let declare = |machines: Value| {
        fs::write(&file, machines.to_string()).unwrap();
        ["machine", "apply", "@", file.path().to_str().unwrap()]
    };
    let garden = json!({"serial": "2", "address": "192.0.2.2", "sshHostKey": true});
    let pi1 = json!({"serial": "1", "address": "192.0.2.1", "tags": ["lab"], "board": "rpi4"});
    let both = json!({"pi1": pi1, "garden": garden});
    let told = fixture.good(declare(both.clone()));
    let key = fs::read_to_string(fixture.path("persist/garden/etc/ssh/ssh_host_ed25519_key.pub"));
    assert!(told.contains(key.unwrap().trim()), "{told}");
    assert!(told.contains("pi1         changed"), "{told}");
    assert_eq!(fixture.good(declare(both)), "");
    // What was deployed to it stays.
    assert_eq!(fixture.named("00000001"), Some(number(1)));
    let same = json!({"pi1": pi1, "garden": {"serial": "1", "address": "192.0.2.2"}});
    fixture.refused(declare(same), "would both fetch 00000001/");
    fixture.refused(
        declare(json!([])),
        "cannot be read; write an object of machines",
    );
    let listed = fixture.good(["machine", "list", "@"]);
    assert!(
        listed.contains("pi1") && listed.contains("garden"),
        "{listed}"
    );
    let told = fixture.good(declare(json!({"pi1": pi1})));
    assert_eq!(told, "garden      removed; what it kept stays\n");
    assert!(fixture.path("persist/garden").exists());
}

#[test]
fn a_generation_has_one_try() {
    let Some(fixture) = Fixture::new(2) else {
        return;
    };
    assert_eq!(fixture.named("00000001"), Some(number(2)));
    let told = fixture.good(["rollback", "@", "pi1"]);
    assert!(told.contains("gets generation 1"), "{told}");
    assert_eq!(fixture.named("00000001"), Some(number(1)));
    fixture.good(["switch-once", "@", "pi1", "2"]);
    for file in ["config.txt", "g2/cmdline.txt", "g2/kernel8.img"] {
        assert!(fixture.sent(file).status().unwrap().success());
    }
    assert_eq!(fs::read_dir(fixture.path("spool")).unwrap().count(), 3);
    // Whatever changes the depot takes notice.
    fixture.good(["machine", "set", "@", "pi1", "--tag", "lab"]);
    assert_eq!(fixture.named("00000001"), Some(number(1)));
    let status = fixture.good(["status", "@"]);
    assert!(
        status.contains("generation 2 was tried and has not come up yet"),
        "{status}"
    );
    let word = r#"{"generation":1,"bootId":"8f1c6d2e-0a4b-4c3d-9e5f-0123456789ab"}"#;
    fs::write(fixture.path("persist/pi1/booted.json"), word).unwrap();
    fixture.good(["rollback", "@", "pi1", "--to", "1"]);
    let listed = fixture.good(["list-generations", "@", "pi1", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["all"]["2"]["state"], "bad");
    let status = fixture.good(["status", "@", "--format", "json"]);
    let status: Value = serde_json::from_str(&status).unwrap();
    let machine = &status["machines"][0];
    assert_eq!(machine["booted"]["generation"], 1);
    assert_eq!(machine["bad"][0]["generation"], 2);
    assert_eq!(machine["needsReboot"], false);
    fixture.refused(
        ["rollback", "@", "pi1", "--to", "2"],
        "netimage-builder switch-once",
    );
    // What dnsmasq tells of leases is nothing to the depot.
    let mut lease = Command::new(fixture.path("hook"));
    lease.args(["add", "dc:a6:32:01:36:c2", "192.0.2.1"]);
    assert!(lease.status().unwrap().success());
    assert!(
        Command::new(fixture.path("hook"))
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(fs::read_dir(fixture.path("spool")).unwrap().count(), 0);
}

#[test]
fn what_is_told_is_acted_on_at_once() {
    let Some(fixture) = Fixture::new(1) else {
        return;
    };
    let start = || {
        fixture
            .command(["watch", "@"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    fixture.deploy("pi1", "0000000000000001", true);
    fixture.sent("config.txt").status().unwrap();
    // Late, and twice.
    let mut watches = [start(), start()];
    for file in ["g2/kernel8.img", "g2/cmdline.txt"] {
        fixture.sent(file).status().unwrap();
    }
    let wait = |what: &dyn Fn() -> bool| {
        let began = Instant::now();
        while !what() {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing happens");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait(&|| fixture.named("00000001") == Some(number(1)));
    let word = r#"{"generation":2,"bootId":"8f1c6d2e-0a4b-4c3d-9e5f-0123456789ab"}"#;
    fs::write(fixture.path("persist/pi1/.new"), word).unwrap();
    fs::rename(
        fixture.path("persist/pi1/.new"),
        fixture.path("persist/pi1/booted.json"),
    )
    .unwrap();
    wait(&|| fixture.named("00000001") == Some(number(2)));
    // One that was added meanwhile.
    fixture.good(add("pi2", "2"));
    let mut told = String::new();
    for watch in &mut watches {
        watch.kill().unwrap();
        watch
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        watch.wait().unwrap();
    }
    for (part, times) in [
        ("pi1: generation 2 has had its one try", 1),
        ("pi1: up in generation 2", 1),
        ("pi1: generation 2 is the default", 1),
    ] {
        assert_eq!(told.matches(part).count(), times, "{part}: {told}");
    }
}

#[test]
fn what_servers_are_told_is_written_and_grows_old() {
    let Some(fixture) = Fixture::new(1) else {
        return;
    };
    let etc = tempfile::tempdir().unwrap();
    let etc = etc.path().to_str().unwrap();
    let install = |program: &'static str| {
        let words = [
            "server-config",
            "@",
            "--for",
            program,
            "--install",
            "--etc",
            etc,
        ];
        let range = ["--range", "192.0.2.0"];
        let range = range.into_iter().filter(move |_| program == "dnsmasq");
        words.into_iter().chain(range)
    };
    for (program, reload) in [
        ("dnsmasq", "systemctl restart dnsmasq"),
        ("exports", "exportfs -ra"),
        ("ganesha", "systemctl reload nfs-ganesha"),
    ] {
        let told = fixture.good(install(program));
        assert!(told.contains(reload), "{told}");
    }
    let dnsmasq = Path::new(etc).join("dnsmasq.d/netimage.conf");
    let text = fs::read_to_string(&dnsmasq).unwrap();
    assert!(text.contains("dhcp-range=192.0.2.0,proxy"), "{text}");
    assert_eq!(
        text,
        fixture.good([
            "server-config",
            "@",
            "--for",
            "dnsmasq",
            "--range",
            "192.0.2.0"
        ])
    );
    assert!(Path::new(etc).join("sysctl.d/60-netimage.conf").is_file());
    assert!(!fixture.good(["status", "@"]).contains("warning"));
    let set = fixture.run(["machine", "set", "@", "pi1", "--mac", "dc:a6:32:01:36:c2"]);
    assert!(
        set.aside.contains("is not what the machines need now"),
        "{}",
        set.aside
    );
    let status = fixture.good(["status", "@"]);
    let command = format!("--for dnsmasq --install --etc '{etc}' --range 192.0.2.0\n");
    assert!(status.contains(&command), "{status}");
    fixture.good(install("dnsmasq"));
    assert!(!fixture.good(["status", "@"]).contains("warning"));
    fs::write(fixture.path("hook"), "#!/bin/sh\nexec '/none' 'hook' '/'\n").unwrap();
    let status = fixture.good(["status", "@"]);
    assert!(
        status.contains("hook calls no program that is there"),
        "{status}"
    );
    fixture.good(install("dnsmasq"));
    assert!(!fixture.good(["status", "@"]).contains("warning"));
    let hook = fixture.path("hook");
    for (mode, is_program) in [(0o644, false), (0o755, true)] {
        fs::set_permissions(&hook, fs::Permissions::from_mode(mode)).unwrap();
        let said = fixture.good(["status", "@"]);
        assert_eq!(!said.contains("calls no program"), is_program, "{said}");
    }
    fs::write(&dnsmasq, "port=0\n").unwrap();
    fixture.refused(install("dnsmasq"), "was not made for this depot");
    let words = [
        "server-config",
        "@",
        "--for",
        "dnsmasq",
        "--interface",
        "eth 0",
    ];
    fixture.refused(words, "not the name of a network interface");
}

#[test]
fn status_tells_of_events_that_nobody_takes() {
    let Some(fixture) = Fixture::new(2) else {
        return;
    };
    assert!(fixture.sent("config.txt").status().unwrap().success());
    assert!(!fixture.good(["status", "@"]).contains("warning"));
    let name = fs::read_dir(fixture.path("spool")).unwrap().next().unwrap();
    let old = format!("spool/{:020}-192.0.2.1", 1_000_000_000_u64);
    fs::rename(name.unwrap().path(), fixture.path(&old)).unwrap();
    let status = fixture.good(["status", "@"]);
    assert!(status.contains("taken notice of (1)"), "{status}");
    fixture.good(["machine", "set", "@", "pi1", "--tag", "lab"]);
    assert!(!fixture.good(["status", "@"]).contains("warning"));
}

#[test]
fn a_depot_that_has_lost_its_settings_is_not_made_anew() {
    let Some(fixture) = Fixture::new(1) else {
        return;
    };
    fs::remove_file(fixture.path("depot.json")).unwrap();
    let again = ["init", "@", "--server", "192.0.2.1"];
    fixture.refused(again, "has what a depot has, and no depot.json");
    fs::remove_dir_all(fixture.path("machines")).unwrap();
    fs::create_dir(fixture.path("store/00000000000000000000000000000000-hello")).unwrap();
    fixture.refused(again, "has what a depot has, and no depot.json");
    assert!(!fixture.path("depot.json").exists());
}

#[test]
fn what_would_have_no_effect_is_refused() {
    let Some(fixture) = Fixture::new(1) else {
        return;
    };
    for (words, part) in [
        ("machine set @ pi1", "nothing of the machine is to change"),
        (
            "server-config @ --for exports --interface lan",
            "--interface is for dnsmasq alone",
        ),
        (
            "server-config @ --for ganesha --dhcp proxy",
            "--dhcp is for dnsmasq alone",
        ),
        (
            "server-config @ --for dnsmasq --nameserver 192.0.2.53",
            "--nameserver is for machines that dnsmasq gives addresses",
        ),
        (
            "deploy image @ --all --remote-program netimage-builder",
            "--remote-program is for a depot on a server",
        ),
    ] {
        fixture.refused(words.split(' '), part);
    }
}

/// `NETIMAGE_KILLS` sets how many.
#[test]
fn what_is_killed_leaves_nothing_half_done() {
    let Some(fixture) = Fixture::new(3) else {
        return;
    };
    let kills = std::env::var("NETIMAGE_KILLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let mut numbers = Numbers(20);
    for kill in 0..kills.unwrap_or(60) {
        let digit = (1 + numbers.below(3)).to_string();
        let prefix = format!("rack-{digit}");
        let mut command = match numbers.below(7) {
            0 => fixture.command(["rollback", "@", "pi1", "--to", &digit]),
            1 => fixture.command(["switch-once", "@", "pi1", &digit]),
            2 => fixture.command(["confirm", "@", "pi1", &digit]),
            3 => fixture.command(["machine", "set", "@", "pi1", "--tftp-prefix", &prefix]),
            4 => fixture.command(add("pi2", "2")),
            5 => fixture.command(["machine", "remove", "@", "pi2", "--purge"]),
            _ => fixture.sent("config.txt"),
        };
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = quiet.spawn().unwrap();
        std::thread::sleep(Duration::from_micros(numbers.below(12_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whoever looks now finds each machine whole, and what it is served.
        let depot = Depot::open(fixture.depot()).unwrap();
        for machine in depot.machines().unwrap().iter() {
            let generations = depot.generations(&machine.name).unwrap();
            let named = depot.served(machine).unwrap();
            assert_eq!(
                named.is_some(),
                machine.name.as_str() == "pi1",
                "after {kill} kills"
            );
            if let Some(named) = named {
                assert!(generations.all.contains_key(&named), "after {kill} kills");
                let directory = layout::tftp(&machine.tftp_directory().unwrap());
                for file in ["config.txt", "kernel8.img", "cmdline.txt"] {
                    let file = directory.join(layout::boot_directory(named)).join(file);
                    assert!(fixture.path(&file).is_file(), "{}", file.display());
                }
            }
        }
    }
    // The next command puts in order what is left over.
    fixture.good(["confirm", "@", "pi1", "1"]);
    let depot = Depot::open(fixture.depot()).unwrap();
    let machines = depot.machines().unwrap();
    let directories: Vec<_> = machines
        .iter()
        .filter_map(Machine::tftp_directory)
        .collect();
    for entry in fs::read_dir(fixture.path("tftp")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(directories.contains(&name), "{name}");
    }
    let mut find = Command::new("find");
    find.arg(fixture.depot())
        .args(["-mindepth", "1", "-name", ".*"]);
    let left = String::from_utf8(find.output().unwrap().stdout).unwrap();
    // A hook that was killed may be one that is still at it, for a minute.
    let expected = |line: &&str| line.contains("/spool/.") || line.ends_with("/store/.links");
    let left: Vec<_> = left.lines().filter(|line| !expected(line)).collect();
    assert!(left.is_empty(), "{left:?}");
}

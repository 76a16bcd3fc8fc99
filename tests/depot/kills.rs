//! Commands that are killed at any moment, and others that go on meanwhile: no machine
//! is ever served half of something, and nothing that is needed goes.
//!
//! Needs root, as only root may make a depot. `NETIMAGE_KILLS` sets how many;
//! tests/depot/kills does so.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
mod bare;
#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../fixture/mod.rs"]
mod fixture;
#[allow(dead_code, reason = "the rest is for the other tests")]
mod fleet;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bare::Numbers;
use fleet::Fleet;
use netimage_core::depot::{Depot, Generations, Machine, RootKind};
use serde_json::{Value, json};

/// How many images there are, of which each has a toplevel and a kernel of its own.
const IMAGES: u32 = 6;

/// What is done with a depot, several times where it is of more weight.
const COMMANDS: [&str; 20] = [
    "deploy",
    "deploy",
    "deploy",
    "deploy",
    "deploy all",
    "gc",
    "gc",
    "rollback",
    "switch-once",
    "confirm",
    "hook",
    "hook",
    "hook",
    "set",
    "apply",
    "firmware",
    "rename",
    "come or go",
    "fill or go",
    "watch",
];

/// A depot, and how long each command takes there.
struct Range {
    fleet: Fleet,
    numbers: Numbers,
    usual: BTreeMap<&'static str, Duration>,
    killed: BTreeMap<&'static str, u32>,
}

/// A command under way, and when it is killed.
struct Running {
    kind: &'static str,
    child: Child,
    since: Instant,
    until: Duration,
}

impl Range {
    fn new(seed: u64) -> Option<Self> {
        let fleet = Fleet::new()?;
        for number in 0..IMAGES {
            let mut spec = Fleet::spec();
            for file in spec["boot"]["files"].as_array_mut().unwrap() {
                let target = file["target"].as_str().unwrap();
                if ["kernel8.img", "start4.elf", "fixup4.dat"].contains(&target) {
                    file["text"] = json!(format!("{target} {number}"));
                }
            }
            fleet.build_next(&format!("image-{number}"), 10 + number, &spec);
        }
        let mut spec = Fleet::spec();
        spec["rootKind"] = json!("own");
        spec["nfs"] = json!("192.0.2.1:/depot/own-roots/pi4");
        fleet.build_next("own", 9, &spec);
        fleet.good("deploy one depot --all --no-trial");
        Some(Self {
            fleet,
            numbers: Numbers(seed),
            usual: BTreeMap::new(),
            killed: BTreeMap::new(),
        })
    }

    fn one_of<'item, T>(&mut self, items: &'item [T]) -> &'item T {
        let at = self.numbers.below(items.len() as u64);
        &items[usize::try_from(at).unwrap()]
    }

    fn depot(&self) -> Depot {
        Depot::open(&self.fleet.path("depot")).unwrap()
    }

    /// One of the machines that are always there, and its generations.
    fn machine(&mut self) -> (Machine, Generations) {
        let name = *self.one_of(&["pi1", "pi2"]);
        let depot = self.depot();
        let name = name.parse().unwrap();
        let machine = depot.machine(&name).unwrap().machine;
        (machine, depot.generations(&name).unwrap())
    }

    /// A command of this kind.
    fn command(&mut self, kind: &str) -> Command {
        let (machine, generations) = self.machine();
        let known: Vec<_> = generations.all.keys().copied().collect();
        let number = *self.one_of(&known);
        let name = &machine.name;
        let image = self.numbers.below(u64::from(IMAGES));
        let trial = *self.one_of(&["", " --no-trial"]);
        let words = match kind {
            "deploy" => format!("deploy image-{image} depot --machine {name}{trial}"),
            "deploy all" => format!("deploy image-{image} depot --all{trial}"),
            "gc" => "gc depot --keep 1 --older-than 0".to_owned(),
            "rollback" => format!("rollback depot {name} --to {number}"),
            "switch-once" => format!("switch-once depot {name} {number}"),
            "confirm" => format!("confirm depot {name} {number}"),
            "set" => format!("machine set depot {name} --tag {image}"),
            "apply" => self.apply(),
            "firmware" => format!("firmware depot image-{image} --machine {name}"),
            "rename" => {
                let prefix = *self.one_of(&["serial", "rack-2", "rack-3"]);
                format!("machine set depot pi2 --tftp-prefix {prefix}")
            }
            "come or go" => self.come_or_go(),
            "fill or go" => self.fill_or_go(),
            "watch" => {
                self.fleet
                    .say(&machine, number, self.numbers.below(1 << 30));
                "watch depot".to_owned()
            }
            _ => return self.hook(&machine, &number.to_string()),
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_netimage-builder"));
        command
            .args(words.split(' '))
            .current_dir(self.fleet.path(""));
        command
    }

    /// What dnsmasq does after it has sent a file.
    fn hook(&mut self, machine: &Machine, number: &str) -> Command {
        let boot = ["cmdline.txt", "kernel8.img"].map(|file| format!("g{number}/{file}"));
        let files = ["config.txt".to_owned(), boot[0].clone(), boot[1].clone()];
        let file = self.one_of(&files);
        let depot = self.depot();
        let directory = depot.path().join("tftp");
        let directory = directory.join(machine.tftp_directory().unwrap());
        let mut hook = Command::new(depot.path().join("hook"));
        hook.args(["tftp", "7", &machine.address.to_string()]);
        hook.arg(directory.join(file));
        hook
    }

    /// The first two machines, and now and then the third, are declared.
    fn apply(&mut self) -> String {
        let mut declared = BTreeMap::new();
        for digit in 1..=2 + self.numbers.below(2) {
            let (serial, address) = (digit.to_string(), format!("192.0.2.2{digit}"));
            declared.insert(
                format!("pi{digit}"),
                json!({"serial": serial, "address": address, "tags": ["declared"]}),
            );
        }
        let file = self.fleet.path("declared.json");
        fs::write(file, serde_json::to_vec(&declared).unwrap()).unwrap();
        "machine apply depot declared.json".to_owned()
    }

    /// A third machine is added, or what there is of it goes.
    fn come_or_go(&mut self) -> String {
        let key = *self.one_of(&["", "", " --ssh-host-key"]);
        let purge = *self.one_of(&["", " --purge"]);
        match self.depot().records().unwrap().get(&"pi3".parse().unwrap()) {
            None => format!("machine add depot pi3 --serial 3 --address 192.0.2.23{key}"),
            Some(record) if record.is_in_service() => format!("machine remove depot pi3{purge}"),
            Some(_) => "machine remove depot pi3 --purge".to_owned(),
        }
    }

    /// A fourth one, which has a root of its own.
    fn fill_or_go(&mut self) -> String {
        let purge = *self.one_of(&["", " --purge"]);
        let is_filled = self.fleet.path("depot/tftp/00000004").is_symlink();
        match self.depot().records().unwrap().get(&"pi4".parse().unwrap()) {
            None => "machine add depot pi4 --serial 4 --address 192.0.2.24".to_owned(),
            Some(record) if !record.is_in_service() => {
                "machine remove depot pi4 --purge".to_owned()
            }
            Some(_) if is_filled => format!("machine remove depot pi4{purge}"),
            Some(_) => "deploy own depot --machine pi4".to_owned(),
        }
    }

    fn start(&mut self, kind: &'static str) -> Running {
        let mut command = self.command(kind);
        let usual = self.usual.get(kind).copied();
        let usual = usual.unwrap_or(Duration::from_millis(40));
        let share = u32::try_from(self.numbers.below(1100)).unwrap();
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        Running {
            kind,
            child: quiet.spawn().unwrap(),
            since: Instant::now(),
            until: usual * share / 1000,
        }
    }

    /// Waits until a command has to be killed, or has ended before.
    fn kill(&mut self, mut running: Running) -> bool {
        let kind = running.kind;
        let usual = self.usual.entry(kind).or_insert(running.until);
        while running.since.elapsed() < running.until {
            if running.child.try_wait().unwrap().is_some() {
                *usual = (*usual + running.since.elapsed()) / 2;
                return false;
            }
            sleep(Duration::from_micros(200));
        }
        running.child.kill().unwrap();
        let is_killed = running.child.wait().unwrap().code().is_none();
        if is_killed {
            *usual = (*usual * 21 / 20).min(Duration::from_secs(1));
            *self.killed.entry(kind).or_default() += 1;
        }
        is_killed
    }

    fn verified(&self, after: &str) -> Value {
        let (status, out, aside) = self.fleet.run("verify depot --format json");
        assert_eq!(status, Some(0), "{after}: {out}{aside}");
        serde_json::from_str(&out).unwrap()
    }
}

impl Fleet {
    /// A machine says that it is up.
    fn say(&self, machine: &Machine, number: impl std::fmt::Display, boot: u64) {
        let word = format!(r#"{{"generation":{number},"bootId":"{boot:032x}"}}"#);
        let place = self.path(&format!("depot/persist/{}", machine.name));
        fs::write(place.join(".booted.json"), word).unwrap();
        fs::rename(place.join(".booted.json"), place.join("booted.json")).unwrap();
    }
}

#[test]
fn what_is_killed_leaves_nothing_half_done() {
    let kills = std::env::var("NETIMAGE_KILLS").ok();
    let kills: u32 = kills.map_or(60, |text| text.parse().unwrap());
    let Some(mut range) = Range::new(u64::from(kills)) else {
        return;
    };
    let apply = range.apply();
    range.fleet.good(&apply);
    let (mut rounds, mut pairs, mut left) = (0, 0, 0);
    while range.killed.values().sum::<u32>() < kills {
        let kind = *range.one_of(&COMMANDS);
        let first = range.start(kind);
        let is_pair = range.numbers.below(3) == 0;
        let other = *range.one_of(&COMMANDS);
        let other = is_pair.then(|| range.start(other));
        let told = format!(
            "{kind} and {:?}, the {rounds}th",
            other.as_ref().map(|one| one.kind)
        );
        range.kill(first);
        if let Some(mut other) = other {
            pairs += 1;
            if other.kind == "watch" || range.numbers.below(2) == 0 {
                range.kill(other);
            } else {
                other.child.wait().unwrap();
            }
        }
        range.fleet.assert_whole(&told);
        let report = range.verified(&told);
        left += u32::from(!report["leftovers"].as_array().unwrap().is_empty());
        range.fleet.good("status depot --format json");
        rounds += 1;
    }
    assert_repaired(&range);
    let killed = &range.killed;
    println!("{kills} kills in {rounds} rounds, {pairs} of them pairs: {killed:?}");
    println!("{left} left something over, which the next commands removed");
}

/// What comes next puts in order what is left over.
fn assert_repaired(range: &Range) {
    let fleet = &range.fleet;
    fleet.good("deploy two depot --all --no-trial");
    fleet.good("firmware depot two --machine pi1 --machine pi2");
    fleet.good("gc depot --keep 1 --older-than 0");
    fleet.assert_whole("the last");
    let report = range.verified("the last");
    assert_eq!(report["leftovers"], json!([]));
    assert_eq!(report["unnamedPaths"], 0);
    let mut find = Command::new("find");
    find.arg(fleet.path("depot"))
        .args(["-mindepth", "1", "-name", ".*"]);
    // What machines keep is theirs, and a hook may be at work for a minute.
    find.args(["-not", "-name", ".links", "-not", "-path", "*/spool/*"]);
    let left = String::from_utf8(find.output().unwrap().stdout).unwrap();
    assert_eq!(left, "");
    let depot = range.depot();
    let machines = depot.machines().unwrap();
    for machine in machines
        .iter()
        .filter(|one| one.root == Some(RootKind::Shared))
    {
        let tftp = fleet
            .path("depot/tftp")
            .join(machine.tftp_directory().unwrap());
        let last = range
            .depot()
            .generations(&machine.name)
            .unwrap()
            .last
            .unwrap();
        // Nothing is there of generations that never came to be.
        assert!(!tftp.join(format!("g{}", last.next())).exists());
    }
}

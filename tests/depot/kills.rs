//! Commands that are killed at any moment, and others that go on meanwhile: no machine
//! is ever served half of something, and nothing that is needed goes.
//!
//! Needs root, as only root may make a depot. `NETIMAGE_KILLS` sets how many;
//! tests/depot/kills does so.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bare;
mod place;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bare::Numbers;
use netimage_core::depot::Depot;
use place::Place;
use serde_json::Value;

fn start(command: &mut Command) -> Child {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.spawn().unwrap()
}

/// One of the commands that change a depot, on one of its machines.
fn command(place: &Place, numbers: &mut Numbers) -> Command {
    let machine = 1 + numbers.below(2);
    let name = format!("pi{machine}");
    let depot = Depot::open(&place.path("")).unwrap();
    let known = depot.generations(&name.parse().unwrap()).unwrap().all;
    let at = usize::try_from(numbers.below(known.len() as u64)).unwrap();
    let number = known.keys().nth(at).unwrap().to_string();
    match numbers.below(8) {
        0 => place.command(["rollback", "@", &name, "--to", &number]),
        1 => place.command(["switch-once", "@", &name, &number]),
        2 => place.command(["confirm", "@", &name, &number]),
        3 => {
            let files = ["config.txt", "kernel8.img", "cmdline.txt"];
            let file = files[usize::try_from(numbers.below(3)).unwrap()];
            let directory = format!("tftp/0000000{machine}");
            let file = match file {
                "config.txt" => format!("{directory}/config.txt"),
                other => format!("{directory}/g{number}/{other}"),
            };
            let mut hook = Command::new(place.path("hook"));
            hook.args(["tftp", "7", &format!("192.0.2.{machine}")]);
            hook.arg(depot.path().join(file));
            hook
        }
        _ => place.command(["gc", "@", "--keep", "1", "--older-than", "0"]),
    }
}

/// Lets a machine have one more generation, so that there is something to collect.
fn renew(place: &Place, numbers: &mut Numbers, at: u32) {
    let machine = 1 + u32::try_from(numbers.below(2)).unwrap();
    let shared = 1_000_000 + at / 10;
    place.deploy(
        machine,
        &[at, at + 500_000, shared],
        &format!("kernel {}", at / 3),
    );
    let name = format!("pi{machine}");
    let depot = Depot::open(&place.path("")).unwrap();
    let generations = depot.generations(&name.parse().unwrap()).unwrap();
    if numbers.below(3) > 0 {
        place.confirm(machine, generations.last.unwrap().get());
    }
}

fn verified(place: &Place, after: &str) -> Value {
    let ended = place.run(["verify", "@", "--format", "json"]);
    assert_eq!(
        ended.status,
        Some(0),
        "{after}: {}{}",
        ended.out,
        ended.aside
    );
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn what_is_killed_leaves_nothing_half_done() {
    let Some(place) = Place::new(2) else { return };
    for machine in [1, 2] {
        place.deploy(machine, &[machine], "first");
        place.confirm(machine, 1);
    }
    let kills = std::env::var("NETIMAGE_KILLS").ok();
    let kills: u32 = kills.map_or(60, |text| text.parse().unwrap());
    let mut numbers = Numbers(u64::from(kills));
    let (mut killed, mut left) = (0, 0);
    for at in 0..kills {
        if at % 2 == 0 {
            renew(&place, &mut numbers, 100 + at);
        }
        let mut commands = [command(&place, &mut numbers), command(&place, &mut numbers)];
        let is_pair = numbers.below(4) == 0;
        let told = format!("{:?}, the {at}th", commands[0]);
        let mut child = start(&mut commands[0]);
        let other = is_pair.then(|| start(&mut commands[1]));
        std::thread::sleep(Duration::from_micros(numbers.below(15_000)));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        if let Some(mut other) = other {
            other.wait().unwrap();
        }
        let report = verified(&place, &told);
        left += u32::from(!report["leftovers"].as_array().unwrap().is_empty());
    }
    // The next collection puts in order what is left over.
    place.good(["gc", "@", "--keep", "1", "--older-than", "0"]);
    let report = verified(&place, "the last");
    assert_eq!(report["leftovers"], serde_json::json!([]));
    assert_eq!(report["unnamedPaths"], 0);
    let hidden = place.names().into_keys().filter(|name| {
        let name = name.file_name().unwrap().to_str().unwrap();
        name.starts_with('.') && name != ".links"
    });
    // A hook that was killed may be one that is still at it, for a minute.
    let hidden: Vec<_> = hidden.filter(|name| !name.starts_with("spool")).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
    assert!(fs::read_dir(place.path("store")).unwrap().count() > 1);
    println!("{kills} commands, {killed} killed before their end, {left} left something over");
}

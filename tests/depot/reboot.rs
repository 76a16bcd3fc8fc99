//! Deploys with `--reboot`, by the real program. Only ssh and the machines behind it are
//! stood for, by tests/depot/machine-end.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../fixture/mod.rs"]
mod fixture;
#[allow(dead_code, reason = "the rest is for the other tests")]
mod fleet;

use std::fs;
use std::process::{Command, Output};

use fleet::Fleet;
use serde_json::Value;

/// A fleet of three machines that are up in generation 1.
fn up() -> Option<Fleet> {
    let fleet = Fleet::new()?;
    let what = "--serial 00000003 --address 192.0.2.23 --tag rack-3 --ssh-host-key";
    fleet.good(&format!("machine add depot pi3 {what}"));
    fleet.good("deploy one depot --all");
    for digit in 1..=3 {
        fleet.boot(digit, true);
        set_fate(&fleet, digit, "good");
    }
    let bin = fleet.path("bin");
    fs::create_dir(&bin).unwrap();
    let end = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/depot/machine-end");
    std::os::unix::fs::symlink(end, bin.join("ssh")).unwrap();
    Some(fleet)
}

fn set_fate(fleet: &Fleet, digit: u32, fate: &str) {
    fs::write(fleet.path(&format!("fate-{digit}")), fate).unwrap();
}

fn run(fleet: &Fleet, words: &str) -> Output {
    let bin = fleet.path("bin");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_netimage-builder"));
    command
        .args(words.split(' '))
        .current_dir(fleet.path(""))
        .env("PATH", path)
        .env("FLEET", fleet.path(""));
    command.output().unwrap()
}

/// What a deploy says of each machine.
fn outcomes(fleet: &Fleet, words: &str, status: i32) -> Vec<(String, Value)> {
    let output = run(fleet, &format!("deploy {words} --format json"));
    let aside = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{aside}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let reboots = report["reboots"].as_array().unwrap().iter();
    let named = reboots.map(|one| {
        let outcome = one["outcome"].as_str().unwrap().to_owned();
        (outcome, one.clone())
    });
    named.collect()
}

fn words(outcomes: &[(String, Value)]) -> Vec<&str> {
    outcomes.iter().map(|(outcome, _)| &outcome[..]).collect()
}

fn log(fleet: &Fleet) -> String {
    fs::read_to_string(fleet.path("ssh.log")).unwrap_or_default()
}

#[test]
fn machines_come_up_in_what_they_get() {
    let Some(fleet) = up() else {
        return;
    };
    fleet.good("machine add depot pi4 --serial 00000004 --address 192.0.2.24");
    let planned = outcomes(&fleet, "two depot --all --reboot --dry-run", 0);
    assert_eq!(words(&planned), ["due", "due", "due", "neverUp"]);
    assert_eq!(planned[0].1["generation"], 2);
    assert_eq!(log(&fleet), "");
    let output = run(&fleet, "deploy two depot --all --reboot --at-a-time 2");
    let told = String::from_utf8(output.stdout).unwrap();
    let aside = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}{aside}");
    for part in [
        "pi1         is up in generation 2\n",
        "pi3         is up in generation 2\n",
        "pi4         was never heard of",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    for digit in 1..=3 {
        assert_eq!(fleet.named(digit), Some(2));
        assert_eq!(fleet.states(digit), ["good", "good"]);
    }
    // By its key, if the depot has made it, and else by what ssh knows.
    let log = log(&fleet);
    assert_eq!(log.lines().count(), 3, "{log}");
    for line in log.lines() {
        let is_known = line.contains("root@192.0.2.23");
        assert_eq!(line.contains("HostKeyAlias=pi3"), is_known, "{line}");
        assert!(line.contains("BatchMode=yes"), "{line}");
    }
    let machine = fleet.path("depot/machines/pi3");
    let key = fs::read_to_string(machine.join("ssh_host_ed25519_key.pub")).unwrap();
    let known = fs::read_to_string(machine.join("known_hosts")).unwrap();
    assert_eq!(known, format!("pi3 {key}"));
    let again = outcomes(&fleet, "two depot --machine pi1 --reboot", 0);
    assert_eq!(words(&again), ["upAlready"]);
    fleet.good("verify depot");
}

#[test]
fn the_first_that_does_not_come_up_is_the_last() {
    let Some(fleet) = up() else {
        return;
    };
    set_fate(&fleet, 2, "bad");
    let found = outcomes(&fleet, "two depot --all --reboot", 1);
    assert_eq!(words(&found), ["up", "bad", "left"]);
    let bad = &found[1].1;
    assert_eq!(
        (&bad["cameUpIn"], &bad["wasSent"]),
        (&1.into(), &true.into())
    );
    assert_eq!((fleet.named(1), fleet.named(2)), (Some(2), Some(1)));
    // The rest of the way, past one that is off.
    set_fate(&fleet, 2, "off");
    let output = run(
        &fleet,
        "deploy two depot --machine pi2 --machine pi3 --reboot",
    );
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    for part in [
        "pi2         could not be told to reboot: ssh: connect to host 192.0.2.22 port 22: No route to host\n",
        "pi3         was not rebooted",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    for (fate, outcome) in [
        ("refuses", "unreachable"),
        ("silent", "silent"),
        ("unheard", "unjudged"),
    ] {
        set_fate(&fleet, 3, fate);
        let words_of = "two depot --machine pi3 --reboot --reboot-timeout 3";
        let found = outcomes(&fleet, words_of, 1);
        assert_eq!(words(&found), [outcome], "{fate}");
    }
    fleet.good("verify depot");
}

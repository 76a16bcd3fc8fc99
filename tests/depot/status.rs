//! What is told of machines: as a page, as metrics, to programs.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bare;

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use bare::BareDepot;
use serde_json::Value;

const HOSTILE: &str = "<script>alert('a')</script>\u{1b}[31m\n\"";

/// A depot with a machine; none for users who may make no depot.
fn depot() -> Option<BareDepot> {
    let depot = BareDepot::new()?;
    let add = "machine add @ pi1 --serial 1234abcd --address 192.0.2.1";
    depot.good(add.split(' '));
    // No command takes such a tag, and a depot may have it for all that.
    let file = depot.path("machines/pi1/machine.json");
    let mut machine: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    machine["tags"] = serde_json::json!([HOSTILE]);
    fs::write(&file, machine.to_string()).unwrap();
    Some(depot)
}

fn sent(depot: &BareDepot, size: &str, file: &str) {
    let mut hook = Command::new(depot.path("hook"));
    hook.args(["tftp", size, "192.0.2.1"]);
    let path = fs::canonicalize(depot.depot()).unwrap();
    hook.arg(path.join("tftp/1234abcd").join(file));
    assert!(hook.status().unwrap().success());
}

/// Lets whatever changes the depot take notice.
fn notice(depot: &BareDepot) {
    depot.good(["gc", "@"]);
}

fn told(depot: &BareDepot, format: &str) -> String {
    depot.good(["status", "@", "--format", format])
}

/// What a log says of a machine is not what it says of another board.
#[test]
fn a_log_is_of_the_machine_or_of_other_boards() {
    let Some(depot) = depot() else {
        return;
    };
    let log = depot.path("log");
    let log = log.to_str().unwrap();
    let told = |text: &str| {
        fs::write(log, text).unwrap();
        depot.good(["diagnose", log, "--depot", "@", "--machine", "pi1"])
    };
    let line = "dnsmasq-tftp: file /srv/tftp/1234abcd/start4.elf not found for 192.0.2.1\n";
    let own = told(line);
    assert!(own.contains("log-no-firmware"), "{own}");
    let other = line
        .replace("1234abcd", "5678abcd")
        .replace("2.1\n", "2.2\n");
    let none = told(&other);
    let words = "none of the boards in these logs is pi1; they are serial 5678abcd, at 192.0.2.2";
    assert!(none.contains(words), "{none}");
    assert!(!none.contains("error"), "{none}");
    let both = told(&format!("{line}{other}"));
    assert!(
        both.contains("not pi1 are left out: serial 5678abcd"),
        "{both}"
    );
}

#[test]
fn programs_learn_of_boots_and_counts() {
    let Some(depot) = depot() else {
        return;
    };
    // One of before there were records is as one of a machine that has not booted.
    let has = |line: &str| told(&depot, "prometheus").lines().any(|one| one == line);
    assert!(has("netimage_machine_sent_bytes_total{machine=\"pi1\"} 0"));
    let metrics = told(&depot, "prometheus");
    assert!(!metrics.contains("netimage_machine_up{"), "{metrics}");
    sent(&depot, "1000", "config.txt");
    sent(&depot, "234", "start4.elf");
    notice(&depot);
    assert!(has(
        "netimage_machine_sent_bytes_total{machine=\"pi1\"} 1234"
    ));
    assert!(has("netimage_machine_boots_total{machine=\"pi1\"} 1"));
    assert!(has("netimage_machine_up{machine=\"pi1\"} 0"));
    assert!(has(
        "netimage_machine_condition{machine=\"pi1\",condition=\"trying\"} 1"
    ));
    let status: Value = serde_json::from_str(&told(&depot, "json")).unwrap();
    let machine = &status["machines"][0];
    assert_eq!(machine["condition"], "trying");
    assert_eq!(machine["address"], "192.0.2.1");
    assert_eq!(machine["lastBoot"]["bytes"], 1234);
    // It was a minute ago, and nothing came of it.
    let path = depot.path("machines/pi1/boots.json");
    let mut boots: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for moment in ["began", "sent"] {
        boots["latest"][0][moment] = (boots["latest"][0][moment].as_u64().unwrap() - 60).into();
    }
    fs::write(&path, boots.to_string()).unwrap();
    assert!(has(
        "netimage_machine_condition{machine=\"pi1\",condition=\"silent\"} 1"
    ));
    // The reader of logs says how far it came.
    let status: Value = serde_json::from_str(&told(&depot, "json")).unwrap();
    let account = &status["machines"][0]["account"];
    assert_eq!(
        (&account["files"], &account["bytes"]),
        (&2.into(), &1234.into())
    );
    assert_eq!(account["stage"], "firmware");
    assert_eq!(account["cause"]["code"], "log-firmware-stuck");
    for format in ["human", "html"] {
        let text = told(&depot, format);
        for words in [
            "in its last boot it got 2 files (1.23 kB in ",
            "at last config.txt, start4.elf",
            "log-firmware-stuck: ",
        ] {
            assert!(text.contains(words), "{text}");
        }
    }
}

#[test]
fn nothing_on_the_page_is_markup_but_its_own() {
    let Some(depot) = depot() else {
        return;
    };
    sent(&depot, "7", HOSTILE);
    notice(&depot);
    let page = told(&depot, "html");
    assert!(
        !page.contains("<script") && !page.contains('\u{1b}'),
        "{page}"
    );
    let escaped = "&lt;script&gt;alert(&#39;a&#39;)&lt;/script&gt;\\u{1b}[31m\\n&quot;";
    // Once as a tag, and once as a file that was sent.
    assert_eq!(page.matches(escaped).count(), 2, "{page}");
    assert!(!page.contains("http"), "it is complete in itself");
    let empty = BareDepot::new().unwrap();
    let page = told(&empty, "html");
    assert!(
        page.contains("No machines yet") && page.contains("machine add"),
        "{page}"
    );
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let Some(depot) = depot() else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    for format in ["human", "json", "html", "prometheus"] {
        let file = place.path().join(format);
        let name = file.to_str().unwrap();
        let out = depot.good(["status", "@", "--format", format, "--output", name]);
        assert_eq!(out, "");
        assert!(
            fs::read_to_string(&file).unwrap().contains("pi1"),
            "{format}"
        );
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 4);
    let refused = depot.run(["status", "@", "--output", "/nonexistent/status"]);
    assert_eq!(refused.status, Some(1));
    assert!(refused.aside.contains("cannot write"), "{}", refused.aside);
}

struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for(page: &Path, part: &str) {
    let begun = Instant::now();
    while !fs::read_to_string(page).is_ok_and(|page| page.contains(part)) {
        let text = fs::read_to_string(page);
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{part}: {text:?}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn whoever_watches_renews_the_page() {
    let Some(depot) = depot() else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("index.html");
    let watch = ["watch", "@", "--page", page.to_str().unwrap()];
    let _watching = Watching(depot.command(watch).spawn().unwrap());
    wait_for(&page, "<tbody class=\"new\">");
    sent(&depot, "7", "config.txt");
    wait_for(&page, "<code>config.txt</code>");
    depot.run(["machine", "set", "@", "pi1", "--tag", "upstairs"]);
    wait_for(&page, "upstairs");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

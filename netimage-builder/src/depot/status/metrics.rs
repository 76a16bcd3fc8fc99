//! The metrics of a depot in Prometheus' text format (prometheus.io, "Exposition
//! formats").

use std::fmt::{Display, Write as _};

use netimage_core::depot::{Boot, Outcome, Space, Timestamp};

use super::fleet::{Fleet, Observed};
use crate::text::visible;

/// A metric: its samples stand together, below what it means.
struct Metric {
    name: &'static str,
    text: String,
}

impl Metric {
    fn new(name: &'static str, kind: &str, help: &str) -> Self {
        let text = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
        Self { name, text }
    }

    fn gauge(name: &'static str, help: &str) -> Self {
        Self::new(name, "gauge", help)
    }

    fn counter(name: &'static str, help: &str) -> Self {
        Self::new(name, "counter", help)
    }

    fn add(&mut self, labels: &[(&str, &dyn Display)], value: impl Display) -> &mut Self {
        self.text.push_str(self.name);
        for (at, (label, content)) in labels.iter().enumerate() {
            self.text.push(if at == 0 { '{' } else { ',' });
            let _ = write!(self.text, "{label}=\"{}\"", escaped(content));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
        self
    }

    /// A value of each machine that has one.
    fn of_each<T: Display>(
        mut self,
        fleet: &Fleet,
        value: impl Fn(&Observed) -> Option<T>,
    ) -> String {
        for one in &fleet.machines {
            if let Some(value) = value(one) {
                self.add(&[("machine", &one.machine.name)], value);
            }
        }
        self.text
    }
}

/// A label's value: backslash, quote and line feed are escaped.
fn escaped(content: impl Display) -> String {
    let content = visible(&content.to_string()).replace('\\', "\\\\");
    content.replace('"', "\\\"")
}

pub(super) fn metrics(fleet: &Fleet, space: Space) -> String {
    [of_depot(fleet, space), of_machines(fleet), of_boots(fleet)].concat()
}

fn of_depot(fleet: &Fleet, space: Space) -> String {
    let single = |name, help, value: u64| Metric::gauge(name, help).add(&[], value).text.clone();
    [
        single(
            "netimage_store_bytes",
            "NAR sizes of the store paths that generations name.",
            space.store,
        ),
        single(
            "netimage_store_paths",
            "Store paths that generations name.",
            space.store_paths,
        ),
        single(
            "netimage_store_free_bytes",
            "Free bytes of the file system that the store is on.",
            fleet.free,
        ),
        single(
            "netimage_waiting_events",
            "Files that were sent and that nobody has taken notice of for ten seconds.",
            fleet.waiting as u64,
        ),
    ]
    .concat()
}

fn of_machines(fleet: &Fleet) -> String {
    let mut info = Metric::gauge("netimage_machine_info", "A machine in service, always 1.");
    let mut counts = Metric::gauge(
        "netimage_machine_generations",
        "Generations of a machine, by state.",
    );
    let mut conditions = Metric::gauge(
        "netimage_machine_condition",
        "How a machine is: 1 for what it is, 0 for all else.",
    );
    let mut pointers = Metric::gauge(
        "netimage_machine_generation",
        "The generation that a machine has as default, trial, booted or served.",
    );
    for one in &fleet.machines {
        let (name, status) = (&one.machine.name, &one.status);
        let board = one
            .machine
            .board
            .map_or_else(String::new, |board| board.to_string());
        let address = &one.machine.address;
        info.add(
            &[("machine", name), ("address", address), ("board", &board)],
            1,
        );
        for (state, count) in &one.generations {
            counts.add(&[("machine", name), ("state", state)], count);
        }
        for condition in netimage_core::depot::Condition::ALL {
            let is = u8::from(one.condition == condition);
            let word = condition.name();
            conditions.add(&[("machine", name), ("condition", &word)], is);
        }
        for (role, number) in [
            ("default", status.default),
            ("trial", status.trial),
            ("booted", status.booted.map(|booted| booted.generation)),
            ("served", status.served.map(|served| served.generation)),
        ] {
            if let Some(number) = number {
                pointers.add(&[("machine", name), ("role", &role)], number);
            }
        }
    }
    let reboot = Metric::gauge(
        "netimage_machine_reboot_needed",
        "Whether a machine's next boot gets another system than the one it is up in.",
    )
    .of_each(fleet, |one| Some(u8::from(one.status.needs_reboot)));
    let failed = Metric::counter(
        "netimage_machine_failed_trials_total",
        "Generations of a machine that had a try and did not come up.",
    )
    .of_each(fleet, |one| Some(one.status.failed_trials));
    [
        info.text,
        conditions.text,
        counts.text,
        pointers.text,
        reboot,
        failed,
    ]
    .concat()
}

fn of_boots(fleet: &Fleet) -> String {
    let last = |one: &Observed| one.boots.latest.last().cloned();
    let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.0);
    [
        Metric::gauge(
            "netimage_machine_up",
            "Whether the machine's last boot came up; 0 while it is under way.",
        )
        .of_each(fleet, |one| {
            let last = one.boots.outcomes(fleet.now).next_back();
            last.map(|(_, outcome)| u8::from(outcome == Outcome::Up))
        }),
        Metric::gauge(
            "netimage_machine_last_boot_timestamp_seconds",
            "When the machine's last boot began.",
        )
        .of_each(fleet, |one| moment(last(one)?.first())),
        Metric::gauge(
            "netimage_machine_last_up_timestamp_seconds",
            "When the machine last said that it had come up.",
        )
        .of_each(fleet, |one| moment(one.status.booted.map(|one| one.since))),
        Metric::gauge(
            "netimage_machine_last_seen_timestamp_seconds",
            "When anything was last heard of the machine.",
        )
        .of_each(fleet, |one| moment(one.status.seen)),
        Metric::gauge(
            "netimage_machine_boot_duration_seconds",
            "Seconds from the first file of the last boot that came up to its word that it is up.",
        )
        .of_each(fleet, |one| {
            one.boots.latest.iter().rev().find_map(Boot::seconds)
        }),
        Metric::counter(
            "netimage_machine_boots_total",
            "Boots of the machine that were seen.",
        )
        .of_each(fleet, |one| Some(one.boots.count)),
        Metric::counter(
            "netimage_machine_sent_files_total",
            "Files that the machine was sent whole over TFTP; by dnsmasq 2.90 or later also those of which it asked the size only.",
        )
        .of_each(fleet, |one| Some(one.boots.files)),
        Metric::counter(
            "netimage_machine_sent_bytes_total",
            "Bytes of the files that the machine was sent whole over TFTP; by dnsmasq 2.90 or later also of those of which it asked the size only.",
        )
        .of_each(fleet, |one| Some(one.boots.bytes)),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        for (content, expected) in [
            ("pi1", "pi1"),
            ("a\"b\\c", "a\\\"b\\\\c"),
            ("a\nb", "a\\\\nb"),
        ] {
            assert_eq!(escaped(content), expected);
        }
    }
}

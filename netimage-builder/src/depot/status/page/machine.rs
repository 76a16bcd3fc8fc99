//! The machines as a table, which on a narrow screen is a column of cards.

use std::fmt::Display;

use netimage_core::depot::{Boot, Outcome, Timestamp};

use super::words::{ago, lasting, mark, name, outcome};
use crate::depot::status::fleet::{Fleet, Observed};
use crate::depot::status::markup::Markup;
use crate::depot::status::text::notes;
use crate::size::Size;

/// How many of the latest boots are shown as marks.
const SHOWN: usize = 12;

const HEAD: &str = "<section>\n<h2>All, by need</h2>\n<table>\n<thead><tr><th scope=\"col\">Machine</th>\
<th scope=\"col\">State</th><th scope=\"col\">Up in</th><th scope=\"col\">Default</th>\
<th scope=\"col\">Trial</th><th scope=\"col\">Seen</th><th scope=\"col\">Last boot</th>\
<th scope=\"col\">Boots</th></tr></thead>\n";

pub(super) fn table(page: &mut Markup, fleet: &Fleet) {
    page.raw(HEAD);
    for one in fleet.by_need() {
        row(page, one, fleet.now);
    }
    page.raw("</table>\n</section>\n");
}

fn row(page: &mut Markup, one: &Observed, now: Timestamp) {
    let (machine, status) = (&one.machine, &one.status);
    page.raw("<tbody class=\"").text(one.condition.name());
    page.raw("\">\n<tr><th scope=\"row\">")
        .text(&machine.name)
        .raw(" <small>");
    if let Some(board) = machine.board {
        page.text(board).raw(" · ");
    }
    page.text(machine.address);
    for tag in &machine.tags {
        page.raw(" · ").text(tag);
    }
    page.raw("</small></th>");
    cell(page, "State");
    page.raw("<span class=\"state\"><i aria-hidden=\"true\">")
        .raw(mark(one.condition));
    page.raw("</i> ")
        .raw(name(one.condition))
        .raw("</span></div></td>");
    cell(page, "Up in");
    match status.booted {
        Some(booted) => {
            page.text(booted.generation).raw(" ");
            lasting(page, booted.since, now);
        }
        None => absent(page),
    }
    page.raw("</div></td>");
    or_absent(page, "Default", status.default);
    or_absent(page, "Trial", status.trial);
    cell(page, "Seen");
    match status.seen {
        Some(seen) => ago(page, seen, now),
        None => absent(page),
    }
    page.raw("</div></td>");
    cell(page, "Last boot");
    match one.boots.outcomes(now).next_back() {
        Some((boot, outcome)) => last_boot(page, boot, outcome),
        None => absent(page),
    }
    page.raw("</div></td>");
    cell(page, "Boots");
    strip(page, one, now);
    page.raw("</div></td></tr>\n");
    remarks(page, one);
    page.raw("</tbody>\n");
}

fn cell(page: &mut Markup, label: &'static str) {
    page.raw("<td data-label=\"").raw(label).raw("\"><div>");
}

fn absent(page: &mut Markup) {
    page.raw("<span class=\"absent\">–</span>");
}

fn or_absent(page: &mut Markup, label: &'static str, value: Option<impl Display>) {
    cell(page, label);
    match value {
        Some(value) => {
            page.text(value);
        }
        None => absent(page),
    }
    page.raw("</div></td>");
}

fn last_boot(page: &mut Markup, boot: &Boot, how: Outcome) {
    match boot.seconds() {
        Some(seconds) => page.text(seconds).raw(" s"),
        None => page.raw(outcome(how).2),
    };
    if boot.files > 0 {
        let files = if boot.files == 1 {
            " file, "
        } else {
            " files, "
        };
        page.raw(" <small>").text(boot.files).raw(files);
        page.text(Size(boot.bytes)).raw("</small>");
    }
}

/// The latest boots as marks, oldest first; those of one kind together.
fn strip(page: &mut Markup, one: &Observed, now: Timestamp) {
    let from = one.boots.latest.len().saturating_sub(SHOWN);
    let latest: Vec<_> = one.boots.outcomes(now).skip(from).collect();
    if latest.is_empty() {
        return absent(page);
    }
    let came_up = latest.iter().filter(|(_, how)| *how == Outcome::Up).count();
    page.raw("<span class=\"strip\" role=\"img\" aria-label=\"Of the last ");
    page.text(latest.len())
        .raw(" boots ")
        .text(came_up)
        .raw(" came up\">");
    for same in latest.chunk_by(|(_, one), (_, other)| one == other) {
        let Some((_, how)) = same.first() else {
            continue;
        };
        let (class, mark, _) = outcome(*how);
        page.raw("<span class=\"").raw(class).raw("\">");
        for _ in same {
            page.raw(mark);
        }
        page.raw("</span>");
    }
    page.raw("</span> <small>")
        .text(one.boots.count)
        .raw(" in all</small>");
}

/// What somebody may want to know of it, and the last that it was sent where it is not up.
fn remarks(page: &mut Markup, one: &Observed) {
    let notes = notes(one);
    let last = one.boots.latest.last();
    let unfinished = last.filter(|boot| {
        boot.up.is_none() && !boot.sent_files.is_empty() && one.accounts.last.is_none()
    });
    if notes.is_empty() && unfinished.is_none() {
        return;
    }
    page.raw("<tr class=\"remarks\"><td colspan=\"8\"><ul>\n");
    for note in notes {
        page.raw("<li>").text(note).raw("</li>\n");
    }
    if let Some(boot) = unfinished {
        page.raw("<li>the last that it was sent:");
        for file in &boot.sent_files {
            page.raw(" <code>").text(&file.name).raw("</code>");
        }
        page.raw("</li>\n");
    }
    page.raw("</ul></td></tr>\n");
}

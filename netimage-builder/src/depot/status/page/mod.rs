//! The page: how a fleet is, complete in one file and without any script.

mod machine;
mod plot;
mod words;

use netimage_core::depot::Condition;

use self::words::{mark, name};
use super::fleet::Fleet;
use super::markup::Markup;
use crate::depot::moment::Moment;
use crate::size::Size;

/// The page; whoever shows it is to read it again after so many seconds.
pub(super) fn page(fleet: &Fleet, again: Option<u64>) -> String {
    let mut page = Markup::default();
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    if let Some(seconds) = again {
        page.raw("<meta http-equiv=\"refresh\" content=\"")
            .text(seconds)
            .raw("\">\n");
    }
    page.raw("<title>")
        .text(title(fleet))
        .raw("</title>\n<style>\n");
    page.raw(include_str!("page.css"));
    page.raw("</style>\n</head>\n<body>\n<header>\n<h1>Machines</h1>\n<p>");
    page.text(fleet.depot.display()).raw(" · as of ");
    page.raw("<time datetime=\"")
        .text(format_args!("{:#}", Moment(fleet.now)))
        .raw("\">");
    page.text(Moment(fleet.now)).raw(" UTC</time> · ");
    page.text(Size(fleet.free))
        .raw(" free</p>\n</header>\n<main>\n");
    warnings(&mut page, fleet);
    if fleet.machines.is_empty() {
        page.raw("<section class=\"empty\">\n<h2>No machines yet</h2>\n<p>Add the first one:</p>\n<pre><code>");
        page.raw("netimage-builder machine add ")
            .text(fleet.depot.display());
        page.raw(" NAME <span>--serial HEX</span> <span>--address ADDRESS</span></code></pre>\n</section>\n");
    } else {
        roll_up(&mut page, fleet);
        plot::boots(&mut page, fleet);
        machine::table(&mut page, fleet);
    }
    page.raw("</main>\n<footer>\n<p>Times are UTC. A machine is told to be up when it has said so at its boot; that it still is, nobody has asked.</p>\n</footer>\n</body>\n</html>\n");
    page.into_string()
}

fn title(fleet: &Fleet) -> String {
    let needy = fleet.count(Condition::Silent) + fleet.count(Condition::Bad);
    let all = fleet.machines.len();
    match (all, needy) {
        (0, _) => "No machines yet".to_owned(),
        (_, 0) => format!("Machines: {} of {all} up", fleet.count(Condition::Up)),
        _ => format!("Machines: {needy} of {all} silent or bad"),
    }
}

fn warnings(page: &mut Markup, fleet: &Fleet) {
    if fleet.warnings.is_empty() {
        return;
    }
    page.raw("<ul class=\"warnings\">\n");
    for warning in &fleet.warnings {
        page.raw("<li>").text(warning).raw("</li>\n");
    }
    page.raw("</ul>\n");
}

/// How many machines are how.
fn roll_up(page: &mut Markup, fleet: &Fleet) {
    page.raw("<ul class=\"roll-up\" aria-label=\"How many machines are how\">\n");
    for condition in Condition::ALL {
        let count = fleet.count(condition);
        let is_shown = !matches!(condition, Condition::New | Condition::OwnRoot) || count > 0;
        if is_shown {
            page.raw("<li class=\"").text(condition.name());
            page.raw(if count == 0 { " none" } else { "" });
            page.raw("\"><b>").text(count).raw("</b> <span>");
            page.raw("<i aria-hidden=\"true\">")
                .raw(mark(condition))
                .raw("</i> ");
            page.raw(name(condition)).raw("</span></li>\n");
        }
    }
    page.raw("</ul>\n");
}

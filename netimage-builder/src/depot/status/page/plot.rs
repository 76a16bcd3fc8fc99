//! A plot of the boots of all machines: when they were and how long they took.

use netimage_core::depot::{Boot, MachineName, Outcome, Timestamp};

use super::words::outcome;
use crate::depot::moment::Moment;
use crate::depot::status::fleet::Fleet;
use crate::depot::status::markup::Markup;

/// How many boots are shown, the latest of them.
const SHOWN: usize = 400;

/// Seconds above which all boots are at the top: what took longer came up unwatched.
const LONGEST: u64 = 600;

const HEIGHT: u64 = 260;
const TOP: u64 = 14;
/// Where no seconds are, and the time.
const BASE: u64 = 196;
/// Where those are that did not come up.
const FAILED: u64 = 214;
const LEFT: u64 = 52;
const RIGHT: u64 = 14;

/// The steps of an axis of time, in seconds.
const TIMES: [u64; 14] = [
    60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000,
    7_776_000, 31_536_000,
];

/// The steps of an axis of seconds.
const SECONDS: [u64; 8] = [2, 5, 10, 20, 30, 60, 120, 300];

struct Point<'fleet> {
    machine: &'fleet MachineName,
    boot: &'fleet Boot,
    outcome: Outcome,
    at: Timestamp,
}

/// A plot for wide screens and one for narrow ones, of which the style shows one.
pub(super) fn boots(page: &mut Markup, fleet: &Fleet) {
    let mut points: Vec<_> = fleet
        .machines
        .iter()
        .flat_map(|one| {
            let name = &one.machine.name;
            let ended = one
                .boots
                .outcomes(fleet.now)
                .filter(|(_, outcome)| *outcome != Outcome::UnderWay);
            ended.filter_map(move |(boot, outcome)| {
                Some(Point {
                    machine: name,
                    boot,
                    outcome,
                    at: boot.began?,
                })
            })
        })
        .collect();
    points.sort_by_key(|point| (point.at, point.machine));
    points.drain(..points.len().saturating_sub(SHOWN));
    let Some(first) = points.first() else {
        return;
    };
    let scale = |width| Scale::of(width, first.at, fleet.now, &points);
    page.raw("<section>\n<h2>Boots</h2>\n<p class=\"legend\">The last ");
    page.text(points.len())
        .raw(": seconds from the first file to the machine’s word that it is up.");
    for (how, name) in [
        (Outcome::Up, "up"),
        (Outcome::FellBack, "fell back"),
        (Outcome::Unknown, "no word"),
    ] {
        let (class, mark, _) = outcome(how);
        page.raw(" <span><span class=\"").raw(class).raw("\">");
        page.raw(mark).raw("</span> ").raw(name).raw("</span>");
    }
    page.raw("</p>\n");
    scale(1080).draw(page, "wide", &points);
    scale(360).draw(page, "narrow", &points);
    page.raw("</section>\n");
}

/// What a place on the plot means.
struct Scale {
    width: u64,
    from: u64,
    to: u64,
    top: u64,
}

impl Scale {
    fn of(width: u64, from: Timestamp, to: Timestamp, points: &[Point<'_>]) -> Self {
        let longest = points.iter().filter_map(|point| point.boot.seconds()).max();
        let longest = longest.unwrap_or(0).clamp(10, LONGEST);
        let step = step(&SECONDS, longest, 5);
        Self {
            width,
            from: from.0,
            to: to.0.max(from.0 + 60),
            top: longest.div_ceil(step) * step,
        }
    }

    fn x(&self, moment: u64) -> u64 {
        let inner = self.width - LEFT - RIGHT;
        LEFT + (moment.clamp(self.from, self.to) - self.from) * inner / (self.to - self.from)
    }

    fn y(&self, seconds: u64) -> u64 {
        BASE - seconds.min(self.top) * (BASE - TOP) / self.top
    }

    fn draw(&self, page: &mut Markup, class: &'static str, points: &[Point<'_>]) {
        page.fill(
            "<svg viewBox=\"0 0 # #\" role=\"img\" class=\"",
            &[self.width, HEIGHT],
        );
        page.raw(class)
            .raw("\">\n<title>Boots over time</title>\n<desc>");
        self.describe(page, points);
        page.raw("</desc>\n<g class=\"axis\">\n");
        self.axes(page);
        page.raw("</g>\n");
        for point in points {
            self.point(page, point);
        }
        page.raw("</svg>\n");
    }

    fn describe(&self, page: &mut Markup, points: &[Point<'_>]) {
        let up = points
            .iter()
            .filter(|point| point.outcome == Outcome::Up)
            .count();
        page.text(points.len())
            .raw(" boots from ")
            .text(Moment(Timestamp(self.from)));
        page.raw(" to ")
            .text(Moment(Timestamp(self.to)))
            .raw(" UTC, of which ");
        page.text(up).raw(" came up");
        let mut seconds: Vec<_> = points
            .iter()
            .filter_map(|point| point.boot.seconds())
            .collect();
        seconds.sort_unstable();
        if let Some(median) = seconds.get(seconds.len() / 2) {
            page.raw(", half of them within ").text(median).raw(" s");
        }
        page.raw(".");
    }

    fn axes(&self, page: &mut Markup) {
        let right = self.width - RIGHT;
        let seconds = step(&SECONDS, self.top, 5);
        for value in (0..=self.top).step_by(usize::try_from(seconds).unwrap_or(1)) {
            let y = self.y(value);
            page.fill("<path d=\"M# #H#\"/>", &[LEFT, y, right]);
            page.fill(
                "<text x=\"#\" y=\"#\" class=\"y\"># s</text>\n",
                &[LEFT - 8, y + 4, value],
            );
        }
        page.fill(
            "<text x=\"#\" y=\"#\" class=\"y\">failed</text>\n",
            &[LEFT - 8, FAILED + 4],
        );
        let most = self.width / 90;
        let span = self.to - self.from;
        let step = step(&TIMES, span, most);
        let mut moment = self.from.div_ceil(step) * step;
        while moment <= self.to {
            let x = self.x(moment);
            page.fill("<path d=\"M# #v#\"/>", &[x, TOP, FAILED + 14 - TOP]);
            let label = Moment(Timestamp(moment));
            page.fill(
                "<text x=\"#\" y=\"#\" class=\"x\">",
                &[x.min(right - 16), FAILED + 32],
            );
            page.text(if step < 86_400 && !moment.is_multiple_of(86_400) {
                label.time()
            } else {
                label.day()
            });
            page.raw("</text>\n");
            moment += step;
        }
    }

    fn point(&self, page: &mut Markup, point: &Point<'_>) {
        let x = self.x(point.at.0);
        let seconds = point.boot.seconds();
        let (class, _, name) = outcome(point.outcome);
        page.raw("<g class=\"")
            .raw(class)
            .raw("\"><title>")
            .text(point.machine);
        if let Some(generation) = point.boot.generation {
            page.raw(", generation ").text(generation);
        }
        page.raw(", ").text(Moment(point.at)).raw(": ").raw(name);
        if let Some(seconds) = seconds {
            page.raw(" in ").text(seconds).raw(" s");
        }
        page.raw("</title>");
        match (point.outcome, seconds) {
            (Outcome::Up, Some(seconds)) => {
                page.fill("<circle cx=\"#\" cy=\"#\" r=\"4\"/>", &[x, self.y(seconds)])
            }
            (Outcome::FellBack, _) => page.fill("<path d=\"M# #l6 10h-12z\"/>", &[x, FAILED - 5]),
            _ => page.fill(
                "<path class=\"cross\" d=\"M# #l8 8m0-8l-8 8\"/>",
                &[x - 4, FAILED - 4],
            ),
        };
        page.raw("</g>\n");
    }
}

/// The smallest step of which no more than so many make up a length.
fn step(steps: &[u64], length: u64, most: u64) -> u64 {
    let fits = |step: &&u64| length / **step <= most;
    steps
        .iter()
        .find(fits)
        .or(steps.last())
        .copied()
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_few_steps() {
        for (length, most, expected) in [
            (59, 4, 60),
            (3600, 4, 900),
            (86_400, 4, 21_600),
            (86_400 * 30, 12, 604_800),
        ] {
            assert_eq!(step(&TIMES, length, most), expected, "{length}");
        }
        assert_eq!(step(&SECONDS, 600, 5), 120);
    }

    #[test]
    fn what_is_out_of_reach_is_at_the_edge() {
        let scale = Scale {
            width: 360,
            from: 100,
            to: 200,
            top: 60,
        };
        assert_eq!(
            (scale.x(0), scale.x(100), scale.x(200), scale.x(999)),
            (LEFT, LEFT, 360 - RIGHT, 360 - RIGHT)
        );
        assert_eq!((scale.y(0), scale.y(60), scale.y(9999)), (BASE, TOP, TOP));
    }
}

//! The names of the boot tree: whether a board can ask for them.

use std::path::Path;

use super::rules;
use crate::boot::requests::{Need, Purpose, Request};
use crate::check::facts::{BootKind, CONFIG, Survey, asked_ways};
use crate::check::finding::Place;
use crate::check::judge::reporter::Reporter;

/// Most bytes of a name that fits a request with its options (RFC 1350, RFC 2347).
const NAME_MAX: usize = 400;

/// Whether a board does not start as it should when it does not get this.
fn is_missed(request: &Request) -> bool {
    request.need == Need::Needed
        || (request.need == Need::Wanted && request.purpose != Purpose::Overlay)
}

/// Looks at every name.
pub(super) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    let asked = asked_ways(&survey.loads, |_| true);
    let missed = asked_ways(&survey.loads, is_missed);
    for entry in &survey.files {
        let name = &entry.name;
        let is_config = name.as_path() == Path::new(&survey.own(CONFIG));
        let mut reporter = reporter.at(Place::file(name));
        // Of what no board asks for, none is lost.
        let counts = survey.loads.is_empty() || asked.contains(name);
        let is_missed = survey.loads.is_empty() || is_config || missed.contains(name);
        match entry.kind {
            BootKind::Stray(_) | BootKind::Special(_) if !counts => {}
            BootKind::Stray(where_to) => {
                let problem = format!("the link {where_to}");
                let remedy = "put the file itself there, or check the whole directory that the server serves";
                reporter
                    .mild_if(!is_missed)
                    .report_with(&rules::STRAY_LINK, problem, remedy);
            }
            BootKind::Special(kind) => {
                let problem = format!("it is {kind}");
                reporter
                    .mild_if(!is_missed)
                    .report(&rules::SPECIAL_FILE, problem);
            }
            BootKind::Deep => reporter.report(
                &rules::UNREACHABLE,
                "it is deeper than any name that a board asks for",
            ),
            BootKind::File | BootKind::Directory => {}
        }
        let text = name.to_string();
        let plain = name
            .as_path()
            .to_str()
            .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_graphic()));
        if entry.kind == BootKind::File && (!plain || text.len() > NAME_MAX) {
            reporter.report(&rules::UNREACHABLE, "no board asks for a name like this");
        }
    }
}

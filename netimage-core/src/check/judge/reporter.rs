//! How judges say what they find.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::boot::Board;
use crate::check::finding::{Finding, Place};
use crate::check::rules::{Rule, Severity};
use crate::explanation::Explanation;

/// Collects findings; what is said alike of several boards is said once.
#[derive(Debug, Default)]
pub(in crate::check) struct Findings(BTreeMap<Words, Said>);

/// What is said, by which findings are alike.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Words {
    code: &'static str,
    severity: Severity,
    place: Option<Place>,
    problem: String,
    remedy: String,
}

/// When it was first said, and of which boards; of none for all.
#[derive(Debug)]
struct Said {
    order: usize,
    rule: &'static Rule,
    boards: BTreeSet<Board>,
}

impl Findings {
    /// A reporter of what is about the whole image.
    pub(in crate::check) fn reporter(&mut self) -> Reporter<'_> {
        Reporter {
            findings: self,
            boards: Vec::new(),
            place: None,
            is_mild: false,
        }
    }

    fn add(&mut self, rule: &'static Rule, boards: BTreeSet<Board>, words: Words) {
        let order = self.0.len();
        match self.0.entry(words) {
            Entry::Vacant(entry) => {
                entry.insert(Said {
                    order,
                    rule,
                    boards,
                });
            }
            Entry::Occupied(mut entry) => {
                let known = &mut entry.get_mut().boards;
                // About all is about each.
                if known.is_empty() || boards.is_empty() {
                    known.clear();
                } else {
                    known.extend(boards);
                }
            }
        }
    }

    /// All of them: by boards, causes first, then the worst, then in the order in
    /// which they were found.
    pub(in crate::check) fn into_sorted(self) -> Vec<Finding> {
        let mut found: Vec<(Words, Said)> = self.0.into_iter().collect();
        found.sort_by(|(words, one), (other_words, other)| {
            let boards = one.boards.cmp(&other.boards);
            let causes = other.rule.is_cause.cmp(&one.rule.is_cause);
            let worst = other_words.severity.cmp(&words.severity);
            let order = one.order.cmp(&other.order);
            boards.then(causes).then(worst).then(order)
        });
        let findings = found.into_iter().map(|(words, said)| Finding {
            rule: said.rule,
            severity: words.severity,
            boards: said.boards.into_iter().collect(),
            place: words.place,
            problem: words.problem,
            remedy: words.remedy,
        });
        findings.collect()
    }
}

/// Says things about some boards, or all, and one place, or none.
#[derive(Debug)]
pub(in crate::check) struct Reporter<'findings> {
    findings: &'findings mut Findings,
    boards: Vec<Board>,
    place: Option<Place>,
    is_mild: bool,
}

impl Reporter<'_> {
    /// The same about these boards; about all of them if there are none.
    pub(in crate::check) fn of(&mut self, boards: impl IntoIterator<Item = Board>) -> Reporter<'_> {
        Reporter {
            boards: boards.into_iter().collect(),
            place: self.place.clone(),
            findings: self.findings,
            is_mild: self.is_mild,
        }
    }

    /// The same at a place.
    pub(in crate::check) fn at(&mut self, place: impl Into<Option<Place>>) -> Reporter<'_> {
        Reporter {
            boards: self.boards.clone(),
            place: place.into(),
            findings: self.findings,
            is_mild: self.is_mild,
        }
    }

    /// The same, as bad as its rule says for the milder case, if this is one.
    pub(in crate::check) fn mild_if(&mut self, is_mild: bool) -> Reporter<'_> {
        Reporter {
            boards: self.boards.clone(),
            place: self.place.clone(),
            findings: self.findings,
            is_mild,
        }
    }

    /// Says what is wrong, and what to do by the rule.
    pub(in crate::check) fn report(&mut self, rule: &'static Rule, problem: impl Into<String>) {
        self.report_with(rule, problem, clause(rule.remedy));
    }

    /// Says what is wrong, and what to do where that is more than the rule says.
    pub(in crate::check) fn report_with(
        &mut self,
        rule: &'static Rule,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let words = Words {
            code: rule.code,
            severity: if self.is_mild {
                rule.mildest()
            } else {
                rule.severity
            },
            place: self.place.clone(),
            problem: problem.into(),
            remedy: remedy.into(),
        };
        let boards = self.boards.iter().copied().collect();
        self.findings.add(rule, boards, words);
    }

    /// Says what an error says.
    pub(in crate::check) fn report_error(&mut self, rule: &'static Rule, error: Explanation) {
        self.report_with(rule, error.problem, error.remedy);
    }
}

/// A sentence, to be a part of one.
fn clause(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::finding::CheckReport;
    use crate::check::rules::nfs::{OPEN, SERVER_ADDRESS, SOFT};

    #[test]
    fn alike_is_said_once() {
        let mut findings = Findings::default();
        let mut reporter = findings.reporter();
        reporter.report_with(&OPEN, "one", "do");
        reporter
            .of([Board::Rpi5])
            .report_with(&SERVER_ADDRESS, "two", "do");
        reporter
            .of([Board::Rpi4])
            .report_with(&SERVER_ADDRESS, "two", "do");
        reporter
            .of([Board::Rpi4])
            .report_with(&SERVER_ADDRESS, "three", "do");
        reporter.of([Board::Rpi4]).report_with(&OPEN, "one", "do");
        let findings = findings.into_sorted();
        let told: Vec<_> = findings
            .iter()
            .map(|finding| (finding.problem.as_str(), finding.boards.as_slice()))
            .collect();
        assert_eq!(
            told,
            [
                ("one", &[][..]),
                ("three", &[Board::Rpi4]),
                ("two", &[Board::Rpi4, Board::Rpi5]),
            ]
        );
    }

    #[test]
    fn what_is_milder_comes_later_and_by_itself() {
        let mut findings = Findings::default();
        let mut reporter = findings.reporter();
        for is_mild in [true, false] {
            reporter
                .mild_if(is_mild)
                .report_with(&SERVER_ADDRESS, "one", "do");
            // It has no milder case.
            reporter.mild_if(is_mild).report_with(&SOFT, "one", "do");
        }
        let findings = findings.into_sorted();
        let told = findings
            .iter()
            .map(|finding| (finding.rule.code, finding.severity));
        let expected = [
            ("nfs-server-address", Severity::Error),
            ("nfs-server-address", Severity::Warning),
            ("nfs-soft", Severity::Warning),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn many_are_told_apart() {
        let mut findings = Findings::default();
        let started = std::time::Instant::now();
        for number in (0..100_000).chain(0..100_000) {
            let mut reporter = findings.reporter();
            reporter
                .of([Board::Rpi4])
                .report_with(&OPEN, number.to_string(), "do");
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
        let findings = findings.into_sorted();
        assert_eq!((findings.len(), &*findings[2].problem), (100_000, "2"));
    }

    #[test]
    fn what_is_allowed_is_kept_apart() {
        let mut findings = Findings::default();
        let mut reporter = findings.reporter();
        let place = Place::line("config.txt", 3);
        reporter.at(place).report_with(&SERVER_ADDRESS, "one", "do");
        reporter.report_with(&OPEN, "two", "do");
        let report = CheckReport::new(
            vec![],
            findings.into_sorted(),
            &["nfs-server-address".to_owned()],
        );
        assert!(report.boots());
        assert_eq!(
            report.allowed[0].place.as_ref().unwrap().to_string(),
            "config.txt:3"
        );
        assert_eq!(report.count(Severity::Note), 1);
        let json = serde_json::to_value(&report.allowed[0]).unwrap();
        assert_eq!(json["code"], "nfs-server-address");
        assert_eq!(json["severity"], "error");
        assert_eq!(json["source"], SERVER_ADDRESS.source);
        assert_eq!(json["reason"], serde_json::Value::Null);
    }
}

//! What the boot loaders take: sizes, and the time for them.

use crate::boot::requests::{DEFAULT_RATE, FILE_TIMEOUT};
use crate::check::facts::Survey;
use crate::check::finding::Place;
use crate::check::judge::reporter::Reporter;
use crate::check::rules::limits::{BEYOND_64_MIB, BEYOND_91_MIB, TIMEOUT};

/// 65 536 blocks of 1024 bytes.
const SIZE_64_MIB: u64 = 64 << 20;

/// 65 535 blocks of 1468 bytes, the most that the number of a block counts.
const SIZE_91_MIB: u64 = 65_535 * 1468;

/// Looks at what each board fetches with the boot loader of its EEPROM.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for load in survey.loads.iter().filter(|load| load.board.has_eeprom()) {
        let mut reporter = reporter.of([load.board]);
        for request in &load.requests.asked {
            let bytes = request.bytes();
            if bytes <= SIZE_64_MIB {
                continue;
            }
            let rule = if bytes <= SIZE_91_MIB {
                &BEYOND_64_MIB
            } else {
                &BEYOND_91_MIB
            };
            let mut reporter = reporter.at(Place::file(&request.name));
            let size = format!("the file is {} MiB long", bytes >> 20);
            reporter.report(rule, size);
            if request.times_out(DEFAULT_RATE) {
                let problem = format!(
                    "at {DEFAULT_RATE} bytes a second it takes more than {} seconds",
                    FILE_TIMEOUT.as_secs()
                );
                reporter.report(&TIMEOUT, problem);
            }
        }
    }
}

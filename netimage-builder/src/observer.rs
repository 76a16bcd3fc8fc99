//! Shows progress and listens for signals.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use netimage_core::store::StorePath;
use netimage_core::{ObjectEvent, Observer, Stage};

use crate::size::Size;
use crate::text::print_line;

/// Seconds between two lines of a log.
const PERIOD: u64 = 20;

/// How a stage of known size is shown.
const COUNTING: &str =
    "{msg:>9} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";

/// How a stage is shown of which only its end is known.
const WAITING: &str = "{msg:>9} …";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A bar on a terminal, a line now and then in a log.
pub(crate) struct Watch {
    signal: Arc<AtomicUsize>,
    bar: Option<ProgressBar>,
    started: Instant,
    /// Seconds after the start at which the next line is due.
    due: AtomicU64,
    done: AtomicU64,
    /// Store paths of the stage that are done.
    paths: AtomicU64,
    stage: Mutex<(Stage, u64, Instant)>,
}

impl Watch {
    pub(crate) fn new() -> io::Result<Self> {
        let signal = Arc::new(AtomicUsize::new(0));
        let again = Arc::new(AtomicBool::new(false));
        // Nix gives its builders a terminal, of which it makes a log.
        let log = ["NIX_LOG_FD", "NIX_BUILD_TOP"];
        let log = log.iter().any(|name| std::env::var_os(name).is_some());
        let terminal = !log && io::stderr().is_terminal();
        for number in [
            signal_hook::consts::SIGINT,
            signal_hook::consts::SIGTERM,
            signal_hook::consts::SIGHUP,
        ] {
            let value = usize::try_from(number).unwrap_or(usize::MAX);
            // A second one ends the process at once; the first one cleans up.
            signal_hook::flag::register_conditional_default(number, Arc::clone(&again))
                .and_then(|_| signal_hook::flag::register(number, Arc::clone(&again)))
                .and_then(|_| {
                    signal_hook::flag::register_usize(number, Arc::clone(&signal), value)
                })?;
        }
        Ok(Self {
            signal,
            bar: terminal.then(|| ProgressBar::new(0)),
            started: Instant::now(),
            due: AtomicU64::new(PERIOD),
            done: AtomicU64::new(0),
            paths: AtomicU64::new(0),
            stage: Mutex::new((Stage::Store, 0, Instant::now())),
        })
    }

    /// The signal that asked to stop, if one did.
    pub(crate) fn signal(&self) -> Option<i32> {
        let number = self.signal.load(Ordering::Relaxed);
        i32::try_from(number).ok().filter(|number| *number != 0)
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn print_line(&self) {
        let Ok(stage) = self.stage.lock() else {
            return;
        };
        let (stage, total, since) = *stage;
        let done = self.done.load(Ordering::Relaxed);
        let seconds = since.elapsed().max(Duration::from_millis(1)).as_millis();
        let rate = u64::try_from(u128::from(done) * 1000 / seconds).unwrap_or(u64::MAX);
        let paths = match self.paths.load(Ordering::Relaxed) {
            0 => String::new(),
            paths => format!(", {paths} store paths"),
        };
        print_line(format_args!(
            "netimage: {}: {} of {}, {}/s{paths}",
            stage.name(),
            Size(done),
            Size(total.max(done)),
            Size(rate)
        ));
    }
}

impl Observer for Watch {
    fn begin(&self, stage: Stage, bytes: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.paths.store(0, Ordering::Relaxed);
        if let Ok(mut current) = self.stage.lock() {
            *current = (stage, bytes, Instant::now());
        }
        if let Some(bar) = &self.bar {
            // What has no size has no bar either.
            bar.set_style(style(if bytes == 0 { WAITING } else { COUNTING }));
            bar.set_length(bytes);
            bar.set_position(0);
            bar.reset_eta();
            bar.set_message(stage.name());
            bar.tick();
        }
        announce(stage);
    }

    fn advance(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
            return;
        }
        let (now, due) = (
            self.started.elapsed().as_secs(),
            self.due.load(Ordering::Relaxed),
        );
        let next = now + PERIOD;
        let mine = || {
            self.due
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
        };
        if now >= due && mine().is_ok() {
            self.print_line();
        }
    }

    fn object(&self, _: &StorePath, event: ObjectEvent) {
        if event == ObjectEvent::Done {
            self.paths.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }
}

/// Tells Nix the phase, on the descriptor it gave for that (Nix manual,
/// "Builder execution", `NIX_LOG_FD`).
#[allow(clippy::disallowed_methods, reason = "/proc is not a tree of ours")]
fn announce(stage: Stage) {
    let Some(number) = std::env::var("NIX_LOG_FD")
        .ok()
        .and_then(|fd| fd.parse::<u32>().ok())
    else {
        return;
    };
    let line = format!(
        "@nix {{\"action\":\"setPhase\",\"phase\":\"{}\"}}\n",
        stage.name()
    );
    let file = OpenOptions::new()
        .append(true)
        .open(format!("/proc/self/fd/{number}"));
    // A log that cannot be written is no reason to fail.
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}

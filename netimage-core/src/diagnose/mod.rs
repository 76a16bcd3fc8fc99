//! Why a board does not boot, by the logs that there are.
//!
//! [`Logs`] reads, line by line, what people have: the log of dnsmasq, tftpd-hpa or
//! atftpd, out of a file, syslog or the journal, and what a board says on its own
//! console. [`Logs::diagnose`] tells what that comes to: which boards there are, how each
//! boot went, where it stopped, and why, by [`causes`] that each have a code and a source.
//!
//! [`Account`] tells the same of a boot of which only that is known which files were sent.
//!
//! It is one way: `log` makes of each line what it says, `logs` gives that to a `board`,
//! which has its `boot`s, and `judge` finds what is wrong with one. All of it is pure, and
//! a log is what anybody may have written: memory is bounded however long it is.

mod account;
mod board;
mod boot;
mod causes;
mod conclude;
mod dhcp;
mod diagnosis;
mod file;
mod finding;
mod judge;
mod likeness;
mod log;
mod logs;
mod model;
mod name;
mod served;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use boot::Seen;
pub use causes::{causes, find_cause};
pub use dhcp::Dhcp;
pub use diagnosis::{
    BoardDiagnosis, BootDiagnosis, BootStage, Diagnosis, FileDiagnosis, Identity, OtherDevice,
};
pub use finding::{Alternative, Cause};
pub use log::{Moment, Sign};
pub use logs::Logs;
pub use model::Model;
pub use served::Served;

//! With what the next boot of a board begins.

use super::{Boot, PAUSE, TRANSFER};
use crate::boot::requests::Purpose;
use crate::diagnose::dhcp::Dhcp;
use crate::diagnose::log::{Entry, Moment, Observation, Sign, Transfer};
use crate::diagnose::name::Name;

impl Boot {
    /// Whether what comes next belongs to another boot.
    pub(in crate::diagnose) fn ends_before(&self, entry: &Entry) -> bool {
        match &entry.what {
            Observation::BootsFromNetwork => !self.is_first_code(),
            Observation::Discover | Observation::Proxy if !entry.who.is_own => {
                !self.is_first_code() && !self.is_late()
            }
            Observation::Sign(Sign::LoaderStarted) => {
                self.has_kernel()
                    || (!self.files.is_empty() && self.seen(Sign::TriesNetwork).is_some())
            }
            Observation::Sign(Sign::TriesNetwork) => !self.files.is_empty(),
            Observation::Sign(Sign::KernelStarted) => {
                let over = [Sign::Panic, Sign::RootMounted, Sign::Up];
                over.into_iter().any(|sign| self.seen(sign).is_some())
            }
            Observation::File(_, Transfer::Failed) if !self.ends_transfer() => {
                let pause = self.since_last_file(entry.at);
                pause.is_some_and(|pause| pause > PAUSE + TRANSFER)
            }
            Observation::File(name, _) => self.ends_before_file(name, entry.at),
            _ => false,
        }
    }

    fn ends_before_file(&self, name: &Name, at: Option<Moment>) -> bool {
        if self.since_last_file(at).is_some_and(|pause| pause > PAUSE) {
            return true;
        }
        match name.purpose {
            // What a boot begins with, after what it ends with.
            Some(Purpose::Bootcode | Purpose::Firmware | Purpose::Update) => self.is_late(),
            // Older firmware reads it once more after kernel and device tree.
            Some(Purpose::Config) => {
                let last = self.last_file.and_then(|at| self.files.get(at));
                let is_kernel = last == self.sent_kernel() || last == self.asked_kernel();
                self.comes_to_kernel() && (is_kernel || self.later != Dhcp::default())
            }
            _ => false,
        }
    }

    /// Whether it asked for no more than its first code, which asks for an address anew
    /// (raspberrypi/firmware#1605).
    fn is_first_code(&self) -> bool {
        let mut files = self.files.iter();
        files.all(|file| {
            let purpose = file.name.purpose;
            matches!(purpose, Some(Purpose::Bootcode | Purpose::Extra)) && file.missing < 3
        })
    }
}

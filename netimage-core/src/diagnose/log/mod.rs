//! Reads logs, line by line.

mod console;
mod dnsmasq;
mod frame;
mod lines;
mod moment;
mod observation;
mod sign;
mod tftpd;

pub use moment::Moment;
pub(super) use observation::{Entry, Observation, Transfer};
pub use sign::Sign;

use frame::Frame;
use lines::Lines;

/// Gives what the lines of one log say.
#[derive(Debug, Default)]
pub(super) struct Reader {
    lines: Lines,
}

impl Reader {
    pub(super) fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(&str, Option<Entry>)) {
        self.lines
            .feed(chunk, |number, line| each(line, entry(number, line)));
    }

    pub(super) fn finish(&mut self, mut each: impl FnMut(&str, Option<Entry>)) {
        self.lines
            .finish(|number, line| each(line, entry(number, line)));
    }
}

fn entry(line: u64, text: &str) -> Option<Entry> {
    let frame = Frame::of(text);
    let message = &*frame.message;
    let (who, what) = match frame.program {
        Some("dnsmasq-tftp") => dnsmasq::tftp(message),
        Some("dnsmasq-dhcp") => dnsmasq::dhcp(message),
        // Without a name for each of its servers.
        Some("dnsmasq") => dnsmasq::tftp(message).or_else(|| dnsmasq::dhcp(message)),
        Some("rpc.mountd") => tftpd::mount(message),
        Some(_) => tftpd::read(message),
        None => console::read(message),
    }?;
    Some(Entry {
        at: frame.at,
        line,
        who,
        what,
    })
}

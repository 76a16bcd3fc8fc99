//! Reads logs, line by line.

mod console;
mod dhcpd;
mod dnsmasq;
mod frame;
mod hosts;
mod lines;
mod moment;
mod observation;
mod sign;
mod tftpd;

pub(super) use hosts::Host;
pub use moment::Moment;
pub(super) use observation::{Entry, Observation, Transfer, Who};
pub use sign::Sign;

use frame::Frame;
use hosts::Hosts;
use lines::Lines;

/// Bytes of the shortest message that is known, ` login:`.
const MESSAGE_MIN: usize = 7;

/// Gives what the lines of logs say.
#[derive(Debug, Default)]
pub(super) struct Reader {
    lines: Lines,
    hosts: Hosts,
}

impl Reader {
    pub(super) fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(&str, Option<Entry>)) {
        let hosts = &mut self.hosts;
        self.lines.feed(chunk, |number, line| {
            each(line, entry(number, line, hosts));
        });
    }

    /// Ends a log; what is read then is another one.
    pub(super) fn finish(&mut self, mut each: impl FnMut(&str, Option<Entry>)) {
        let hosts = &mut self.hosts;
        self.lines.finish(|number, line| {
            each(line, entry(number, line, hosts));
        });
        self.lines = Lines::default();
    }

    /// Whether what a machine said of itself is that of a server, which is no board.
    pub(super) fn is_server(&self, host: Host) -> bool {
        self.hosts.is_server(host)
    }
}

fn entry(line: u64, text: &str, hosts: &mut Hosts) -> Option<Entry> {
    if text.len() < MESSAGE_MIN {
        return None;
    }
    let frame = Frame::of(text);
    let message = &*frame.message;
    let found = match frame.program {
        Some("dnsmasq-tftp") => dnsmasq::tftp(message),
        Some("dnsmasq-dhcp") => dnsmasq::dhcp(message),
        // Without a name for each of its servers.
        Some("dnsmasq") => dnsmasq::tftp(message).or_else(|| dnsmasq::dhcp(message)),
        Some("rpc.mountd") => tftpd::mount(message),
        Some("dhcpd") => dhcpd::read(message),
        Some(_) => tftpd::read(message),
        None => console::read(message).or_else(|| dnsmasq::unnamed(message)),
    };
    if let Some(host) = &frame.host {
        // A board may well have a dnsmasq for names.
        let serves = frame
            .program
            .is_some_and(|program| program != "dnsmasq" || found.is_some());
        if serves {
            hosts.serves(host);
        }
    }
    let (mut who, what) = found?;
    if who.is_own
        && let Some(host) = &frame.host
    {
        who.host = Some(hosts.named(host)?);
    }
    Some(Entry {
        at: frame.at,
        line,
        who,
        what,
    })
}

//! The machines that a log names as those that wrote it.

/// Machines that are kept, and the characters of a name.
const HOSTS_MAX: usize = 128;
const NAME_MAX: usize = 64;

/// A machine, by its place among those that were named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::diagnose) struct Host(usize);

/// Machines, and whether each is a server of boards. What the kernel of a server says may
/// come long before its first word as a server.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    hosts: Vec<(String, bool)>,
}

impl Hosts {
    /// The machine of a name; none where there are too many.
    pub(super) fn named(&mut self, name: &str) -> Option<Host> {
        let kept = || name.chars().take(NAME_MAX);
        let is_it = |(host, _): &(String, bool)| host.chars().eq(kept());
        let found = self.hosts.iter().position(is_it);
        let found = found.or_else(|| {
            (self.hosts.len() < HOSTS_MAX).then(|| {
                self.hosts.push((kept().collect(), false));
                self.hosts.len() - 1
            })
        });
        found.map(Host)
    }

    /// Takes a machine for a server.
    pub(super) fn serves(&mut self, name: &str) {
        let host = self.named(name);
        if let Some((_, serves)) = host.and_then(|host| self.hosts.get_mut(host.0)) {
            *serves = true;
        }
    }

    pub(super) fn is_server(&self, host: Host) -> bool {
        self.hosts.get(host.0).is_some_and(|(_, serves)| *serves)
    }
}

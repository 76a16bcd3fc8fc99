//! What is known of the systemd of an initrd.

/// What becomes of networkd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::check) enum Networkd {
    /// Its program is not there.
    #[default]
    Absent,
    /// It is there without its unit.
    NoUnit,
    /// Nothing starts its unit.
    NotStarted,
    /// It is started, or may be.
    Started,
}

/// What there is of it.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(in crate::check) struct SystemdSurvey {
    /// Its version, by the names of its own libraries.
    pub version: Option<u32>,
    pub has_executor: bool,
    /// Whether fstab-generator is there, or one that is not systemd's own.
    pub has_generator: bool,
    /// Whether the mount of the root is a unit.
    pub has_root_unit: bool,
    /// Whether dracut made the initrd, which mounts by scripts of its own.
    pub is_of_dracut: bool,
    pub networkd: Networkd,
    /// What it is told.
    pub networks: Networks,
    /// Whether it runs something of which it is not known what it does.
    pub runs_unknown: bool,
    /// Why it does not do the work of stage 1, and what to add.
    pub lacks: Option<(&'static str, &'static str)>,
    /// Whether a unit or a command of one may mount the store below it.
    pub may_mount_store: bool,
    /// What `root=` says, if that is what systemd mounts.
    pub root: Option<String>,
}

/// What networkd is told.
#[derive(Debug, Default)]
pub(in crate::check) struct Networks {
    /// Whether a wired interface may get an IPv4 address, and any address.
    pub may_give_ipv4: bool,
    pub may_give_any: bool,
    /// A file that a wired interface gets.
    pub matching: Option<String>,
    /// What files there are, and what they are for.
    pub files: Vec<String>,
    /// Whether udev leaves the wired port the kernel's name.
    pub keeps_name: bool,
}

impl Networks {
    /// Whether networkd is told of any network, or may be.
    pub(in crate::check) fn is_told(&self) -> bool {
        self.may_give_any || !self.files.is_empty()
    }
}

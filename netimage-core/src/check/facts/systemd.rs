//! What is known of the systemd of an initrd.

/// What there is of it.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(in crate::check) struct SystemdSurvey {
    /// Whether fstab-generator is there, or one that is not systemd's own.
    pub has_generator: bool,
    /// Whether the mount of the root is a unit.
    pub has_root_unit: bool,
    /// Whether dracut made the initrd, which mounts by scripts of its own.
    pub is_of_dracut: bool,
    pub starts_networkd: bool,
    /// What it is told.
    pub networks: Networks,
    /// Whether it runs something of which it is not known what it does.
    pub runs_unknown: bool,
    /// Why it does not do the work of stage 1.
    pub lacks: Vec<&'static str>,
    /// Whether a unit or a command of one may mount the store below it.
    pub may_mount_store: bool,
    /// What `root=` says, if that is what systemd mounts.
    pub root: Option<String>,
}

/// What networkd is told.
#[derive(Debug, Default)]
pub(in crate::check) struct Networks {
    /// Whether a wired interface may get an IPv4 address.
    pub may_give_address: bool,
    /// A file that a wired interface gets.
    pub matching: Option<String>,
    /// What files there are, and what they are for.
    pub files: Vec<String>,
    /// Whether udev leaves the wired port the kernel's name.
    pub keeps_name: bool,
}

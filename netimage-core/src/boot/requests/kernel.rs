//! Which kernel is taken, and the initial RAM disk with it.

use super::firmware::os_name;
use super::request::{IfMissing, Purpose, StopReason};
use super::simulation::{Ask, End, Simulation};
use crate::boot::Soc;
use crate::boot::config_txt::BootConfig;

/// A kernel that was found.
pub(super) struct Kernel {
    pub(super) name: String,
    pub(super) is_64bit: bool,
}

impl Simulation<'_> {
    /// The kernels in the order in which they are taken, and whether they are
    /// started as 64-bit ones. The names and their order are in `start4.elf`.
    pub(super) fn kernel_names(&self, config: &BootConfig) -> Vec<(String, bool)> {
        let is_64bit = config.is_64bit();
        if let Some(kernel) = &config.kernel {
            return vec![(kernel.value.clone(), is_64bit)];
        }
        let names = self.board().default_kernels(is_64bit).iter();
        let mut names: Vec<_> = names.map(|name| ((*name).to_owned(), is_64bit)).collect();
        // A Pi 3 that is not told the mode takes a 64-bit kernel if there is no
        // other.
        if !is_64bit && config.arm_64bit.is_none() {
            names.push(("kernel8.img".to_owned(), true));
        }
        names
    }

    /// The kernel that is there; none if there is none but a stub was named, which
    /// may be all that is started (`armstub=RPI_EFI.fd`).
    pub(super) fn choose_kernel(
        &mut self,
        config: &BootConfig,
        os_prefix: &str,
    ) -> Result<Option<Kernel>, End> {
        let names = self.kernel_names(config);
        if config.kernel.is_none() && self.board().runs_32_bit_kernels() {
            self.probe_recovery_kernels(config);
        }
        // It asks about the 64-bit one first, even where it is the last choice.
        let (asked, last) = match names.split_last() {
            Some((last, others)) if last.1 && others.iter().any(|(_, is_64bit)| !is_64bit) => {
                (others, Some(last))
            }
            _ => (&names[..], None),
        };
        let probe = Ask::probe(Purpose::KernelProbe, IfMissing::TriesNext);
        let has_last = last.is_some_and(|(name, _)| self.ask(&os_name(os_prefix, name), probe));
        for (at, (name, is_64bit)) in asked.iter().enumerate() {
            let name = os_name(os_prefix, name);
            let is_last = at + 1 == asked.len() && !has_last;
            let ask = if is_last {
                Ask::needed(Purpose::KernelProbe, IfMissing::Stops)
            } else {
                probe
            };
            if self.ask(&name, ask) {
                let is_64bit = *is_64bit;
                return Ok(Some(Kernel { name, is_64bit }));
            }
        }
        match last.filter(|_| has_last) {
            Some((name, is_64bit)) => Ok(Some(Kernel {
                name: os_name(os_prefix, name),
                is_64bit: *is_64bit,
            })),
            None if config.armstub.is_some() => Ok(None),
            None => Err(End::Stops(StopReason::NoKernel)),
        }
    }

    fn probe_recovery_kernels(&mut self, config: &BootConfig) {
        self.ask("recovery8.img", Ask::optional(Purpose::Recovery));
        if config.is_64bit() {
            return;
        }
        let is_2711 = self.board().soc() == Soc::Bcm2711;
        let others = [
            "recovery8-32.img",
            "recovery7l.img",
            "recovery7.img",
            "recovery.img",
        ];
        for name in others {
            if is_2711 || name != "recovery7l.img" {
                self.ask(name, Ask::optional(Purpose::Recovery));
            }
        }
    }

    /// Asks for the initial RAM disks that are named, or for that which goes
    /// with the kernel.
    pub(super) fn initramfs(
        &mut self,
        config: &BootConfig,
        os_prefix: &str,
        kernel: Option<&Kernel>,
    ) {
        let (names, ask) = match &config.initramfs {
            Some(initramfs) => {
                let names = initramfs.value.files.iter();
                (
                    names.map(|name| os_name(os_prefix, name)).collect(),
                    Ask::needed(Purpose::Initramfs, IfMissing::GoesOn),
                )
            }
            None if BootConfig::is_on(config.auto_initramfs.as_ref(), false) => {
                let name = kernel.and_then(|kernel| initramfs_of(&kernel.name, os_prefix));
                let names: Vec<_> = name.into_iter().collect();
                (names, Ask::optional(Purpose::Initramfs))
            }
            None => return,
        };
        for name in names {
            if self.ask(&name, ask) {
                let name = self.full_name(&name);
                self.resolved.initramfs.push(name);
            }
        }
    }
}

/// The initramfs that goes with a kernel under `auto_initramfs`: `initramfs8_rt`
/// beside `kernel8_rt.img`. The firmware makes the one name from the other since
/// 2025-05, and had a list before, which comes to the same (raspberrypi/firmware#1965).
fn initramfs_of(kernel: &str, os_prefix: &str) -> Option<String> {
    let (before, rest) = kernel.split_at(kernel.rfind("kernel")?);
    let rest = rest.strip_prefix("kernel")?;
    let is_name = before.is_empty() || before.ends_with('/') || before == os_prefix;
    let rest = rest.strip_suffix(".img").unwrap_or(rest);
    (is_name && !rest.contains('/')).then(|| format!("{before}initramfs{rest}"))
}

#[cfg(test)]
mod tests {
    use super::initramfs_of;

    #[test]
    fn an_initramfs_is_called_after_its_kernel() {
        for (kernel, os_prefix, initramfs) in [
            ("kernel.img", "", Some("initramfs")),
            ("kernel_2712.img", "", Some("initramfs_2712")),
            ("kernel8_rt.img", "", Some("initramfs8_rt")),
            ("kernel8", "", Some("initramfs8")),
            ("new/kernel8.img", "new/", Some("new/initramfs8")),
            ("test-kernel8.img", "test-", Some("test-initramfs8")),
            ("kernels/kernel8.img", "", Some("kernels/initramfs8")),
            ("kernels/vmlinuz", "", None),
            ("mykernel.img", "", None),
            ("vmlinuz", "", None),
        ] {
            let name = initramfs_of(kernel, os_prefix);
            assert_eq!(name.as_deref(), initramfs, "{kernel}");
        }
    }
}

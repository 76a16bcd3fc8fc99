//! Drivers: whether the boards' Ethernet comes up, and what to do where not.

use std::ops::Range;

use super::{Check, rules};
use crate::boot::Board;
use crate::check::facts::{KernelSurvey, share_a_board};
use crate::check::rules::Rule;
use crate::initrd::ModuleName;

/// The releases of Linux that wait without end for the driver of a supplier.
const WAITS_FOR_EVER: Range<(u32, u32)> = (5, 13)..(6, 0);

impl Check<'_> {
    /// The kernels that the initrd is loaded with.
    pub(super) fn kernels(&self) -> impl Iterator<Item = &KernelSurvey> {
        let kernels = self.survey.kernels.iter();
        kernels.filter(|kernel| share_a_board(&kernel.boards, &self.initrd.boards))
    }

    /// The drivers of a board's Ethernet, and of what that needs by its device tree.
    pub(super) fn check_ethernet(&mut self, board: Board) {
        let what = "of its Ethernet";
        let (mut absent, mut late): (Vec<Vec<&str>>, Vec<Vec<&str>>) = Default::default();
        for group in board.ethernet().drivers {
            if self.is_absent(&[board], group, what) {
                absent.push(group.to_vec());
            }
        }
        let waits_for_ever = self
            .kernels()
            .filter_map(KernelSurvey::version)
            .any(|version| WAITS_FOR_EVER.contains(&version));
        let own = board.ethernet().drivers.concat();
        let initrd = self.initrd;
        for supplier in initrd
            .suppliers
            .iter()
            .filter(|supplier| supplier.board == board)
        {
            let group: Vec<&str> = supplier.modules.iter().map(ModuleName::as_str).collect();
            if own.iter().any(|name| group.contains(name)) {
                continue;
            }
            if supplier.is_vital || waits_for_ever {
                if self.is_absent(&[board], &group, what) {
                    absent.push(group);
                }
            } else if !group.iter().any(|name| self.is_there(name)) {
                late.push(group);
            }
        }
        self.say_absent(&rules::NO_DRIVER, &[board], absent, what);
        // The kernel's own search for an address does not wait.
        if !initrd.is_absent {
            let what = "that its Ethernet waits for";
            self.say_absent(&rules::LATE_DRIVER, &[board], late, what);
        }
    }

    /// Whether the kernel is known to have a module of this name.
    pub(super) fn is_module(&self, name: &str) -> bool {
        let known = self.initrd.of_kernel.iter().flatten();
        known.map(ModuleName::as_str).any(|module| module == name)
    }

    /// Says which groups of modules are neither in the initrd nor built in, and what to
    /// do: for what the kernel has as a module it need not be another kernel.
    pub(super) fn say_absent(
        &mut self,
        rule: &'static Rule,
        boards: &[Board],
        groups: Vec<Vec<&str>>,
        what: &str,
    ) {
        let knows_modules = self.initrd.of_kernel.is_some();
        let (mut own, mut foreign) = (Vec::new(), Vec::new());
        for mut group in groups {
            if !knows_modules {
                own.push(group);
            } else if group.iter().any(|name| self.is_module(name)) {
                group.retain(|name| self.is_module(name));
                own.push(group);
            } else {
                foreign.push(group);
            }
        }
        for (groups, is_own) in [(own, true), (foreign, false)] {
            let names: Vec<_> = groups.iter().map(|group| group.join(" or ")).collect();
            let (list, it, are) = match &names[..] {
                [] => continue,
                [name] => (format!("module {name}"), "it", "is"),
                _ => (format!("modules {}", names.join(", ")), "them", "are"),
            };
            let problem =
                format!("the {list} {what} {are} neither in the initrd nor built into the kernel");
            let remedy = if !is_own || self.initrd.is_absent {
                format!("take a kernel that has {it}, such as Raspberry Pi's")
            } else if self.survey.is_nixos() {
                format!("add {it} to boot.initrd.availableKernelModules")
            } else {
                format!("add {it} to the initrd")
            };
            self.reporter
                .of(boards.iter().copied())
                .report_with(rule, problem, remedy);
        }
    }
}

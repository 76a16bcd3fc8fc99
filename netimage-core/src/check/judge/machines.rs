//! What the kernel of a board runs.

use crate::boot::Architecture;
use crate::initrd::ElfMachine;

/// Whether a kernel runs the programs of a system, as Nix names it.
pub(in crate::check) fn agrees(system: &str, architecture: Architecture) -> bool {
    match architecture {
        Architecture::Arm64 => is_for_boards(system),
        Architecture::Arm => is_arm(system),
    }
}

/// Whether a system is for any board, with one kernel or the other.
pub(in crate::check) fn is_for_boards(system: &str) -> bool {
    system.starts_with("aarch64") || is_arm(system)
}

fn is_arm(system: &str) -> bool {
    system.starts_with("armv")
}

/// Whether a kernel runs programs for a machine. A 64-bit one runs those of 32
/// bits if it was built so (`CONFIG_COMPAT`), which its file does not tell.
pub(in crate::check) fn runs(kernel: Option<Architecture>, machine: ElfMachine) -> bool {
    match kernel {
        Some(Architecture::Arm) => machine == ElfMachine::Arm,
        _ => matches!(machine, ElfMachine::Aarch64 | ElfMachine::Arm),
    }
}

//! What the Raspberry Pi's firmware fetches over TFTP, and the command line it
//! hands to the kernel.

mod cmdline;
mod tree;

pub use cmdline::{COMMAND_LINE_LENGTH_MAX, CommandLineError, KernelCommandLine};
pub use tree::BootTree;

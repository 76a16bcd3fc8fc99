//! What the Raspberry Pi's firmware fetches over TFTP, and the command line it
//! hands to the kernel.

mod board;
mod cmdline;
pub mod config_txt;
mod firmware;
mod kernel;
pub mod requests;
mod serial;
mod tree;

pub use board::{Board, BoardError, Ethernet, FirmwareVariant, Soc, Variant};
pub use cmdline::{COMMAND_LINE_LENGTH_MAX, CommandLineError, KernelCommandLine};
pub use firmware::{FirmwareError, FirmwareFile};
pub use kernel::{
    Architecture, Arm64Image, BootLoader, Endianness, KERNEL_SIZE_MAX, KernelFormat, KernelImage,
    KernelReadError, LinuxBanner, ZImage,
};
pub use serial::{Serial, SerialError};
pub use tree::BootTree;

pub(crate) use cmdline::SINGLE_VALUED_PARAMETERS;
pub(crate) use kernel::unpacked_kernel;

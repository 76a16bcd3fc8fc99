//! Which kind of kernel a file is, from its first bytes.

mod arm64;
mod banner;
mod error;
mod loader;
#[cfg(test)]
mod tests;
mod zimage;

pub use arm64::Arm64Image;
pub use banner::LinuxBanner;
pub use error::KernelReadError;
pub use loader::BootLoader;
pub use zimage::ZImage;

use std::io::{self, Cursor, Read};

use flate2::read::GzDecoder;

/// So many bytes from the start of a kernel are enough to recognise it: a header,
/// and of a gzipped one what unpacks to a header.
const HEAD_LENGTH: u64 = 4096;

/// Most bytes of a kernel, unpacked, that are read: several times what any has.
pub const KERNEL_SIZE_MAX: u64 = 256 << 20;

/// Bytes that the headers end in, that for UEFI among them.
const HEADER_LENGTH: usize = 512;

const GZIP: &[u8] = b"\x1f\x8b";

/// How other files begin that are, or hold, a kernel.
const MAGICS: [(&[u8], KernelFormat); 12] = [
    (GZIP, KernelFormat::Compressed("gzip")),
    (b"\xfd7zXZ\0", KernelFormat::Compressed("xz")),
    (b"\x28\xb5\x2f\xfd", KernelFormat::Compressed("zstd")),
    (b"BZh", KernelFormat::Compressed("bzip2")),
    (b"\x02\x21\x4c\x18", KernelFormat::Compressed("lz4")),
    (b"\x04\x22\x4d\x18", KernelFormat::Compressed("lz4")),
    (b"\x5d\0\0", KernelFormat::Compressed("lzma")),
    (b"\x89LZO\0", KernelFormat::Compressed("lzo")),
    (b"\x27\x05\x19\x56", KernelFormat::UImage),
    (b"\xd0\x0d\xfe\xed", KernelFormat::DeviceTree),
    (b"\x7fELF", KernelFormat::Elf),
    (b"ANDROID!", KernelFormat::AndroidBoot),
];

/// What a file is that the firmware is to start as the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelImage {
    /// What it is, or what is gzipped in it.
    pub format: KernelFormat,
    /// Whether it is gzipped, as the firmware takes it on 64-bit boards.
    pub is_gzipped: bool,
    /// Bytes of the file.
    pub file_size: u64,
}

/// A kind of file that might be taken for a kernel. Raspberry Pi's documentation
/// has its firmware start the first three (`config_txt/boot.adoc`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelFormat {
    /// Linux for arm64, `arch/arm64/boot/Image`.
    Arm64(Arm64Image),
    /// Linux for 32-bit Arm, `arch/arm/boot/zImage`.
    ZImage(ZImage),
    /// Begins with a branch of this architecture, but has no header: code for
    /// the bare machine, like most builds of U-Boot.
    Code(Architecture),
    /// A Linux that unpacks itself, for UEFI only (`CONFIG_EFI_ZBOOT`).
    EfiZboot,
    /// A program for UEFI or Windows, such as a kernel for x86.
    Pe,
    /// Wrapped for U-Boot by mkimage.
    UImage,
    /// A device tree, or U-Boot's FIT image, which is one.
    DeviceTree,
    /// ELF, such as `vmlinux`.
    Elf,
    /// Android's `boot.img`.
    AndroidBoot,
    /// Compressed so, and by more than one gzip if it is that.
    Compressed(&'static str),
    /// Nothing known.
    Unknown,
}

/// What a kernel runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Architecture {
    /// 32 bits: `arm_64bit=0` in `config.txt`.
    Arm,
    /// 64 bits: `arm_64bit=1`.
    Arm64,
}

/// The order of bytes that a kernel uses in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endianness {
    /// As all distributions build it.
    Little,
    /// For userland of its own.
    Big,
}

impl KernelImage {
    /// Recognises a kernel by the first bytes of its file. Looks into one layer of
    /// gzip.
    ///
    /// # Errors
    ///
    /// When these bytes cannot be read.
    pub fn recognise(file: impl Read, file_size: u64) -> io::Result<Self> {
        let mut head = Vec::new();
        file.take(HEAD_LENGTH).read_to_end(&mut head)?;
        let unpacked = head.starts_with(GZIP).then(|| gunzip_head(&head));
        let is_gzipped = unpacked.is_some();
        Ok(Self {
            format: KernelFormat::of(&unpacked.unwrap_or(head)),
            is_gzipped,
            file_size,
        })
    }

    /// What it runs on, if it says so.
    #[must_use]
    pub fn architecture(&self) -> Option<Architecture> {
        match self.format {
            KernelFormat::Arm64(_) => Some(Architecture::Arm64),
            KernelFormat::ZImage(_) => Some(Architecture::Arm),
            KernelFormat::Code(architecture) => Some(architecture),
            _ => None,
        }
    }

    /// Whether the file is as long as the header says, where that can be told:
    /// it has all that is to be loaded, and an arm64 Image claims at least the
    /// memory of its file. Of a gzipped one see [`read_whole`](Self::read_whole).
    #[must_use]
    pub fn size_is_sane(&self) -> Option<bool> {
        match &self.format {
            _ if self.is_gzipped => None,
            KernelFormat::Arm64(image) => {
                match (image.is_whole(self.file_size), image.holds(self.file_size)) {
                    (None, sane) | (sane, None) => sane,
                    (Some(is_whole), Some(holds)) => Some(is_whole && holds),
                }
            }
            KernelFormat::ZImage(image) => Some(image.is_whole(self.file_size)),
            _ => None,
        }
    }

    /// Looks for the banner of Linux in the whole file, from its first byte, and
    /// unpacks it if it is gzipped. In a zImage it cannot be found: that one
    /// packs the kernel in a way of its own.
    ///
    /// Takes less than 256 KiB of memory and reads no further than to the banner,
    /// or [`KERNEL_SIZE_MAX`] bytes.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or unpacked, or is larger than any kernel,
    /// and no banner came well before that.
    pub fn find_banner(&self, reader: impl Read) -> Result<Option<LinuxBanner>, KernelReadError> {
        self.find(reader, banner::START, LinuxBanner::parse)
    }

    /// Looks for the banner of a boot loader in the whole file, from its first
    /// byte, as [`find_banner`](Self::find_banner) does for Linux's. A Linux may
    /// have a boot loader somewhere in it: what has both is a Linux.
    ///
    /// # Errors
    ///
    /// As for [`find_banner`](Self::find_banner).
    pub fn find_boot_loader(
        &self,
        reader: impl Read,
    ) -> Result<Option<BootLoader>, KernelReadError> {
        self.find(reader, loader::U_BOOT, BootLoader::parse)
    }

    fn find<Text>(
        &self,
        reader: impl Read,
        start: &[u8],
        parse: impl Fn(&[u8]) -> Option<Text>,
    ) -> Result<Option<Text>, KernelReadError> {
        match banner::scan(self.unpacked(reader), start, parse, false) {
            (None, Err(error)) => Err(self.cause(error)),
            (found, _) => Ok(found),
        }
    }

    /// Reads the whole file, from its first byte: its banner, as
    /// [`find_banner`](Self::find_banner), and how many bytes it unpacks to, after
    /// its checksum if it is gzipped: those that [`Arm64Image::holds`] and
    /// [`Arm64Image::is_whole`] ask for. A banner that comes before a mistake is
    /// found. Takes less than 256 KiB of memory.
    pub fn read_whole(
        &self,
        reader: impl Read,
    ) -> (Option<LinuxBanner>, Result<u64, KernelReadError>) {
        let unpacked = self.unpacked(reader);
        let (banner, size) = banner::scan(unpacked, banner::START, LinuxBanner::parse, true);
        (banner, size.map_err(|error| self.cause(error)))
    }

    fn unpacked<'reader>(&self, reader: impl Read + 'reader) -> Box<dyn Read + 'reader> {
        if self.is_gzipped {
            Box::new(GzDecoder::new(reader))
        } else {
            Box::new(reader)
        }
    }

    fn cause(&self, error: KernelReadError) -> KernelReadError {
        if self.is_gzipped {
            error.of_gzip()
        } else {
            error
        }
    }
}

impl KernelFormat {
    fn of(head: &[u8]) -> Self {
        if let Some(image) = Arm64Image::parse(head) {
            return Self::Arm64(image);
        }
        if let Some(image) = ZImage::parse(head) {
            return Self::ZImage(image);
        }
        if let Some((_, format)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
            return *format;
        }
        match head {
            [b'M', b'Z', _, _, b'z', b'i', b'm', b'g', ..] => Self::EfiZboot,
            [b'M', b'Z', ..] => Self::Pe,
            // The opcodes of `b`, forwards: always, with 26 and 24 bits.
            [_, _, 0, 0x14, ..] => Self::Code(Architecture::Arm64),
            [_, _, 0, 0xea, ..] => Self::Code(Architecture::Arm),
            _ => Self::Unknown,
        }
    }
}

/// What is started of a kernel, gzipped or not.
///
/// # Errors
///
/// When its first bytes cannot be read.
pub(crate) fn unpacked_kernel<'reader>(
    mut reader: impl Read + 'reader,
) -> Result<Box<dyn Read + 'reader>, KernelReadError> {
    let mut head = Vec::new();
    let read = (&mut reader).take(GZIP.len() as u64).read_to_end(&mut head);
    read.map_err(KernelReadError::Read)?;
    let is_gzipped = head == GZIP;
    let whole = Cursor::new(head).chain(reader);
    Ok(if is_gzipped {
        Box::new(GzDecoder::new(whole))
    } else {
        Box::new(whole)
    })
}

/// As much of the header as the beginning of a gzip file unpacks to.
fn gunzip_head(head: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::with_capacity(HEADER_LENGTH);
    // What came before the end of the head, or before a mistake, has to do.
    let _ = GzDecoder::new(head)
        .take(HEADER_LENGTH as u64)
        .read_to_end(&mut unpacked);
    unpacked
}

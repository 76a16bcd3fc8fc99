//! Kernels: any bytes are of some kind, and the banner of a whole one is the same
//! however it is read.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use netimage_core::boot::{KernelFormat, KernelImage};

/// Gives so many bytes at a time.
struct Dripping<'a>(&'a [u8], usize);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

fuzz_target!(|bytes: &[u8]| {
    let size = bytes.len() as u64;
    let recognise = |bytes| KernelImage::recognise(bytes, size).expect("memory reads");
    let kernel = recognise(bytes);
    let _ = kernel.architecture();
    if let KernelFormat::Arm64(image) = kernel.format {
        let _ = (image.has_sane_text_offset(), image.page_size);
    }
    if kernel.size_is_sane() == Some(true)
        && let KernelFormat::ZImage(image) = kernel.format
    {
        assert!(
            image
                .length()
                .is_some_and(|length| u64::from(length) <= size)
        );
    }

    if let Ok(Some(loader)) = kernel.find_boot_loader(bytes) {
        let banner = format!("{loader} (Jan");
        let again = recognise(b"").find_boot_loader(format!("{banner} 1)").as_bytes());
        assert_eq!(again.expect("memory reads"), Some(loader));
    }
    let banner = kernel.find_banner(bytes);
    let (found, whole) = kernel.read_whole(bytes);
    if let Ok(unpacked) = whole {
        assert!(kernel.is_gzipped || unpacked == size);
    }
    if let Ok(banner) = &banner {
        assert_eq!(*banner, found);
    }
    let dripping = Dripping(
        bytes,
        1 + usize::from(bytes.first().copied().unwrap_or_default()),
    );
    // How much unpacks before a mistake depends on how it is read.
    if let (Ok(banner), Ok(same)) = (&banner, kernel.find_banner(dripping)) {
        assert_eq!(*banner, same);
    }
    if let Ok(Some(banner)) = banner {
        let start = format!("Linux version {} (", banner.release());
        assert!(banner.to_string().starts_with(&start));
        let line = format!("{banner}\n");
        let again = recognise(line.as_bytes()).find_banner(line.as_bytes());
        // One that is not text has grown by what stands for it.
        if line.len() <= 1024 {
            assert_eq!(again.expect("memory reads"), Some(banner));
        }
    }
});

//! Reads what a check has to know of a kernel.

use crate::boot::{Board, KERNEL_SIZE_MAX, KernelFormat, KernelImage, KernelReadError};
use crate::check::facts::KernelSurvey;
use crate::fs::{FsError, ServedDirectory};
use crate::tree::TargetName;

/// Reads a kernel to its banner, and a gzipped one to its end, as only that shows
/// whether it is whole; nothing where there is no such file.
pub(in crate::check) fn read(
    boot: &ServedDirectory,
    name: TargetName,
    boards: Vec<Board>,
    is_64bit: impl Fn(Board) -> bool,
) -> Result<Option<KernelSurvey>, FsError> {
    let Some((file, size)) = boot.open_file(&name)? else {
        return Ok(None);
    };
    let failed = |error| FsError::io("read", boot.path_of(&name), error);
    let image = KernelImage::recognise(file, size).map_err(failed)?;
    let Some((whole, _)) = boot.open_file(&name)? else {
        return Ok(None);
    };
    let (banner, unpacked) = if image.is_gzipped {
        let (banner, unpacked) = image.read_whole(whole);
        (banner, Some(unpacked))
    } else {
        (image.find_banner(whole).ok().flatten(), None)
    };
    let unpacked = match unpacked {
        Some(Err(KernelReadError::Read(error))) => return Err(failed(error)),
        Some(Err(KernelReadError::Gzip(error))) => Some(Err(error.to_string())),
        // So many at least, and more than any kernel has.
        Some(Err(KernelReadError::TooLarge)) => Some(Ok(KERNEL_SIZE_MAX + 1)),
        Some(Ok(size)) => Some(Ok(size)),
        None => None,
    };
    let loader = match boot.open_file(&name)? {
        Some((file, _)) if banner.is_none() && may_be_loader(&image) => {
            image.find_boot_loader(file).ok().flatten()
        }
        _ => None,
    };
    Ok(Some(KernelSurvey {
        boards_64: boards
            .iter()
            .copied()
            .filter(|board| is_64bit(*board))
            .collect(),
        loader,
        release: banner.map(|banner| banner.release().to_owned()),
        unpacked,
        name,
        boards,
        image,
    }))
}

/// Whether its code is not packed, so that a Linux would have shown its banner.
fn may_be_loader(image: &KernelImage) -> bool {
    matches!(image.format, KernelFormat::Arm64(_) | KernelFormat::Code(_))
}

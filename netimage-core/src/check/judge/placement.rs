//! Where in memory the initrd goes.

use crate::boot::config_txt::Placement;
use crate::boot::requests::Purpose;
use crate::boot::{Arm64Image, KernelFormat};
use crate::check::facts::{Load, Survey};
use crate::check::finding::Place;
use crate::check::judge::reporter::Reporter;
use crate::check::rules::config::IN_KERNEL;

/// Where firmware puts a 64-bit kernel without `kernel_address`, the older first.
const KERNEL_ADDRESSES: [u64; 2] = [0x8_0000, 0x20_0000];

/// Looks at every initrd with an address of its own.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for load in &survey.loads {
        let Some((config, initramfs)) = load
            .config()
            .and_then(|config| Some((config, config.initramfs.as_ref()?)))
        else {
            continue;
        };
        let Placement::Address(address) = initramfs.value.placement else {
            continue;
        };
        let size = size(load);
        let Some(image) = image(survey, load).filter(|_| size > 0) else {
            continue;
        };
        let given = config.kernel_address.as_ref().map(|given| given.value);
        let starts = match given {
            Some(start) => vec![start],
            None => KERNEL_ADDRESSES
                .into_iter()
                .chain([KERNEL_ADDRESSES[1] + image.effective_text_offset() % KERNEL_ADDRESSES[1]])
                .collect(),
        };
        let overlaps = |start: u64| {
            let end = start.saturating_add(image.image_size);
            address < end && start < address.saturating_add(size)
        };
        // Whichever firmware it is.
        if starts.into_iter().all(overlaps) {
            let problem = format!(
                "the initrd is placed at {address:#x}, but the kernel takes {:#x} bytes from {:#x}",
                image.image_size,
                given.unwrap_or(KERNEL_ADDRESSES[1]),
            );
            reporter
                .of([load.board])
                .at(Place::from(&initramfs.at))
                .report(&IN_KERNEL, problem);
        }
    }
}

/// The bytes of all files that are put there.
fn size(load: &Load) -> u64 {
    let asked = load.requests.asked.iter();
    let files = asked.filter(|request| request.purpose == Purpose::Initramfs);
    files.fold(0, |sum, file| sum.saturating_add(file.bytes()))
}

/// The header of the kernel that the board starts, if that says what it takes.
fn image<'survey>(survey: &'survey Survey, load: &Load) -> Option<&'survey Arm64Image> {
    let mut kernels = survey.kernels.iter();
    let kernel = kernels.find(|kernel| Some(&kernel.name) == load.kernel.as_ref())?;
    match &kernel.image.format {
        KernelFormat::Arm64(image) if image.image_size > 0 => Some(image),
        _ => None,
    }
}

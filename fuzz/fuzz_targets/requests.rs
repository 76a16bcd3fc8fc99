//! Requests: any config.txt and overlay map, on a server that has what is
//! asked for or not, come to an end for every board. A NUL separates the
//! parts: config.txt, the prefix, what decides which files are there; the
//! rest is the overlay map.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::boot::Board;
use netimage_core::boot::requests::{Below, BootFiles, Outcome, Prefix, Requests, served_name};
use netimage_core::tree::TargetName;

struct Server<'a> {
    config: &'a [u8],
    map: &'a [u8],
    there: &'a [u8],
}

impl Server<'_> {
    fn bytes(&self, name: &TargetName) -> Option<&[u8]> {
        let path = name.as_path();
        if path.ends_with("config.txt") || path.extension().is_some_and(|end| end == "inc") {
            return Some(self.config);
        }
        if path.ends_with("overlay_map.dtb") {
            return Some(self.map);
        }
        let length = path.as_os_str().len();
        let decides = self
            .there
            .get(length % self.there.len().max(1))
            .copied()
            .unwrap_or(255);
        (decides % 4 != 0).then_some(b"x")
    }
}

impl BootFiles for Server<'_> {
    fn size(&self, name: &TargetName) -> Option<u64> {
        self.bytes(name).map(|bytes| bytes.len() as u64)
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        let bytes = self.bytes(name)?;
        Some(bytes[..bytes.len().min(limit)].to_vec())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(4, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (config, prefix, there, map) = (part(), part(), part(), part());
    let server = Server { config, map, there };
    let text = String::from_utf8_lossy(prefix).into_owned();
    let prefix = match text.parse() {
        _ if text.is_empty() => Prefix::None,
        Ok(serial) => Prefix::Serial(serial),
        Err(_) => Prefix::Text(text.clone()),
    };
    let below = Below::new(&text, &server);
    for board in Board::ALL {
        for variant in board.variants() {
            for files in [&server as &dyn BootFiles, &below] {
                let requests = Requests::of(board)
                    .variant(variant)
                    .prefix(&prefix)
                    .simulate(files);
                assert!(requests.asked.len() < 2000);
                assert_eq!(requests.asked.is_empty(), !board.can_netboot());
                let _ = (requests.time(1), requests.is_complete());
                for request in &requests.asked {
                    let served = served_name(&request.name);
                    let size = served.and_then(|name| files.size(&name));
                    assert_eq!(request.size, size, "{}", request.name);
                }
                if requests.outcome == Outcome::Complete {
                    let resolved = &requests.resolved;
                    assert!(resolved.kernel.is_some() || resolved.armstub.is_some());
                    assert!(resolved.command_line.is_some());
                }
            }
        }
    }
});

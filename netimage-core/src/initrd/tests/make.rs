//! Archives, streams and modules, made byte by byte.

use std::io::Write;

use crate::initrd::{Compression, EntryKind, Initrd, Limits, ReadOptions};

pub const FILE: u32 = 0o100_644;
pub const PROGRAM: u32 = 0o100_755;
pub const DIRECTORY: u32 = 0o040_755;
pub const LINK: u32 = 0o120_777;

/// One entry of an archive.
#[derive(Clone)]
pub struct Item {
    pub name: Vec<u8>,
    pub mode: u32,
    pub body: Vec<u8>,
    pub inode: u32,
    pub links: u32,
    pub checksum: Option<u32>,
}

pub fn item(name: impl AsRef<[u8]>, mode: u32, body: impl AsRef<[u8]>) -> Item {
    Item {
        name: name.as_ref().to_vec(),
        mode,
        body: body.as_ref().to_vec(),
        inode: 0,
        links: 1,
        checksum: None,
    }
}

pub fn file(name: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Item {
    item(name, FILE, body)
}

pub fn directory(name: impl AsRef<[u8]>) -> Item {
    item(name, DIRECTORY, b"")
}

pub fn link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Item {
    item(name, LINK, target)
}

impl Item {
    pub fn linked(mut self, inode: u32, links: u32) -> Self {
        self.inode = inode;
        self.links = links;
        self
    }

    pub fn summed(mut self, checksum: u32) -> Self {
        self.checksum = Some(checksum);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let magic = if self.checksum.is_some() {
            "070702"
        } else {
            "070701"
        };
        let mut bytes = magic.as_bytes().to_vec();
        let size = u32::try_from(self.body.len()).unwrap();
        let name = u32::try_from(self.name.len() + 1).unwrap();
        let sum = self.checksum.unwrap_or(0);
        for field in [
            self.inode, self.mode, 0, 0, self.links, 1, size, 8, 1, 0, 0, name, sum,
        ] {
            write!(bytes, "{field:08X}").unwrap();
        }
        bytes.extend(&self.name);
        bytes.push(0);
        pad(&mut bytes);
        bytes.extend(&self.body);
        pad(&mut bytes);
        bytes
    }
}

pub fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Entries without a mark at the end.
pub fn entries(items: &[Item]) -> Vec<u8> {
    items.iter().flat_map(Item::bytes).collect()
}

/// An archive with its mark, padded as `cpio` does.
pub fn archive(items: &[Item]) -> Vec<u8> {
    let mut bytes = entries(items);
    bytes.extend(item("TRAILER!!!", 0, b"").bytes());
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

pub const COMPRESSIONS: [Compression; 7] = [
    Compression::None,
    Compression::Gzip,
    Compression::Bzip2,
    Compression::Lzma,
    Compression::Xz,
    Compression::Lz4,
    Compression::Zstd,
];

pub fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            let mut packer =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            packer.write_all(bytes).unwrap();
            packer.finish().unwrap()
        }
        Compression::Bzip2 => {
            let mut packer =
                bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            packer.write_all(bytes).unwrap();
            packer.finish().unwrap()
        }
        Compression::Lzma => {
            let options = lzma_rust2::LzmaOptions::with_preset(1);
            let mut packer = lzma_rust2::LzmaWriter::new_use_header(
                Vec::new(),
                &options,
                Some(bytes.len() as u64),
            )
            .unwrap();
            packer.write_all(bytes).unwrap();
            packer.finish().unwrap()
        }
        Compression::Xz => xz(bytes, lzma_rust2::CheckType::Crc32, 1 << 20),
        Compression::Lz4 => lz4(bytes),
        Compression::Zstd => {
            ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
        }
    }
}

pub fn xz(bytes: &[u8], check: lzma_rust2::CheckType, dictionary: u32) -> Vec<u8> {
    let mut options = lzma_rust2::XzOptions::with_preset(1);
    options.check_type = check;
    options.lzma_options.dict_size = dictionary;
    let mut packer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

pub fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x02, 0x21, 0x4c, 0x18];
    for chunk in bytes.chunks(8 << 20) {
        let chunk = lz4_flex::block::compress(chunk);
        packed.extend(u32::try_from(chunk.len()).unwrap().to_le_bytes());
        packed.extend(chunk);
    }
    packed
}

pub fn read(bytes: &[u8]) -> Initrd {
    Initrd::read(bytes, &ReadOptions::default())
}

pub fn read_within(bytes: &[u8], change: impl FnOnce(&mut Limits)) -> Initrd {
    let mut options = ReadOptions::default();
    change(&mut options.limits);
    Initrd::read(bytes, &options)
}

/// Every file as `PATH`, `PATH/`, `PATH -> TARGET` or `PATH (SIZE)`.
pub fn listing(initrd: &Initrd) -> Vec<String> {
    let mut lines = Vec::new();
    initrd.walk(|path, entry| {
        let path = path.escape_ascii();
        lines.push(match entry.kind {
            EntryKind::Directory => format!("{path}/"),
            EntryKind::Regular { size } => format!("{path} ({size})"),
            EntryKind::Symlink { target } => format!("{path} -> {}", target.escape_ascii()),
            EntryKind::Other => format!("{path} !"),
        });
    });
    lines
}

/// A module of a 64-bit or 32-bit machine that says so of itself.
pub fn module(wide: bool, fields: &[&str]) -> Vec<u8> {
    let names = b"\0.modinfo\0.shstrtab\0";
    let text: Vec<u8> = fields
        .iter()
        .flat_map(|field| [field.as_bytes(), b"\0"].concat())
        .collect();
    let header = if wide { 64 } else { 52 };
    let section = if wide { 64 } else { 40 };
    let table = (header + names.len() + text.len()).next_multiple_of(8);
    let word = |bytes: &mut Vec<u8>, value: usize| {
        if wide {
            bytes.extend((value as u64).to_le_bytes());
        } else {
            bytes.extend(u32::try_from(value).unwrap().to_le_bytes());
        }
    };
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 1 + u8::from(wide), 1, 1];
    bytes.resize(16, 0);
    bytes.extend([1, 0, if wide { 183 } else { 40 }, 0, 1, 0, 0, 0]);
    word(&mut bytes, 0);
    word(&mut bytes, 0);
    word(&mut bytes, table);
    bytes.extend([0; 4]);
    for half in [header, 0, 0, section, 3, 2] {
        bytes.extend(u16::try_from(half).unwrap().to_le_bytes());
    }
    assert_eq!(bytes.len(), header);
    bytes.extend(names);
    bytes.extend(&text);
    bytes.resize(table, 0);
    let text_at = header + names.len();
    for (name, offset, size) in [
        (0u32, 0, 0),
        (1, text_at, text.len()),
        (10, header, names.len()),
    ] {
        let start = bytes.len();
        bytes.extend(name.to_le_bytes());
        bytes.extend([0; 4]);
        word(&mut bytes, 0);
        word(&mut bytes, 0);
        word(&mut bytes, offset);
        word(&mut bytes, size);
        bytes.resize(start + section, 0);
    }
    bytes
}

/// A program or library for a machine (`e_machine`), with its loader and the
/// libraries that it asks for.
pub fn program(wide: bool, machine: u16, loader: Option<&str>, libraries: &[&str]) -> Vec<u8> {
    let word = |value: usize| -> Vec<u8> {
        if wide {
            (value as u64).to_le_bytes().to_vec()
        } else {
            u32::try_from(value).unwrap().to_le_bytes().to_vec()
        }
    };
    let (header, size) = if wide { (64, 56) } else { (52, 32) };
    let mut strings = vec![0];
    let mut dynamic = Vec::new();
    // Addresses are a page above the offsets.
    let base = 0x1000;
    let at_loader = header + 3 * size;
    let name = [loader.unwrap_or_default().as_bytes(), b"\0"].concat();
    let at_strings = at_loader + name.len();
    for library in libraries {
        dynamic.extend([word(1), word(strings.len())].concat());
        strings.extend([library.as_bytes(), b"\0"].concat());
    }
    dynamic.extend([word(5), word(base + at_strings), word(0), word(0)].concat());
    let at_dynamic = at_strings + strings.len();
    let whole = at_dynamic + dynamic.len();
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 1 + u8::from(wide), 1, 1];
    bytes.resize(16, 0);
    bytes.extend([3_u16.to_le_bytes(), machine.to_le_bytes()].concat());
    bytes.extend([vec![1, 0, 0, 0], word(0), word(header), word(0), vec![0; 4]].concat());
    let count = 1 + usize::from(loader.is_some()) + usize::from(!libraries.is_empty());
    for half in [header, size, count, 0, 0, 0] {
        bytes.extend(u16::try_from(half).unwrap().to_le_bytes());
    }
    let mut segment = |kind: u32, offset: usize, length: usize| {
        bytes.extend(kind.to_le_bytes());
        let (flags, words) = (vec![5, 0, 0, 0], [offset, base + offset, base + offset]);
        let words = words.map(word).concat();
        let sizes = [word(length), word(length)].concat();
        let fields = if wide {
            [flags, words, sizes, word(1)]
        } else {
            [words, sizes, flags, word(1)]
        };
        bytes.extend(fields.concat());
    };
    segment(1, 0, whole);
    if loader.is_some() {
        segment(3, at_loader, name.len());
    }
    if !libraries.is_empty() {
        segment(2, at_dynamic, dynamic.len());
    }
    bytes.resize(at_loader, 0);
    bytes.extend([name, strings, dynamic].concat());
    bytes
}

//! Reading an initrd, segment by segment.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use super::archive::{Archive, Budget, Next};
use super::compression::Compression;
use super::decode::{self, Decoder};
use super::error::{Fault, InitrdError};
use super::files::{FileId, Files, Unplaced};
use super::header::{Header, REGULAR, SYMLINK};
use super::input::Input;
use super::limits::{Limits, ReadOptions};
use super::module_index::ModuleName;
use super::module_info::{ModuleFileError, ModuleInfo};
use super::modules::{self, Module};
use super::paths::split;
use super::programs::Programs;
use super::segments::{self, HEAD_LENGTH, Segment};

const BUFFER: usize = 64 * 1024;
/// Names of files that the kernel skips are kept up to so many.
const SKIPPED_KEPT: usize = 16;

/// What an initrd has in it once Linux has unpacked it.
///
/// A name is bytes from the root, with or without a leading `/`.
#[derive(Debug)]
pub struct Initrd {
    pub(super) files: Files,
    pub(super) modules: Vec<Module>,
    pub(super) programs: Programs,
    segments: Vec<Segment>,
    skipped: Vec<Vec<u8>>,
    skipped_count: u64,
    broken: Option<InitrdError>,
}

impl Initrd {
    /// Reads an initrd to its end, or to where it breaks.
    pub fn read(reader: impl Read, options: &ReadOptions) -> Self {
        let mut reading = Reading {
            options,
            budget: &Budget::new(options.limits.unpacked),
            infos: HashMap::new(),
            number: 1,
            initrd: Self {
                files: Files::new(&options.limits),
                modules: Vec::new(),
                programs: Programs::default(),
                segments: Vec::new(),
                skipped: Vec::new(),
                skipped_count: 0,
                broken: None,
            },
        };
        let mut input = Input::new(reader, BUFFER);
        let mut fault = reading.segments(&mut input).err();
        let Reading {
            mut initrd,
            infos,
            number,
            ..
        } = reading;
        let is_cut;
        (initrd.modules, is_cut) = modules::collect(&initrd.files, infos);
        if is_cut {
            fault.get_or_insert_with(|| Fault::names(options.limits.names));
        }
        initrd.broken = fault.map(|fault| InitrdError {
            segment: number,
            offset: input.offset(),
            fault,
        });
        initrd
    }

    /// Where and why it breaks, if it does. What comes before is still there.
    #[must_use]
    pub fn broken(&self) -> Option<&InitrdError> {
        self.broken.as_ref()
    }

    /// Its segments, in their order. The last one may be broken.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// How many entries Linux skips, because the directory they go into is
    /// missing or another file is in their way, and the names of the first 16.
    #[must_use]
    pub fn skipped(&self) -> (u64, &[Vec<u8>]) {
        (self.skipped_count, &self.skipped)
    }
}

struct Reading<'o> {
    options: &'o ReadOptions,
    budget: &'o Budget,
    infos: HashMap<FileId, Result<ModuleInfo, ModuleFileError>>,
    /// Of the segment that is read, from 1.
    number: usize,
    initrd: Initrd,
}

impl Reading<'_> {
    fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// `unpack_to_rootfs`: what follows an uncompressed archive has to begin at
    /// a multiple of four bytes, a compressed stream after another one has not.
    fn segments<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), Fault> {
        let mut after_archive = false;
        while let Some(byte) = self.skip_zeros(input)? {
            self.number = self.initrd.segments.len() + 1;
            let aligned = input.offset().is_multiple_of(4);
            if after_archive && !aligned {
                return Err(Fault::Padding);
            }
            if self.initrd.segments.len() >= self.limits().segments {
                let limit = self.limits().segments;
                return Err(Fault::limit(
                    format!("it has more than {limit} segments"),
                    "put their files into one archive",
                ));
            }
            let Ok(head) = input.peek(HEAD_LENGTH).map(<[u8]>::to_vec) else {
                return Err(failure(input));
            };
            if !aligned && head.starts_with(b"07070") {
                return Err(Fault::Padding);
            }
            after_archive = byte == b'0' && aligned;
            let compression = if after_archive {
                Compression::None
            } else {
                segments::compression(&head)?
            };
            self.initrd.segments.push(Segment {
                offset: input.offset(),
                length: 0,
                unpacked: 0,
                compression,
                entries: 0,
                objection: segments::objection(compression, &head),
            });
            if after_archive {
                self.plain(input)?;
            } else {
                self.compressed(input, compression)?;
            }
        }
        Ok(())
    }

    fn skip_zeros<R: Read>(&mut self, input: &mut Input<R>) -> Result<Option<u8>, Fault> {
        loop {
            let Ok(bytes) = input.fill_buf() else {
                return Err(failure(input));
            };
            if bytes.is_empty() {
                return Ok(None);
            }
            let count = bytes.iter().take_while(|byte| **byte == 0).count();
            let byte = bytes.get(count).copied();
            input.consume(count);
            self.budget.spend(count as u64)?;
            if byte.is_some() {
                return Ok(byte);
            }
        }
    }

    /// One uncompressed archive, up to its `TRAILER!!!` if it has one.
    fn plain<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), Fault> {
        let start = input.offset();
        let mut archive = Archive::new(&mut *input, start, self.budget);
        let outcome = self.entries(&mut archive, true);
        let length = archive.end() - start;
        self.end_segment(length, length);
        outcome.map_err(|fault| match fault {
            Fault::Read(_) => failure(input),
            fault => fault,
        })
    }

    fn compressed<R: Read>(
        &mut self,
        input: &mut Input<R>,
        compression: Compression,
    ) -> Result<(), Fault> {
        let start = input.offset();
        let window = self.limits().window;
        let mut unpacked = 0;
        let outcome = Decoder::new(compression, input, window)
            .map_err(Fault::Read)
            .and_then(|decoder| {
                let decoder = BufReader::with_capacity(BUFFER, decoder);
                let mut archive = Archive::new(decoder, 0, self.budget);
                let outcome = self.entries(&mut archive, false);
                unpacked = archive.end();
                archive.into_reader().into_inner().finish();
                outcome
            });
        self.end_segment(input.offset() - start, unpacked);
        outcome.map_err(|fault| match fault {
            Fault::Read(error) => decode::fault(error, compression, input, window),
            fault => fault,
        })
    }

    fn end_segment(&mut self, length: u64, unpacked: u64) {
        if let Some(segment) = self.initrd.segments.last_mut() {
            segment.length = length;
            segment.unpacked = unpacked;
        }
        self.initrd.files.end_archive();
    }

    fn entries<R: BufRead>(
        &mut self,
        archive: &mut Archive<'_, R>,
        plain: bool,
    ) -> Result<(), Fault> {
        loop {
            match archive.next()? {
                Next::Entry(header) => {
                    self.entry(archive, &header)?;
                    if let Some(segment) = self.initrd.segments.last_mut() {
                        segment.entries += 1;
                    }
                }
                Next::End => return Ok(()),
                Next::Trailer | Next::Other if plain => return Ok(()),
                Next::Trailer => self.initrd.files.end_archive(),
                Next::Other => return Err(Fault::Junk),
            }
        }
    }

    fn entry<R: BufRead>(
        &mut self,
        archive: &mut Archive<'_, R>,
        header: &Header,
    ) -> Result<(), Fault> {
        let target = if header.kind() == SYMLINK {
            archive.link_target()?
        } else {
            Vec::new()
        };
        match self.initrd.files.place(archive.name(), header, &target) {
            Ok(id) => {
                if header.kind() == REGULAR && header.size > 0 {
                    self.body(archive, header, id);
                }
                Ok(())
            }
            Err(Unplaced::Skipped) => self.skip(archive.name()),
            Err(Unplaced::Fault(fault)) => Err(fault),
        }
    }

    fn skip(&mut self, name: &[u8]) -> Result<(), Fault> {
        self.initrd.skipped_count += 1;
        if self.initrd.skipped.len() < SKIPPED_KEPT {
            self.initrd.files.charge(name.len())?;
            self.initrd.skipped.push(name.to_vec());
        }
        Ok(())
    }

    /// Reads of a file what is to be kept. An error on the way is the archive's,
    /// which says so when it goes on.
    fn body<R: BufRead>(&mut self, archive: &mut Archive<'_, R>, header: &Header, id: FileId) {
        if let Some(name) = ModuleName::from_path(archive.name()) {
            self.infos.remove(&id);
            let wanted = self.options.modules.as_ref();
            if wanted.is_none_or(|wanted| wanted.contains(&name)) {
                let info = modules::open(archive.body(), self.limits(), self.budget);
                self.keep_info(id, info);
            }
            return;
        }
        let size = header.size as usize;
        let of_interest = is_of_interest(archive.name());
        let limit = self.limits().program;
        let mut body = archive.body();
        let mut text = self.initrd.programs.look(id, size, limit, &mut body);
        let most = if of_interest {
            self.limits().kept_file
        } else {
            self.limits().kept_small_file
        };
        if size > most.min(self.initrd.files.text_left()) {
            return;
        }
        text.reserve_exact(size.saturating_sub(text.len()));
        if !text.contains(&0) && body.read_to_end(&mut text).is_ok() && !text.contains(&0) {
            self.initrd.files.set_text(id, text.into());
        }
    }

    fn keep_info(&mut self, id: FileId, info: Result<ModuleInfo, ModuleFileError>) {
        let length = info.as_ref().map_or(0, ModuleInfo::length);
        let room = self.initrd.files.charge(length).is_ok();
        let info = if room {
            info
        } else {
            Err(ModuleFileError::no_room())
        };
        self.infos.insert(id, info);
    }
}

fn failure<R: Read>(input: &mut Input<R>) -> Fault {
    input.take_failure().map_or(Fault::Truncated, Fault::Read)
}

/// Files whose text is kept even when it is long.
fn is_of_interest(name: &[u8]) -> bool {
    let (_, name) = split(name);
    let names: [&[u8]; 2] = [b"modules.dep", b"modules.builtin"];
    let ends: [&[u8]; 4] = [b"fstab", b"init", b"init.sh", b"-release"];
    names.contains(&name) || ends.iter().any(|end| name.ends_with(end))
}

//! Reading an initrd, segment by segment.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use super::archive::{Archive, Budget, Next, Stop};
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
use super::segments::{self, Compression, HEAD_LENGTH, MAGIC_LENGTH, Magic, Segment};

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
        let mut state = Reading {
            options,
            budget: &Budget::new(options.limits.unpacked),
            files: Files::new(&options.limits),
            infos: HashMap::new(),
            programs: Programs::default(),
            segments: Vec::new(),
            number: 1,
            skipped: Vec::new(),
            skipped_count: 0,
        };
        let mut input = Input::new(reader, BUFFER);
        let mut broken = state.segments(&mut input).err().map(|fault| InitrdError {
            segment: state.number,
            offset: input.offset(),
            fault,
        });
        let (modules, whole) = modules::collect(&mut state.files, state.infos);
        if !whole && broken.is_none() {
            broken = Some(InitrdError {
                segment: state.number,
                offset: input.offset(),
                fault: Fault::Names {
                    limit: options.limits.names,
                },
            });
        }
        Self {
            files: state.files,
            modules,
            programs: state.programs,
            segments: state.segments,
            skipped: state.skipped,
            skipped_count: state.skipped_count,
            broken,
        }
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
    files: Files,
    infos: HashMap<FileId, Result<ModuleInfo, ModuleFileError>>,
    programs: Programs,
    segments: Vec<Segment>,
    /// Of the segment that is read, from 1.
    number: usize,
    skipped: Vec<Vec<u8>>,
    skipped_count: u64,
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
            self.number = self.segments.len() + 1;
            let aligned = input.offset().is_multiple_of(4);
            if after_archive && !aligned {
                return Err(Fault::Padding);
            }
            if self.segments.len() >= self.limits().segments {
                let limit = self.limits().segments;
                return Err(Fault::Segments { limit });
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
                known(&head[..head.len().min(MAGIC_LENGTH)])?
            };
            self.segments.push(Segment {
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
        match outcome {
            Ok(()) => Ok(()),
            Err(Stop::Fault(fault)) => Err(fault),
            Err(Stop::Io(_)) => Err(failure(input)),
        }
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
            .map_err(Stop::Io)
            .and_then(|decoder| {
                let decoder = BufReader::with_capacity(BUFFER, decoder);
                let mut archive = Archive::new(decoder, 0, self.budget);
                let outcome = self.entries(&mut archive, false);
                unpacked = archive.end();
                archive.into_reader().into_inner().finish();
                outcome
            });
        self.end_segment(input.offset() - start, unpacked);
        match outcome {
            Ok(()) => Ok(()),
            Err(Stop::Fault(fault)) => Err(fault),
            Err(Stop::Io(error)) => Err(decode::fault(error, compression, input, window)),
        }
    }

    fn end_segment(&mut self, length: u64, unpacked: u64) {
        if let Some(segment) = self.segments.last_mut() {
            segment.length = length;
            segment.unpacked = unpacked;
        }
        self.files.end_archive();
    }

    fn entries<R: BufRead>(
        &mut self,
        archive: &mut Archive<'_, R>,
        plain: bool,
    ) -> Result<(), Stop> {
        loop {
            match archive.next()? {
                Next::Entry(header) => {
                    self.entry(archive, &header)?;
                    if let Some(segment) = self.segments.last_mut() {
                        segment.entries += 1;
                    }
                }
                Next::End => return Ok(()),
                Next::Trailer | Next::Other if plain => return Ok(()),
                Next::Trailer => self.files.end_archive(),
                Next::Other => return Err(Fault::Junk.into()),
            }
        }
    }

    fn entry<R: BufRead>(
        &mut self,
        archive: &mut Archive<'_, R>,
        header: &Header,
    ) -> Result<(), Stop> {
        let target = if header.kind() == SYMLINK {
            archive.link_target()?
        } else {
            Vec::new()
        };
        match self.files.place(archive.name(), header, &target) {
            Ok(id) => {
                if header.kind() == REGULAR && header.size > 0 {
                    self.body(archive, header, id);
                }
                Ok(())
            }
            Err(Unplaced::Skipped) => self.skip(archive.name()),
            Err(unplaced) => Err(self.fault(unplaced).into()),
        }
    }

    fn skip(&mut self, name: &[u8]) -> Result<(), Stop> {
        self.skipped_count += 1;
        if self.skipped.len() < SKIPPED_KEPT {
            let charged = self.files.charge(name.len());
            charged.map_err(|unplaced| self.fault(unplaced))?;
            self.skipped.push(name.to_vec());
        }
        Ok(())
    }

    fn fault(&self, unplaced: Unplaced) -> Fault {
        match unplaced {
            Unplaced::Entries => Fault::Entries {
                limit: self.limits().entries,
            },
            Unplaced::Names | Unplaced::Skipped => Fault::Names {
                limit: self.limits().names,
            },
        }
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
        let mut text = self.programs.look(id, size, limit, &mut body);
        let most = if of_interest {
            self.limits().kept_file
        } else {
            self.limits().kept_small_file
        };
        if size > most.min(self.files.text_left()) {
            return;
        }
        text.reserve_exact(size.saturating_sub(text.len()));
        if !text.contains(&0) && body.read_to_end(&mut text).is_ok() && !text.contains(&0) {
            self.files.set_text(id, text.into());
        }
    }

    fn keep_info(&mut self, id: FileId, info: Result<ModuleInfo, ModuleFileError>) {
        let length = info.as_ref().map_or(0, ModuleInfo::length);
        let room = self.files.charge(length).is_ok();
        let info = if room {
            info
        } else {
            Err(ModuleFileError::NoRoom)
        };
        self.infos.insert(id, info);
    }
}

fn known(head: &[u8]) -> Result<Compression, Fault> {
    match segments::magic(head) {
        Magic::Known(compression) => Ok(compression),
        Magic::Lz4Frame => Err(Fault::Lz4Frame),
        Magic::Lzo => Err(Fault::Lzo),
        Magic::Unknown => Err(Fault::Magic {
            magic: head.to_vec(),
        }),
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

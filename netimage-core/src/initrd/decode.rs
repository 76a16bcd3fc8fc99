//! One compressed stream, with bounded memory.

use std::error::Error;
use std::io::{self, ErrorKind, Read};

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::compression::Compression;
use super::error::Fault;
use super::input::Input;
use super::lz4::Lz4Reader;
use super::segments::HEAD_LENGTH;

/// Unpacks one stream and takes not a byte behind it.
///
/// Checksums are verified where the stream has them. What needs memory for its
/// window is refused before it takes it.
pub(super) enum Decoder<'a, R: Read> {
    Gzip(GzDecoder<&'a mut Input<R>>),
    Bzip2(BzDecoder<&'a mut Input<R>>),
    Lzma(Box<LzmaReader<&'a mut Input<R>>>),
    Xz(Box<XzReader<&'a mut Input<R>>>),
    Lz4(Lz4Reader<'a, R>),
    Zstd(Box<StreamingDecoder<&'a mut Input<R>, FrameDecoder>>),
}

/// Above a window, what lzma needs for its probabilities, in KiB: `lc` + `lp`
/// are 12 at most, a table of 0x300 << 12 numbers of two bytes.
const LZMA_OVERHEAD_KIB: u32 = 6 * 1024 + 64;
/// Likewise for LZMA2, whose chunks have 64 KiB and `lc` + `lp` at most 4.
const LZMA2_OVERHEAD_KIB: u32 = 256;

impl<'a, R: Read> Decoder<'a, R> {
    /// Begins to unpack what is next.
    ///
    /// `compression` is not [`Compression::None`]; that is an error.
    pub(super) fn new(
        compression: Compression,
        input: &'a mut Input<R>,
        window: u64,
    ) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => return Err(ErrorKind::InvalidInput.into()),
            Compression::Gzip => Self::Gzip(GzDecoder::new(input)),
            Compression::Bzip2 => Self::Bzip2(BzDecoder::new(input)),
            Compression::Lzma => Self::Lzma(Box::new(LzmaReader::new_mem_limit(
                input,
                kib(window).saturating_add(LZMA_OVERHEAD_KIB),
                None,
            )?)),
            Compression::Xz => Self::Xz(Box::new(XzReader::new_mem_limit(
                input,
                false,
                kib(window).saturating_add(LZMA2_OVERHEAD_KIB),
            ))),
            Compression::Lz4 => Self::Lz4(Lz4Reader::new(input)?),
            Compression::Zstd => Self::Zstd(Box::new(zstd(input, window)?)),
        })
    }

    /// Gives back what was taken from the input and not used.
    pub(super) fn finish(self) {
        if let Self::Lzma(reader) = self {
            let (input, unused) = reader.into_parts();
            input.unread(unused.len());
        }
    }
}

impl<R: Read> Read for Decoder<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(reader) => reader.read(target),
            Self::Bzip2(reader) => reader.read(target),
            Self::Lzma(reader) => reader.read(target),
            Self::Xz(reader) => reader.read(target),
            Self::Lz4(reader) => reader.read(target),
            Self::Zstd(reader) => match reader.read(target)? {
                0 if !target.is_empty() => check_zstd(&reader.decoder).map(|()| 0),
                count => Ok(count),
            },
        }
    }
}

fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

/// A decoder that takes its window at once: growing it, it would hold one and a
/// half. `ruzstd` does so when it begins another frame, hence the header twice.
fn zstd<R: Read>(
    input: &mut Input<R>,
    window: u64,
) -> io::Result<StreamingDecoder<&mut Input<R>, FrameDecoder>> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(window);
    let header = input.peek(HEAD_LENGTH)?;
    decoder.init(header).map_err(zstd_error)?;
    StreamingDecoder::new_with_decoder(input, decoder).map_err(zstd_error)
}

fn zstd_error(error: FrameDecoderError) -> io::Error {
    match error {
        FrameDecoderError::WindowSizeTooBig { .. } => io::Error::new(ErrorKind::OutOfMemory, error),
        error => io::Error::new(ErrorKind::InvalidData, error),
    }
}

/// `ruzstd` sums a frame up and leaves it to us to compare.
fn check_zstd(decoder: &FrameDecoder) -> io::Result<()> {
    match decoder.get_checksum_from_data() {
        Some(sum) if decoder.get_calculated_checksum() != Some(sum) => Err(io::Error::new(
            ErrorKind::InvalidData,
            "the checksum of the frame is wrong",
        )),
        _ => Ok(()),
    }
}

/// What an error of a [`Decoder`] means: its input failed, ended, or is wrong.
pub(super) fn fault<R: Read>(
    error: io::Error,
    compression: Compression,
    input: &mut Input<R>,
    window: u64,
) -> Fault {
    if let Some(failure) = input.take_failure() {
        return Fault::Read(failure);
    }
    if error.kind() == ErrorKind::OutOfMemory {
        return Fault::limit(
            format!("the {compression} stream needs a window of more than {window} bytes"),
            "compress with a smaller one, as zstd -19 and xz -6 have",
        );
    }
    if is_end(&error) {
        return Fault::Truncated;
    }
    Fault::Corrupt {
        compression,
        source: error,
    }
}

/// Whether the end of the input is at the root of an error.
fn is_end(error: &io::Error) -> bool {
    if error.kind() == ErrorKind::UnexpectedEof {
        return true;
    }
    let mut cause = error.get_ref().map(|error| error as &(dyn Error + 'static));
    while let Some(error) = cause {
        let error_kind = error.downcast_ref().map(io::Error::kind);
        if error_kind == Some(ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    false
}

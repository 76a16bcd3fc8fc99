//! Hashes what is written, at once or on a thread of its own.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use crate::store::HashWriter;

/// Bytes that are handed over at a time, and how often before one waits.
const PIECE_LENGTH: usize = 128 * 1024;
const PIECES_MAX: usize = 8;

/// A sink that keeps the SHA-256 and the count of what is written to it.
pub(crate) enum Hashing {
    /// Hashes as it is written to.
    Here(HashWriter),
    /// Hashes while the writer goes on.
    Aside(HashThread),
}

impl Hashing {
    /// One that hashes on another thread, where one is to be had.
    pub(crate) fn aside() -> Self {
        HashThread::start().map_or_else(|_| Self::Here(HashWriter::default()), Self::Aside)
    }

    /// The hash of all that was written, and its bytes.
    pub(crate) fn finish(self) -> io::Result<([u8; 32], u64)> {
        match self {
            Self::Here(hash) => Ok(hash.finish()),
            Self::Aside(thread) => thread.finish(),
        }
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Here(hash) => hash.write(bytes),
            Self::Aside(thread) => thread.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A thread that hashes what it is sent, until nobody can send any more.
pub(crate) struct HashThread {
    piece: Vec<u8>,
    full: SyncSender<Vec<u8>>,
    /// Pieces that were hashed, to be filled again.
    empty: Receiver<Vec<u8>>,
    thread: JoinHandle<HashWriter>,
}

impl HashThread {
    fn start() -> io::Result<Self> {
        let (full, pieces) = sync_channel::<Vec<u8>>(PIECES_MAX);
        let (used, empty) = channel();
        let hash_all = move || {
            let mut hash = HashWriter::default();
            for mut piece in pieces {
                hash.update(&piece);
                piece.clear();
                // At the end nobody takes them back.
                let _ = used.send(piece);
            }
            hash
        };
        Ok(Self {
            piece: Vec::with_capacity(PIECE_LENGTH),
            full,
            empty,
            thread: std::thread::Builder::new().spawn(hash_all)?,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE_LENGTH - self.piece.len();
        let taken = bytes.len().min(room);
        self.piece.extend_from_slice(&bytes[..taken]);
        if taken == room {
            let next = self.empty.try_recv();
            let next = next.unwrap_or_else(|_| Vec::with_capacity(PIECE_LENGTH));
            self.send(next)?;
        }
        Ok(taken)
    }

    fn send(&mut self, next: Vec<u8>) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, next);
        self.full
            .send(piece)
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn finish(mut self) -> io::Result<([u8; 32], u64)> {
        self.send(Vec::new())?;
        drop(self.full);
        match self.thread.join() {
            Ok(hash) => Ok(hash.finish()),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_hashes_the_same() {
        for length in [
            0,
            1,
            PIECE_LENGTH - 1,
            PIECE_LENGTH,
            3 * PIECE_LENGTH + 7,
            5 << 20,
        ] {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            let finish = |mut hashing: Hashing| {
                for piece in bytes.chunks(70_001) {
                    hashing.write_all(piece).unwrap();
                }
                hashing.finish().unwrap()
            };
            let here = finish(Hashing::Here(HashWriter::default()));
            assert_eq!(here.1, length as u64);
            assert_eq!(finish(Hashing::aside()), here, "{length}");
        }
    }
}

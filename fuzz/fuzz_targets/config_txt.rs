//! config.txt: what a line says reads back, and every board
//! gets a configuration, whatever is included. A NUL separates the files: the
//! first is config.txt, the others are a.txt, b.txt, ...
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::boot::Board;
use netimage_core::boot::config_txt::{Conditions, ConfigTxt, Reader, Statement};

fuzz_target!(|bytes: &[u8]| {
    let files: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let file = ConfigTxt::parse("config.txt", files[0]);
    for (_, statement) in file.statements() {
        let again = ConfigTxt::parse("config.txt", statement.to_string().as_bytes());
        let read = again.statements().next().map(|(_, statement)| statement);
        let expected = Some(statement).filter(|statement| **statement != Statement::Blank);
        assert_eq!(read, expected);
    }
    let lines = file.statements().count();
    assert!(
        file.mistakes()
            .iter()
            .all(|mistake| mistake.at.line <= lines.max(1))
    );
    let mut provider = |name: &str| {
        let letter = *name.strip_suffix(".txt")?.as_bytes().first()?;
        let at = usize::from(letter.checked_sub(b'a')?) + 1;
        files.get(at).map(|bytes| bytes.to_vec())
    };
    for board in Board::ALL {
        let mut conditions = Conditions::of(board);
        conditions.serial = files
            .get(1)
            .and_then(|text| str::from_utf8(text).ok()?.parse().ok());
        conditions.tryboot = bytes.len() % 2 == 1;
        let _ = file.evaluate(conditions, Reader::Loader);
        let config = file.evaluate(conditions, Reader::Firmware(&mut provider));
        assert!(config.included.len() <= 32);
        let _ = config.is_64bit();
        assert_eq!(
            config.firmware().is_none(),
            board.has_all_firmware_in_eeprom()
        );
    }
});

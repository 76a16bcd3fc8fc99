//! Kernel modules and the lists of them: what is there is available or says why.
//! Programs, which are ELF files as well.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::initrd::{
    Availability, BuiltInModules, ModuleIndex, ModuleName, parse_module, parse_program,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(info) = parse_module(bytes) {
        for name in &info.depends {
            assert_eq!(ModuleName::new(name.as_str()).as_ref(), Some(name));
        }
        let _ = info.release();
    }
    if let Some(info) = parse_program(bytes) {
        assert!(info.libraries.len() <= 256);
        assert!(
            info.libraries
                .iter()
                .all(|name| !name.is_empty() && name.len() <= 255)
        );
    }
    let Ok(built_in) = BuiltInModules::parse(bytes) else {
        return;
    };
    let mut index = ModuleIndex::new();
    if index.add_modules_dep(bytes).is_err() {
        return;
    }
    for line in bytes.split(|byte| *byte == b'\n') {
        let path = line.split(|byte| *byte == b':').next().unwrap_or(line);
        let Some(name) = ModuleName::from_path(path.trim_ascii()) else {
            continue;
        };
        if index.add_file(&name, None).is_err() {
            return;
        }
        match index.availability(&name, &built_in) {
            Availability::Absent => panic!("{name} is there"),
            Availability::MissingDependencies(missing) => assert!(!missing.contains(&name)),
            _ => {}
        }
    }
});

//! Kernel modules and the lists of them: what is there is available or says why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::initrd::{Availability, BuiltInModules, ModuleIndex, ModuleName, parse_module};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(info) = parse_module(bytes) {
        for name in &info.depends {
            assert_eq!(ModuleName::new(name.as_str()).as_ref(), Some(name));
        }
        let _ = info.release();
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

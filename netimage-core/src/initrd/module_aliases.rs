//! Which modules of a kernel are for which devices.

use std::collections::{BTreeMap, BTreeSet};

use super::module_index::ModuleName;

/// The modules that drive devices with these `compatible` strings, by a kernel's
/// `modules.alias`: what depmod has found in all of its modules (`modules.alias(5)`),
/// and nothing of what is built in.
///
/// The alias of such a device has name and type of its node before the string
/// (`drivers/of/device.c`, `of_modalias`), of which drivers leave both open.
#[must_use]
pub fn modules_for<'name>(
    modules_alias: &[u8],
    compatible: &BTreeSet<&'name [u8]>,
) -> BTreeMap<&'name [u8], BTreeSet<ModuleName>> {
    let mut modules: BTreeMap<&[u8], BTreeSet<ModuleName>> = BTreeMap::new();
    for line in modules_alias.split(|byte| *byte == b'\n') {
        let Some(line) = line.strip_prefix(b"alias of:N*T*C") else {
            continue;
        };
        let mut words = line.splitn(2, |byte| *byte == b' ');
        let (Some(string), Some(module)) = (words.next(), words.next()) else {
            continue;
        };
        if let Some(string) = compatible.get(string) {
            let module = ModuleName::new(module.trim_ascii());
            modules.entry(string).or_default().extend(module);
        }
    }
    modules
}

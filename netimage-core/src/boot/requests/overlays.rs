//! Which overlays are loaded.

use super::firmware::os_name;
use super::request::{IfMissing, Purpose};
use super::simulation::{Ask, Simulation};
use crate::boot::config_txt::BootConfig;
use crate::boot::{Board, Soc};
use crate::device_tree::{DEVICE_TREE_SIZE_MAX, OverlayMap, OverlayMapping};

/// Overlays that are followed. Nobody has so many.
const OVERLAYS_MAX: usize = 256;

impl Simulation<'_> {
    /// Asks for the overlay map, the configuration again, and the overlays.
    pub(super) fn overlays(&mut self, config: &BootConfig, os_prefix: &str, device_tree: &str) {
        let own = config.overlay_prefix.as_ref();
        let own = own.map_or("overlays/", |prefix| &prefix.value);
        let mut directory = os_name(os_prefix, own);
        if !os_prefix.is_empty() {
            let probe = Ask::probe(Purpose::OsPrefixProbe, IfMissing::DropsOsPrefix);
            if !self.ask(&format!("{directory}README"), probe) {
                own.clone_into(&mut directory);
            }
        }
        let map = format!("{directory}overlay_map.dtb");
        self.ask(&map, Ask::optional(Purpose::OverlayMap));
        let map = self.read(&map, DEVICE_TREE_SIZE_MAX as usize);
        let map = map.as_deref().and_then(|map| OverlayMap::parse(map).ok());
        self.ask_config(config);
        if let Some(name) = self.own_overlay(config, device_tree) {
            self.overlay(&format!("{directory}{name}.dtbo"));
        }
        let family = self.board().soc().family();
        for overlay in config.overlays.iter().take(OVERLAYS_MAX) {
            let asked = overlay.name.as_bytes();
            let map = map.as_ref().map(|map| map.look_up(asked, family));
            if let OverlayMapping::Loads(name) = map.unwrap_or(OverlayMapping::Loads(asked)) {
                let name = String::from_utf8_lossy(name);
                self.overlay(&overlay_name(&directory, &name));
            } else {
                let name = overlay.name.clone();
                self.resolved.unsupported_overlays.push(name);
            }
        }
    }

    /// The overlay that makes up for a device tree of another kind.
    fn own_overlay(&self, config: &BootConfig, device_tree: &str) -> Option<&'static str> {
        let name = device_tree.rsplit('/').next()?;
        let is_d0 = self.variant.device_trees.first() == Some(&"bcm2712d0-rpi-5-b.dtb");
        if is_d0 && name == "bcm2712-rpi-5-b.dtb" {
            return Some("bcm2712d0");
        }
        let is_upstream = self.variant.upstream_device_trees.contains(&name);
        let upstream = BootConfig::is_on(config.upstream_kernel.as_ref(), false);
        match self.board().soc() {
            _ if !upstream || is_upstream => None,
            Soc::Bcm2837 => Some("upstream"),
            Soc::Bcm2711 if self.board() == Board::Rpi4 => Some("upstream-pi4"),
            Soc::Bcm2711 | Soc::Bcm2712 => None,
        }
    }

    fn overlay(&mut self, name: &str) {
        if self.ask(name, Ask::wanted(Purpose::Overlay)) {
            let name = self.full_name(name);
            self.resolved.overlays.push(name);
        }
    }
}

fn overlay_name(directory: &str, name: &str) -> String {
    match name.strip_prefix('/') {
        Some(name) => format!("{name}.dtbo"),
        None => format!("{directory}{name}.dtbo"),
    }
}

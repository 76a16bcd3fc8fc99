//! What a device needs: the buses that it is on, and what supplies it with clocks,
//! resets, interrupts and the like.
//!
//! Linux keeps a device from its driver until the drivers of these are there
//! (`drivers/of/property.c`, `of_supplier_bindings`). Since Linux 6.0 that ends when
//! there has been no new driver for ten seconds (`deferred_probe_timeout=`); but then
//! the driver itself asks for what it needs and fails, and for what is no device of
//! its own, like a group of pins, Linux waits on. DMA, regulators and what else a
//! driver mostly does without are left out.

use std::collections::BTreeMap;

use super::node::Node;
use super::structure::{Property, Token};
use super::{DEVICE_TREE_DEPTH_MAX, DeviceTree};

#[cfg(test)]
mod tests;

/// Buses whose devices are there without a driver of the bus
/// (`of_default_bus_match_table`).
const SIMPLE_BUSES: [&[u8]; 2] = [b"simple-bus", b"simple-mfd"];

/// What tells how many cells follow a phandle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cells {
    Clock,
    Gpio,
    Interrupt,
    Msi,
    Phy,
    PowerDomain,
    Reset,
}

impl Cells {
    fn of_name(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"#clock-cells" => Self::Clock,
            b"#gpio-cells" => Self::Gpio,
            b"#interrupt-cells" => Self::Interrupt,
            b"#msi-cells" => Self::Msi,
            b"#phy-cells" => Self::Phy,
            b"#power-domain-cells" => Self::PowerDomain,
            b"#reset-cells" => Self::Reset,
            _ => return None,
        })
    }

    /// Those that follow each phandle in a list of suppliers with this name.
    fn of_list(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"clocks" => Self::Clock,
            b"interrupts-extended" => Self::Interrupt,
            b"msi-parent" => Self::Msi,
            b"phys" => Self::Phy,
            b"power-domains" => Self::PowerDomain,
            b"resets" => Self::Reset,
            _ if name.ends_with(b"-gpio") || name.ends_with(b"-gpios") => Self::Gpio,
            _ => return None,
        })
    }
}

/// A device that another one needs.
#[derive(Debug, Clone, Copy)]
pub struct Supplier<'a> {
    /// It has a `compatible`, by which Linux finds its driver.
    pub node: Node<'a>,
    /// Whether the other one's driver fails or waits without end where its own is
    /// missing. For what is not Linux waits for some time.
    pub is_vital: bool,
}

impl<'a> DeviceTree<'a> {
    /// What the device with this path needs, with all that needs in turn: itself,
    /// what is in it, its buses and its suppliers, in the order of the file. What is
    /// disabled is left out, as Linux does.
    ///
    /// Takes linear time, and at most 100 bytes for each node of the tree.
    pub fn suppliers(&self, path: impl AsRef<[u8]>) -> Vec<Supplier<'a>> {
        let devices = Devices::of(self.root);
        let start = self.node(path).and_then(|node| devices.find(node));
        start.map_or_else(Vec::new, |start| devices.suppliers(start))
    }
}

#[derive(Debug)]
struct Device<'a> {
    node: Node<'a>,
    parent: Option<usize>,
    is_enabled: bool,
    /// Whether it is a PHY that needs nothing, and of which drivers are told that
    /// there is none (`drivers/phy/phy-core.c`, `_of_phy_get`).
    is_idle_phy: bool,
    /// In the order of [`Cells`].
    cells: [Option<u8>; 7],
}

/// Every node, each after the one that it is in.
#[derive(Debug, Default)]
struct Devices<'a> {
    list: Vec<Device<'a>>,
    by_phandle: BTreeMap<u32, usize>,
}

impl<'a> Devices<'a> {
    fn of(root: Node<'a>) -> Self {
        let mut devices = Self::default();
        let mut cursor = root.content;
        let mut innermost = Some(devices.add(root, None));
        while let Some(here) = innermost {
            match cursor.next() {
                Ok(Token::Begin(name)) => {
                    innermost = Some(devices.add(Node::new(name, cursor), Some(here)));
                }
                Ok(Token::Property(property)) => devices.note(here, property),
                Ok(Token::EndNode) => innermost = devices.list[here].parent,
                Ok(Token::End) | Err(_) => break,
            }
        }
        devices
    }

    fn add(&mut self, node: Node<'a>, parent: Option<usize>) -> usize {
        self.list.push(Device {
            node,
            parent,
            is_enabled: true,
            is_idle_phy: false,
            cells: [None; 7],
        });
        self.list.len() - 1
    }

    fn note(&mut self, at: usize, property: Property<'a>) {
        match property.name {
            b"status" => {
                self.list[at].is_enabled = matches!(property.string(), b"okay" | b"ok");
            }
            b"compatible" => {
                let mut names = property.strings();
                self.list[at].is_idle_phy = names.any(|name| name == b"usb-nop-xceiv");
            }
            b"phandle" | b"linux,phandle" => {
                if let Some(phandle) = words(property.value).next() {
                    self.by_phandle.entry(phandle).or_insert(at);
                }
            }
            name => {
                if let Some(cells) = Cells::of_name(name) {
                    let count = words(property.value).next();
                    let count = count.and_then(|count| u8::try_from(count).ok());
                    self.list[at].cells[cells as usize] = count;
                }
            }
        }
    }

    fn find(&self, node: Node<'a>) -> Option<usize> {
        let mut devices = self.list.iter();
        devices.position(|device| device.node.content.offset() == node.content.offset())
    }

    fn is_available(&self, at: usize) -> bool {
        self.ways_up(at).all(|at| self.list[at].is_enabled)
    }

    /// The node and those that it is in.
    fn ways_up(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(at), |at| self.list[*at].parent).take(DEVICE_TREE_DEPTH_MAX)
    }

    fn suppliers(&self, start: usize) -> Vec<Supplier<'a>> {
        // Whether what is reached is vital.
        let mut reached: Vec<Option<bool>> = vec![None; self.list.len()];
        let is_below = |at: &usize| self.ways_up(*at).any(|above| above == start);
        let inside = (start..self.list.len()).take_while(is_below);
        let mut pending: Vec<(usize, bool)> = inside.map(|at| (at, true)).collect();
        while let Some((at, is_vital)) = pending.pop() {
            let is_known = reached[at].is_some_and(|known| known || !is_vital);
            if is_known || !self.is_available(at) {
                continue;
            }
            reached[at] = Some(is_vital);
            pending.extend(self.list[at].parent.map(|parent| (parent, is_vital)));
            for property in self.list[at].node.properties() {
                for supplier in self.named_by(at, property) {
                    let is_idle = self.list[supplier].is_idle_phy;
                    pending.push((supplier, is_vital && !is_idle));
                }
            }
        }
        let suppliers = self.list.iter().zip(reached);
        let suppliers = suppliers.filter_map(|(device, is_vital)| {
            let mut compatible = device.node.property("compatible")?.strings();
            let is_other = |name| SIMPLE_BUSES.contains(&name) || is_found_by_bus(name);
            (!compatible.any(is_other)).then_some(Supplier {
                node: device.node,
                is_vital: is_vital?,
            })
        });
        suppliers.collect()
    }

    /// The suppliers that a property names, up to the first that is none.
    fn named_by(&self, at: usize, property: Property<'a>) -> Vec<usize> {
        let cells = match property.name {
            // Clocks may be derived from each other, and Linux lets go of such circles.
            b"clocks" if self.list[at].cells[Cells::Clock as usize].is_some() => return Vec::new(),
            b"interrupt-parent" | b"phy-handle" | b"pinctrl-0" => None,
            name => match Cells::of_list(name) {
                Some(cells) => Some(cells),
                None => return Vec::new(),
            },
        };
        let mut words = words(property.value);
        let mut named = Vec::new();
        while let Some(phandle) = words.next() {
            // An entry may be left out.
            if phandle == 0 {
                continue;
            }
            let Some(supplier) = self.by_phandle.get(&phandle) else {
                break;
            };
            named.push(*supplier);
            let count = cells.and_then(|cells| self.list[*supplier].cells[cells as usize]);
            for _ in 0..count.unwrap_or(0) {
                words.next();
            }
        }
        named
    }
}

/// Whether a string is for a device that its bus finds, and whose driver goes by what
/// the bus says, like `usb424,9514` and `pci1de4,1`.
fn is_found_by_bus(name: &[u8]) -> bool {
    let id = name.strip_prefix(b"usb").or(name.strip_prefix(b"pci"));
    let mut halves = id.unwrap_or_default().splitn(2, |byte| *byte == b',');
    let is_hex = |half: &[u8]| !half.is_empty() && half.iter().all(u8::is_ascii_hexdigit);
    halves.next().is_some_and(is_hex) && halves.next().is_some_and(is_hex)
}

fn words(value: &[u8]) -> impl Iterator<Item = u32> {
    let (words, _) = value.as_chunks();
    words.iter().map(|word| u32::from_be_bytes(*word))
}

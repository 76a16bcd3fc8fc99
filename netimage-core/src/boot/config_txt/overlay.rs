//! Device tree overlays and their parameters.

use serde::Serialize;

use super::position::{Located, Position};

/// A parameter of an overlay, or of the base device tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value; without one, it is switched on.
    pub value: Option<String>,
    /// The line that sets it.
    pub at: Position,
    /// Whether it has a `dtparam=` line of its own. One that the overlay does
    /// not have is then looked for in the base device tree.
    pub own_line: bool,
}

/// An overlay in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlay {
    /// Its name, without directory and `.dtbo`.
    pub name: String,
    /// The line that loads it.
    pub at: Position,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
}

/// The overlays and parameters of a configuration.
///
/// `dtparam=` after `dtoverlay=NAME` is for that overlay, until another
/// `dtoverlay=`; an empty `dtoverlay=` ends it (Raspberry Pi documentation,
/// "Device Trees, overlays, and parameters").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Overlays {
    pub(super) loaded: Vec<Overlay>,
    pub(super) base: Vec<Parameter>,
    /// Whether the last overlay takes parameters.
    is_open: bool,
}

impl Overlays {
    /// `dtoverlay=VALUE`
    pub(super) fn overlay(&mut self, value: &Located<String>) {
        let (name, parameters) = match value.value.split_once([',', ':']) {
            Some((name, parameters)) => (name, parameters),
            None => (value.value.as_str(), ""),
        };
        self.is_open = !name.is_empty();
        if self.is_open {
            self.loaded.push(Overlay {
                name: name.to_owned(),
                at: value.at.clone(),
                parameters: parse(parameters, &value.at, false).collect(),
            });
        }
    }

    /// `dtparam=VALUE`
    pub(super) fn parameter(&mut self, value: &Located<String>) {
        let parameters = parse(&value.value, &value.at, true);
        match self.loaded.last_mut().filter(|_| self.is_open) {
            Some(overlay) => overlay.parameters.extend(parameters),
            None => self.base.extend(parameters),
        }
    }
}

fn parse<'a>(
    text: &'a str,
    at: &'a Position,
    own_line: bool,
) -> impl Iterator<Item = Parameter> + 'a {
    let texts = text.split(',').filter(|text| !text.is_empty());
    texts.map(move |text| {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        Parameter {
            name: name.to_owned(),
            value,
            at: at.clone(),
            own_line,
        }
    })
}

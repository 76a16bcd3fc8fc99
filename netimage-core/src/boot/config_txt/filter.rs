//! Conditional filters: `[pi4]` and the like.

use std::fmt;

use super::conditions::Conditions;
use super::number::number;

/// Characters of a filter that the firmware reads (the format `[%60c]` in
/// `start4.elf`).
const LENGTH_MAX: usize = 60;

/// The model filters, by name.
pub(super) const MODELS: [&str; 18] = [
    "pi0", "pi0w", "pi02", "pi1", "pi2", "pi3", "pi3+", "pi4", "pi400", "pi5", "pi500", "cm0",
    "cm1", "cm3", "cm3+", "cm4", "cm4s", "cm5",
];

/// A line in brackets, which says for what the lines after it count. Printed as it
/// is written.
///
/// Names are compared without regard to case, as `start4.elf` holds `edid` and
/// `hdmi:` for what the documentation writes in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    text: String,
    pub(super) criterion: Criterion,
}

/// What a filter asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Criterion {
    /// `[all]`: takes all filters away.
    All,
    /// `[none]`: nothing counts until `[all]`.
    None,
    /// `[pi4]`, `[cm5]`, ...: the name, in lower case.
    Model(&'static str),
    /// `[board-type=0x14]`: the type in the revision code.
    BoardType(u32),
    /// `[tryboot]`: this boot is a trial.
    Tryboot,
    /// `[0x12345678]`: the low 32 bits of the serial number.
    Serial(u32),
    /// `[gpio4=1]`: the level of a pin.
    Gpio,
    /// `[EDID=VSC-TD2220]`: the name of a monitor.
    Edid,
    /// `[HDMI:1]`: the port that HDMI settings are for.
    Hdmi,
    /// `[partition=0]`, `[bootvar0&0x1]`, ...: a comparison of a variable of the boot
    /// loader, and whether it holds, where a boot from a network decides it.
    Expression(Option<bool>),
    /// None that is known.
    Unknown,
}

/// Whether a filter is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    No,
    /// It hangs on what only the board knows.
    Undecided,
}

/// Filters of one type replace each other, those of different types combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Model,
    Tryboot,
    Serial,
    Gpio,
    Edid,
    Expression,
}

impl Filter {
    /// The filter of the text between the brackets.
    pub(super) fn parse(text: &str) -> Self {
        let text: String = text.chars().take(LENGTH_MAX).collect();
        let criterion = Criterion::parse(&text.to_ascii_lowercase());
        let criterion = criterion.unwrap_or(Criterion::Unknown);
        Self { text, criterion }
    }

    /// The text between the brackets.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it takes all filters away.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.criterion == Criterion::All
    }
}

impl Criterion {
    fn parse(text: &str) -> Option<Self> {
        let model = MODELS.into_iter().find(|model| *model == text);
        match (text, model) {
            ("all", _) => return Some(Self::All),
            ("none", _) => return Some(Self::None),
            ("tryboot", _) => return Some(Self::Tryboot),
            (_, Some(model)) => return Some(Self::Model(model)),
            _ => {}
        }
        if text.starts_with("edid=") {
            return Some(Self::Edid);
        }
        if let Some(port) = text.strip_prefix("hdmi:") {
            return port.parse::<u8>().ok().map(|_| Self::Hdmi);
        }
        if let Some(board_type) = text.strip_prefix("board-type=") {
            return number_of(board_type).map(Self::BoardType);
        }
        if let Some(pin) = text.strip_prefix("gpio") {
            let (pin, level) = pin.split_once('=')?;
            let is_pin = pin.parse::<u8>().is_ok() && matches!(level, "0" | "1");
            return is_pin.then_some(Self::Gpio);
        }
        if text.starts_with("0x") {
            return number_of(text).map(Self::Serial);
        }
        Self::expression(text)
    }

    /// A comparison with a variable, of which a boot from a network decides one: a
    /// network has no partitions.
    fn expression(text: &str) -> Option<Self> {
        let at = text.find(['=', '&', '<', '>'])?;
        let (variable, rest) = text.split_at(at);
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if variable.is_empty() || !variable.bytes().all(is_part) {
            return None;
        }
        let (operand, masked) = match rest[1..].split_once('=') {
            Some((mask, value)) => (number_of(mask)?, Some(number_of(value)?)),
            None => (number_of(&rest[1..])?, None),
        };
        let holds_for_zero = match (rest.as_bytes()[0], masked) {
            (b'=', None) => operand == 0,
            (b'<', None) => operand > 0,
            (b'>' | b'&', None) => false,
            (b'&', Some(value)) => value == 0,
            _ => return None,
        };
        let is_partition = matches!(variable, "partition" | "boot_partition");
        Some(Self::Expression(is_partition.then_some(holds_for_zero)))
    }

    const fn kind(self) -> Option<Kind> {
        match self {
            Self::All | Self::Hdmi => None,
            Self::None => Some(Kind::None),
            // What is not known is most often a model that came later.
            Self::Model(_) | Self::BoardType(_) | Self::Unknown => Some(Kind::Model),
            Self::Tryboot => Some(Kind::Tryboot),
            Self::Serial(_) => Some(Kind::Serial),
            Self::Gpio => Some(Kind::Gpio),
            Self::Edid => Some(Kind::Edid),
            Self::Expression(_) => Some(Kind::Expression),
        }
    }

    fn verdict(self, conditions: &Conditions) -> Verdict {
        let board = conditions.board;
        let passed = match self {
            Self::All | Self::Hdmi => Some(true),
            Self::None | Self::Unknown => Some(false),
            Self::Model(name) => Some(board.model_filters().contains(&name)),
            Self::BoardType(number) => match board.board_types() {
                [only] => Some(*only == number),
                types => (!types.contains(&number)).then_some(false),
            },
            Self::Tryboot => Some(conditions.tryboot),
            Self::Serial(low) => conditions.serial.map(|serial| serial.low() == low),
            // "This setting is not available on Raspberry Pi 5."
            Self::Edid if board.has_all_firmware_in_eeprom() => Some(false),
            Self::Edid | Self::Gpio => None,
            Self::Expression(holds) => holds,
        };
        passed.map_or(Verdict::Undecided, |passed| {
            if passed { Verdict::Yes } else { Verdict::No }
        })
    }
}

fn number_of(text: &str) -> Option<u32> {
    u32::try_from(number(text)?).ok()
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}]", self.text)
    }
}

/// The filters in force at a line.
#[derive(Debug, Default)]
pub(super) struct Filters(Vec<(Kind, Verdict)>);

impl Filters {
    /// Takes a filter up, in place of the one of its type.
    pub(super) fn apply(&mut self, filter: &Filter, conditions: &Conditions) {
        if filter.is_all() {
            self.0.clear();
        }
        if let Some(kind) = filter.criterion.kind() {
            self.0.retain(|(other, _)| *other != kind);
            self.0.push((kind, filter.criterion.verdict(conditions)));
        }
    }

    /// Whether the line counts.
    pub(super) fn verdict(&self) -> Verdict {
        let has = |wanted| self.0.iter().any(|(_, verdict)| *verdict == wanted);
        match (has(Verdict::No), has(Verdict::Undecided)) {
            (true, _) => Verdict::No,
            (_, true) => Verdict::Undecided,
            _ => Verdict::Yes,
        }
    }
}

//! Conditional filters: `[pi4]` and the like.

use std::fmt;

use super::conditions::Conditions;

/// Characters of a filter that the firmware reads (the format `[%60c]` in
/// `start4.elf`).
const LENGTH_MAX: usize = 60;

/// The model filters, by name.
pub(super) const MODELS: [&str; 18] = [
    "pi0", "pi0w", "pi02", "pi1", "pi2", "pi3", "pi3+", "pi4", "pi400", "pi5", "pi500", "cm0",
    "cm1", "cm3", "cm3+", "cm4", "cm4s", "cm5",
];

/// A line in brackets, which says for what the lines after it count.
///
/// Names are compared without regard to case, as `start4.elf` holds `edid` and
/// `hdmi:` for what the documentation writes in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Filter {
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
    /// `[gpio4=1]`.
    Gpio {
        /// The number of the pin.
        pin: u8,
        /// Whether it has to be high.
        high: bool,
    },
    /// `[EDID=VSC-TD2220]`: the name of a monitor.
    Edid(String),
    /// `[HDMI:1]`: the port that HDMI settings are for.
    Hdmi(u8),
    /// `[partition=0]`, `[bootvar0&0x1]`, ...
    Expression(Expression),
    /// None that is known, without the brackets.
    Unknown(String),
}

/// A comparison of a variable of the boot loader.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expression {
    /// `partition`, `bootvar0`, `board_attributes` or the like: newer boot loaders
    /// know more of them.
    pub variable: String,
    /// What it is compared with.
    pub comparison: Comparison,
}

/// How an expression compares its variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal(u32),
    /// `&mask`: any of the bits.
    AnyOf(u32),
    /// `&mask=value`
    Masked {
        /// The bits that count.
        mask: u32,
        /// What they are to be.
        value: u32,
    },
    /// `<`
    Less(u32),
    /// `>`
    Greater(u32),
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
        let lower = text.to_ascii_lowercase();
        let model = MODELS.into_iter().find(|model| *model == lower);
        match (lower.as_str(), model) {
            ("all", _) => Self::All,
            ("none", _) => Self::None,
            ("tryboot", _) => Self::Tryboot,
            (_, Some(model)) => Self::Model(model),
            _ => Self::parse_other(&text, &lower).unwrap_or(Self::Unknown(text)),
        }
    }

    fn parse_other(text: &str, lower: &str) -> Option<Self> {
        if lower.starts_with("edid=") {
            return Some(Self::Edid(text[5..].to_owned()));
        }
        if let Some(port) = lower.strip_prefix("hdmi:") {
            return port.parse().ok().map(Self::Hdmi);
        }
        if let Some(number) = lower.strip_prefix("board-type=") {
            return number_of(number).map(Self::BoardType);
        }
        if let Some(pin) = lower.strip_prefix("gpio") {
            let (pin, level) = pin.split_once('=')?;
            let high = match level {
                "0" => false,
                "1" => true,
                _ => return None,
            };
            return pin.parse().ok().map(|pin| Self::Gpio { pin, high });
        }
        if lower.starts_with("0x") {
            return number_of(lower).map(Self::Serial);
        }
        Expression::parse(lower).map(Self::Expression)
    }

    const fn kind(&self) -> Option<Kind> {
        match self {
            Self::All | Self::Hdmi(_) => None,
            Self::None => Some(Kind::None),
            // What is not known is most often a model that came later.
            Self::Model(_) | Self::BoardType(_) | Self::Unknown(_) => Some(Kind::Model),
            Self::Tryboot => Some(Kind::Tryboot),
            Self::Serial(_) => Some(Kind::Serial),
            Self::Gpio { .. } => Some(Kind::Gpio),
            Self::Edid(_) => Some(Kind::Edid),
            Self::Expression(_) => Some(Kind::Expression),
        }
    }

    fn verdict(&self, conditions: &Conditions) -> Verdict {
        let decide = |passed| if passed { Verdict::Yes } else { Verdict::No };
        match self {
            Self::All | Self::Hdmi(_) => Verdict::Yes,
            Self::None | Self::Unknown(_) => Verdict::No,
            Self::Model(name) => decide(conditions.board.model_filters().contains(name)),
            Self::BoardType(number) => {
                let types = conditions.board.board_types();
                match (types.contains(number), types.len()) {
                    (true, 1) => Verdict::Yes,
                    (true, _) => Verdict::Undecided,
                    (false, _) => Verdict::No,
                }
            }
            Self::Tryboot => decide(conditions.tryboot),
            Self::Serial(low) => match conditions.serial {
                Some(serial) => decide(serial.low() == *low),
                None => Verdict::Undecided,
            },
            // "This setting is not available on Raspberry Pi 5."
            Self::Edid(_) if conditions.board.has_all_firmware_in_eeprom() => Verdict::No,
            Self::Edid(_) | Self::Gpio { .. } => Verdict::Undecided,
            Self::Expression(expression) => match expression.variable.as_str() {
                // A network has no partitions.
                "partition" | "boot_partition" => decide(expression.comparison.holds(0)),
                _ => Verdict::Undecided,
            },
        }
    }
}

impl Expression {
    fn parse(text: &str) -> Option<Self> {
        let at = text.find(['=', '&', '<', '>'])?;
        let (variable, rest) = text.split_at(at);
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if variable.is_empty() || !variable.bytes().all(is_part) {
            return None;
        }
        let number = number_of(rest[1..].split('=').next()?);
        let comparison = match (rest.as_bytes()[0], rest[1..].split_once('=')) {
            (b'=', None) => Comparison::Equal(number?),
            (b'<', None) => Comparison::Less(number?),
            (b'>', None) => Comparison::Greater(number?),
            (b'&', None) => Comparison::AnyOf(number?),
            (b'&', Some((_, value))) => Comparison::Masked {
                mask: number?,
                value: number_of(value)?,
            },
            _ => return None,
        };
        Some(Self {
            variable: variable.to_owned(),
            comparison,
        })
    }
}

impl Comparison {
    const fn holds(self, variable: u32) -> bool {
        match self {
            Self::Equal(value) => variable == value,
            Self::AnyOf(mask) => variable & mask != 0,
            Self::Masked { mask, value } => variable & mask == value,
            Self::Less(value) => variable < value,
            Self::Greater(value) => variable > value,
        }
    }
}

/// A number in decimal, or in hexadecimal after `0x`.
fn number_of(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u32::from_str_radix(digits, radix).ok())?
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("[all]"),
            Self::None => formatter.write_str("[none]"),
            Self::Model(name) => write!(formatter, "[{name}]"),
            Self::BoardType(number) => write!(formatter, "[board-type={number:#x}]"),
            Self::Tryboot => formatter.write_str("[tryboot]"),
            Self::Serial(low) => write!(formatter, "[{low:#x}]"),
            Self::Gpio { pin, high } => write!(formatter, "[gpio{pin}={}]", u8::from(*high)),
            Self::Edid(name) => write!(formatter, "[EDID={name}]"),
            Self::Hdmi(port) => write!(formatter, "[HDMI:{port}]"),
            Self::Expression(expression) => {
                write!(formatter, "[{}", expression.variable)?;
                match expression.comparison {
                    Comparison::Equal(value) => write!(formatter, "={value}]"),
                    Comparison::AnyOf(mask) => write!(formatter, "&{mask:#x}]"),
                    Comparison::Masked { mask, value } => {
                        write!(formatter, "&{mask:#x}={value:#x}]")
                    }
                    Comparison::Less(value) => write!(formatter, "<{value}]"),
                    Comparison::Greater(value) => write!(formatter, ">{value}]"),
                }
            }
            Self::Unknown(text) => write!(formatter, "[{text}]"),
        }
    }
}

/// The filters in force at a line.
#[derive(Debug, Default)]
pub(super) struct Filters(Vec<(Kind, Verdict)>);

impl Filters {
    /// Takes a filter up, in place of the one of its type.
    pub(super) fn apply(&mut self, filter: &Filter, conditions: &Conditions) {
        if *filter == Filter::All {
            self.0.clear();
        }
        if let Some(kind) = filter.kind() {
            self.0.retain(|(other, _)| *other != kind);
            self.0.push((kind, filter.verdict(conditions)));
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

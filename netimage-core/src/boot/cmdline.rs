//! The kernel command line.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::str::FromStr;

use crate::explanation::{Explain, Explanation};
use crate::words::Words;

/// Most bytes of `cmdline.txt` without its line feed.
///
/// The firmware of the Raspberry Pi adds parameters of its own to it, and its
/// practical limit is 1024 bytes, below that of the kernel.
pub const COMMAND_LINE_LENGTH_MAX: usize = 1024;

/// What ends the kernel's parameters; the rest goes to init.
const END: &str = "--";

/// Parameters of which the kernel or the initrd uses one only, so that a second
/// would shadow or confuse the first (Linux
/// `Documentation/admin-guide/kernel-parameters.txt`).
pub(crate) const SINGLE_VALUED_PARAMETERS: Words = Words(
    "
    fstab init ip loglevel nfsaddrs nfsroot panic rdinit resume resume_offset ro root
    rootdelay rootflags rootfstype rootwait systemd.machine_id systemd.unit
    ",
);

/// The parameters of the kernel, and the arguments of init behind `--`.
///
/// Split as the kernel does (`next_arg` in `lib/cmdline.c`): blanks separate,
/// double quotes group, and there is no escape. The text of each parameter is
/// kept, quotes included; printed with a single space between them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct KernelCommandLine {
    parameters: Vec<String>,
    init_arguments: Vec<String>,
}

/// Why text is not a kernel command line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum CommandLineError {
    /// A line feed before the end.
    LineBreak(String),
    /// A character that the kernel or the firmware does not read as text.
    Character {
        /// The offending character.
        character: char,
        /// The text before it.
        before: String,
    },
    /// A double quote without its other one.
    Quote(String),
    /// Nothing, or more than one, where one parameter was asked for.
    NotOne(String),
    /// Longer than the firmware takes.
    TooLong {
        /// Bytes of the line, without the line feed.
        length: usize,
        /// Bytes beyond [`COMMAND_LINE_LENGTH_MAX`].
        excess: usize,
    },
}

impl Explain for CommandLineError {
    fn explain(&self) -> Explanation {
        match self {
            Self::LineBreak(before) => Explanation::new(
                format!("the kernel command line has a line break after {before:?}"),
                "write all parameters in one line",
            ),
            Self::Character { character, before } => Explanation::new(
                format!("the kernel command line has the character {character:?} after {before:?}"),
                "remove it",
            ),
            Self::Quote(parameter) => Explanation::new(
                format!("the kernel parameter {parameter:?} has a double quote that is not closed"),
                "close or remove it",
            ),
            Self::NotOne(text) => Explanation::new(
                format!("{text:?} is not exactly one kernel parameter"),
                "give each by itself, with spaces in double quotes",
            ),
            Self::TooLong { length, excess } => Explanation::new(
                format!("the kernel command line has {length} bytes and is too long by {excess}"),
                format!("remove parameters until it has at most {COMMAND_LINE_LENGTH_MAX}"),
            ),
        }
    }
}

impl KernelCommandLine {
    /// The command line of these parameters, of which a `--` sends those after
    /// it to init.
    ///
    /// # Errors
    ///
    /// When an element is not exactly one parameter.
    pub fn from_parameters<I>(parameters: I) -> Result<Self, CommandLineError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut words = Vec::new();
        for parameter in parameters {
            words.push(one(parameter.as_ref())?.to_owned());
        }
        Ok(Self::from_words(words))
    }

    fn from_words(mut words: Vec<String>) -> Self {
        let init_arguments = match words.iter().position(|word| is_end(word)) {
            None => Vec::new(),
            Some(end) => {
                let after = words.split_off(end + 1);
                words.truncate(end);
                after
            }
        };
        Self {
            parameters: words,
            init_arguments,
        }
    }

    /// The kernel's parameters in order, as written.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(String::as_str)
    }

    /// The arguments behind `--`, as written.
    pub fn init_arguments(&self) -> impl Iterator<Item = &str> {
        self.init_arguments.iter().map(String::as_str)
    }

    /// The value that counts for the kernel, which is the last one, without its
    /// quotes; empty for a parameter without a value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).last()
    }

    /// Every value of a parameter in order, as [`get`](Self::get) gives it.
    pub fn get_all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.parameters()
            .map(split)
            .filter(move |(of_parameter, _)| is_same_key(of_parameter, key))
            .map(|(_, value)| value.unwrap_or_default())
    }

    /// Puts this parameter in the place of the first with the same key and
    /// removes the others, or adds it before `--`. `ro` and `rw` replace each
    /// other.
    ///
    /// # Errors
    ///
    /// When the text is not exactly one parameter.
    pub fn set(&mut self, parameter: &str) -> Result<(), CommandLineError> {
        let word = one(parameter)?;
        if is_end(word) {
            return Err(CommandLineError::NotOne(parameter.to_owned()));
        }
        self.replace(word);
        Ok(())
    }

    fn replace(&mut self, parameter: &str) {
        let key = topic(parameter);
        let first = self
            .parameters()
            .position(|present| is_same_key(topic(present), key));
        let at = first.unwrap_or(self.parameters.len());
        self.parameters
            .retain(|present| !is_same_key(topic(present), key));
        self.parameters.insert(at, parameter.to_owned());
    }

    /// Adds the parameters of `other`, which win: those that can have one value
    /// only (`root`, `nfsroot`, `ip`, `init`, `ro` and `rw`, ...) replace what is
    /// here, any other (`console`, ...) is added unless the same is there. The
    /// arguments of init are those of `other`, if it has any.
    pub fn merge(&mut self, other: &Self) {
        let mut present: HashSet<String> = self.parameters.iter().cloned().collect();
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        for parameter in &other.parameters {
            let key = topic(parameter);
            let mut singles = SINGLE_VALUED_PARAMETERS.iter();
            match singles.find(|single| is_same_key(single, key)) {
                // The first decides on the place, and the last counts.
                Some(single) if last.insert(single, parameter).is_none() => self.replace(parameter),
                None if present.insert(parameter.clone()) => {
                    self.parameters.push(parameter.clone());
                }
                Some(_) | None => {}
            }
        }
        for parameter in last.into_values() {
            self.replace(parameter);
        }
        if !other.init_arguments.is_empty() {
            self.init_arguments.clone_from(&other.init_arguments);
        }
    }

    /// The contents of `cmdline.txt`: one line with its line feed.
    ///
    /// # Errors
    ///
    /// When the line has more than [`COMMAND_LINE_LENGTH_MAX`] bytes.
    pub fn to_cmdline_txt(&self) -> Result<String, CommandLineError> {
        let mut line = self.to_string();
        let length = line.len();
        match length.saturating_sub(COMMAND_LINE_LENGTH_MAX) {
            0 => {
                line.push('\n');
                Ok(line)
            }
            excess => Err(CommandLineError::TooLong { length, excess }),
        }
    }
}

/// The parameters of a text without line feeds at its end.
fn words(text: &str) -> Result<Vec<&str>, CommandLineError> {
    check_characters(text)?;
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let mut in_quotes = false;
        let end = rest.find(|character| {
            in_quotes ^= character == '"';
            !in_quotes && is_blank(character)
        });
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        if in_quotes {
            return Err(CommandLineError::Quote(word.to_owned()));
        }
        words.push(word);
        rest = after.trim_start_matches(is_blank);
    }
    Ok(words)
}

/// Refuses control characters, and characters of which a byte is 0xA0: the
/// kernel takes that byte for a blank (`isspace` in `include/linux/ctype.h`).
fn check_characters(text: &str) -> Result<(), CommandLineError> {
    let is_refused = |character: char| {
        let is_control = character.is_control() && character != '\t';
        is_control
            || character
                .encode_utf8(&mut [0; 4])
                .bytes()
                .any(|byte| byte == 0xa0)
    };
    let refused = text
        .char_indices()
        .find(|(_, character)| is_refused(*character));
    let Some((at, character)) = refused else {
        return Ok(());
    };
    let before = text[..at]
        .rsplit(is_blank)
        .next()
        .unwrap_or_default()
        .to_owned();
    Err(match character {
        '\n' => CommandLineError::LineBreak(before),
        _ => CommandLineError::Character { character, before },
    })
}

/// The text, if it is one parameter from its first to its last byte.
fn one(text: &str) -> Result<&str, CommandLineError> {
    match words(text)?[..] {
        [word] if word.len() == text.len() => Ok(word),
        _ => Err(CommandLineError::NotOne(text.to_owned())),
    }
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

fn is_end(word: &str) -> bool {
    split(word) == (END, None)
}

/// The key and the value of a parameter without the quotes that the kernel
/// takes off: one before the whole, one before the value, and one at the end.
fn split(parameter: &str) -> (&str, Option<&str>) {
    let body = parameter.strip_prefix('"');
    let is_quoted = body.is_some();
    let body = body.unwrap_or(parameter);
    let close = |text| {
        if is_quoted {
            strip_quote_at_end(text)
        } else {
            text
        }
    };
    let equals = body
        .char_indices()
        .skip(1)
        .find(|(_, character)| *character == '=');
    match equals {
        None => (close(body), None),
        Some((at, _)) => {
            let value = &body[at + 1..];
            let value = match value.strip_prefix('"') {
                Some(value) => strip_quote_at_end(value),
                None => close(value),
            };
            (&body[..at], Some(value))
        }
    }
}

fn strip_quote_at_end(text: &str) -> &str {
    text.strip_suffix('"').unwrap_or(text)
}

/// The key by which parameters replace each other.
fn topic(parameter: &str) -> &str {
    match split(parameter) {
        ("rw", None) => "ro",
        (key, _) => key,
    }
}

/// Whether the kernel takes both for the same parameter: `-` and `_` are one.
fn is_same_key(one: &str, other: &str) -> bool {
    let dash = |byte| if byte == b'_' { b'-' } else { byte };
    one.bytes().map(dash).eq(other.bytes().map(dash))
}

impl FromStr for KernelCommandLine {
    type Err = CommandLineError;

    /// Reads a command line, which line feeds may end but not split.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let line = text.trim_end_matches(|character| is_blank(character) || character == '\n');
        Ok(Self::from_words(
            words(line)?.into_iter().map(str::to_owned).collect(),
        ))
    }
}

impl fmt::Display for KernelCommandLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = (!self.init_arguments.is_empty()).then_some(END);
        let mut separator = "";
        for word in self.parameters().chain(end).chain(self.init_arguments()) {
            write!(formatter, "{separator}{word}")?;
            separator = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<KernelCommandLine, CommandLineError> {
        text.parse()
    }

    fn line(text: &str) -> KernelCommandLine {
        parse(text).unwrap()
    }

    #[test]
    fn splits_as_the_kernel_does() {
        let line = line(" a  b=\"c d\"\t\"e=f g\" h=i\"j k\"l -- m \"n o\" \n\n");
        assert_eq!(
            line.parameters().collect::<Vec<_>>(),
            ["a", "b=\"c d\"", "\"e=f g\"", "h=i\"j k\"l"]
        );
        assert_eq!(line.init_arguments().collect::<Vec<_>>(), ["m", "\"n o\""]);
        assert_eq!(
            line.to_string(),
            "a b=\"c d\" \"e=f g\" h=i\"j k\"l -- m \"n o\""
        );
        for (key, value) in [("a", ""), ("b", "c d"), ("e", "f g"), ("h", "i\"j k\"l")] {
            assert_eq!(line.get(key), Some(value));
        }
        assert_eq!(line.get("m"), None);
        assert_eq!(parse("").unwrap(), KernelCommandLine::default());
        assert_eq!(parse("a --").unwrap().to_string(), "a");
        assert_eq!(parse("a -- b -- c").unwrap().to_string(), "a -- b -- c");
        assert_eq!(parse("a \"--\" b").unwrap().to_string(), "a -- b");
        assert_eq!(parse("a --x=1").unwrap().get("--x"), Some("1"));
    }

    #[test]
    fn refuses_what_the_kernel_would_read_otherwise() {
        assert_eq!(
            parse("a b\nc"),
            Err(CommandLineError::LineBreak("b".to_owned()))
        );
        assert!(matches!(
            parse("a=\"b\nc\""),
            Err(CommandLineError::LineBreak(_))
        ));
        for text in [
            "a\r\n",
            "a\0",
            "a\u{b}b",
            "a\u{7f}",
            "caf\u{e0}",
            "a\u{a0}b",
        ] {
            assert!(
                matches!(parse(text), Err(CommandLineError::Character { .. })),
                "{text:?}"
            );
        }
        for text in ["\"", "a=\"b c", "a\" b\" \"c"] {
            assert!(
                matches!(parse(text), Err(CommandLineError::Quote(_))),
                "{text:?}"
            );
        }
    }

    #[test]
    fn takes_exactly_one_parameter_each() {
        let line = KernelCommandLine::from_parameters(["a", "b=\"c d\"", "--", "e"]).unwrap();
        assert_eq!(line.to_string(), "a b=\"c d\" -- e");
        for text in ["", " ", "a b", " a", "a ", "\ta"] {
            assert_eq!(
                KernelCommandLine::from_parameters([text]),
                Err(CommandLineError::NotOne(text.to_owned()))
            );
        }
        assert!(matches!(
            KernelCommandLine::from_parameters(["a\n"]),
            Err(CommandLineError::LineBreak(_))
        ));
    }

    #[test]
    fn finds_values_by_either_dash() {
        let line = line("console=tty1 a-b.c_d=1 a_b.c-d=2 console=ttyS0 quiet =x");
        assert_eq!(line.get("a_b.c_d"), Some("2"));
        assert_eq!(line.get_all("a-b.c-d").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(
            line.get_all("console").collect::<Vec<_>>(),
            ["tty1", "ttyS0"]
        );
        assert_eq!(
            (line.get("quiet"), line.get("=x"), line.get("x")),
            (Some(""), Some(""), None)
        );
    }

    #[test]
    fn sets_in_place() {
        let mut line = line("a ro b=1 rw b=2 -- c");
        for parameter in ["b=3", "rw", "d=\"e f\""] {
            line.set(parameter).unwrap();
        }
        assert_eq!(line.to_string(), "a rw b=3 d=\"e f\" -- c");
        for parameter in ["", "--", "\"--\"", "a b"] {
            assert_eq!(
                line.set(parameter),
                Err(CommandLineError::NotOne(parameter.to_owned()))
            );
        }
        line.set("--a=1").unwrap();
        assert_eq!(line.to_string(), "a rw b=3 d=\"e f\" --a=1 -- c");
    }

    #[test]
    fn merges_so_that_the_other_wins() {
        let mut line = line("console=tty1 root=fstab init=/a ro ip=dhcp quiet -- x");
        line.merge(&self::line(
            "root=/dev/nfs console=ttyS0 quiet rw init=/b console=tty1 rootflags=a",
        ));
        assert_eq!(
            line.to_string(),
            "console=tty1 root=/dev/nfs init=/b rw ip=dhcp quiet console=ttyS0 rootflags=a -- x"
        );
        line.merge(&self::line("-- y"));
        assert_eq!(line.init_arguments().collect::<Vec<_>>(), ["y"]);
    }

    #[test]
    fn merges_as_many_as_there_are() {
        let many = (0..200_000).map(|number| match number % 2 {
            0 => format!("p{number}"),
            _ => format!("root={number}"),
        });
        let mut line = line("root=fstab p0");
        let started = std::time::Instant::now();
        line.merge(&KernelCommandLine::from_parameters(many).unwrap());
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
        assert_eq!(line.parameters().count(), 100_001);
        assert_eq!(line.parameters().next(), Some("root=199999"));
    }

    #[test]
    fn writes_one_line_that_the_firmware_takes() {
        assert_eq!(line("a  b").to_cmdline_txt().unwrap(), "a b\n");
        let longest = "a".repeat(COMMAND_LINE_LENGTH_MAX);
        assert_eq!(line(&longest).to_cmdline_txt().unwrap().len(), 1025);
        let error = line(&format!("{longest} b")).to_cmdline_txt().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the kernel command line has 1026 bytes and is too long by 2; remove parameters until it has at most 1024"
        );
    }

    proptest! {
        #[test]
        fn what_reads_prints_canonical(text in "[ab_=\"\\- \t\n]{0,30}|.{0,30}") {
            if let Ok(line) = parse(&text) {
                prop_assert_eq!(parse(&line.to_string()), Ok(line.clone()));
                prop_assert_eq!(parse(&line.to_cmdline_txt().unwrap()), Ok(line.clone()));
                let words = line.parameters().chain(["--"]).chain(line.init_arguments());
                prop_assert_eq!(KernelCommandLine::from_parameters(words), Ok(line));
            }
        }

        #[test]
        fn what_is_set_is_there_once(text in "([ab-]=?\"?[a ]?\"? ?){0,8}", parameter in "[ab_]{1,2}(=(\"a b\"|a))?") {
            if let Ok(mut line) = parse(&text) {
                line.set(&parameter).unwrap();
                let (key, value) = split(&parameter);
                let values: Vec<_> = line.get_all(key).collect();
                prop_assert_eq!(values, [value.unwrap_or_default()]);
                prop_assert_eq!(parse(&line.to_string()), Ok(line.clone()));
                let before = line.clone();
                line.merge(&before);
                prop_assert_eq!(line, before);
            }
        }

        #[test]
        fn what_is_merged_at_once_is_merged_one_by_one(
            text in "((root=|ro|rw|a=|b)[ab]? ){0,6}",
            other in "((root=|ro|rw|a=|b)[ab]? ){0,8}",
        ) {
            let (mut at_once, other) = (line(&text), line(&other));
            let mut one_by_one = at_once.clone();
            for parameter in other.parameters() {
                one_by_one.merge(&line(parameter));
            }
            at_once.merge(&other);
            prop_assert_eq!(at_once, one_by_one);
        }
    }
}

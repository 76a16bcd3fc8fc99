//! A diagnosis for people.

use anstyle::Style;
use netimage_core::boot::requests::Purpose;
use netimage_core::depot::MachineName;
use netimage_core::diagnose::{
    BoardDiagnosis, BootDiagnosis, BootStage, Cause, Diagnosis, FileDiagnosis, Identity,
    OtherDevice,
};

use crate::check_report::style;
use crate::size::Size;
use crate::text::Text;

/// Boots before the last one that are shown of a board, and files of one kind.
const BOOTS_SHOWN: usize = 3;
const FILES_SHOWN: usize = 12;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// All boards, one after the other; of the one machine that is asked for.
pub(crate) fn text(diagnosis: &Diagnosis, machine: Option<&MachineName>) -> Text {
    let mut text = Text::default();
    for board in &diagnosis.boards {
        write_board(&mut text, board);
        text.line("");
    }
    let (lines, understood) = (diagnosis.lines, diagnosis.understood);
    if let Some(machine) = machine
        && !diagnosis.other_boards.is_empty()
    {
        write_other_boards(&mut text, diagnosis, machine);
    } else if diagnosis.boards.is_empty() {
        text.line(
            "no board is in these logs; give the log of the TFTP server (dnsmasq, tftpd-hpa, atftpd) or of the board's console",
        );
    }
    write_others(&mut text, &diagnosis.others);
    text.line(format_args!(
        "read {lines} lines, of which {understood} tell something"
    ));
    if diagnosis.left_out > 0 {
        let more = diagnosis.left_out;
        text.line(format_args!(
            "{more} lines are about more boards than are looked at"
        ));
    }
    text
}

/// Boards that are not the machine, in a line.
fn write_other_boards(text: &mut Text, diagnosis: &Diagnosis, machine: &MachineName) {
    let others = diagnosis.other_boards.iter();
    let others = others.map(|other| who(&other.identity));
    let others: Vec<_> = others.collect();
    let others = others.join("; ");
    if diagnosis.boards.is_empty() {
        text.line(format_args!(
            "none of the boards in these logs is {machine}; they are{others}"
        ));
    } else {
        text.line(format_args!(
            "boards that are not {machine} are left out:{others}"
        ));
    }
}

/// Devices that are no boards as far as the logs tell, in a line.
fn write_others(text: &mut Text, others: &[OtherDevice]) {
    let count = match others.len() {
        0 => return,
        1 => "1 other device asks".to_owned(),
        count => format!("{count} other devices ask"),
    };
    let boards = others.iter().filter(|other| other.raspberry_pi);
    let boards: Vec<_> = boards
        .filter_map(|other| other.identity.mac.as_deref())
        .collect();
    text.add(format_args!(
        "{count} for nothing that a Raspberry Pi boots with"
    ));
    if !boards.is_empty() {
        text.add(format_args!(
            "; with log-dhcp dnsmasq tells whether {} tried to boot",
            boards.join(", ")
        ));
    }
    text.line("");
}

fn write_board(text: &mut Text, board: &BoardDiagnosis) {
    text.add_styled(BOLD, title(board));
    text.line("");
    match &board.model {
        Some(model) if model.boards.len() > 1 => {
            let titles: Vec<_> = model.boards.iter().map(|board| board.title()).collect();
            text.line(format_args!(
                "  one of {}, as {}",
                titles.join(", "),
                model.how
            ));
        }
        Some(model) => text.line(format_args!("  known as {}", model.how)),
        None => text.line("  which model it is, nothing tells"),
    }
    let hidden = board.boots.len().saturating_sub(BOOTS_SHOWN + 1);
    let hidden_boots = board
        .boots
        .iter()
        .take(hidden)
        .map(|boot| u64::from(boot.times));
    let earlier = board.earlier + hidden_boots.sum::<u64>();
    if earlier > 0 {
        text.line(format_args!("  {earlier} boots before these"));
    }
    for boot in &board.boots[hidden..] {
        write_boot(text, boot);
    }
    let Some(boot) = board.deciding() else {
        return;
    };
    if board.is_well() {
        text.line("  nothing wrong found");
    }
    for cause in &boot.findings {
        write_cause(text, cause);
    }
    if !boot.lacking.is_empty() {
        let lacking = boot.lacking.join(", ");
        text.line(format_args!("  the files that are served lack {lacking}"));
    }
    if let Some(next) = &boot.next {
        text.line(format_args!(
            "  by the files that are served it would ask for {next} next"
        ));
    }
}

fn title(board: &BoardDiagnosis) -> String {
    let model = match board.model.as_ref().map(|model| &model.boards[..]) {
        Some([board]) => board.title(),
        _ => "Board",
    };
    let who = who(&board.identity);
    let mut title = if who.is_empty() {
        model.to_owned()
    } else {
        format!("{model},{who}")
    };
    if board.console {
        title.push_str(", by its console");
    }
    title
}

/// Who a board is by serial number, Ethernet address and address, with a blank in front.
fn who(identity: &Identity) -> String {
    let known = [&identity.serial, &identity.mac, &identity.address];
    let known = ["serial", "at", "at"].iter().zip(known);
    let known = known.filter_map(|(label, value)| Some(format!(" {label} {}", value.as_ref()?)));
    known.collect::<Vec<_>>().join(",")
}

fn write_boot(text: &mut Text, boot: &BootDiagnosis) {
    let began = boot
        .began
        .map_or(String::new(), |began| format!(" {began}"));
    let times = match boot.times {
        1 => String::new(),
        times => format!(", {times} times the same way"),
    };
    let stage = stage(boot.stage);
    text.line(format_args!("  boot{began}{times}: {stage}"));
    if let Some(line) = dhcp(boot) {
        text.line(format_args!("    address   {line}"));
    }
    write_outcomes(text, &boot.files);
    if boot.more_files > 0 {
        let more = boot.more_files;
        text.line(format_args!("    and       {more} requests for more files"));
    }
}

/// What became of the files, by what became of them.
fn write_outcomes(text: &mut Text, files: &[FileDiagnosis]) {
    let own = directory(files);
    if !own.is_empty() {
        text.line(format_args!("    in        {own}"));
    }
    let short = |file: &FileDiagnosis| {
        let name = file.name.strip_prefix(own);
        name.unwrap_or(&file.name).to_owned()
    };
    let names = |is_it: &dyn Fn(&FileDiagnosis) -> bool| {
        let files = files.iter().filter(|file| is_it(file));
        files.map(short).collect::<Vec<_>>()
    };
    let is_missing = |file: &FileDiagnosis| file.missing > 0 && file.sent == 0 && file.probed == 0;
    let got = files.iter().filter(|file| file.sent > 0);
    write_files(
        text,
        "got",
        got.map(|file| sent(&short(file), file)).collect(),
    );
    let missing = names(&|file| is_missing(file) && !is_optional(file.purpose));
    write_files(text, "missing", missing);
    let normal = names(&|file| is_missing(file) && is_optional(file.purpose)).len();
    if normal > 0 {
        let files = if normal == 1 { "file" } else { "files" };
        text.line(format_args!(
            "    missing   {normal} optional {files}, which is normal"
        ));
    }
    write_files(
        text,
        "cut off",
        names(&|file| file.failed > 0 && file.sent == 0),
    );
    let told = |file: &FileDiagnosis| file.sent + file.missing + file.failed + file.probed;
    write_files(text, "asked", names(&|file| told(file) == 0));
}

/// The directory of the first file that is not of the root alone, with its slash.
fn directory(files: &[FileDiagnosis]) -> &str {
    let directory = |file: &FileDiagnosis| file.name.rfind('/').map_or(0, |slash| slash + 1);
    let deepest = files.iter().filter(|file| !file.name.contains("overlays/"));
    let deepest = deepest.max_by_key(|file| directory(file));
    deepest.map_or("", |file| &file.name[..directory(file)])
}

fn write_files(text: &mut Text, label: &str, mut names: Vec<String>) {
    if names.is_empty() {
        return;
    }
    let more = names.len().saturating_sub(FILES_SHOWN);
    // The last ones tell where it ended.
    let shown = names.split_off(more);
    let before = match more {
        0 => String::new(),
        more => format!("{more} files, "),
    };
    text.line(format_args!("    {label:<9} {before}{}", shown.join(", ")));
}

/// A file that was sent: how often, how large, how fast.
fn sent(name: &str, file: &FileDiagnosis) -> String {
    let mut notes = Vec::new();
    if file.sent > 1 {
        notes.push(format!("{} times", file.sent));
    }
    notes.extend(file.bytes.map(|bytes| Size(bytes).to_string()));
    if let Some(milliseconds) = file.milliseconds.filter(|time| *time >= 1000) {
        notes.push(format!("{} s", milliseconds / 1000));
    }
    notes.extend(file.rate().map(|rate| format!("{}/s", Size(rate))));
    if notes.is_empty() {
        return name.to_owned();
    }
    format!("{name} ({})", notes.join(", "))
}

/// What boards ask for whether anyone serves it or not.
fn is_optional(purpose: Option<Purpose>) -> bool {
    matches!(
        purpose,
        Some(
            Purpose::Extra
                | Purpose::Update
                | Purpose::Recovery
                | Purpose::OverlayMap
                | Purpose::OsPrefixProbe
                | Purpose::Armstub
        )
    )
}

fn dhcp(boot: &BootDiagnosis) -> Option<String> {
    let dhcp = &boot.dhcp;
    let mut parts = Vec::new();
    for (count, word) in [
        (dhcp.asked, "asked"),
        (dhcp.offered, "offered"),
        (dhcp.leased, "given"),
        (dhcp.proxy, "told by a proxy"),
    ] {
        match count {
            0 => {}
            1 => parts.push(word.to_owned()),
            count => parts.push(format!("{word} {count} times")),
        }
    }
    if dhcp.has_option_43 {
        parts.push("with option 43".to_owned());
    }
    if let Some(words) = &dhcp.refusal {
        parts.push(format!("refused: {words}"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

const fn stage(stage: BootStage) -> &'static str {
    match stage {
        BootStage::Seen => "the board was seen",
        BootStage::Address => "it got an address",
        BootStage::Files => "it asked for files",
        BootStage::Firmware => "it got its firmware",
        BootStage::Kernel => "it got its kernel",
        BootStage::Running => "its kernel runs",
        BootStage::Root => "its root is mounted",
        BootStage::Up => "it is up",
        _ => "it went on",
    }
}

fn write_cause(text: &mut Text, cause: &Cause) {
    let (code, problem) = (cause.cause.code, &cause.problem);
    let line = cause
        .line
        .map_or(String::new(), |line| format!(" (line {line})"));
    text.add("  ");
    text.add_styled(style(cause.severity), cause.severity);
    text.line(format_args!(" {code}: {problem}{line}"));
    if let Some(quote) = &cause.quote {
        text.add("    ");
        text.add_styled(DIM, quote);
        text.line("");
    }
    text.line(format_args!("    {}", cause.remedy));
    for other in &cause.or {
        text.line(format_args!("    or {}: {}", other.problem, other.tell));
    }
    text.add("    ");
    text.add_styled(DIM, cause.cause.source);
    text.line("");
}

//! From what is kept of logs to what they come to.

use super::board::BoardLog;
use super::boot::Boot;
use super::causes::{files as file_causes, network as network_causes};
use super::diagnosis::{
    BoardDiagnosis, BootDiagnosis, BootStage, Diagnosis, FileDiagnosis, Identity, OtherDevice,
    deciding,
};
use super::finding::{Alternative, Cause};
use super::judge::judge;
use super::logs::Logs;
use super::model::Model;
use super::served::Served;
use crate::boot::requests::Purpose;

impl Logs {
    /// What the logs come to, held against the files that are served where these are
    /// given.
    #[must_use]
    pub fn diagnose(&self, served: Option<Served<'_>>) -> Diagnosis {
        let collected = &self.collected;
        let devices = collected.boards.iter();
        let is_server =
            |board: &BoardLog| board.host.is_some_and(|host| self.reader.is_server(host));
        let has_anything =
            |board: &BoardLog| board.model.is_some() || board.boots.iter().any(Boot::has_anything);
        let devices = devices.filter(|board| has_anything(board) && !is_server(board));
        let is_shown = |board: &&BoardLog| board.boots_from_network || board.leaves_offers();
        let is_any_shown = devices.clone().any(|board| is_shown(&board));
        let (boards, others): (Vec<_>, Vec<_>) =
            devices.partition(|board| is_shown(board) || !is_any_shown && board.mounts());
        let machine = served.and_then(|served| served.machine);
        let is_asked_for =
            |board: &&BoardLog| machine.is_none_or(|machine| board.may_be_machine(machine));
        let (boards, other_boards): (Vec<_>, Vec<_>) = boards.into_iter().partition(is_asked_for);
        let boards = boards.into_iter().map(|board| diagnose(board, served));
        let mut boards: Vec<_> = boards.collect();
        tell_shared_directories(&mut boards);
        Diagnosis {
            boards,
            lines: collected.lines,
            understood: collected.understood,
            left_out: collected.left_out,
            other_boards: other_boards.into_iter().map(OtherDevice::of).collect(),
            others: others.into_iter().map(OtherDevice::of).collect(),
        }
    }
}

fn diagnose(board: &BoardLog, served: Option<Served<'_>>) -> BoardDiagnosis {
    let mut board = board.clone();
    board.fold();
    let model = Model::of(&board);
    let boots = &mut board.boots;
    let booted_before = boots.iter().rev().skip(1).any(Boot::comes_to_kernel);
    let last = boots.len();
    let told = boots.iter().zip(1..).map(|(boot, at)| {
        let mut findings = judge(boot, model.as_ref());
        if at == last && booted_before {
            stops_asking(boot, &mut findings);
            loses_link(&mut findings);
        }
        BootDiagnosis::of(boot, findings)
    });
    let mut told: Vec<_> = told.collect();
    for at in 1..last {
        let is_bad = told[at - 1].has_error();
        let before = &boots[at - 1];
        told[at].goes_as_before =
            is_bad && (boots[at].is_beginning_of(before) || boots[at].has_only_asked_after(before));
    }
    if let Some(served) = served
        && let Some(at) = deciding(&told)
    {
        hold_against(served, &mut boots[at], &mut told[at], model.as_ref());
    }
    BoardDiagnosis {
        identity: Identity::of(&board),
        console: board.is_own,
        model,
        earlier: board.earlier,
        boots: told,
    }
}

/// Holds a boot against the files that are served.
fn hold_against(
    served: Served<'_>,
    boot: &mut Boot,
    told: &mut BootDiagnosis,
    model: Option<&Model>,
) {
    served.compare(boot, &mut told.findings);
    told.files = boot.files.iter().map(FileDiagnosis::of).collect();
    let expected = model.and_then(|model| served.expect(boot, model));
    if let Some(expected) = expected {
        told.lacking = expected.lacking;
        let stage = told.stage;
        let is_of_boot = |(_, purpose): &(String, Purpose)| match stage {
            // Of the rest a kernel may do without.
            BootStage::Kernel => *purpose == Purpose::Initramfs,
            _ => stage < BootStage::Kernel,
        };
        told.next = expected.next.filter(is_of_boot).map(|(name, _)| name);
    }
}

/// A board that knows how to boot, and suddenly asks for no file.
fn stops_asking(boot: &Boot, findings: &mut [Cause]) {
    let unused = [
        &network_causes::OFFER_UNUSED,
        &network_causes::PROXY_IGNORED,
    ];
    let is_it = |cause: &Cause| unused.iter().any(|unused| cause.cause.code == unused.code);
    let Some(at) = findings.iter().position(is_it) else {
        return;
    };
    let problem = "the board booted before, and now asks for an address and for no file";
    findings[at] = Cause::new(&network_causes::STOPS_ASKING, problem)
        .at(boot.dhcp.line)
        .or(
            "the board boots from a card or a disk now",
            "it is up then, or its console shows another boot mode",
        );
}

/// A board that had a link, and has none now.
fn loses_link(findings: &mut [Cause]) {
    let no_link = network_causes::NO_LINK.code;
    for cause in findings
        .iter_mut()
        .filter(|cause| cause.cause.code == no_link)
    {
        // raspberrypi/rpi-eeprom#417, of a Pi 4 of revision 1.1 with Linux 5.16.
        cause.or.push(Alternative {
            problem:
                "the system before left the port asleep, and an older boot loader does not wake it"
                    .to_owned(),
            tell: "it has a link after it was switched off and on; update its EEPROM".to_owned(),
        });
    }
}

/// Two boards that ask in one directory.
fn tell_shared_directories(boards: &mut [BoardDiagnosis]) {
    let macs: Vec<_> = boards
        .iter()
        .filter(|board| !board.console)
        .map(|board| (board.identity.serial.clone(), board.identity.mac.clone()))
        .collect();
    for board in boards
        .iter_mut()
        .filter(|board| board.identity.serial.is_some())
    {
        let other = macs.iter().find(|(serial, mac)| {
            let own = &board.identity;
            *serial == own.serial && mac.is_some() && own.mac.is_some() && *mac != own.mac
        });
        if let (Some((_, Some(other))), Some(boot)) = (other, board.boots.last_mut()) {
            let problem = format!("the board {other} asks in the same directory");
            boot.findings
                .push(Cause::new(&file_causes::TWO_BOARDS, problem));
        }
    }
}

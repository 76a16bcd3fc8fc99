//! Device trees: the board's own, and the overlays that config.txt asks for.

use crate::boot::requests::served_name;
use crate::check::facts::{Load, LoadedOverlay, LoadedParameter, Survey};
use crate::check::finding::{Findings, Place, explained};
use crate::check::observe::boot::BootReader;
use crate::check::rules::Rule;
use crate::check::rules::device_tree::{
    INVALID, OTHER_BOARD, OVERLAY_INVALID, OVERLAY_LABELS, OVERLAY_MISSING, OVERLAY_NOT_FOR_BOARD,
    OVERLAY_PARAMETER, PARAMETER,
};
use crate::device_tree::{
    DEVICE_TREE_SIZE_MAX, DeviceTree, DeviceTreeError, OverlayMap, OverlayMapping,
};
use crate::fs::FsError;
use crate::nearest::nearest;
use crate::tree::TargetName;

/// What a board loads of device trees.
struct DeviceTrees<'load> {
    load: &'load Load,
    name: &'load TargetName,
    bytes: Option<&'load [u8]>,
    /// `overlays/overlay_map.dtb`.
    map: Option<&'load [u8]>,
}

/// Looks at the device tree and the overlays of every board. They are read one at
/// a time, as there may be many.
pub(in crate::check) fn check(
    survey: &Survey,
    boot: &BootReader<'_>,
    findings: &mut Findings,
) -> Result<(), FsError> {
    let limit = u64::from(DEVICE_TREE_SIZE_MAX) + 1;
    let map = served_name(&survey.own("overlays/overlay_map.dtb"));
    let map = map.map_or(Ok(None), |map| boot.read(&map, limit))?;
    for load in &survey.loads {
        let Some(name) = &load.device_tree else {
            continue;
        };
        // Of a tree that is not there, the overlays are.
        let own = boot.read(name, limit)?;
        let trees = DeviceTrees {
            load,
            name,
            bytes: own.as_deref(),
            map: map.as_deref(),
        };
        let mut check = Check {
            trees: &trees,
            findings,
        };
        let base = check.base();
        let is_told = |file: &TargetName| survey.is_told(&file.to_string());
        for overlay in &load.overlays {
            if overlay.file.as_ref().is_some_and(is_told) {
                continue;
            }
            let file = overlay.file.as_ref();
            let bytes = file.map_or(Ok(None), |file| boot.read(file, limit))?;
            check.check_overlay(base.as_ref(), overlay, bytes.as_deref());
        }
    }
    Ok(())
}

struct Check<'check> {
    trees: &'check DeviceTrees<'check>,
    findings: &'check mut Findings,
}

impl<'check> Check<'check> {
    fn say(&mut self, rule: &'static Rule, place: Place, problem: String, remedy: &str) {
        self.findings
            .add(rule, [self.trees.load.board], Some(place), problem, remedy);
    }

    /// The board's own tree, if it is one.
    fn base(&mut self) -> Option<DeviceTree<'check>> {
        let trees = self.trees;
        let place = Place::file(trees.name);
        let base = match DeviceTree::parse(trees.bytes?) {
            Ok(tree) => tree,
            Err(error) => {
                let remedy = "take the file from the kernel or the firmware";
                self.say(&INVALID, place, error_text(&error), remedy);
                return None;
            }
        };
        let board = trees.load.board;
        if !base.is_compatible(board.compatible()) {
            let model = base.model();
            let model = model.map_or_else(|| "an unnamed board".into(), String::from_utf8_lossy);
            let title = board.title();
            let problem = format!("it is the device tree of {model}, not of {title}");
            let own = board
                .variants()
                .first()
                .and_then(|variant| variant.device_trees.first());
            let remedy = match own {
                Some(own) if !trees.name.as_path().ends_with(own) => format!("add {own}"),
                _ => "put the board's own tree there".to_owned(),
            };
            self.say(&OTHER_BOARD, place, problem, &remedy);
        }
        for (name, place) in &trees.load.parameters {
            if !base.has_parameter(name) {
                let problem = format!(
                    "the board's own tree {} has no parameter {name}",
                    trees.name
                );
                let remedy = parameter_remedy(name, &[&base]);
                self.say(&PARAMETER, place.clone(), problem, &remedy);
            }
        }
        Some(base)
    }

    fn check_overlay(
        &mut self,
        base: Option<&DeviceTree<'_>>,
        overlay: &LoadedOverlay,
        bytes: Option<&[u8]>,
    ) {
        let place = || overlay.place.clone();
        if let Some(reason) = self.refusal(&overlay.name) {
            let problem = format!(
                "the overlay {} is not for this board: {reason}",
                overlay.name
            );
            self.say(
                &OVERLAY_NOT_FOR_BOARD,
                place(),
                problem,
                "remove it, or put it below the board's filter",
            );
            return;
        }
        let Some(file) = &overlay.file else {
            return;
        };
        let Some(bytes) = bytes else {
            let problem = format!("there is no {file}");
            let mut asked = self.trees.load.requests.asked.iter();
            let marker =
                asked.find(|request| request.name.ends_with("/README") && request.size.is_none());
            let remedy = match marker {
                Some(marker) => format!(
                    "add the file, or {}, by which the firmware takes the overlays of os_prefix",
                    marker.name
                ),
                None => "add the file, or remove the line".to_owned(),
            };
            self.say(&OVERLAY_MISSING, place(), problem, &remedy);
            return;
        };
        let tree = match DeviceTree::parse(bytes) {
            Ok(tree) if tree.is_overlay() => tree,
            other => {
                let why = other.map_or_else(
                    |error| error_text(&error),
                    |_| "it has no fragments".to_owned(),
                );
                let problem = format!("{file} is no overlay: {why}");
                self.say(
                    &OVERLAY_INVALID,
                    place(),
                    problem,
                    "take the file from the firmware",
                );
                return;
            }
        };
        for parameter in &overlay.parameters {
            self.check_parameter(base, &tree, overlay, parameter);
        }
        let missing = base.map_or(Vec::new(), |base| tree.missing_labels(base));
        if let Some(first) = missing.first() {
            let (first, count) = (String::from_utf8_lossy(first), missing.len());
            let problem = format!(
                "the overlay {} needs {count} labels that {} has not, {first} among them",
                overlay.name, self.trees.name
            );
            self.say(
                &OVERLAY_LABELS,
                place(),
                problem,
                "take the firmware's device tree for the board",
            );
        }
    }

    /// One with a line of its own is looked for in the board's tree, too.
    fn check_parameter(
        &mut self,
        base: Option<&DeviceTree<'_>>,
        tree: &DeviceTree<'_>,
        overlay: &LoadedOverlay,
        parameter: &LoadedParameter,
    ) {
        let name = &parameter.name;
        let base = base.filter(|_| parameter.own_line);
        // Of the board's own tree nothing is known.
        if tree.has_parameter(name) || (parameter.own_line && base.is_none()) {
            return;
        }
        let (problem, remedy) = match base {
            Some(base) if base.has_parameter(name) => return,
            Some(base) => (
                format!(
                    "neither the overlay {} before it nor the board's own tree {} has a parameter {name}",
                    overlay.name, self.trees.name
                ),
                parameter_remedy(name, &[tree, base]),
            ),
            None => (
                format!("the overlay {} has no parameter {name}", overlay.name),
                parameter_remedy(name, &[tree]),
            ),
        };
        let place = parameter.place.clone();
        self.say(&OVERLAY_PARAMETER, place, problem, &remedy);
    }

    /// Why the firmware loads no overlay of this name.
    fn refusal(&self, name: &str) -> Option<String> {
        let map = OverlayMap::parse(self.trees.map?).ok()?;
        match map.look_up(name, self.trees.load.board.soc().platform()) {
            OverlayMapping::Deprecated(why) => Some(String::from_utf8_lossy(why).into_owned()),
            OverlayMapping::Unsupported => Some("the map has another chip only".to_owned()),
            _ => None,
        }
    }
}

fn error_text(error: &DeviceTreeError) -> String {
    explained(error).problem
}

/// What to write in place of a parameter that none of the trees has.
fn parameter_remedy(name: &str, trees: &[&DeviceTree<'_>]) -> String {
    let known = trees.iter().flat_map(|tree| tree.parameters());
    let known: Vec<&str> = known.filter_map(|name| str::from_utf8(name).ok()).collect();
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("write {nearest}, if that is meant, or remove it"),
        None if known.is_empty() => {
            "remove it, or take the firmware's tree: this one, like those of Linux itself, has no parameters".to_owned()
        }
        None => "remove it, or put it below the filter of a board that has it".to_owned(),
    }
}

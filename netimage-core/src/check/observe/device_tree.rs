//! Reads the device trees that boards load, one at a time, as there may be many.

use crate::boot::requests::served_name;
use crate::check::facts::{
    BaseTree, DeviceTreeSurvey, Load, LoadedOverlay, OverlayState, OverlaySurvey, Survey,
};
use crate::check::finding::explained;
use crate::device_tree::{
    DEVICE_TREE_SIZE_MAX, DeviceTree, DeviceTreeError, OverlayMap, OverlayMapping,
};
use crate::fs::{FsError, ServedDirectory};
use crate::tree::TargetName;

const LIMIT: u64 = DEVICE_TREE_SIZE_MAX as u64 + 1;

/// Reads the device tree and the overlays of every board.
pub(in crate::check) fn read(
    survey: &Survey,
    boot: &ServedDirectory,
) -> Result<Vec<DeviceTreeSurvey>, FsError> {
    let map = served_name(&survey.own("overlays/overlay_map.dtb"));
    let map = map.map_or(Ok(None), |map| boot.contents(&map, LIMIT))?;
    let is_told = |file: &TargetName| survey.is_told(&file.to_string());
    let mut surveys = Vec::new();
    for load in &survey.loads {
        let Some(name) = &load.device_tree else {
            continue;
        };
        let bytes = boot.contents(name, LIMIT)?;
        let parsed = bytes.as_deref().map(DeviceTree::parse);
        let tree = parsed.as_ref().and_then(|parsed| parsed.as_ref().ok());
        // Of a tree that is not there, the overlays are.
        let overlays = load.overlays.iter();
        let overlays = overlays.filter(|overlay| !overlay.file.as_ref().is_some_and(is_told));
        let overlays =
            overlays.filter_map(|overlay| read_overlay(load, overlay, tree, map.as_deref(), boot));
        let overlays = overlays.collect::<Result<_, _>>()?;
        let base = parsed.as_ref().map(|parsed| match parsed {
            Ok(tree) => describe(load, tree),
            Err(error) => BaseTree::Broken(error_text(error)),
        });
        surveys.push(DeviceTreeSurvey {
            board: load.board,
            name: name.clone(),
            base,
            overlays,
        });
    }
    Ok(surveys)
}

fn describe(load: &Load, tree: &DeviceTree<'_>) -> BaseTree {
    let other_model = (!tree.is_compatible(load.board.compatible())).then(|| {
        let model = tree.model().map(String::from_utf8_lossy);
        model.map_or_else(|| "an unnamed board".to_owned(), String::from)
    });
    let unknown = load.parameters.iter();
    let unknown = unknown.filter(|(name, _)| !tree.has_parameter(name));
    BaseTree::Whole {
        other_model,
        unknown: unknown.cloned().collect(),
    }
}

/// What becomes of an overlay, if anything is asked for.
fn read_overlay(
    load: &Load,
    overlay: &LoadedOverlay,
    base: Option<&DeviceTree<'_>>,
    map: Option<&[u8]>,
    boot: &ServedDirectory,
) -> Option<Result<OverlaySurvey, FsError>> {
    let state = match (refusal(load, &overlay.name, map), &overlay.file) {
        (Some(reason), _) => OverlayState::Refused(reason),
        (None, Some(file)) => match boot.contents(file, LIMIT) {
            Ok(Some(bytes)) => overlay_state(file, overlay, &bytes, base),
            Ok(None) => OverlayState::Missing(file.clone()),
            Err(error) => return Some(Err(error)),
        },
        (None, None) => return None,
    };
    Some(Ok(OverlaySurvey {
        name: overlay.name.clone(),
        place: overlay.place.clone(),
        state,
    }))
}

fn overlay_state(
    file: &TargetName,
    overlay: &LoadedOverlay,
    bytes: &[u8],
    base: Option<&DeviceTree<'_>>,
) -> OverlayState {
    let tree = match DeviceTree::parse(bytes) {
        Ok(tree) if tree.is_overlay() => tree,
        Ok(_) => return OverlayState::Broken(file.clone(), "it has no fragments".to_owned()),
        Err(error) => return OverlayState::Broken(file.clone(), error_text(&error)),
    };
    // One with a line of its own is looked for in the board's tree, too, and where
    // nothing is known of that it may be there.
    let in_base = |name: &str| base.is_none_or(|base| base.has_parameter(name));
    let unknown = overlay.parameters.iter().filter(|parameter| {
        let name = parameter.name.as_str();
        !(tree.has_parameter(name) || parameter.own_line && in_base(name))
    });
    let unknown = unknown.map(|parameter| (parameter.name.clone(), parameter.place.clone()));
    let missing = base.map_or(Vec::new(), |base| tree.missing_labels(base));
    let first = missing.first();
    OverlayState::Whole {
        unknown: unknown.collect(),
        missing_label: first.map(|label| {
            let label = String::from_utf8_lossy(label).into_owned();
            (label, missing.len())
        }),
    }
}

/// Why the firmware loads no overlay of this name.
fn refusal(load: &Load, name: &str, map: Option<&[u8]>) -> Option<String> {
    let map = OverlayMap::parse(map?).ok()?;
    match map.look_up(name.as_bytes(), load.board.soc().family()) {
        OverlayMapping::Deprecated(why) => Some(String::from_utf8_lossy(why).into_owned()),
        OverlayMapping::Unsupported => {
            Some("the overlay map has it for a different chip only".to_owned())
        }
        _ => None,
    }
}

fn error_text(error: &DeviceTreeError) -> String {
    explained(error).problem
}

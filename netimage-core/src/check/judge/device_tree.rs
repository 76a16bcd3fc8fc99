//! Device trees: the board's own, and the overlays that config.txt asks for.

use crate::boot::Board;
use crate::check::facts::{
    BaseTree, DeviceTreeSurvey, OverlayState, OverlaySurvey, Survey, UnknownParameter,
};
use crate::check::finding::Place;
use crate::check::judge::reporter::Reporter;
use crate::check::rules::device_tree::{
    INVALID, OTHER_BOARD, OVERLAY_INVALID, OVERLAY_LABELS, OVERLAY_MISSING, OVERLAY_NOT_FOR_BOARD,
    OVERLAY_PARAMETER, PARAMETER,
};

/// Looks at the device tree and the overlays of every board.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for trees in &survey.device_trees {
        let mut reporter = reporter.of([trees.board]);
        if let Some(base) = &trees.base {
            check_base(trees, base, &mut reporter);
        }
        for overlay in &trees.overlays {
            check_overlay(trees, overlay, &mut reporter.at(overlay.place.clone()));
        }
    }
}

fn check_base(trees: &DeviceTreeSurvey, base: &BaseTree, reporter: &mut Reporter<'_>) {
    let mut at_file = reporter.at(Place::file(&trees.name));
    let (other_model, unknown) = match base {
        BaseTree::Broken(why) => {
            let remedy = "take the file from the kernel or the firmware";
            return at_file.report(&INVALID, why, remedy);
        }
        BaseTree::Whole {
            other_model,
            unknown,
        } => (other_model, unknown),
    };
    if let Some(model) = other_model {
        let title = trees.board.title();
        let problem = format!("it is the device tree of {model}, not of {title}");
        let remedy = match usual_name(trees.board) {
            Some(own) if !trees.name.as_path().ends_with(own) => format!("add {own}"),
            _ => "put the board's own tree there".to_owned(),
        };
        at_file.report(&OTHER_BOARD, problem, remedy);
    }
    for parameter in unknown {
        let (file, name) = (&trees.name, &parameter.name);
        let problem = format!("the board's own tree {file} has no parameter {name}");
        let mut reporter = reporter.at(parameter.place.clone());
        reporter.report(&PARAMETER, problem, parameter_remedy(parameter));
    }
}

fn usual_name(board: Board) -> Option<&'static str> {
    let variant = board.variants().first()?;
    variant.device_trees.first().copied()
}

fn check_overlay(trees: &DeviceTreeSurvey, overlay: &OverlaySurvey, reporter: &mut Reporter<'_>) {
    let (name, own) = (&overlay.name, &trees.name);
    match &overlay.state {
        OverlayState::Refused(why) => {
            let problem = format!("the overlay {name} is not for this board: {why}");
            let remedy = "remove it, or put it below the filter of a board that has it";
            reporter.report(&OVERLAY_NOT_FOR_BOARD, problem, remedy);
        }
        OverlayState::Missing { file, marker } => {
            let remedy = match marker {
                Some(marker) => format!(
                    "add the file, or add {marker}, without which the firmware ignores the overlays below os_prefix"
                ),
                None => "add the file, or remove the line".to_owned(),
            };
            reporter.report(&OVERLAY_MISSING, format!("there is no {file}"), remedy);
        }
        OverlayState::Broken(file, why) => {
            let problem = format!("{file} is not an overlay: {why}");
            reporter.report(&OVERLAY_INVALID, problem, "take the file from the firmware");
        }
        OverlayState::Whole {
            unknown,
            missing_label,
        } => {
            for parameter in unknown {
                let unknown = &parameter.name;
                let problem = if parameter.in_base {
                    format!(
                        "neither the overlay {name} before it nor the board's own tree {own} has a parameter {unknown}"
                    )
                } else {
                    format!("the overlay {name} has no parameter {unknown}")
                };
                let mut reporter = reporter.at(parameter.place.clone());
                reporter.report(&OVERLAY_PARAMETER, problem, parameter_remedy(parameter));
            }
            if let Some((first, count)) = missing_label {
                let problem = format!(
                    "the overlay {name} needs {count} labels that {own} does not have, such as {first}"
                );
                let remedy = "take the firmware's device tree for the board";
                reporter.report(&OVERLAY_LABELS, problem, remedy);
            }
        }
    }
}

/// What to write in place of a parameter that none of the trees has.
fn parameter_remedy(parameter: &UnknownParameter) -> String {
    match &parameter.nearest {
        Some(nearest) => format!("write {nearest} if that is what you mean, or remove it"),
        None if !parameter.has_others => {
            "remove it, or take the firmware's tree; this one, like those of mainline Linux, has no parameters".to_owned()
        }
        None => "remove it, or put it below the filter of a board that has it".to_owned(),
    }
}

//! Device trees: the board's own, and the overlays that config.txt asks for.

use crate::check::facts::{BaseTree, DeviceTreeSurvey, OverlayState, OverlaySurvey, Survey};
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
            return at_file.report(&INVALID, why);
        }
        BaseTree::Whole {
            other_model,
            unknown,
        } => (other_model, unknown),
    };
    if let Some(model) = other_model {
        let title = trees.board.title();
        let problem = format!("it is the device tree of {model}, not of {title}");
        at_file.report(&OTHER_BOARD, problem);
    }
    for (name, place) in unknown {
        let problem = format!(
            "the board's own tree {} has no parameter {name}",
            trees.name
        );
        let mut reporter = reporter.at(place.clone());
        reporter.report(&PARAMETER, problem);
    }
}

fn check_overlay(trees: &DeviceTreeSurvey, overlay: &OverlaySurvey, reporter: &mut Reporter<'_>) {
    let (name, own) = (&overlay.name, &trees.name);
    match &overlay.state {
        OverlayState::Refused(why) => {
            let problem = format!("the overlay {name} is not for this board: {why}");
            reporter.report(&OVERLAY_NOT_FOR_BOARD, problem);
        }
        OverlayState::Missing(file) => {
            reporter.report(&OVERLAY_MISSING, format!("there is no {file}"));
        }
        OverlayState::Broken(file, why) => {
            let problem = format!("{file} is not an overlay: {why}");
            reporter.report(&OVERLAY_INVALID, problem);
        }
        OverlayState::Whole {
            unknown,
            missing_label,
        } => {
            for (unknown, place) in unknown {
                let problem = format!("the overlay {name} has no parameter {unknown}");
                let mut reporter = reporter.at(place.clone());
                reporter.report(&OVERLAY_PARAMETER, problem);
            }
            if let Some((first, count)) = missing_label {
                let problem = format!(
                    "the overlay {name} needs {count} labels that {own} does not have, such as {first}"
                );
                reporter.report(&OVERLAY_LABELS, problem);
            }
        }
    }
}

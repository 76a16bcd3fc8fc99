//! What differs between two images, printed.

use netimage_core::image::{BootChange, BootFile, Manifest, ManifestDiff, ManifestObject};
use serde_json::{Value, json};

use crate::report::line;
use crate::size::Size;
use crate::text::Text;

/// For people.
pub(crate) fn text(image: &Manifest, older: &Manifest) -> Text {
    let diff = image.diff(older);
    let mut text = Text::default();
    let lists = lists(&diff, image, older);
    let counts = lists.each_ref().map(|(change, objects, _)| {
        let (count, size) = (objects.len(), Size(nar_size(objects)));
        format!("{count} {change} ({size})")
    });
    let store = format!("{}, {} the same", counts.join(", "), diff.kept);
    line(&mut text, "store", &store);
    for (change, objects, manifest) in lists {
        for (at, object) in objects.iter().enumerate() {
            let size = Size(object.nar_size).to_string();
            let path = manifest.store_dir.display(&object.path);
            let label = if at == 0 { change } else { "" };
            line(&mut text, label, &format_args!("{size:>10}  {path}"));
        }
    }
    let boot = format!("files that differ: {}", diff.boot.len());
    line(&mut text, "boot", &boot);
    for &change in &diff.boot {
        let (change, file) = boot_change(change);
        let size = Size(file.size).to_string();
        line(
            &mut text,
            change,
            &format_args!("{size:>10}  {}", file.name),
        );
    }
    text
}

/// For programs.
pub(crate) fn json(image: &Manifest, older: &Manifest) -> Value {
    let diff = image.diff(older);
    let mut store = json!({"kept": diff.kept});
    for (change, objects, manifest) in lists(&diff, image, older) {
        let paths = objects.iter().map(|object| {
            let path = manifest.store_dir.display(&object.path);
            json!({"path": path, "narSize": object.nar_size})
        });
        store[change] = json!({
            "narSize": nar_size(objects),
            "paths": paths.collect::<Value>(),
        });
    }
    let boot = diff.boot.iter().map(|&change| {
        let (change, file) = boot_change(change);
        json!({"name": file.name, "change": change, "size": file.size})
    });
    json!({"store": store, "boot": boot.collect::<Value>()})
}

type List<'diff> = (
    &'static str,
    &'diff [&'diff ManifestObject],
    &'diff Manifest,
);

fn lists<'diff>(
    diff: &'diff ManifestDiff<'_>,
    image: &'diff Manifest,
    older: &'diff Manifest,
) -> [List<'diff>; 3] {
    [
        ("added", &diff.added, image),
        ("removed", &diff.removed, older),
        ("changed", &diff.changed, image),
    ]
}

fn boot_change(change: BootChange<'_>) -> (&'static str, &BootFile) {
    match change {
        BootChange::Added(file) => ("added", file),
        BootChange::Removed(file) => ("removed", file),
        BootChange::Changed(file) => ("changed", file),
    }
}

fn nar_size(objects: &[&ManifestObject]) -> u64 {
    let sizes = objects.iter().map(|object| object.nar_size);
    sizes.fold(0, u64::saturating_add)
}

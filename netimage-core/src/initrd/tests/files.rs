//! What the files are once the kernel has unpacked them.

use std::io::Cursor;

use proptest::prelude::*;

use super::make::*;
use crate::initrd::{EntryKind, Initrd};

fn list(segments: &[&[Item]]) -> Vec<String> {
    let bytes: Vec<u8> = segments.iter().flat_map(|items| archive(items)).collect();
    let initrd = read(&bytes);
    assert!(initrd.broken().is_none(), "{:?}", initrd.broken());
    listing(&initrd)
}

fn skipped(initrd: &Initrd) -> Vec<&[u8]> {
    initrd.skipped().1.iter().map(Vec::as_slice).collect()
}

#[test]
fn names_are_normalised() {
    let items = [
        directory("."),
        directory("./a"),
        file("/b", "1"),
        file("a//c", "22"),
        directory("a/d/"),
        file("a/d/../e", "333"),
        file("../../f", "4444"),
        file(b"\xff\n", "55555"),
        link("a/./g", "../b"),
    ];
    assert_eq!(
        list(&[&items]),
        [
            "a/",
            "a/c (2)",
            "a/d/",
            "a/e (3)",
            "a/g -> ../b",
            "b (1)",
            "f (4)",
            r"\xff\n (5)"
        ]
    );
}

#[test]
fn the_last_word_wins() {
    let first = [
        file("a", "1"),
        link("b", "a"),
        directory("c"),
        file("d", ""),
    ];
    let second = [
        file("a", "22"),
        file("b", "333"),
        file("c", ""),
        directory("d"),
    ];
    assert_eq!(list(&[&first, &second]), ["a (2)", "b (3)", "c (0)", "d/"]);
    let initrd = read(&[archive(&first), archive(&second)].concat());
    assert_eq!(initrd.text(b"a"), Some(&b"22"[..]));
}

#[test]
fn a_full_directory_stays() {
    let first = [directory("a"), file("a/b", "")];
    let second = [link("a", "b"), file("a", "1"), link("a/b", "c")];
    let initrd = read(&[archive(&first), archive(&second)].concat());
    assert_eq!(listing(&initrd), ["a/", "a/b -> c"]);
    assert_eq!(skipped(&initrd), [&b"a"[..], b"a"]);
    assert_eq!(initrd.skipped().0, 2);
}

#[test]
fn hard_links_share_what_the_last_one_brings() {
    let items = [
        file("a", "").linked(7, 3),
        file("b", "").linked(7, 3),
        file("c", "text").linked(7, 3),
        file("d", "").linked(8, 1),
    ];
    let initrd = read(&archive(&items));
    assert_eq!(listing(&initrd), ["a (4)", "b (4)", "c (4)", "d (0)"]);
    assert_eq!(initrd.text(b"a"), Some(&b"text"[..]));

    // The first may bring it as well; and what comes later is for all names.
    let first = archive(&[file("a", "text").linked(7, 2), file("b", "").linked(7, 2)]);
    let second = archive(&[file("b", "more").linked(7, 2)]);
    let initrd = read(&[first, second].concat());
    assert_eq!(initrd.text(b"a"), Some(&b"more"[..]));
}

#[test]
fn hard_links_end_with_their_archive() {
    let first = archive(&[file("a", "text").linked(7, 2)]);
    let second = archive(&[file("b", "").linked(7, 2)]);
    let initrd = read(&[first, second].concat());
    assert_eq!(listing(&initrd), ["a (4)", "b (0)"]);
}

#[test]
fn entries_without_their_directory_are_skipped() {
    let items = [
        file("a/b", ""),
        file("c", ""),
        file("c/d", ""),
        link("e", "nowhere"),
        file("e/f", ""),
        file("", ""),
        file(vec![b'x'; 256], ""),
    ];
    let initrd = read(&archive(&items));
    assert_eq!(listing(&initrd), ["c (0)", "e -> nowhere"]);
    assert_eq!(initrd.skipped().0, 5);
}

#[test]
fn directories_may_be_links() {
    let items = [
        directory("usr"),
        directory("usr/lib"),
        link("lib", "usr/lib"),
        file("lib/a", ""),
        link("usr/abs", "/lib"),
        file("usr/abs/b", ""),
    ];
    assert_eq!(
        list(&[&items]),
        [
            "lib -> usr/lib",
            "usr/",
            "usr/abs -> /lib",
            "usr/lib/",
            "usr/lib/a (0)",
            "usr/lib/b (0)"
        ]
    );
}

#[test]
fn other_kinds() {
    let items = [
        item("null", 0o020_666, ""),
        item("pipe", 0o010_600, ""),
        // Linux has no use for the bytes of a directory, and skips it.
        item("full", DIRECTORY, "bytes"),
        file("after", ""),
        item("nothing", 0, ""),
    ];
    assert_eq!(list(&[&items]), ["after (0)", "null !", "pipe !"]);
}

#[test]
fn links_in_circles_and_long_chains_lead_nowhere() {
    let mut items = vec![
        link("a", "b"),
        link("b", "a"),
        link("self", "self/x"),
        file("end", ""),
    ];
    items.extend((0..60).map(|n| link(format!("l{n}"), format!("l{}", n + 1))));
    items.push(link("l60", "end"));
    items.push(link("long", "./".repeat(300) + "end"));
    let initrd = read(&archive(&items));
    assert!(initrd.broken().is_none());
    for name in ["a", "self", "l0", "long", "end/", "end/x", "nothing"] {
        let found = initrd.resolve(name.as_bytes()).is_some();
        assert_eq!(found, name == "end/", "{name}");
    }
    assert!(initrd.resolve(b"l30").is_some());
    assert!(initrd.lookup(b"a").is_some());
}

#[test]
fn paths_above_the_root_are_the_root() {
    let initrd = read(&archive(&[
        directory("a"),
        link("a/up", "../../a/up2"),
        file("a/up2", "x"),
    ]));
    let kind = EntryKind::Regular { size: 1 };
    assert_eq!(initrd.resolve(b"/../a/up").unwrap().kind, kind);
    assert_eq!(initrd.resolve(b"/").unwrap().kind, EntryKind::Directory);
    assert_eq!(initrd.resolve(b"").unwrap().kind, EntryKind::Directory);
}

fn parts() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let name = "[a-c]{1,3}";
    let body = prop::collection::vec(any::<u8>(), 0..64);
    prop::collection::vec((name, body), 0..12)
}

proptest! {
    /// What the `cpio` crate writes reads as it meant it.
    #[test]
    fn agrees_with_another_writer(parts in parts()) {
        let inputs: Vec<_> = parts
            .iter()
            .map(|(name, body)| {
                (cpio::NewcBuilder::new(name).mode(FILE), Cursor::new(body.clone()))
            })
            .collect();
        let bytes = cpio::write_cpio(inputs.into_iter(), Vec::new()).unwrap();
        let initrd = read(&bytes);
        prop_assert!(initrd.broken().is_none());
        let last: std::collections::BTreeMap<_, _> = parts.iter().cloned().collect();
        let lines: Vec<_> = last.iter().map(|(name, body)| format!("{name} ({})", body.len())).collect();
        prop_assert_eq!(listing(&initrd), lines);
        for (name, body) in &last {
            let text = (!body.contains(&0)).then_some(&**body);
            prop_assert_eq!(initrd.text(name.as_bytes()).filter(|text| !text.is_empty()), text.filter(|text| !text.is_empty()));
        }
    }

    /// Whatever entries do to each other, the tree stays one.
    #[test]
    fn any_entries_make_a_tree(
        items in prop::collection::vec(("[ab.]{1,2}(/[ab.]{1,2}){0,2}", 0..4u8, "[ab./]{1,4}", 0..2u32), 0..40)
    ) {
        let items: Vec<_> = items
            .iter()
            .map(|(name, kind, target, inode)| match kind {
                0 => directory(name),
                1 => link(name, target),
                2 => file(name, target).linked(*inode, 2),
                _ => file(name, target),
            })
            .collect();
        let initrd = read(&archive(&items));
        prop_assert!(initrd.broken().is_none());
        initrd.walk(|path, entry| {
            assert_eq!(initrd.lookup(path).map(|entry| entry.kind), Some(entry.kind));
        });
    }
}

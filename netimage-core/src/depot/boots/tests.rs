use super::*;
use crate::depot::{Event, ImageHash};

const START: u64 = 1_000_000;

fn number(number: u32) -> GenerationNumber {
    number.to_string().parse().unwrap()
}

fn file(second: u64, name: &str) -> Delivered {
    let sent = match name {
        "config.txt" => Sent::Config,
        "g1/kernel" => Sent::Kernel(number(1)),
        "g2/kernel" => Sent::Kernel(number(2)),
        "g2/cmdline.txt" => Sent::CommandLine(number(2)),
        _ => Sent::Other,
    };
    Delivered {
        event: format!("{second}-{name}"),
        at: Timestamp(START + second),
        sent,
        named: Some(number(1)),
        name: name.to_owned(),
        is_firmware: crate::depot::layout::is_firmware_name(name.as_bytes()),
        size: 1000,
    }
}

/// Boots as `first+kernel+up generation files outcome`, seconds from the start.
fn told(boots: &Boots, now: u64) -> String {
    let second = |moment: Option<Timestamp>| {
        moment.map_or_else(|| "-".to_owned(), |at| (at.0 - START).to_string())
    };
    let each = boots
        .outcomes(Timestamp(START + now))
        .map(|(boot, outcome)| {
            let moments = [boot.began, boot.kernel, boot.up].map(second).join("+");
            let generation = boot.generation.map_or(0, GenerationNumber::get);
            format!("{moments} g{generation} {} {outcome:?}", boot.files)
        });
    each.collect::<Vec<_>>().join(", ")
}

#[test]
fn boots_are_told_apart() {
    for (files, now, expected) in [
        // config.txt comes several times, and what comes after the kernel is of the same boot.
        (
            &[
                (0, "config.txt"),
                (1, "start4.elf"),
                (2, "config.txt"),
                (3, "g1/kernel"),
                (4, "g1/initrd"),
            ][..],
            5,
            "0+3+- g1 5 UnderWay",
        ),
        (
            &[(0, "config.txt"), (1, "g1/kernel")],
            601,
            "0+1+- g1 2 Unknown",
        ),
        (&[(0, "config.txt")], 59, "0+-+- g1 1 UnderWay"),
        (&[(0, "config.txt")], 60, "0+-+- g1 1 NoKernel"),
        // A board that loops at once is in one long boot, one that pauses in several.
        (
            &[(0, "config.txt"), (50, "config.txt"), (110, "config.txt")],
            111,
            "0+-+- g1 2 NoKernel, 110+-+- g1 1 UnderWay",
        ),
        // After the kernel a boot begins with what comes first.
        (
            &[(0, "config.txt"), (1, "g1/kernel"), (2, "config.txt")],
            3,
            "0+1+- g1 2 Unknown, 2+-+- g1 1 UnderWay",
        ),
        (
            &[(0, "config.txt"), (1, "g1/kernel"), (2, "start.elf")],
            3,
            "0+1+- g1 2 Unknown, 2+-+- g0 1 UnderWay",
        ),
        (
            &[(0, "config.txt"), (1, "g1/kernel"), (200, "g1/initrd")],
            201,
            "0+1+- g1 3 UnderWay",
        ),
    ] {
        let files: Vec<_> = files.iter().map(|(at, name)| file(*at, name)).collect();
        let mut boots = Boots::default();
        boots.send(&files);
        assert_eq!(told(&boots, now), expected, "{files:?}");
        // The same in parts.
        let mut parts = Boots::default();
        for one in files.chunks(1) {
            parts.send(one);
        }
        assert_eq!(parts.latest, boots.latest);
        assert_eq!(parts.bytes, 1000 * files.len() as u64);
    }
}

#[test]
fn what_became_of_generations_is_of_a_boot() {
    let mut generations = Generations::default();
    let mut boots = Boots::default();
    let mut happen = |second: u64, event: Event, name: Option<&str>| {
        let after = generations
            .after(&event, Timestamp(START + second))
            .unwrap();
        boots.send(
            &name
                .map(|name| file(second, name))
                .into_iter()
                .collect::<Vec<_>>(),
        );
        boots.follow(&generations, &after);
        // Whoever was killed does it again.
        let before = boots.clone();
        boots.follow(&generations, &after);
        assert_eq!(boots, before);
        generations = after;
        told(&boots, second)
    };
    let deployed = || Event::Deployed {
        image: ImageHash::of(&[]),
        trial: true,
    };
    let up = |generation: u32, id: u32| Event::Confirmed {
        generation: number(generation),
        boot_id: format!("{id:032x}").parse().unwrap(),
    };
    let config = || (Event::Sent(Sent::Config), Some("config.txt"));
    happen(0, deployed(), None);
    let (event, name) = config();
    happen(1, event, name);
    happen(2, Event::Sent(Sent::Kernel(number(1))), Some("g1/kernel"));
    assert_eq!(happen(40, up(1, 1), None), "1+2+40 g1 2 Up");
    happen(50, deployed(), None);
    let (event, name) = config();
    happen(60, event, name);
    happen(
        61,
        Event::Sent(Sent::CommandLine(number(2))),
        Some("g2/cmdline.txt"),
    );
    happen(62, Event::Sent(Sent::Kernel(number(2))), Some("g2/kernel"));
    let (event, name) = config();
    happen(130, event, name);
    happen(131, Event::Sent(Sent::Kernel(number(1))), Some("g1/kernel"));
    let expected = "1+2+40 g1 2 Up, 60+62+- g2 3 FellBack, 130+131+170 g1 2 Up";
    assert_eq!(happen(170, up(1, 2), None), expected);
    // One of which nothing was seen before.
    let expected = format!("{expected}, -+-+300 g1 0 Up");
    assert_eq!(happen(300, up(1, 3), None), expected);
    assert_eq!(generations.failed_trials, 1);
    let failed = boots.failed(number(2)).unwrap();
    assert_eq!(failed.names, ["config.txt", "g2/cmdline.txt", "g2/kernel"]);
    assert_eq!(boots.latest[2].names, [""; 0]);
    assert_eq!(boots.latest[2].seconds(), Some(40));
}

#[test]
fn a_record_is_bounded_and_counts_on() {
    let mut boots = Boots::default();
    let long = "x".repeat(4000);
    for at in 0..200 {
        boots.send(&[file(at * 100, &long), file(at * 100, "other")]);
    }
    assert_eq!((boots.latest.len(), boots.count), (BOOTS_MAX, 200));
    assert_eq!((boots.files, boots.bytes), (400, 400_000));
    let json = serde_json::to_string(&boots).unwrap();
    assert!(json.len() < 50_000, "{}", json.len());
    let read: Boots = serde_json::from_str(&json).unwrap();
    assert_eq!(read, boots);
    // Events that were not removed are not counted again.
    let again = [file(19_900, "other"), file(19_901, "new")];
    boots.send(&again);
    assert_eq!((boots.files, boots.count), (401, 200));
}

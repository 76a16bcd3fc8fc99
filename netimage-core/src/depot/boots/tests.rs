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
        event: format!("{second}-{name:.40}"),
        at: Timestamp(START + second),
        sent,
        named: Some(number(1)),
        kernel_of: match sent {
            Sent::Kernel(number) => Some(number),
            _ => (name == "kernel").then(|| number(1)),
        },
        name: name.to_owned(),
        is_firmware: crate::depot::layout::is_firmware_name(name.as_bytes()),
        size: 1000,
    }
}

fn send(boots: &mut Boots, files: &[Delivered]) {
    let none = Generations::default();
    boots.take(files, (&none, &none), None);
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
        // A board without os_prefix has its kernel beside config.txt.
        (
            &[(0, "config.txt"), (1, "kernel")],
            2,
            "0+1+- g1 2 UnderWay",
        ),
    ] {
        let files: Vec<_> = files.iter().map(|(at, name)| file(*at, name)).collect();
        let mut boots = Boots::default();
        send(&mut boots, &files);
        assert_eq!(told(&boots, now), expected, "{files:?}");
        // The same in parts.
        let mut parts = Boots::default();
        for one in files.chunks(1) {
            send(&mut parts, one);
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
        let files: Vec<_> = name.map(|name| file(second, name)).into_iter().collect();
        boots.take(&files, (&generations, &after), None);
        // Whoever was killed does it again.
        let before = boots.clone();
        boots.take(&files, (&generations, &after), None);
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
    let names = failed.sent_files.iter().map(|file| &*file.name);
    assert!(names.eq(["config.txt", "g2/cmdline.txt", "g2/kernel"]));
    assert_eq!(boots.latest[2].sent_files, []);
    assert_eq!(boots.latest[2].seconds(), Some(40));
}

#[test]
fn a_record_is_bounded_and_counts_on() {
    let mut boots = Boots::default();
    let long = "x".repeat(4000);
    for at in 0..200 {
        let files = (0..20).map(|one| file(at * 100, &format!("{one}{long}")));
        let files: Vec<_> = files.chain([file(at * 100, "other")]).collect();
        send(&mut boots, &files);
    }
    assert_eq!((boots.latest.len(), boots.count), (BOOTS_MAX, 200));
    assert_eq!((boots.files, boots.bytes), (4200, 4_200_000));
    let with_files = |boot: &&Boot| !boot.sent_files.is_empty();
    assert_eq!(
        boots.latest.iter().filter(with_files).count(),
        WITH_FILES_MAX
    );
    assert_eq!(boots.latest[49].sent_files.len(), FILES_MAX);
    let json = serde_json::to_string(&boots).unwrap();
    assert!(json.len() < 50_000, "{}", json.len());
    let read: Boots = serde_json::from_str(&json).unwrap();
    assert_eq!(read, boots);
    // Events that were not removed are not counted again.
    let again = [file(19_900, "other"), file(19_901, "new")];
    send(&mut boots, &again);
    assert_eq!((boots.files, boots.count), (4201, 200));
}

#[test]
fn a_word_is_of_the_boot_before_it() {
    // Files, by catch-up, and with them the boot of which a word is and its second.
    type Noticed<'a> = (&'a [(u64, &'a str)], Option<(u32, u64)>);
    let first: &[_] = &[(0, "config.txt"), (1, "g1/kernel")];
    let both: &[_] = &[
        (0, "config.txt"),
        (1, "g1/kernel"),
        (100, "config.txt"),
        (101, "g1/kernel"),
    ];
    let second: &[_] = &[(100, "config.txt"), (101, "g1/kernel")];
    let cases: [(&[Noticed<'_>], &str); 6] = [
        // As it mostly goes.
        (&[(first, None), (&[], Some((1, 40)))], "0+1+40 g1 2 Up"),
        // Notice is taken of the files after the word.
        (&[(&[], Some((1, 40))), (first, None)], "0+1+40 g1 2 Up"),
        // Of the boot that came up nothing was seen but its word.
        (
            &[(&[(0, "config.txt"), (1, "g2/kernel")], Some((1, 140)))],
            "0+1+- g2 2 Unknown, -+-+140 g1 0 Up",
        ),
        // The next boot has begun when notice is taken of the word.
        (
            &[(both, Some((1, 40))), (&[], Some((2, 140)))],
            "0+1+40 g1 2 Up, 100+101+140 g1 2 Up",
        ),
        // Of one of them the word is lost.
        (
            &[(both, Some((2, 140)))],
            "0+1+- g1 2 Unknown, 100+101+140 g1 2 Up",
        ),
        (
            &[(first, Some((1, 40))), (second, Some((2, 140)))],
            "0+1+40 g1 2 Up, 100+101+140 g1 2 Up",
        ),
    ];
    for (noticed, expected) in cases {
        let image = ImageHash::of(&[]);
        let mut generations = Generations::default()
            .after(&Event::Deployed { image, trial: true }, Timestamp(START))
            .unwrap();
        let mut boots = Boots::default();
        for (files, word) in noticed {
            let mut after = generations.clone();
            let files: Vec<_> = files.iter().map(|(at, name)| file(*at, name)).collect();
            for file in &files {
                after = after.after(&Event::Sent(file.sent), file.at).unwrap();
            }
            if let Some((id, at)) = word {
                let confirmed = Event::Confirmed {
                    generation: number(1),
                    boot_id: format!("{id:032x}").parse().unwrap(),
                };
                after = after.after(&confirmed, Timestamp(START + at)).unwrap();
            }
            let said = word.map(|(_, at)| Timestamp(START + at));
            boots.take(&files, (&generations, &after), said);
            generations = after;
        }
        assert_eq!(told(&boots, 150), expected, "{noticed:?}");
        assert_eq!(boots.count, boots.latest.len() as u64);
    }
}

//! Tests of the parser and of what comes of a file.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::filter::Criterion;
use super::*;
use crate::boot::Board;

fn file(text: &str) -> ConfigTxt {
    ConfigTxt::parse("config.txt", text.as_bytes())
}

fn config(text: &str, board: Board) -> BootConfig {
    file(text).evaluate(Conditions::of(board), Reader::Loader)
}

fn value<T: Clone>(setting: Option<&Located<T>>) -> Option<T> {
    setting.map(|setting| setting.value.clone())
}

fn kernel(text: &str, board: Board) -> Option<String> {
    value(config(text, board).kernel.as_ref())
}

fn mistakes(text: &str) -> Vec<String> {
    let file = file(text);
    file.mistakes().iter().map(ToString::to_string).collect()
}

fn statement(line: &str) -> Statement {
    let file = file(&format!("{line}\n"));
    let (_, statement) = file.statements().next().unwrap();
    statement.clone()
}

#[test]
fn reads_each_kind_of_line() {
    let setting = |key: &str, port: Option<&str>, value: &str| {
        Statement::Setting(Setting {
            key: key.to_owned(),
            port: port.map(str::to_owned),
            value: value.to_owned(),
        })
    };
    let initramfs = |files: &[&str], placement| {
        let files = files.iter().map(|file| (*file).to_owned()).collect();
        Statement::Initramfs(Initramfs { files, placement })
    };
    let follow = Placement::FollowKernel;
    for (line, expected) in [
        ("", Statement::Blank),
        (" \t\r", Statement::Blank),
        (" # a=b", Statement::Comment("# a=b".to_owned())),
        ("[pi4]", Statement::Filter(Filter::parse("pi4"))),
        (" [PI3+] text", Statement::Filter(Filter::parse("PI3+"))),
        ("kernel=a=b\r", setting("kernel", None, "a=b")),
        ("  hdmi_mode:1=4  ", setting("hdmi_mode", Some("1"), "4")),
        ("dtoverlay=", setting("dtoverlay", None, "")),
        (
            "initramfs ,=a",
            Statement::Other("initramfs ,=a".to_owned()),
        ),
        ("initramfs a followkernel", initramfs(&["a"], follow)),
        (
            "initramfs  a,b\t0x800000",
            initramfs(&["a", "b"], Placement::Address(0x80_0000)),
        ),
        ("initramfs a 0", initramfs(&["a"], follow)),
        // As Alpine Linux has it.
        (
            "initramfs boot/initramfs-rpi",
            initramfs(&["boot/initramfs-rpi"], follow),
        ),
        (
            "include  usercfg.txt rest",
            Statement::Include("usercfg.txt".to_owned()),
        ),
        ("nonsense", Statement::Other("nonsense".to_owned())),
        ("[pi4", Statement::Other("[pi4".to_owned())),
    ] {
        assert_eq!(statement(line), expected, "{line:?}");
    }
}

#[test]
fn reads_each_kind_of_filter() {
    for (text, criterion) in [
        ("[all]", Criterion::All),
        ("[none]", Criterion::None),
        ("[tryboot]", Criterion::Tryboot),
        ("[cm0]", Criterion::Model("cm0")),
        ("[PI3+]", Criterion::Model("pi3+")),
        ("[0x12345678]", Criterion::Serial(0x1234_5678)),
        ("[board-type=0x14]", Criterion::BoardType(20)),
        ("[board-type=20]", Criterion::BoardType(20)),
        ("[gpio4=1]", Criterion::Gpio),
        ("[EDID=VSC-TD2220]", Criterion::Edid),
        ("[HDMI:1]", Criterion::Hdmi),
        ("[boot_partition=2]", Criterion::Expression(Some(false))),
        ("[partition<2]", Criterion::Expression(Some(true))),
        ("[partition&0xf0=0]", Criterion::Expression(Some(true))),
        ("[partition&0xf0]", Criterion::Expression(Some(false))),
        ("[boot_count>3]", Criterion::Expression(None)),
        ("[bootvar0&0x10]", Criterion::Expression(None)),
        ("[cust_otp7&0xf0=0x20]", Criterion::Expression(None)),
        ("[board_attributes=0x2]", Criterion::Expression(None)),
        ("[pi6]", Criterion::Unknown),
        ("[gpio4=2]", Criterion::Unknown),
        ("[board-type=cm4]", Criterion::Unknown),
        ("[=1]", Criterion::Unknown),
        ("[0x]", Criterion::Unknown),
    ] {
        let Statement::Filter(filter) = statement(text) else {
            panic!("{text} is no filter");
        };
        assert_eq!((filter.criterion, &*filter.to_string()), (criterion, text));
    }
}

#[test]
fn models_see_the_filters_of_the_documentation() {
    let text = "[pi3]\nkernel=pi3\n[pi3+]\nkernel=pi3+\n[pi0]\nkernel=pi0\n[pi02]\nkernel=pi02\n\
        [pi4]\nkernel=pi4\n[pi400]\nkernel=pi400\n[cm4]\nkernel=cm4\n[pi5]\nkernel=pi5\n\
        [pi500]\nkernel=pi500\n[cm5]\nkernel=cm5\n";
    for (board, expected) in [
        (Board::Rpi3, "pi3"),
        (Board::Rpi3Plus, "pi3+"),
        (Board::RpiZero2W, "pi02"),
        (Board::Rpi4, "pi4"),
        (Board::Rpi400, "pi400"),
        (Board::Cm4, "cm4"),
        (Board::Rpi5, "pi5"),
        (Board::Rpi500, "pi500"),
        (Board::Cm5, "cm5"),
    ] {
        assert_eq!(kernel(text, board).as_deref(), Some(expected));
    }
}

#[test]
fn filters_replace_their_type_and_combine_with_others() {
    let pi4 = |text: &str| kernel(text, Board::Rpi4);
    assert_eq!(pi4("[pi5]\n[pi4]\nkernel=a"), Some("a".to_owned()));
    assert_eq!(pi4("[tryboot]\n[pi4]\nkernel=a"), None);
    assert_eq!(pi4("[tryboot]\n[all]\nkernel=a"), Some("a".to_owned()));
    assert_eq!(pi4("[none]\n[pi4]\nkernel=a"), None);
    assert_eq!(
        pi4("[pi6]\nkernel=a\n[pi4]\nkernel=b"),
        Some("b".to_owned())
    );
    assert_eq!(pi4("[board-type=0x11]\nkernel=a"), Some("a".to_owned()));
    assert_eq!(pi4("[partition=0]\nkernel=a"), Some("a".to_owned()));
    assert_eq!(pi4("[partition>0]\nkernel=a"), None);
    assert_eq!(pi4("[HDMI:1]\nkernel=a"), Some("a".to_owned()));
    assert_eq!(pi4("kernel=a\n[pi5]\nkernel=b"), Some("a".to_owned()));
    assert_eq!(pi4("kernel=a\nkernel="), None);
}

#[test]
fn what_only_the_board_knows_is_undecided() {
    let text = "[gpio4=1]\nkernel=a\n#\nenable_uart=1\n[all]\n[0xb66c4c16]\ncmdline=c\n";
    let mut conditions = Conditions::of(Board::Rpi3);
    let unknown = file(text).evaluate(conditions, Reader::Loader);
    assert_eq!((unknown.kernel, unknown.cmdline), (None, None));
    let undecided: Vec<_> = unknown
        .undecided
        .iter()
        .map(|held| held.at.to_string())
        .collect();
    assert_eq!(undecided, ["config.txt:2", "config.txt:7"]);
    conditions.serial = Some("10000000b66c4c16".parse().unwrap());
    let known = file(text).evaluate(conditions, Reader::Loader);
    assert_eq!(value(known.cmdline.as_ref()).as_deref(), Some("c"));
    assert_eq!(known.undecided.len(), 1);
    assert_eq!(kernel("[EDID=a]\nkernel=a", Board::Rpi5), None);
    assert!(
        config("[EDID=a]\nkernel=a", Board::Rpi5)
            .undecided
            .is_empty()
    );
}

#[test]
fn the_mode_follows_switch_name_and_board() {
    for (text, board, is_64bit) in [
        ("", Board::Rpi3, false),
        ("", Board::RpiZero2W, false),
        ("", Board::Rpi4, true),
        ("", Board::Cm5, true),
        ("arm_64bit=1", Board::Rpi3, true),
        ("arm_64bit=0", Board::Rpi4, false),
        ("arm_64bit=0", Board::Rpi5, true),
        ("arm_control=0x200", Board::Rpi3, true),
        ("arm_control=0x1000", Board::Rpi3, false),
        ("arm_control=0x200\narm_64bit=0", Board::Rpi3, false),
        ("arm_64bit=0\narm_control=0x200", Board::Rpi3, false),
        ("kernel=kernel8.img", Board::Rpi3, true),
        ("kernel=kernel8_rt.img", Board::Rpi3, true),
        ("kernel=kernel7l.img", Board::Rpi4, false),
        ("kernel=kernel7l.img\narm_64bit=1", Board::Rpi4, true),
        ("kernel=linux", Board::Rpi4, true),
    ] {
        assert_eq!(config(text, board).is_64bit(), is_64bit, "{text:?} {board}");
    }
}

#[test]
fn firmware_variants_have_names_by_family() {
    let pair = |text: &str, board| config(text, board).firmware();
    let names = |start: &str, fixup: &str| Some((start.to_owned(), fixup.to_owned()));
    assert_eq!(pair("", Board::Rpi3), names("start.elf", "fixup.dat"));
    assert_eq!(
        pair("start_x=1", Board::Rpi3),
        names("start_x.elf", "fixup_x.dat")
    );
    assert_eq!(
        pair("gpu_mem=16", Board::Rpi4),
        names("start4cd.elf", "fixup4cd.dat")
    );
    assert_eq!(
        pair("gpu_mem=16\ngpu_mem=64", Board::Rpi4),
        names("start4.elf", "fixup4.dat")
    );
    for (text, board, cut_down) in [
        ("gpu_mem_1024=16", Board::Rpi3, true),
        ("gpu_mem_1024=64\ngpu_mem=16", Board::Rpi3, false),
        ("gpu_mem_512=16", Board::Rpi3, false),
        ("gpu_mem_512=16", Board::RpiZero2W, true),
    ] {
        let start = pair(text, board).unwrap().0;
        assert_eq!(start == "start_cd.elf", cut_down, "{text:?} {board}");
    }
    assert_eq!(
        pair("start_debug=1", Board::Cm4),
        names("start4db.elf", "fixup4db.dat")
    );
    assert_eq!(pair("start_file=s", Board::Rpi4), names("s", "fixup4.dat"));
    assert_eq!(pair("start_file=s", Board::Rpi5), None);
}

#[test]
fn the_later_of_initramfs_and_ramfsfile_counts() {
    let initramfs = |text: &str| value(config(text, Board::Rpi4).initramfs.as_ref());
    let both = initramfs("initramfs a followkernel\nramfsfile=b,c\nramfsaddr=0x100").unwrap();
    assert_eq!(both.files, ["b", "c"]);
    assert_eq!(both.placement, Placement::Address(256));
    assert_eq!(initramfs("ramfsfile=b\ninitramfs a").unwrap().files, ["a"]);
    assert_eq!(initramfs("ramfsfile="), None);
}

#[test]
fn parameters_belong_to_the_overlay_before_them() {
    let text = "dtparam=audio=on,spi\ndtoverlay=one,a=1,b\ndtparam=c=2\ndtoverlay=\ndtparam=d=3\n\
        dtoverlay=two:e=4\n";
    let config = config(text, Board::Rpi4);
    let show = |parameters: &[Parameter]| -> Vec<String> {
        let show = |parameter: &Parameter| {
            let value = parameter.value.as_deref().unwrap_or("-");
            format!("{}={value} {}", parameter.name, parameter.at.line)
        };
        parameters.iter().map(show).collect()
    };
    assert_eq!(show(&config.parameters), ["audio=on 1", "spi=- 1", "d=3 5"]);
    let [one, two] = &config.overlays[..] else {
        panic!("{:?}", config.overlays);
    };
    assert_eq!((one.name.as_str(), two.name.as_str()), ("one", "two"));
    assert_eq!(show(&one.parameters), ["a=1 2", "b=- 2", "c=2 3"]);
    assert!(one.parameters[2].own_line && !one.parameters[0].own_line);
    assert_eq!(show(&two.parameters), ["e=4 6"]);
}

#[test]
fn upstream_kernel_implies_a_prefix() {
    let prefix = |text: &str| value(config(text, Board::Rpi3).os_prefix.as_ref());
    assert_eq!(prefix("upstream_kernel=1"), Some("upstream/".to_owned()));
    assert_eq!(
        prefix("upstream_kernel=1\nos_prefix=a/"),
        Some("a/".to_owned())
    );
    assert_eq!(prefix("upstream_kernel=0"), None);
}

fn with_includes(text: &str, files: &BTreeMap<&str, &str>) -> BootConfig {
    let mut provider = |name: &str| files.get(name).map(|text| text.as_bytes().to_owned());
    file(text).evaluate(Conditions::of(Board::Rpi4), Reader::Firmware(&mut provider))
}

#[test]
fn includes_are_inserted_where_they_stand() {
    let files = BTreeMap::from([("a.txt", "kernel=a\n[pi5]\n"), ("b.txt", "kernel=b\n")]);
    // The filter in a.txt stays in force after it.
    let text = "kernel=0\ninclude a.txt\ninclude b.txt\n[all]\ncmdline=c\ninclude gone.txt\n";
    let config = with_includes(text, &files);
    let kernel = config.kernel.unwrap();
    assert_eq!(
        (kernel.value.as_str(), kernel.at.to_string().as_str()),
        ("a", "a.txt:1")
    );
    assert!(config.cmdline.is_some());
    let asked: Vec<_> = config
        .included
        .iter()
        .map(|file| (file.name.as_str(), file.found))
        .collect();
    assert_eq!(asked, [("a.txt", true), ("gone.txt", false)]);
    assert_eq!(
        config.mistakes[0].to_string(),
        "config.txt:6: gone.txt is included but does not exist"
    );
    // The boot loader does not follow them.
    let loader = file(text).evaluate(Conditions::of(Board::Rpi4), Reader::Loader);
    assert_eq!(value(loader.kernel.as_ref()).as_deref(), Some("0"));
}

#[test]
fn includes_end() {
    let looping = BTreeMap::from([("a", "include b"), ("b", "include a\ninclude config.txt")]);
    let config = with_includes("include a", &looping);
    let told: Vec<_> = config.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["b:1: a includes itself", "b:2: config.txt includes itself"]
    );
    let wide = "include a\n".repeat(40);
    let config = with_includes(&wide, &BTreeMap::from([("a", "")]));
    assert_eq!((config.included.len(), config.mistakes.len()), (32, 8));
    let names: Vec<String> = (0..20).map(|depth| format!("f{depth}")).collect();
    let texts: Vec<String> = (1..21).map(|depth| format!("include f{depth}")).collect();
    let pairs = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| (name.as_str(), text.as_str()));
    let config = with_includes("include f0", &pairs.collect());
    assert_eq!(config.included.len(), 7);
    assert!(matches!(
        config.mistakes[..],
        [Mistake {
            kind: MistakeKind::IncludeTooMany(_),
            ..
        }]
    ));
}

#[test]
fn tells_what_is_wrong() {
    for (text, expected) in [
        (
            "kernal=a",
            "config.txt:1: the setting \"kernal\" is not known; did you mean kernel?",
        ),
        (
            "\nfrobnicate=1",
            "config.txt:2: the setting \"frobnicate\" is not known",
        ),
        (
            "[pi44]",
            "config.txt:1: [pi44] is not a known filter; settings below it apply to no board; did you mean pi4?",
        ),
        (
            "arm_64bit=yes",
            "config.txt:1: arm_64bit takes a number, not \"yes\"",
        ),
        (
            "kernel = a",
            "config.txt:1: there is a space beside the = of \"kernel\", which the firmware keeps",
        ),
        (
            "initramfs=a",
            "config.txt:1: initramfs is written without '=': initramfs FILE followkernel",
        ),
        (
            "initramfs = a",
            "config.txt:1: initramfs is written without '=': initramfs FILE followkernel",
        ),
        (
            "initramfs a here",
            "config.txt:1: initramfs takes a number, not \"here\"",
        ),
        (
            "root=1 [",
            "config.txt:1: the setting \"root\" is not known",
        ),
        (
            "hello",
            "config.txt:1: \"hello\" is neither a setting, a filter nor a comment",
        ),
    ] {
        assert_eq!(mistakes(text), [expected], "{text:?}");
    }
    for fine in [
        "",
        "\n\n",
        "# x",
        "hdmi_group:0=2",
        "[all]\r\n",
        "over_voltage=-2",
        "total_mem=0x400",
        "gpio=4=op,dh",
    ] {
        assert_eq!(mistakes(fine), [""; 0], "{fine:?}");
    }
}

#[test]
fn lines_end_at_98_characters() {
    let value = "v".repeat(98 - "cmdline=".len());
    assert!(mistakes(&format!("cmdline={value}\r\n")).is_empty());
    assert!(mistakes(&format!("#{}", "x".repeat(200))).is_empty());
    let long = file(&format!("cmdline={value}é!"));
    assert_eq!(
        long.mistakes()[0].kind,
        MistakeKind::LineTooLong { length: 100 }
    );
    let config = long.evaluate(Conditions::of(Board::Rpi4), Reader::Loader);
    assert_eq!(config.cmdline.unwrap().value, value);
    // What is left of a line is not told of by itself.
    assert_eq!(file(&"x".repeat(200)).mistakes().len(), 1);
    let cut = file(&format!(
        "{}kernel=a\n",
        "# x\n".repeat(LENGTH_MAX / 4 - 1) + "# \n"
    ));
    let kinds: Vec<_> = cut.mistakes().iter().map(|mistake| &mistake.kind).collect();
    assert_eq!(kinds, [&MistakeKind::FileTooLong]);
    // Found by fuzzing: all that is read of it is blank.
    let blank = file(&format!("{}kernel=a", "\t".repeat(98)));
    assert_eq!(blank.statements().next(), Some((1, &Statement::Blank)));
    assert_eq!(blank.mistakes().len(), 1);
    let name = "n".repeat(70);
    let Statement::Initramfs(initramfs) = statement(&format!("initramfs {name}")) else {
        panic!();
    };
    assert_eq!(initramfs.files[0].len(), NAME_LENGTH_MAX);
}

#[test]
fn a_comment_after_a_value_is_told() {
    let comment = |key: &str| vec![MistakeKind::CommentAfterValue(key.to_owned())];
    for (line, expected) in [
        ("kernel=a.img # mine", comment("kernel")),
        ("kernel=#a", comment("kernel")),
        ("arm_64bit=1\t# on", comment("arm_64bit")),
        (
            "arm_64bit=1#",
            vec![MistakeKind::NotANumber {
                key: "arm_64bit".to_owned(),
                value: "1#".to_owned(),
            }],
        ),
        ("dtparam=a=b#c", vec![]),
        ("# kernel=a # b", vec![]),
    ] {
        let kinds: Vec<_> = file(line)
            .mistakes()
            .iter()
            .map(|mistake| mistake.kind.clone())
            .collect();
        assert_eq!(kinds, expected, "{line}");
    }
    let config = file("kernel=a.img # b\narm_64bit=0 # c")
        .evaluate(Conditions::of(Board::Rpi4), Reader::Loader);
    assert_eq!(config.kernel.unwrap().value, "a.img # b");
    assert!(!config.arm_64bit.unwrap().value);
}

#[test]
fn what_is_no_text_is_told_once() {
    let kinds = |bytes: &[u8]| -> Vec<_> {
        let file = ConfigTxt::parse("config.txt", bytes);
        let mistakes = file.mistakes().iter();
        mistakes
            .map(|mistake| (mistake.at.line, mistake.kind.clone()))
            .collect()
    };
    let binary: Vec<u8> = (0..50_000_u32)
        .map(|at| (at.wrapping_mul(at) >> 3).to_le_bytes()[0])
        .collect();
    let wide: Vec<u8> = "kernel=a\n"
        .repeat(50)
        .bytes()
        .flat_map(|byte| [byte, 0])
        .collect();
    for bytes in [&binary, &wide] {
        assert_eq!(kinds(bytes), [(1, MistakeKind::NotText)]);
    }
    let one = kinds(b"kernel=a\ninitramfs=b\n#\0\n");
    assert_eq!(
        one,
        [(2, MistakeKind::InitramfsEquals), (3, MistakeKind::NotText)]
    );
}

#[test]
fn takes_any_bytes_within_bounds() {
    let file = ConfigTxt::parse("config.txt", b"kernel=\xff\n#\xff\n");
    assert_eq!(file.mistakes().len(), 1);
    assert_eq!(file.mistakes()[0].kind, MistakeKind::NotUtf8);
    let many = ConfigTxt::parse("config.txt", &b"x\n".repeat(LENGTH_MAX));
    assert_eq!(many.statements().count(), LENGTH_MAX / 2);
    assert_eq!(many.mistakes().len(), MISTAKES_MAX + 1);
    assert_eq!(many.mistakes()[MISTAKES_MAX].kind, MistakeKind::TooMany);
    let long = ConfigTxt::parse("config.txt", &b"\n".repeat(LENGTH_MAX + 1));
    assert_eq!(long.mistakes()[0].kind, MistakeKind::FileTooLong);
    assert_eq!(ConfigTxt::parse("config.txt", b"").statements().count(), 0);
}

proptest! {
    #[test]
    fn statements_read_back(
        text in "(([a-z_]{1,12}|kernel|initramfs|include|\\[[a-z0-9=&:.x+-]{0,12}\\])[ =:,#]{0,2}[ -~é]{0,30}\r?\n){0,6}|(?s:.{0,200})",
    ) {
        let read = file(&text);
        for (_, statement) in read.statements() {
            let again = file(&format!("{statement}\n"));
            prop_assert_eq!(again.statements().next().map(|(_, statement)| statement), Some(statement));
        }
    }

    #[test]
    fn any_bytes_give_a_configuration(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let read = ConfigTxt::parse("config.txt", &bytes);
        for board in Board::ALL {
            let mut provider = |_: &str| Some(bytes.clone());
            let _ = read.evaluate(Conditions::of(board), Reader::Firmware(&mut provider));
        }
    }
}

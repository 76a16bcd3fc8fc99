//! What happens to a machine, told as a table: after each event, which generation
//! `config.txt` names, and in which states they all are.

use proptest::prelude::*;

use super::*;

/// A step: seconds since the last one, an event, and what there is after it, like
/// `2: 1 good, 2 trying`.
type Step = (u64, Event, &'static str);

fn number(number: u32) -> GenerationNumber {
    number.to_string().parse().unwrap()
}

fn boot(id: u32) -> BootId {
    format!("{id:032x}").parse().unwrap()
}

fn deployed(trial: bool) -> Event {
    let image = ImageHash::of(&[]);
    Event::Deployed { image, trial }
}

const CONFIG: Event = Event::Sent(Sent::Config);
const ROLL_BACK: Event = Event::RolledBack { to: None };

fn kernel(generation: u32) -> Event {
    Event::Sent(Sent::Kernel(number(generation)))
}

fn command_line(generation: u32) -> Event {
    Event::Sent(Sent::CommandLine(number(generation)))
}

fn up(generation: u32, id: u32) -> Event {
    Event::Confirmed {
        generation: number(generation),
        boot_id: boot(id),
    }
}

fn once(generation: u32) -> Event {
    Event::SwitchedOnce(number(generation))
}

fn back_to(generation: u32) -> Event {
    Event::RolledBack {
        to: Some(number(generation)),
    }
}

fn told(generations: &Generations) -> String {
    let states = generations.all.iter().map(|(number, generation)| {
        let state = match &generation.state {
            State::New => "new",
            State::Trying(Try { spent: None, .. }) => "trying",
            State::Trying(_) => "spent",
            State::Good { .. } => "good",
            State::Bad(_) => "bad",
            State::Former => "former",
        };
        format!("{number} {state}")
    });
    let states = states.collect::<Vec<_>>().join(", ");
    match generations.config() {
        Some(config) => format!("{config}: {states}"),
        None => format!("none: {states}"),
    }
}

fn play(steps: &[Step]) -> Generations {
    let mut generations = Generations::default();
    let mut now = Timestamp(1_000_000);
    for (at, (seconds, event, expected)) in steps.iter().enumerate() {
        now.0 += seconds;
        generations = generations.after(event, now).unwrap();
        assert_eq!(told(&generations), *expected, "after step {at}, {event:?}");
    }
    generations
}

/// A machine that is up in generation 1, and in boot 1.
fn booting() -> [Step; 4] {
    [
        (0, deployed(true), "1: 1 trying"),
        (60, CONFIG, "1: 1 trying"),
        (5, Event::Sent(Sent::Other), "1: 1 trying"),
        (0, Event::Passed, "1: 1 trying"),
    ]
}

fn play_on(steps: &[Step]) -> Generations {
    let up: [Step; 1] = [(30, up(1, 1), "1: 1 good")];
    play(&[&booting()[..], &up, steps].concat())
}

#[test]
fn a_generation_that_comes_up_is_the_default() {
    let generations = play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (1, CONFIG, "2: 1 good, 2 trying"),
        (1, command_line(2), "2: 1 good, 2 trying"),
        (1, kernel(2), "1: 1 good, 2 spent"),
        (40, up(2, 2), "2: 1 good, 2 good"),
        // Again, as the machine's file is read again.
        (40, up(2, 2), "2: 1 good, 2 good"),
    ]);
    assert_eq!(generations.trial, None);
    assert_eq!(generations.booted.unwrap().since, Timestamp(1_000_207));
}

#[test]
fn one_that_does_not_is_gone_at_the_next_boot() {
    let generations = play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (1, kernel(2), "2: 1 good, 2 trying"),
        (1, command_line(2), "1: 1 good, 2 spent"),
        // It panics, and boots again.
        (20, CONFIG, "1: 1 good, 2 spent"),
        (1, command_line(1), "1: 1 good, 2 spent"),
        (1, kernel(1), "1: 1 good, 2 spent"),
        (30, up(1, 3), "1: 1 good, 2 bad"),
        (60, deployed(true), "3: 1 good, 2 bad, 3 trying"),
    ]);
    let State::Bad(failure) = &generations.all[&number(2)].state else {
        panic!("generation 2 is bad");
    };
    assert_eq!(
        (failure.came_up_in, failure.was_sent),
        (Some(number(1)), true)
    );
    assert!(failure.to_string().contains("came up in generation 1"));
}

#[test]
fn one_that_hangs_is_given_up_by_a_rollback() {
    let hangs = [
        (60, deployed(true), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (1, kernel(2), "2: 1 good, 2 trying"),
        (1, command_line(2), "1: 1 good, 2 spent"),
    ];
    let then = |steps: &[Step]| play_on(&[&hangs[..], steps].concat());
    let given_up = then(&[(60, ROLL_BACK, "1: 1 good, 2 bad")]);
    assert_eq!((given_up.default, given_up.trial), (Some(number(1)), None));
    let State::Bad(failure) = &given_up.all[&number(2)].state else {
        panic!("generation 2 is bad");
    };
    assert!(failure.to_string().contains("given up by a rollback"));
    // Its word comes late.
    then(&[
        (60, ROLL_BACK, "1: 1 good, 2 bad"),
        (60, up(2, 2), "1: 1 good, 2 good"),
    ]);
    // Only a generation that is named is gone to.
    then(&[(60, back_to(1), "1: 1 good, 2 spent")]);
}

#[test]
fn the_first_is_served_until_it_is_up() {
    play(&[
        (0, deployed(true), "1: 1 trying"),
        (9, CONFIG, "1: 1 trying"),
        (1, command_line(1), "1: 1 trying"),
        (1, kernel(1), "1: 1 spent"),
        (99, CONFIG, "1: 1 spent"),
        (TRIAL_TIMEOUT, Event::Passed, "1: 1 spent"),
        (9, deployed(true), "2: 1 spent, 2 trying"),
        (9, CONFIG, "2: 1 spent, 2 trying"),
        (1, command_line(2), "2: 1 spent, 2 trying"),
        (1, kernel(2), "2: 1 spent, 2 spent"),
        (30, up(2, 1), "2: 1 bad, 2 good"),
    ]);
}

#[test]
fn time_runs_out_for_what_is_never_fetched_whole() {
    let generations = play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        // No time runs before the machine boots.
        (10 * TRIAL_TIMEOUT, Event::Passed, "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (TRIAL_TIMEOUT - 1, CONFIG, "2: 1 good, 2 trying"),
        (1, CONFIG, "1: 1 good, 2 spent"),
        (30, up(1, 2), "1: 1 good, 2 bad"),
    ]);
    let State::Bad(failure) = &generations.all[&number(2)].state else {
        panic!("generation 2 is bad");
    };
    assert!(!failure.was_sent);
}

#[test]
fn a_late_word_clears_a_generation_and_moves_nothing() {
    play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (TRIAL_TIMEOUT, Event::Passed, "1: 1 good, 2 spent"),
        (30, up(1, 2), "1: 1 good, 2 bad"),
        (30, up(2, 3), "1: 1 good, 2 good"),
    ]);
    // Out of time, but not yet judged: it is the default after all.
    play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (TRIAL_TIMEOUT, Event::Passed, "1: 1 good, 2 spent"),
        (30, up(2, 2), "2: 1 good, 2 good"),
    ]);
}

#[test]
fn a_power_cut_within_tftp_costs_no_try() {
    play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (1, command_line(2), "2: 1 good, 2 trying"),
        // Off and on.
        (30, CONFIG, "2: 1 good, 2 trying"),
        (1, command_line(2), "2: 1 good, 2 trying"),
        (1, kernel(2), "1: 1 good, 2 spent"),
        (30, up(2, 2), "2: 1 good, 2 good"),
    ]);
}

#[test]
fn what_the_machine_said_before_judges_nothing() {
    play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        // Its boot of before, read again.
        (1, up(1, 1), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (1, command_line(2), "2: 1 good, 2 trying"),
        (1, kernel(2), "1: 1 good, 2 spent"),
        (1, up(1, 1), "1: 1 good, 2 spent"),
        (30, up(2, 2), "2: 1 good, 2 good"),
    ]);
    // A boot that began before the try was set and ended after it.
    play_on(&[
        (60, CONFIG, "1: 1 good"),
        (1, kernel(1), "1: 1 good"),
        (1, deployed(true), "2: 1 good, 2 trying"),
        (9, up(1, 2), "2: 1 good, 2 trying"),
    ]);
}

#[test]
fn a_newer_deploy_takes_the_try() {
    play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        (60, deployed(true), "3: 1 good, 2 new, 3 trying"),
        // While the machine is on its way up in the one before.
        (9, CONFIG, "3: 1 good, 2 new, 3 trying"),
        (1, command_line(3), "3: 1 good, 2 new, 3 trying"),
        (1, kernel(3), "1: 1 good, 2 new, 3 spent"),
        (1, deployed(true), "4: 1 good, 2 new, 3 spent, 4 trying"),
        (30, up(3, 2), "4: 1 good, 2 new, 3 good, 4 trying"),
        (30, CONFIG, "4: 1 good, 2 new, 3 good, 4 trying"),
        (1, command_line(4), "4: 1 good, 2 new, 3 good, 4 trying"),
        // The one that was good meanwhile never was the default.
        (1, kernel(4), "1: 1 good, 2 new, 3 good, 4 spent"),
        (30, up(1, 3), "1: 1 good, 2 new, 3 good, 4 bad"),
    ]);
}

#[test]
fn without_a_trial_it_is_the_default_at_once() {
    play_on(&[
        (60, deployed(false), "2: 1 good, 2 new"),
        (60, CONFIG, "2: 1 good, 2 new"),
        (1, kernel(2), "2: 1 good, 2 new"),
        (30, up(2, 2), "2: 1 good, 2 good"),
    ]);
}

#[test]
fn rolling_back_takes_what_was_good() {
    let generations = play_on(&[
        (60, deployed(false), "2: 1 good, 2 new"),
        (30, up(2, 2), "2: 1 good, 2 good"),
        (60, deployed(true), "3: 1 good, 2 good, 3 trying"),
        (1, ROLL_BACK, "2: 1 good, 2 good, 3 new"),
        (1, ROLL_BACK, "1: 1 good, 2 good, 3 new"),
        (1, back_to(2), "2: 1 good, 2 good, 3 new"),
        (1, ROLL_BACK, "1: 1 good, 2 good, 3 new"),
    ]);
    let refused = |event: Event| generations.after(&event, Timestamp(2_000_000));
    let before = number(1);
    assert_eq!(refused(ROLL_BACK), Err(Refusal::NothingBefore { before }));
    assert_eq!(refused(back_to(3)), Err(Refusal::NotGood(number(3))));
    assert_eq!(refused(back_to(4)), Err(Refusal::Unknown(number(4))));
    assert_eq!(refused(once(1)), Err(Refusal::IsDefault(number(1))));
    let nothing = Generations::default();
    let refusal = nothing.after(&ROLL_BACK, Timestamp(1));
    assert_eq!(refusal, Err(Refusal::NoDefault));
}

#[test]
fn the_users_word_counts_at_once() {
    let approved = |generation| Event::Approved(number(generation));
    let generations = play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        // No file was ever told of, as where there is no hook.
        (60, approved(2), "2: 1 good, 2 good"),
        (60, once(1), "1: 1 trying, 2 good"),
        (60, approved(1), "2: 1 good, 2 good"),
    ]);
    let refused = generations.after(&approved(3), Timestamp(2_000_000));
    assert_eq!(refused, Err(Refusal::Unknown(number(3))));
    play(&[
        (0, deployed(true), "1: 1 trying"),
        (0, approved(1), "1: 1 good"),
    ]);
}

#[test]
fn the_status_says_what_a_reboot_changes() {
    let up = play_on(&[]);
    let deploy = |generations: &Generations, text: &str| {
        let image = ImageHash::of(&[text.as_bytes()]);
        let event = Event::Deployed { image, trial: true };
        generations.after(&event, Timestamp(2_000_000)).unwrap()
    };
    let machine = Machine::new(
        "pi1".parse().unwrap(),
        "1234abcd".parse().unwrap(),
        "192.0.2.21".parse().unwrap(),
    );
    let status =
        |generations: &Generations| MachineStatus::of(&machine, generations, generations.config());
    assert!(!status(&up).needs_reboot);
    let image = up.all[&number(1)].image;
    assert_eq!(image, ImageHash::of(&[]));
    let other = deploy(&up, "other");
    assert!(status(&other).needs_reboot);
    let same = other.after(&deployed(true), Timestamp(2_000_001)).unwrap();
    assert!(!status(&same).needs_reboot);
    assert!(!status(&Generations::default()).needs_reboot);
    assert_eq!(status(&up).seen, up.booted.map(|booted| booted.since));
}

#[test]
fn what_is_new_is_told() {
    let mut told = Vec::new();
    let mut generations = play_on(&[]);
    for (event, seconds) in [
        (deployed(true), 0),
        (CONFIG, 1),
        (command_line(2), 2),
        (kernel(2), 3),
        (kernel(2), 4),
        (up(1, 2), 5),
        (up(1, 2), 6),
        (back_to(1), 7),
        (deployed(false), 8),
    ] {
        let after = generations
            .after(&event, Timestamp(2_000_000 + seconds))
            .unwrap();
        told.extend(
            News::between(&generations, &after)
                .iter()
                .map(News::to_string),
        );
        generations = after;
    }
    let expected = [
        "generation 2 has had its one try",
        "generation 2 is bad: its kernel was sent, and then the machine came up in generation 1",
        "up in generation 1",
        "generation 3 is the default",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_is_due_is_told() {
    let generations = play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
        (1, Event::Sent(Sent::Other), "2: 1 good, 2 trying"),
    ]);
    let last = generations.loading.unwrap();
    let pause = Timestamp(last.0 + BOOT_PAUSE);
    let out = Timestamp(last.0 - 1 + TRIAL_TIMEOUT);
    assert_eq!(generations.due(last), Some(pause));
    // A boot that ended long ago is nothing to wait for.
    assert_eq!(generations.due(pause), Some(out));
    let started = generations.after(&kernel(2), last).unwrap();
    assert_eq!(started.due(last), Some(pause));
    assert_eq!(started.due(pause), Some(out));
    let spent = started.after(&Event::Passed, out).unwrap();
    assert_eq!(spent.due(out), None);
}

#[test]
fn once_is_once() {
    play_on(&[
        (60, deployed(false), "2: 1 good, 2 new"),
        (30, up(2, 2), "2: 1 good, 2 good"),
        (60, once(1), "1: 1 trying, 2 good"),
        (9, CONFIG, "1: 1 trying, 2 good"),
        (1, command_line(1), "1: 1 trying, 2 good"),
        (1, kernel(1), "2: 1 spent, 2 good"),
        (30, up(1, 3), "2: 1 good, 2 good"),
    ]);
}

#[test]
fn a_try_that_is_taken_away_changes_nothing() {
    play_on(&[
        (60, deployed(false), "2: 1 good, 2 new"),
        (30, up(2, 2), "2: 1 good, 2 good"),
        (60, once(1), "1: 1 trying, 2 good"),
        (60, deployed(true), "3: 1 good, 2 good, 3 trying"),
        (9, CONFIG, "3: 1 good, 2 good, 3 trying"),
        (TRIAL_TIMEOUT, Event::Passed, "2: 1 good, 2 good, 3 spent"),
        (30, up(2, 3), "2: 1 good, 2 good, 3 bad"),
        (60, once(3), "3: 1 good, 2 good, 3 trying"),
        (60, ROLL_BACK, "2: 1 good, 2 good, 3 bad"),
    ]);
}

#[test]
fn config_txt_stays_while_it_is_read() {
    let generations = play_on(&[(60, CONFIG, "1: 1 good")]);
    let sent = generations.loading.unwrap();
    let after = |seconds| Timestamp(sent.0 + seconds);
    assert!(!generations.may_replace_config(sent));
    assert!(!generations.may_replace_config(after(BOOT_PAUSE - 1)));
    assert!(generations.may_replace_config(after(BOOT_PAUSE)));
    let started = generations.after(&kernel(1), after(5)).unwrap();
    assert!(started.may_replace_config(after(5)));
    let more = started.after(&command_line(1), after(6)).unwrap();
    assert!(more.may_replace_config(after(6)));
    let again = more.after(&Event::Sent(Sent::OldConfig), after(7)).unwrap();
    assert!(!again.may_replace_config(after(8)));
}

/// dnsmasq 2.90 takes a kernel that was only asked for for sent.
#[test]
fn a_trial_is_loaded_with_kernel_and_command_line() {
    let generations = play_on(&[
        (60, deployed(true), "2: 1 good, 2 trying"),
        (9, CONFIG, "2: 1 good, 2 trying"),
    ]);
    let sent = generations.loading.unwrap();
    let probed = generations.after(&kernel(2), sent).unwrap();
    assert!(!probed.may_replace_config(sent));
    let loaded = probed.after(&command_line(2), sent).unwrap();
    assert!(loaded.may_replace_config(sent));
    let started = generations.after(&command_line(2), sent).unwrap();
    assert!(!started.may_replace_config(sent));
    let loaded = started.after(&kernel(2), sent).unwrap();
    assert!(loaded.may_replace_config(sent));
}

#[test]
fn what_may_be_needed_is_kept() {
    let generations = play_on(&[
        (60, deployed(false), "2: 1 good, 2 new"),
        (30, up(2, 2), "2: 1 good, 2 good"),
        (60, deployed(false), "3: 1 good, 2 good, 3 new"),
        (30, up(3, 3), "3: 1 good, 2 good, 3 good"),
        (60, deployed(false), "4: 1 good, 2 good, 3 good, 4 new"),
        (
            60,
            deployed(true),
            "5: 1 good, 2 good, 3 good, 4 new, 5 trying",
        ),
        (60, kernel(2), "5: 1 good, 2 good, 3 good, 4 new, 5 trying"),
    ]);
    let now = Timestamp(2_000_000);
    let kept = |good, grace| {
        let last = false;
        let kept = generations.kept(&Keep { good, grace, last }, now);
        kept.into_iter()
            .map(GenerationNumber::get)
            .collect::<Vec<_>>()
    };
    // 4 is the default, 5 has its try, 3 is booted and the last good one, 2 was sent.
    assert_eq!(kept(0, 0), [2, 3, 4, 5]);
    assert_eq!(kept(3, 0), [1, 2, 3, 4, 5]);
    assert_eq!(kept(0, 2_000_000), [1, 2, 3, 4, 5]);
    let collected = generations
        .after(&Event::Collected(number(1)), now)
        .unwrap();
    assert_eq!(collected.all.len(), 4);
    let needed = generations.after(&Event::Collected(number(2)), now);
    assert_eq!(needed, Err(Refusal::InUse(number(2))));
    // Once it is up in another, what was sent before that is not needed.
    let later = collected.after(&up(3, 9), now).unwrap();
    assert!(!later.kept(&Keep::NOTHING_ELSE, now).contains(&number(2)));

    let silent = play(&[
        (0, deployed(true), "1: 1 trying"),
        (0, deployed(true), "2: 1 new, 2 trying"),
    ]);
    assert_eq!(silent.kept(&Keep::NOTHING_ELSE, now).len(), 2);
}

#[test]
fn numbers_are_never_given_twice() {
    let one = play_on(&[(60, deployed(false), "2: 1 good, 2 new")]);
    let now = Timestamp(2_000_000);
    let back = one.after(&back_to(1), now).unwrap();
    let collected = back.after(&Event::Collected(number(2)), now).unwrap();
    assert_eq!(collected.next_number(), number(3));
    // Nor is it forgotten what was deployed last, unless somebody says so.
    let keep = Keep {
        last: true,
        ..Keep::NOTHING_ELSE
    };
    assert!(back.kept(&keep, now).contains(&number(2)));
}

fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let generation = (1..6_u32).prop_map(number);
    let event = prop_oneof![
        any::<bool>().prop_map(deployed),
        Just(CONFIG),
        Just(Event::Sent(Sent::OldConfig)),
        generation
            .clone()
            .prop_map(|one| Event::Sent(Sent::Kernel(one))),
        generation
            .clone()
            .prop_map(|one| Event::Sent(Sent::CommandLine(one))),
        (generation.clone(), 0..9_u32).prop_map(|(generation, id)| Event::Confirmed {
            generation,
            boot_id: boot(id),
        }),
        Just(Event::Passed),
        proptest::option::of(generation.clone()).prop_map(|to| Event::RolledBack { to }),
        generation.clone().prop_map(Event::SwitchedOnce),
        generation.clone().prop_map(Event::Approved),
        generation.prop_map(Event::Collected),
    ];
    proptest::collection::vec((0..700_u64, event), 0..60)
}

proptest! {
    /// Whatever happens, and in whatever order.
    #[test]
    fn what_is_promised_holds(events in events()) {
        let mut generations = Generations::default();
        let mut now = Timestamp(0);
        for (seconds, event) in events {
            now.0 += seconds;
            let Ok(next) = generations.after(&event, now) else { continue };
            let is_there = |one: GenerationNumber| next.all.contains_key(&one);
            // Once something was deployed, something that is there is served.
            prop_assert!(next.all.is_empty() == next.config().is_none());
            prop_assert!(next.config().is_none_or(is_there));
            prop_assert!(next.default.is_none_or(is_there));
            prop_assert!(next.trial.is_none_or(is_there));
            // Only the trial has a try that is not spent.
            for (number, generation) in &next.all {
                if let State::Trying(Try { spent: None, .. }) = generation.state {
                    prop_assert_eq!(next.trial, Some(*number));
                }
            }
            // A machine changes the default by its word alone, and only to its trial.
            if !matches!(
                event,
                Event::Deployed { .. } | Event::RolledBack { .. } | Event::Approved(_)
            )
                && next.default != generations.default
            {
                let Event::Confirmed { generation, .. } = event else {
                    return Err(TestCaseError::fail(format!("{event:?} moved the default")));
                };
                prop_assert_eq!(next.default, Some(generation));
                prop_assert!(generations.default.is_none() || generations.trial == Some(generation));
            }
            // What is used up is not served again, unless there is nothing else.
            if let (Some(config), Some(_)) = (next.config(), next.default)
                && let State::Trying(Try { spent: Some(_), .. }) = next.all[&config].state
            {
                prop_assert_eq!(Some(config), next.default);
            }
            // What is needed is kept, and what is there is what JSON says.
            let kept = next.kept(&Keep::NOTHING_ELSE, now);
            prop_assert!(next.config().is_none_or(|one| kept.contains(&one)));
            let json = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Generations>(&json).unwrap(), &next);
            generations = next;
        }
    }
}

use super::*;

const NOW: i64 = 1_795_426_200;

/// Seconds from now.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((NOW + seconds) * 1_000_000).unwrap()
}

fn life(status: Status, since: i64) -> Life {
    Life { status, since: at(since), ..Life::born(at(since), at(since)) }
}

fn resolved(seconds: i64) -> Life {
    Life { resolved_at: Some(at(seconds)), ..life(Status::Resolved, seconds) }
}

/// Muted now, until three events within ten minutes.
fn until_three() -> Life {
    let mute = Mute::Count { events: 3, seconds: 600 };
    life(Status::Ongoing, -DAY).act(&Act::Mute(mute), at(0)).unwrap().life
}

fn arrive(life: &Life, times: &[i64], now: i64) -> Option<Moved> {
    let times: Vec<Timestamp> = times.iter().map(|t| at(*t)).collect();
    life.arrive(Arrival { times: &times, matches: false }, at(now))
}

/// Counts an hour of the whole week: so often each.
fn baseline(counts: &[(i64, i64)]) -> Baseline {
    let hours = counts.iter().map(|(_, hours)| hours).sum();
    let sum = counts.iter().map(|(n, hours)| (n * hours) as f64).sum();
    let squares = counts.iter().map(|(n, hours)| (n * n * hours) as f64).sum();
    Baseline { hours, sum, squares }
}

#[test]
fn a_group_is_new_for_seven_days() {
    for (first_seen, status, since) in [
        (0, Status::New, 0),
        (-7 * DAY + 1, Status::New, -7 * DAY + 1),
        (-7 * DAY, Status::Ongoing, 0),
        (-30 * DAY, Status::Ongoing, -23 * DAY),
    ] {
        let born = Life::born(at(first_seen), at(0));
        assert_eq!((born.status, born.since), (status, at(since)), "{first_seen}");
    }
    let young = Life::born(at(0), at(0));
    assert_eq!(young.review(at(0), None, at(7 * DAY - 1)), None);
    let moved = young.review(at(0), None, at(7 * DAY)).unwrap();
    assert_eq!((moved.life.status, moved.step), (Status::Ongoing, Some(Step::Aged)));
    assert_eq!(moved.life.review(at(0), None, at(7 * DAY)), None, "a second look changes nothing");
}

#[test]
fn the_usual_is_the_mean_and_three_deviations() {
    for (counts, limit) in [
        (&[(5, 168)][..], 5.0),
        (&[(0, 84), (10, 84)], 20.0),
        (
            &[(0, 167), (100, 1)],
            100.0 / 168.0 + 3.0 * (10_000.0_f64 / 168.0 - (100.0_f64 / 168.0).powi(2)).sqrt(),
        ),
        (&[], 0.0),
    ] {
        assert!((baseline(counts).limit() - limit).abs() < 1e-9, "{counts:?}");
    }
}

#[test]
fn what_escalates() {
    for (name, age, events, counts, expected) in [
        ("far above", 30 * DAY, 84, &[(0, 84), (8, 84)][..], Some(16)),
        ("as many as usual", 30 * DAY, 16, &[(0, 84), (8, 84)], None),
        ("fewer than ten", 30 * DAY, 9, &[(0, 168)], None),
        ("ten after silence", 30 * DAY, 10, &[(0, 168)], Some(0)),
        ("a day old", DAY, 50, &[(1, 23)], Some(1)),
        ("younger than a day", DAY - 1, 5000, &[(1, 23)], None),
        ("nothing to compare with", 30 * DAY, 50, &[], None),
    ] {
        let hour = Hour { events, baseline: baseline(counts) };
        let rate = escalates(at(-age), hour, at(0));
        assert_eq!(rate, expected.map(|usual| Rate { hour: events, usual }), "{name}");
    }
}

#[test]
fn an_open_group_escalates_and_calms_down_an_hour_later_at_the_earliest() {
    let (first, loud) = (at(-30 * DAY), Hour { events: 40, baseline: baseline(&[(2, 168)]) });
    let louder = Hour { events: 50, ..loud };
    for status in [Status::New, Status::Ongoing] {
        let moved = life(status, -3 * DAY).review(first, Some(loud), at(0)).unwrap();
        assert_eq!(
            (moved.life.status, moved.step, moved.life.rate),
            (Status::Escalating, Some(Step::Escalated), Some(Rate { hour: 40, usual: 2 }))
        );
        let up = moved.life;
        assert_eq!(up.review(first, Some(loud), at(60)), None);
        let moved = up.review(first, Some(louder), at(60)).unwrap();
        assert_eq!((moved.step, moved.life.rate.unwrap().hour, moved.life.since), (None, 50, at(0)));
        assert_eq!(up.review(first, None, at(HOUR - 1)), None);
        let moved = up.review(first, None, at(HOUR)).unwrap();
        assert_eq!(
            (moved.life.status, moved.step, moved.life.rate),
            (Status::Ongoing, Some(Step::Calmed), None)
        );
    }
    for status in [Status::Muted, Status::Resolved, Status::Regressed] {
        assert_eq!(life(status, -DAY).review(first, Some(loud), at(0)), None, "{status}");
    }
}

#[test]
fn only_what_occurs_after_the_resolution_regresses() {
    for (times, regresses) in [(&[-10][..], false), (&[0], false), (&[-10, 1], true), (&[], false)] {
        let moved = arrive(&resolved(0), times, 100);
        assert_eq!(moved.is_some(), regresses, "{times:?}");
        if let Some(moved) = moved {
            assert_eq!(
                (moved.life.status, moved.step, moved.life.since, moved.life.resolved_at),
                (Status::Regressed, Some(Step::Regressed), at(100), Some(at(0)))
            );
            assert_eq!(arrive(&moved.life, &[200], 200), None, "once");
            assert_eq!(
                moved.life.review(at(-DAY), None, at(100 + 7 * DAY)).unwrap().life.status,
                Status::Ongoing
            );
        }
    }
    assert_eq!(arrive(&life(Status::Ongoing, 0), &[1], 1), None);
}

#[test]
fn a_mute_until_an_instant_ends_then() {
    let mute = Act::Mute(Mute::Until { at: at(600) });
    let muted = life(Status::New, -60).act(&mute, at(0)).unwrap().life;
    assert_eq!(muted.status, Status::Muted);
    assert_eq!(arrive(&muted, &[1, 2, 3], 3), None);
    assert_eq!(muted.review(at(-60), None, at(599)), None);
    let moved = muted.review(at(-60), None, at(600)).unwrap();
    assert_eq!(
        (moved.life.status, moved.step, moved.life.mute),
        (Status::Ongoing, Some(Step::MuteEnded), None)
    );
}

#[test]
fn a_mute_by_number_breaks_within_one_window_only() {
    for (times, seen, broken) in [
        (&[1, 2][..], 2, false),
        (&[1, 2, 3], 3, true),
        (&[1, 2, 599], 3, true),
        // The third begins a window of its own.
        (&[1, 2, 600], 1, false),
        (&[-5, -4, -3, -2], 0, false),
        (&[1, 2, 700, 701, 702, 703], 4, true),
    ] {
        let moved = arrive(&until_three(), times, 5000);
        let life = moved.clone().map_or_else(until_three, |moved| moved.life);
        assert_eq!(
            (life.status == Status::Escalating, life.window.unwrap().seen),
            (broken, seen),
            "{times:?}"
        );
        assert_eq!(moved.and_then(|m| m.step), broken.then_some(Step::MuteBroken), "{times:?}");
    }
    // Over several batches.
    let first = arrive(&until_three(), &[1, 2], 10).unwrap();
    assert_eq!(first.step, None);
    assert_eq!(arrive(&first.life, &[11], 20).unwrap().step, Some(Step::MuteBroken));
    // A clock ahead of ours does not carry the window away.
    let ahead = arrive(&until_three(), &[90_000], 10).unwrap().life;
    assert_eq!(ahead.window.unwrap().start, at(0));
}

#[test]
fn a_broken_mute_is_muted_again_after_a_quiet_window() {
    let broken = arrive(&until_three(), &[1, 2, 3, 4], 5).unwrap().life;
    assert!(broken.mute.is_some());
    assert_eq!(
        broken.review(at(-DAY), None, at(700)),
        None,
        "the loud window counts until the next has passed"
    );
    let moved = broken.review(at(-DAY), None, at(1200)).unwrap();
    assert_eq!((moved.life.status, moved.step), (Status::Muted, Some(Step::MutedAgain)));
    assert_eq!(moved.life.review(at(-DAY), None, at(1200)), None);
    // A window with a few events is quiet too, once it is over.
    let few = arrive(&broken, &[700], 700).unwrap().life;
    assert_eq!((few.status, few.window.unwrap().seen), (Status::Escalating, 1));
    assert_eq!(few.review(at(-DAY), None, at(1299)), None);
    assert_eq!(few.review(at(-DAY), None, at(1300)).unwrap().step, Some(Step::MutedAgain));
    // And it breaks again.
    let again = moved.life;
    assert_eq!(arrive(&again, &[1201, 1202, 1203], 1203).unwrap().step, Some(Step::MuteBroken));
    // What goes on being loud stays up.
    let loud = arrive(&broken, &[700, 701, 702], 702).unwrap();
    assert_eq!((loud.life.status, loud.step), (Status::Escalating, None));
    let quiet = arrive(&few, &[1400], 1400).unwrap();
    assert_eq!((quiet.life.status, quiet.step), (Status::Muted, Some(Step::MutedAgain)));
}

#[test]
fn a_mute_by_query_ends_with_the_first_match() {
    let mute = Mute::Query { query: "severity:critical".to_owned() };
    let muted = life(Status::Ongoing, -60).act(&Act::Mute(mute), at(0)).unwrap().life;
    let times = [at(5)];
    assert_eq!(muted.arrive(Arrival { times: &times, matches: false }, at(5)), None);
    let moved = muted.arrive(Arrival { times: &times, matches: true }, at(5)).unwrap();
    assert_eq!(
        (moved.life.status, moved.step, moved.life.mute),
        (Status::Escalating, Some(Step::MuteBroken), None)
    );
}

#[test]
fn what_people_do_from_each_status() {
    let until = || Act::Mute(Mute::Until { at: at(600) });
    let somebody = UserId(uuid::Uuid::from_u128(7));
    let muted = life(Status::Ongoing, -60).act(&until(), at(0)).unwrap().life;
    let taken = Life { assigned_to: Some(somebody), ..life(Status::Ongoing, -60) };
    for (from, act, expected) in [
        (life(Status::New, -60), Act::Resolve, Ok(Status::Resolved)),
        (muted.clone(), Act::Resolve, Ok(Status::Resolved)),
        (resolved(-60), Act::Resolve, Err("it is resolved already")),
        (resolved(-60), Act::Reopen, Ok(Status::Ongoing)),
        (life(Status::Regressed, -60), Act::Reopen, Err("it is not resolved")),
        (life(Status::Escalating, -60), until(), Ok(Status::Muted)),
        (muted.clone(), until(), Err("it is muted like that already")),
        (muted.clone(), Act::Mute(Mute::Until { at: at(700) }), Ok(Status::Muted)),
        (resolved(-60), until(), Err("it is resolved; reopen it first")),
        (muted, Act::Unmute, Ok(Status::Ongoing)),
        (life(Status::New, -60), Act::Unmute, Err("it is not muted")),
        (life(Status::New, -60), Act::Assign(Some(somebody)), Ok(Status::Ongoing)),
        (life(Status::Escalating, -60), Act::Assign(Some(somebody)), Ok(Status::Escalating)),
        (taken.clone(), Act::Assign(Some(somebody)), Err("it is theirs already")),
        (taken, Act::Assign(None), Ok(Status::Ongoing)),
        (life(Status::New, -60), Act::Assign(None), Err("nobody has it already")),
    ] {
        let result = from.act(&act, at(10)).map(|moved| moved.life);
        assert_eq!(
            result.as_ref().map(|life| life.status).map_err(|e| *e),
            expected,
            "{:?} {act:?}",
            from.status
        );
        if let Ok(life) = result {
            assert_eq!(life.mute.is_some(), life.status == Status::Muted);
            assert_eq!(life.resolved_at.is_some(), life.status == Status::Resolved);
        }
    }
}

#[test]
fn a_mute_has_to_be_able_to_end() {
    let query = |text: &str| Mute::Query { query: text.to_owned() };
    for (mute, field) in [
        (Mute::Until { at: at(0) }, Some("until")),
        (Mute::Until { at: at(367 * DAY) }, Some("until")),
        (Mute::Until { at: at(60) }, None),
        (Mute::Count { events: 0, seconds: 600 }, Some("count")),
        (Mute::Count { events: 5, seconds: 59 }, Some("window")),
        (Mute::Count { events: 5, seconds: 600 }, None),
        (query(""), Some("query")),
        (query("severity:"), Some("query")),
        (query("severity>=high"), None),
    ] {
        let found = Act::Mute(mute.clone()).check(at(0)).err().map(|e| e.0[0].field.clone());
        assert_eq!(found.as_deref(), field, "{mute:?}");
    }
}

#[test]
fn a_life_survives_being_kept_as_json() {
    for life in
        [until_three(), resolved(0), Life { rate: Some(Rate { hour: 3, usual: 1 }), ..life(Status::New, 0) }]
    {
        let json = serde_json::to_value(&life).unwrap();
        assert_eq!(serde_json::from_value::<Life>(json).unwrap(), life);
    }
}

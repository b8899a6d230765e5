//! Times as the reader sees them. The server formats in the reader's zone, so that page and browser agree by construction.

use crate::shown::shown;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An instant with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// UTC, RFC 3339.
    pub iso: String,
    /// `2026-11-23 15:31:05` in the reader's zone.
    pub text: String,
    /// With zone and UTC, for the tooltip.
    pub title: String,
}
shown!(When: iso, text, title);

/// The absolute time.
#[component]
pub fn At(when: When) -> impl IntoView {
    view! { <ui::Timestamp iso=when.iso text=when.text title=when.title /> }
}

/// "6 min ago", the absolute time on hover and without WASM.
#[component]
pub fn Ago(when: When) -> impl IntoView {
    view! { <ui::RelativeTime iso=when.iso text=when.text /> }
}

/// "6 min ago", or `words` when it never was.
#[component]
pub fn AgoOr(when: Option<When>, words: &'static str) -> impl IntoView {
    match when {
        Some(when) => view! { <Ago when /> }.into_any(),
        None => view! { <span class="faint">{words}</span> }.into_any(),
    }
}

#[cfg(feature = "ssr")]
pub use zone::{Reader, Zone};

#[cfg(feature = "ssr")]
mod zone {
    use chrono::{LocalResult, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
    use chrono_tz::Tz;
    use domain::Timestamp;
    use domain::query::Clock;

    use super::When;

    /// The reader's time zone.
    #[derive(Clone, Copy, Debug)]
    pub struct Zone(Tz);

    /// A reader at an instant: whom a query that is typed means by `today` and by a time without a zone.
    #[derive(Clone, Copy, Debug)]
    pub struct Reader {
        zone: Zone,
        now: Timestamp,
    }

    impl Clock for Reader {
        fn now(self) -> Timestamp {
            self.now
        }
        fn wall(self, at: Timestamp) -> Timestamp {
            let local = at.utc().with_timezone(&self.zone.0).naive_local();
            Timestamp::new(local.and_utc()).unwrap_or(at)
        }
        fn instant(self, wall: Timestamp) -> Timestamp {
            self.zone.instant(wall.utc().naive_utc()).unwrap_or(wall)
        }
    }

    impl Zone {
        /// By IANA name; UTC for a name that is not known (any more).
        pub fn named(name: &str) -> Self {
            Self(name.parse().unwrap_or(Tz::UTC))
        }
        pub fn when(self, at: Timestamp) -> When {
            let local = at.utc().with_timezone(&self.0);
            let utc = at.utc().format("%Y-%m-%d %H:%M:%S");
            When {
                iso: at.iso(),
                text: local.format("%Y-%m-%d %H:%M:%S").to_string(),
                title: format!("{} {} (UTC {utc})", local.format("%Y-%m-%d %H:%M:%S%.6f %:z"), self.0.name()),
            }
        }
        /// `15:31`.
        pub fn clock(self, at: Timestamp) -> String {
            at.utc().with_timezone(&self.0).format("%H:%M").to_string()
        }
        pub fn maybe(self, at: Option<Timestamp>) -> Option<When> {
            at.map(|at| self.when(at))
        }
        /// `2026-11-23T15:31`, for an `<input type="datetime-local">`.
        pub fn input(self, at: Timestamp) -> String {
            at.utc().with_timezone(&self.0).format("%Y-%m-%dT%H:%M").to_string()
        }
        /// RFC 3339, `2026-11-23T15:31[:05]` or `2026-11-23` in this zone. An hour that occurs twice is its first; one
        /// that does not occur is read as UTC.
        pub fn parse(self, text: &str) -> Result<Timestamp, &'static str> {
            if let Ok(at) = text.parse() {
                return Ok(at);
            }
            let naive = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
                .iter()
                .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
                .or_else(|| {
                    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|d| d.and_hms_opt(0, 0, 0))
                })
                .ok_or("write a time as 2026-11-23T14:31")?;
            self.instant(naive).ok_or("a time between 1970 and 9999")
        }
        /// When clocks here show this.
        fn instant(self, naive: NaiveDateTime) -> Option<Timestamp> {
            let at = match self.0.from_local_datetime(&naive) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
                LocalResult::None => Utc.from_utc_datetime(&naive),
            };
            Timestamp::new(at)
        }
        /// `Europe/Berlin`.
        pub fn name(self) -> &'static str {
            self.0.name()
        }
        /// Somebody in this zone, at this instant.
        pub fn reader(self, now: Timestamp) -> Reader {
            Reader { zone: self, now }
        }
        /// [`Self::parse`] of a filter that may be empty.
        pub fn parse_optional(self, field: &str, text: &str) -> Result<Option<Timestamp>, domain::Invalid> {
            match text.trim() {
                "" => Ok(None),
                text => self.parse(text).map(Some).map_err(|reason| domain::Invalid::field(field, reason)),
            }
        }
    }

    /// Every IANA name, for the account page.
    pub fn names() -> Vec<String> {
        chrono_tz::TZ_VARIANTS.iter().map(|tz| tz.name().to_owned()).collect()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_time_is_told_in_the_readers_zone() {
            let zone = Zone::named("Europe/Berlin");
            let when = zone.when("2026-11-23T14:31:05.000001Z".parse().unwrap());
            assert_eq!(when.text, "2026-11-23 15:31:05");
            assert_eq!(
                when.title,
                "2026-11-23 15:31:05.000001 +01:00 Europe/Berlin (UTC 2026-11-23 14:31:05)"
            );
        }

        #[test]
        fn a_typed_time_is_in_the_readers_zone() {
            let zone = Zone::named("Europe/Berlin");
            let at = |text| zone.parse(text).unwrap().iso();
            assert_eq!(at("2026-11-23T15:31"), "2026-11-23T14:31:00.000000Z");
            assert_eq!(at("2026-11-23"), "2026-11-22T23:00:00.000000Z");
            assert_eq!(at("2026-11-23T14:31:00Z"), "2026-11-23T14:31:00.000000Z");
            assert_eq!(at("2026-10-25T02:30"), "2026-10-25T00:30:00.000000Z", "the first of two");
            assert!(zone.parse("yesterday").is_err());
        }

        #[test]
        fn a_query_is_read_by_the_clock_of_who_asks() {
            use domain::query::{EVENTS, parse};
            let now: Timestamp = "2026-10-25T22:30:00Z".parse().unwrap();
            let (here, utc) = (Zone::named("Europe/Berlin").reader(now), now);
            let same = |typed: &str, meant: &str| {
                let (typed, meant) = (parse(typed, &EVENTS, here), parse(meant, &EVENTS, utc));
                assert_eq!(typed.unwrap().expr, meant.unwrap().expr);
            };
            same(r#"time>="2026-11-25 10:01""#, r#"time>="2026-11-25 09:01""#);
            same("time:2026-07-01T10:01", "time:2026-07-01T08:01");
            same("time:2026-11-25T10:01Z", "time:2026-11-25T10:01");
            same("time>1795426200", "time>1795426200");
            same("time>-15m", "time>-15m");
            // 23:30 in Berlin, on the day of 25 hours.
            same("time:today", "time:2026-10-24T22:00:00Z..2026-10-25T22:59:59.999999Z");
            same("time:yesterday", "time:2026-10-23T22:00:00Z..2026-10-24T21:59:59.999999Z");
            same("time>2026-11-25", "time>2026-11-25T22:59:59.999999Z");
        }
    }
}

#[cfg(feature = "ssr")]
pub use zone::names as zone_names;

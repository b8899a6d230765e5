//! One ordered severity for everything; the text a system sent is kept beside it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
    /// Understands the vocabularies of other systems, in any case and however their words are joined (`SEV-2`,
    /// `AUDIT_FAILURE`): our five words; syslog names and numbers (RFC 5424 table 2: 0 emergency to 7 debug); Windows
    /// level names; those of alarms (ITU-T X.733: `minor`, `major`, `cleared`); `sev1` to `sev5` and `p1` to `p5`; OpenTelemetry's short names (`ERROR2`); the usual log levels,
    /// with their three or four letters; and what only some say: PostgreSQL (`LOG`, `DEBUG1`, `DETAIL`), MySQL (`Note`, `System`), Cisco's keywords (`errors`, `notifications`), ArcSight's
    /// CEF (`Very-High`), Red Hat (`Important`), Google Cloud and Apple (`Default`, `Fault`), Zabbix (`Average`, `Disaster`, `Not classified`), vulnerability scanners (`Negligible`). `LOG_` and `SEVERITY_` before a word, the facility before a dot (`local0.err`) and around a number (`<34>`) are
    /// left out.
    ///
    /// A bare number is a syslog severity, and 10, 20, … 60 are the levels of Bunyan and Pino (40 is their warning; Python's `levelno` 40 would be an
    /// error, but its formatters print words). Windows numbers its levels differently (4 is Information, while syslog's 4
    /// is warning); a reader that knows it has a Windows event uses [`Severity::from_windows_level`].
    pub fn from_vocabulary(text: &str) -> Option<Self> {
        let text = text.trim();
        // RFC 5424 6.2.1: the priority is 8 times the facility, of which there are 24, and the severity.
        if let Some(priority) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) {
            let known = priority.parse::<u8>().ok().filter(|p| *p < 192)?;
            return [Self::Critical, Self::Critical, Self::Critical, Self::High, Self::Medium, Self::Low]
                .get(usize::from(known % 8))
                .copied()
                .or(Some(Self::Info));
        }
        let after = |prefix: &str| {
            let (head, rest) = text.split_at_checked(prefix.len())?;
            (head.eq_ignore_ascii_case(prefix) && rest.starts_with(|c: char| c.is_ascii_alphabetic()))
                .then_some(rest)
        };
        let text = after("LOG_")
            .or_else(|| after("SEVERITY_NUMBER_"))
            .or_else(|| after("SEVERITY_"))
            .unwrap_or(text);
        let text = match text.split_once('.') {
            Some((facility, word)) if is_facility(facility) => word,
            _ => text,
        };
        // The longest known word has 13 letters; no allocation for anything longer.
        let mut lower = [0u8; 16];
        let mut length = 0;
        for byte in text.bytes() {
            let joins =
                matches!(byte, b' ' | b'-' | b'_') && length > 0 && lower[length - 1].is_ascii_alphabetic();
            if !joins {
                *lower.get_mut(length)? = byte.to_ascii_lowercase();
                length += 1;
            }
        }
        Some(match &lower[..length] {
            b"info" | b"information" | b"informational" | b"debug" | b"dbg" | b"trace" | b"trc"
            | b"verbose" | b"vrb" | b"fine" | b"finer" | b"finest" | b"config" | b"success" | b"ok"
            | b"normal" | b"cleared" | b"auditsuccess" | b"successaudit" | b"logalways" | b"inf"
            | b"sev5" | b"p5" | b"i" | b"d" | b"v" | b"t" | b"6" | b"7" | b"10" | b"20" | b"30"
            | b"trace2" | b"trace3" | b"trace4" | b"debug1" | b"debug2" | b"debug3" | b"debug4"
            | b"debug5" | b"info2" | b"info3" | b"info4" | b"log" | b"statement" | b"detail" | b"hint"
            | b"context" | b"note" | b"system" | b"debugging" | b"debu" | b"trac" | b"d1" | b"d2" | b"d3"
            | b"d4" | b"d5" | b"default" | b"notclassified" | b"negligible" => Self::Info,
            b"low" | b"notice" | b"noti" | b"notification" | b"notifications" | b"minor" | b"sev4"
            | b"p4" | b"n" | b"5" => Self::Low,
            b"medium" | b"moderate" | b"warning" | b"warnings" | b"warni" | b"warn" | b"wrn" | b"average"
            | b"indeterminate" | b"auditfailure" | b"failureaudit" | b"sev3" | b"p3" | b"w" | b"4"
            | b"40" | b"warn2" | b"warn3" | b"warn4" => Self::Medium,
            b"high" | b"error" | b"errors" | b"erro" | b"err" | b"major" | b"severe" | b"important"
            | b"urgent" | b"failure" | b"sev2" | b"p2" | b"e" | b"3" | b"50" | b"error2" | b"error3"
            | b"error4" => Self::High,
            b"critical" | b"crit" | b"alert" | b"alerts" | b"emerg" | b"emergency" | b"emergencies"
            | b"panic" | b"fatal" | b"fata" | b"pani" | b"p0" | b"fault" | b"veryhigh" | b"blocker"
            | b"disaster" | b"ftl" | b"sev1" | b"sev0" | b"p1" | b"f" | b"c" | b"0" | b"1" | b"2" | b"60"
            | b"fatal2" | b"fatal3" | b"fatal4" => Self::Critical,
            _ => return None,
        })
    }
    /// The number of a Windows event level (winmeta.xml): 1 Critical, 2 Error, 3 Warning, 4 Information, 5 Verbose;
    /// 0 (LogAlways) is what audit events carry.
    pub fn from_windows_level(level: i64) -> Option<Self> {
        match level {
            1 => Some(Self::Critical),
            2 => Some(Self::High),
            3 => Some(Self::Medium),
            0 | 4 | 5 => Some(Self::Info),
            _ => None,
        }
    }
    /// 0 (info) to 4 (critical).
    pub fn rank(self) -> usize {
        self as usize
    }
}

/// `auth`, `local0`: the keywords of syslog.conf(5).
fn is_facility(word: &str) -> bool {
    const NAMED: [&str; 13] = [
        "auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "mark", "news", "security",
        "syslog", "user",
    ];
    let numbered = word.len() == 6
        && word.get(..5).is_some_and(|w| w.eq_ignore_ascii_case("local"))
        && word.as_bytes()[5].is_ascii_digit();
    numbered || word.eq_ignore_ascii_case("uucp") || NAMED.iter().any(|n| n.eq_ignore_ascii_case(word))
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl FromStr for Severity {
    type Err = &'static str;
    /// The five stored words only; vocabularies of other systems go through [`Severity::from_vocabulary`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or("not a severity: info, low, medium, high or critical")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_vocabularies_map_to_the_five_words() {
        for (words, severity) in [
            (
                "info INFO Information INF debug trace Verbose LogAlways normal 6 7 sev5 p5 INFO2 30 local0.info <14> LOG_DEBUG LOG DEBUG1 DEBUG5 Note DEFAULT debugging not-classified DEBU D2",
                Severity::Info,
            ),
            ("low notice MINOR 5 sev4 <5> auth.notice notifications", Severity::Low),
            (
                "medium warning WARN WRN 4 sev3 AUDIT_FAILURE 40 LOG_WARNING severity_warn warnings Average",
                Severity::Medium,
            ),
            (
                "high major err ERROR ERROR2 severe 3 sev2 SEV-2 P2 50 SEVERITY_ERROR LOG_ERR local0.err Kern.ERR <131> Important errors ERRO",
                Severity::High,
            ),
            (
                "critical crit alert emerg panic fatal FTL 0 1 2 sev1 P1 60 <0> <34> P0 FATA PANI SEVERITY_NUMBER_FATAL Very-High Fault Disaster emergencies",
                Severity::Critical,
            ),
        ] {
            for word in words.split(' ') {
                assert_eq!(Severity::from_vocabulary(word), Some(severity), "{word}");
            }
        }
        assert_eq!(Severity::from_vocabulary(" Audit Success "), Some(Severity::Info));
        assert_eq!(Severity::from_vocabulary("Audit Failure"), Some(Severity::Medium));
        // As `Get-EventLog` prints them (.NET's EventLogEntryType).
        assert_eq!(Severity::from_vocabulary("FailureAudit"), Some(Severity::Medium));
        assert_eq!(Severity::from_vocabulary("Success Audit"), Some(Severity::Info));
        for word in [
            "",
            "8",
            "17",
            "70",
            "<192>",
            "<>",
            "<-1>",
            "LOG_3",
            "me.err",
            "local.err",
            "-1",
            "4-",
            "unknown",
            "a-very-long-word",
            "high!",
            "a very long word indeed",
            "é",
        ] {
            assert_eq!(Severity::from_vocabulary(word), None, "{word}");
        }
    }

    #[test]
    fn windows_numbers_differ_from_syslog_numbers() {
        assert_eq!(Severity::from_windows_level(4), Some(Severity::Info));
        assert_eq!(Severity::from_vocabulary("4"), Some(Severity::Medium));
        assert_eq!(Severity::from_windows_level(9), None);
    }
}

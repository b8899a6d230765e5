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
    /// level names; those of alarms (ITU-T X.733: `minor`, `major`, `cleared`); `sev1` to `sev5` and `p1` to `p5`; OpenTelemetry's short names (`ERROR2`); and the usual log levels,
    /// with their three letters.
    ///
    /// A bare number is a syslog severity. Windows numbers its levels differently (4 is Information, while syslog's 4
    /// is warning); a reader that knows it has a Windows event uses [`Severity::from_windows_level`].
    pub fn from_vocabulary(text: &str) -> Option<Self> {
        let text = text.trim();
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
            | b"normal" | b"cleared" | b"auditsuccess" | b"logalways" | b"inf" | b"sev5" | b"p5" | b"i"
            | b"d" | b"v" | b"t" | b"6" | b"7" | b"trace2" | b"trace3" | b"trace4" | b"debug2"
            | b"debug3" | b"debug4" | b"info2" | b"info3" | b"info4" => Self::Info,
            b"low" | b"notice" | b"minor" | b"sev4" | b"p4" | b"n" | b"5" => Self::Low,
            b"medium" | b"moderate" | b"warning" | b"warn" | b"wrn" | b"auditfailure" | b"sev3" | b"p3"
            | b"w" | b"4" | b"warn2" | b"warn3" | b"warn4" => Self::Medium,
            b"high" | b"error" | b"err" | b"major" | b"severe" | b"failure" | b"sev2" | b"p2" | b"e"
            | b"3" | b"error2" | b"error3" | b"error4" => Self::High,
            b"critical" | b"crit" | b"alert" | b"emerg" | b"emergency" | b"panic" | b"fatal" | b"ftl"
            | b"sev1" | b"sev0" | b"p1" | b"f" | b"c" | b"0" | b"1" | b"2" | b"fatal2" | b"fatal3"
            | b"fatal4" => Self::Critical,
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
                "info INFO Information INF debug trace Verbose LogAlways normal 6 7 sev5 p5 INFO2",
                Severity::Info,
            ),
            ("low notice MINOR 5 sev4", Severity::Low),
            ("medium warning WARN WRN 4 sev3 AUDIT_FAILURE", Severity::Medium),
            ("high major err ERROR ERROR2 severe 3 sev2 SEV-2 P2", Severity::High),
            ("critical crit alert emerg panic fatal FTL 0 1 2 sev1 P1", Severity::Critical),
        ] {
            for word in words.split(' ') {
                assert_eq!(Severity::from_vocabulary(word), Some(severity), "{word}");
            }
        }
        assert_eq!(Severity::from_vocabulary(" Audit Success "), Some(Severity::Info));
        assert_eq!(Severity::from_vocabulary("Audit Failure"), Some(Severity::Medium));
        for word in
            ["", "8", "-1", "4-", "unknown", "a-very-long-word", "high!", "a very long word indeed", "é"]
        {
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

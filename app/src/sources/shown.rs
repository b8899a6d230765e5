//! What the form of a source says.

use serde::{Deserialize, Serialize};

/// The fields of the form, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceForm {
    pub name: String,
    pub source_type: String,
    pub ip: String,
    pub port: String,
    pub protocol: String,
    pub status: String,
    /// Minutes, or nothing.
    pub silent_after_minutes: String,
}

impl SourceForm {
    /// "10.0.0.7:514", "10.0.0.7", ":514" or nothing.
    pub fn address(&self) -> String {
        match (self.ip.as_str(), self.port.as_str()) {
            (ip, "") => ip.to_owned(),
            (ip, port) if ip.contains(':') => format!("[{ip}]:{port}"),
            (ip, port) => format!("{ip}:{port}"),
        }
    }
}

/// "web_server" as "Web server".
#[cfg(feature = "ssr")]
pub fn words(word: &str) -> String {
    let mut text = word.replace('_', " ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_as_far_as_it_is_known() {
        let form = |ip: &str, port: &str| {
            SourceForm { ip: ip.into(), port: port.into(), ..SourceForm::default() }.address()
        };
        assert_eq!(
            [form("10.0.0.7", "514"), form("10.0.0.7", ""), form("fe80::1", "514"), form("", "")],
            ["10.0.0.7:514", "10.0.0.7", "[fe80::1]:514", ""]
        );
        assert_eq!(words("web_server"), "Web server");
    }
}

//! The value types of the settings and how each reads its text. A TOML file may use numbers and lists as well.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use figment::value::Value;

/// A type that a setting can have. The error says what would be right.
pub trait Setting: Sized {
    fn read(value: &Value) -> Result<Self, String>;
    /// The text `config --check` shows.
    fn show(&self) -> String;
}

/// Bytes; written `1048576`, `512 KiB`, `10MiB` or `1 GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub usize);

/// Addresses `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: u128,
    mask: u128,
    text: (IpAddr, u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// When the session cookie is `__Host-watchroom` with `Secure`: `auto` is when `public_url` is https.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecureCookies {
    Auto,
    Always,
    Never,
}

impl Cidr {
    pub fn contains(&self, address: IpAddr) -> bool {
        number(address) & self.mask == self.address
    }
}

/// IPv4 as IPv4-mapped IPv6, so that `::ffff:10.0.0.1` is `10.0.0.1`.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, s) => Some(s.trim().to_owned()),
        Value::Char(_, c) => Some(c.to_string()),
        Value::Bool(_, b) => Some(b.to_string()),
        Value::Num(_, n) => n.to_u128().map(|n| n.to_string()).or_else(|| n.to_i128().map(|n| n.to_string())),
        _ => None,
    }
}

impl Setting for String {
    fn read(value: &Value) -> Result<Self, String> {
        text(value).ok_or_else(|| "give a text".to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Setting for PathBuf {
    fn read(value: &Value) -> Result<Self, String> {
        match text(value) {
            Some(t) if !t.is_empty() => Ok(Self::from(t)),
            _ => Err("give a path".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Setting for SocketAddr {
    fn read(value: &Value) -> Result<Self, String> {
        text(value)
            .and_then(|t| t.parse().ok())
            .ok_or_else(|| "give an address and a port, such as 127.0.0.1:3000 or [::1]:3000".to_owned())
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for bool {
    fn read(value: &Value) -> Result<Self, String> {
        match text(value).as_deref() {
            Some("true" | "yes" | "on" | "1") => Ok(true),
            Some("false" | "no" | "off" | "0") => Ok(false),
            _ => Err("give true or false".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for u32 {
    fn read(value: &Value) -> Result<Self, String> {
        match text(value).and_then(|t| t.replace('_', "").parse().ok()) {
            Some(n) if n > 0 => Ok(n),
            _ => Err("give a whole number of 1 or more".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for Size {
    fn read(value: &Value) -> Result<Self, String> {
        let wrong = || "give a size, such as 65536, 512 KiB or 10 MiB".to_owned();
        let text = text(value).ok_or_else(wrong)?.replace('_', "");
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let n: usize = text[..digits].parse().map_err(|_| wrong())?;
        let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" | "kib" => 1 << 10,
            "m" | "mb" | "mib" => 1 << 20,
            "g" | "gb" | "gib" => 1 << 30,
            _ => return Err(wrong()),
        };
        n.checked_mul(unit).filter(|n| *n > 0).map(Self).ok_or_else(wrong)
    }
    fn show(&self) -> String {
        match self.0 {
            n if n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
            n if n % (1 << 10) == 0 => format!("{} KiB", n >> 10),
            n => n.to_string(),
        }
    }
}

impl Setting for Duration {
    /// `30` and `30s` are seconds; `5m`, `12h` and `7d` work too.
    fn read(value: &Value) -> Result<Self, String> {
        let wrong = || "give a time, such as 30s, 5m, 12h or 7d".to_owned();
        let text = text(value).ok_or_else(wrong)?;
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let n: u64 = text[..digits].parse().map_err(|_| wrong())?;
        let unit = match text[digits..].trim() {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        n.checked_mul(unit).filter(|n| *n > 0).map(Self::from_secs).ok_or_else(wrong)
    }
    fn show(&self) -> String {
        match self.as_secs() {
            n if n % 86_400 == 0 => format!("{}d", n / 86_400),
            n if n % 3_600 == 0 => format!("{}h", n / 3_600),
            n if n % 60 == 0 => format!("{}m", n / 60),
            n => format!("{n}s"),
        }
    }
}

impl std::str::FromStr for Cidr {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not an address or a network such as 10.0.0.0/8");
        let (address, length) = match text.split_once('/') {
            Some((a, l)) => (
                a.trim().parse::<IpAddr>().map_err(|_| wrong())?,
                Some(l.trim().parse::<u8>().map_err(|_| wrong())?),
            ),
            None => (text.trim().parse::<IpAddr>().map_err(|_| wrong())?, None),
        };
        let (bits, offset) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let length = length.unwrap_or(bits);
        if length > bits {
            return Err(wrong());
        }
        let prefix = u32::from(length) + offset;
        let mask = if prefix == 0 { 0 } else { u128::MAX << (128 - prefix) };
        Ok(Self { address: number(address) & mask, mask, text: (address, length) })
    }
}
impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.text.0, self.text.1)
    }
}

impl Setting for Vec<Cidr> {
    fn read(value: &Value) -> Result<Self, String> {
        let parts = match value {
            Value::Array(_, items) => items.iter().map(|i| text(i).unwrap_or_default()).collect(),
            other => text(other)
                .unwrap_or_default()
                .split(',')
                .map(|p| p.trim().to_owned())
                .filter(|p| !p.is_empty())
                .collect::<Vec<_>>(),
        };
        parts.iter().map(|p| p.parse()).collect()
    }
    fn show(&self) -> String {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Setting for Vec<String> {
    fn read(value: &Value) -> Result<Self, String> {
        let parts: Self = match value {
            Value::Array(_, items) => items.iter().map(|i| text(i).unwrap_or_default()).collect(),
            other => text(other).unwrap_or_default().split(',').map(str::to_owned).collect(),
        };
        Ok(parts.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect())
    }
    fn show(&self) -> String {
        self.join(",")
    }
}

impl Setting for LogFormat {
    fn read(value: &Value) -> Result<Self, String> {
        match text(value).as_deref() {
            Some("text") => Ok(Self::Text),
            Some("json") => Ok(Self::Json),
            _ => Err("give text or json".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
        .to_owned()
    }
}

impl Setting for SecureCookies {
    fn read(value: &Value) -> Result<Self, String> {
        match text(value).as_deref() {
            Some("auto") => Ok(Self::Auto),
            Some("always") => Ok(Self::Always),
            Some("never") => Ok(Self::Never),
            _ => Err("give auto, always or never".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Setting>(text: &str) -> Result<T, String> {
        T::read(&Value::from(text))
    }

    #[test]
    fn sizes_and_times_read_their_units() {
        assert_eq!(read::<Size>("10 MiB"), Ok(Size(10 << 20)));
        assert_eq!(read::<Size>("65536").map(|s| s.show()), Ok("64 KiB".to_owned()));
        assert!(
            read::<Size>("ten").is_err() && read::<Size>("0").is_err() && read::<Size>("1 parsec").is_err()
        );
        assert_eq!(read::<Duration>("12h"), Ok(Duration::from_hours(12)));
        assert_eq!(read::<Duration>("90").map(|d| d.show()), Ok("90s".to_owned()));
        assert!(read::<Duration>("-1s").is_err());
    }

    #[test]
    fn a_network_contains_its_addresses_in_both_notations() {
        let nets = read::<Vec<Cidr>>("10.0.0.0/8, ::1").unwrap();
        assert!(nets[0].contains("10.20.30.40".parse().unwrap()));
        assert!(nets[0].contains("::ffff:10.1.1.1".parse().unwrap()));
        assert!(!nets[0].contains("11.0.0.1".parse().unwrap()));
        assert!(nets[1].contains("::1".parse().unwrap()) && !nets[1].contains("::2".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<Cidr>().unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Cidr>().is_err() && "ten".parse::<Cidr>().is_err());
    }
}

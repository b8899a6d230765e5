//! Query strings of the API: every key is known or the answer is 400, with the nearest key named.

use std::fmt::Display;
use std::str::FromStr;

use domain::Invalid;
use domain::invalid::FieldError;

use super::problem::Problem;

/// The pairs of a query string. Each key is taken once; what is left over is unknown.
pub struct Query {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
    wrong: Vec<FieldError>,
}

impl Query {
    pub fn new(raw: Option<&str>) -> Self {
        let pairs = serde_urlencoded_pairs(raw.unwrap_or_default());
        Self { pairs, known: Vec::new(), wrong: Vec::new() }
    }

    /// What a bulk action is about, as the parameters of its list. None at all would be everything, by mistake.
    pub fn of_bulk(filter: &str) -> Self {
        let mut query = Self::new(Some(filter));
        if query.pairs.iter().all(|(key, value)| key == "sort" || value.trim().is_empty()) {
            query.refuse("filter", "is empty; all that there are is q=severity:*");
        }
        query
    }

    /// Every value of `key`; `key=a&key=b` and `key=a,b` are the same. Empty values do not count.
    pub fn list<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Vec<T> {
        let values = self.take(key);
        let parts = values.iter().flat_map(|v| v.split(',')).map(str::trim).filter(|v| !v.is_empty());
        parts.filter_map(|text| parsed(key, text, &mut self.wrong)).collect()
    }

    /// Every value of `key` as it stands, commas and all. Empty values do not count.
    pub fn texts(&mut self, key: &'static str) -> Vec<String> {
        self.take(key).into_iter().filter(|v| !v.is_empty()).collect()
    }

    /// The one value of `key`; two are an error.
    pub fn one<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Option<T> {
        let values = self.take(key);
        if values.len() > 1 {
            self.wrong.push(FieldError { field: key.to_owned(), reason: "give it once".to_owned() });
            return None;
        }
        let text = values.first().map(|v| v.trim()).filter(|v| !v.is_empty())?;
        parsed(key, text, &mut self.wrong)
    }

    /// Records that a value is wrong for a reason of the trade.
    pub fn refuse(&mut self, key: &str, reason: impl Into<String>) {
        self.wrong.push(FieldError { field: key.to_owned(), reason: reason.into() });
    }

    /// An error for everything wrong and everything unknown.
    pub fn done(mut self) -> Result<(), Problem> {
        let known = match self.known.as_slice() {
            [] => "there are no parameters here".to_owned(),
            known => format!("the parameters here are {}", known.join(", ")),
        };
        for (key, _) in &self.pairs {
            let shown: String = key.chars().take(60).collect();
            let reason = format!("unknown; {known}");
            self.wrong.push(FieldError { field: shown, reason });
        }
        if self.wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(Invalid(self.wrong))) }
    }

    fn take(&mut self, key: &'static str) -> Vec<String> {
        self.known.push(key);
        let (mine, rest) =
            std::mem::take(&mut self.pairs).into_iter().partition::<Vec<_>, _>(|(k, _)| k == key);
        self.pairs = rest;
        mine.into_iter().map(|(_, v)| v).collect()
    }
}

/// `a=1&b=2`, percent-encoded.
pub fn encode(pairs: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(pairs);
    out.finish()
}

fn serde_urlencoded_pairs(raw: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(raw.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}

fn parsed<T: FromStr<Err: Display>>(key: &str, text: &str, wrong: &mut Vec<FieldError>) -> Option<T> {
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            let shown: String = text.chars().take(60).collect();
            let error = error.to_string();
            // Our own say what it is not, and what would be one.
            let is = if error.starts_with("not ") { "is" } else { "cannot be read:" };
            wrong.push(FieldError { field: key.to_owned(), reason: format!("'{shown}' {is} {error}") });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Severity;

    use super::*;

    #[test]
    fn every_key_is_known_or_named() {
        let mut query = Query::new(Some("severity=high,low&severity=info&limit=5&severty=x"));
        assert_eq!(query.list::<Severity>("severity"), [Severity::High, Severity::Low, Severity::Info]);
        assert_eq!(query.one::<u32>("limit"), Some(5));
        let problem = query.done().unwrap_err();
        assert_eq!(problem.detail(), "severty: unknown; the parameters here are severity, limit");
        let none = Query::new(Some("limit=1")).done().unwrap_err();
        assert_eq!(none.detail(), "limit: unknown; there are no parameters here");
    }

    #[test]
    fn a_value_that_is_wrong_or_given_twice_is_refused() {
        let mut query = Query::new(Some("limit=many&cursor=a&cursor=b&text=%F0%9F%91%8D&from="));
        assert_eq!(query.one::<u32>("limit"), None);
        assert_eq!(query.one::<String>("cursor"), None);
        assert_eq!(query.one::<String>("text").as_deref(), Some("👍"));
        assert_eq!(query.one::<String>("from"), None, "empty is absent");
        let mut severity = Query::new(Some("severity=bogus"));
        assert_eq!(severity.list::<Severity>("severity"), []);
        let detail = severity.done().unwrap_err().detail().to_owned();
        assert_eq!(detail, "severity: 'bogus' is not a severity: info, low, medium, high or critical");
        assert!(query.done().unwrap_err().detail().contains("limit: 'many' cannot be read: invalid digit"));
    }
}

//! The mapping form: the URL of the mapping page while it is tried, the body of the import when it is meant.

use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

/// Column `i` feeds target `i`; an empty target feeds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MappingForm {
    /// It was sent: a file of log lines has no columns to tell by.
    pub asked: bool,
    pub column: Vec<String>,
    pub target: Vec<String>,
    /// Severity of rows that say none.
    pub severity: String,
    /// Source of rows that name none; the file's name when empty.
    pub source: String,
    pub environment: String,
}

impl MappingForm {
    /// `column[0]=level&target[0]=severity&…`; nothing when the page was opened and no form sent.
    pub fn read(map: &ParamsMap) -> Option<Self> {
        let get = |name: &str| map.get_str(name).map(str::to_owned);
        let list = |name: &str| (0..).map_while(|at| get(&format!("{name}[{at}]"))).collect::<Vec<_>>();
        let one = |name: &str| get(name).unwrap_or_default().trim().to_owned();
        let column = list("column");
        (get("asked").is_some() || !column.is_empty()).then(|| Self {
            asked: true,
            column,
            target: list("target"),
            severity: one("severity"),
            source: one("source"),
            environment: one("environment"),
        })
    }

    /// What column `name` feeds.
    pub fn target_of(&self, name: &str) -> &str {
        let at = self.column.iter().position(|column| column == name);
        at.and_then(|at| self.target.get(at)).map_or("", String::as_str)
    }
}

#[cfg(feature = "ssr")]
impl MappingForm {
    /// `page` with this mapping tried; the other way round than [`MappingForm::read`].
    pub fn href(&self, page: &str) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("asked", "true");
        for (at, (column, target)) in self.column.iter().zip(&self.target).enumerate() {
            pairs.append_pair(&format!("column[{at}]"), column).append_pair(&format!("target[{at}]"), target);
        }
        for (name, value) in
            [("severity", &self.severity), ("source", &self.source), ("environment", &self.environment)]
        {
            pairs.append_pair(name, value);
        }
        format!("{page}?{}#dry-run", pairs.finish())
    }

    /// What the import takes.
    ///
    /// # Errors
    /// A target or severity that is none, or nothing that feeds the message.
    pub fn to_choice(&self) -> Result<domain::upload::Choice, domain::Invalid> {
        use domain::event::Target;
        let mut problems = domain::invalid::Problems::default();
        let mut choice = domain::upload::Choice::default();
        for (column, target) in self.column.iter().zip(&self.target).filter(|(_, target)| !target.is_empty())
        {
            match target.parse::<Target>() {
                Ok(target) => choice.columns.entry(target).or_default().push(column.clone()),
                Err(reason) => problems.require(false, "target", reason),
            }
        }
        // The reader makes the message of AWS CloudTrail's records, which have none.
        let is_trail = ["eventName", "eventSource"].iter().all(|name| self.column.iter().any(|c| c == name));
        if !self.column.is_empty() && !is_trail {
            problems.require(
                choice.columns.contains_key(&Target::Message),
                "message",
                "choose the column that holds it",
            );
        }
        choice.severity = self.severity.parse().ok();
        problems.require(
            self.severity.is_empty() || choice.severity.is_some(),
            "severity",
            "info, low, medium, high or critical",
        );
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        choice.source = some(&self.source);
        choice.environment = some(&self.environment);
        problems.done()?;
        Ok(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> MappingForm {
        let map: ParamsMap =
            [("column[0]", "msg"), ("target[0]", "message"), ("column[1]", "x"), ("target[1]", "")]
                .into_iter()
                .collect();
        MappingForm::read(&map).unwrap()
    }

    #[test]
    fn a_mapping_is_read_from_the_address() {
        assert_eq!(
            (form().target_of("msg"), form().target_of("x"), form().target_of("y")),
            ("message", "", "")
        );
        assert_eq!(MappingForm::read(&ParamsMap::new()), None);
        let lines = MappingForm::read(&[("asked", "true"), ("source", "fw")].into_iter().collect()).unwrap();
        assert!(lines.asked && lines.column.is_empty());
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn an_address_takes_the_whole_mapping_back() {
        let mapping = MappingForm {
            target: vec![String::new(), "message".to_owned()],
            source: "a & b".to_owned(),
            ..form()
        };
        let address = mapping.href("/o/acme/uploads/1");
        let query = address.strip_prefix("/o/acme/uploads/1?").unwrap().strip_suffix("#dry-run").unwrap();
        let map = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(MappingForm::read(&map), Some(mapping));
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn log_lines_need_no_mapping() {
        let lines = MappingForm { asked: true, source: "fw".to_owned(), ..MappingForm::default() };
        assert_eq!(lines.to_choice().unwrap().source.as_deref(), Some("fw"));
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_mapping_without_a_message_is_refused() {
        assert_eq!(form().to_choice().unwrap().columns.len(), 1);
        let trail = MappingForm {
            column: ["eventName", "eventSource"].map(str::to_owned).to_vec(),
            target: vec!["event_type".to_owned(), String::new()],
            ..form()
        };
        assert_eq!(trail.to_choice().unwrap().columns.len(), 1, "a record of CloudTrail");
        let nothing = MappingForm { target: vec![String::new(); 2], ..form() };
        assert_eq!(nothing.to_choice().unwrap_err().0[0].field, "message");
    }
}

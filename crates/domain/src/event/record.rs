//! An event as a query sees it.

use super::Event;
use crate::query::{Datum, Field, Record};

impl Record for Event {
    fn get(&self, field: &'static Field) -> Option<Datum<'_>> {
        let text = match field.name {
            "severity" => return Some(Datum::Severity(self.severity)),
            "group" => return Some(Datum::Id(self.group_id.0)),
            "id" => return Some(Datum::Id(self.id.0)),
            "occurred_at" => return Some(Datum::Time(self.occurred_at)),
            "ingested_at" => return Some(Datum::Time(self.ingested_at)),
            "severity_text" => Some(&self.severity_text),
            "message" => Some(&self.message),
            "fingerprint" => Some(&self.fingerprint),
            "component" => self.component.as_ref(),
            "service" => self.service.as_ref(),
            "environment" => self.environment.as_ref(),
            "system_id" => self.system_id.as_ref(),
            "event_type" => self.event_type.as_ref(),
            "source" => self.source.as_ref(),
            _ => None,
        };
        text.map(|t| Datum::Text(t))
    }
    fn payload(&self) -> Option<&serde_json::Value> {
        Some(self.raw_payload.value())
    }
}

//! How often each value of a field occurs among what a list shows.

use domain::query::edit::{selected, target};
use domain::query::{Query, Schema};

/// The values of one field, the most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// As the query language calls it.
    pub field: &'static str,
    pub values: Vec<(String, i64)>,
}

/// The facets of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    pub facets: Vec<Facet>,
    /// They are those of the latest alone: there are more than were looked at.
    pub of_the_latest: bool,
}

impl Facets {
    /// Adds a field with its `most` most frequent values, and those besides that the query of the list chooses.
    pub(crate) fn put(
        &mut self,
        field: &'static str,
        counted: impl Iterator<Item = (String, i64)>,
        most: usize,
        query: Option<&Query>,
    ) {
        let chosen = query.map(selected).unwrap_or_default();
        let chosen = chosen.iter().find(|chosen| chosen.field == field);
        let is_chosen = |value: &String| {
            chosen.is_some_and(|chosen| chosen.included.contains(value) || chosen.excluded.contains(value))
        };
        let mut values: Vec<(String, i64)> = counted.collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let rest = values.split_off(most.min(values.len()));
        values.extend(rest.into_iter().filter(|(value, _)| is_chosen(value)));
        self.facets.push(Facet { field, values });
    }

    pub(crate) fn sort(&mut self, order: &[&str]) {
        self.facets.sort_by_key(|facet| order.iter().position(|field| *field == facet.field));
    }
}

/// Which fields are counted under which query: each without what the query chooses of it, so that its other values can be chosen too.
/// Fields of which nothing is chosen share a reading, the first.
pub(crate) fn readings(
    query: Option<&Query>,
    schema: &'static Schema,
    fields: &[&'static str],
) -> Vec<(Option<Query>, Vec<&'static str>)> {
    let chosen = query.map(selected).unwrap_or_default();
    let (own, shared): (Vec<&str>, Vec<&str>) =
        fields.iter().copied().partition(|field| chosen.iter().any(|chosen| chosen.field == *field));
    let mut readings = vec![(query.cloned(), shared)];
    for field in own {
        let without = match (query, target(field, schema)) {
            (Some(query), Ok(target)) => Some(query.without_choices_of(&target)),
            _ => query.cloned(),
        };
        readings.push((without, vec![field]));
    }
    readings
}

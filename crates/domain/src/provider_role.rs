//! Which role a group of the sign-in provider gives in an organization.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::invalid::Problems;
use crate::member::Role;

/// How many an organization may have.
pub const MOST: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRole {
    /// As the provider's claim names it, compared letter by letter.
    pub group: String,
    pub role: Role,
}

impl ProviderRole {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.name(&self.group, "group", 255);
        p.require(self.group.trim() == self.group, "group", "leave out the blanks around it");
        p.done()
    }
}

/// Every one by itself, and together: each group once.
pub fn check(all: &[ProviderRole]) -> Result<(), Invalid> {
    if all.len() > MOST {
        return Err(Invalid::field("items", format!("at most {MOST} groups")));
    }
    for (i, one) in all.iter().enumerate() {
        one.check()?;
        if all[..i].iter().any(|other| other.group == one.group) {
            return Err(Invalid::field(
                "group",
                format!("{} is there twice; a group gives one role", one.group),
            ));
        }
    }
    Ok(())
}

/// What somebody of these groups is here: the most that one of them gives; `None` when none gives anything.
pub fn role_of(all: &[ProviderRole], groups: &[String]) -> Option<Role> {
    all.iter().filter(|one| groups.contains(&one.group)).map(|one| one.role).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(group: &str, role: Role) -> ProviderRole {
        ProviderRole { group: group.to_owned(), role }
    }

    #[test]
    fn the_most_that_a_group_gives_counts_and_names_are_exact() {
        let all = [of("soc", Role::Analyst), of("leads", Role::Admin), of("staff", Role::Viewer)];
        let groups = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(role_of(&all, &groups(&["staff", "soc"])), Some(Role::Analyst));
        assert_eq!(role_of(&all, &groups(&["leads", "staff"])), Some(Role::Admin));
        assert_eq!(role_of(&all, &groups(&["SOC", "soc ", "so"])), None);
        assert_eq!(role_of(&all, &[]), None);
    }

    #[test]
    fn a_group_gives_one_role_and_has_a_name() {
        assert!(check(&[of("soc", Role::Viewer), of("soc", Role::Admin)]).is_err());
        for name in ["", " ", " soc", "a\nb", "a\u{202e}b"] {
            assert!(of(name, Role::Viewer).check().is_err(), "{name:?}");
        }
        let many: Vec<_> = (0..=MOST).map(|n| of(&format!("g{n}"), Role::Viewer)).collect();
        assert!(check(&many).is_err());
        assert!(check(&many[1..]).is_ok());
    }
}

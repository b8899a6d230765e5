//! The table of rules that make a change matter: as the product brings it, with what the organization changed and added.

use domain::audit::{Action, AuditEntry};
use domain::permission::{DriftRead, DriftWrite};
use domain::{Invalid, Timestamp};
use drift::rules::{Rule, Rules};
use serde_json::{Value, json};
use store::drift::rule::Kept;
use store::{Scoped, WriteTx};

use crate::error::CHANGED;
use crate::{Cx, Error, Result};

/// Most rules that an organization adds or changes.
const MOST: usize = 500;

/// A rule of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRule {
    pub rule: Rule,
    pub is_enabled: bool,
    /// The product brings it; one that it does not bring is the organization's own.
    pub is_brought: bool,
    /// 0: as it was brought.
    pub version: i64,
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<String>,
}

/// The rules that were brought in their order, then the organization's own.
pub async fn rule_table(cx: &Cx<DriftRead>) -> Result<Vec<TableRule>> {
    table(&mut cx.read().await?).await
}

/// The rules that a push is judged by.
pub(super) async fn in_force(tx: &mut impl Scoped) -> Result<Rules> {
    let table = table(tx).await?;
    Ok(Rules::new(table.into_iter().filter(|one| one.is_enabled).map(|one| one.rule).collect()))
}

/// Changes a rule, or adds one; pushes to come are judged by it. `seen`: the version that the change was made from, 0 of one as it was brought
/// or of a new one.
///
/// # Errors
/// `Conflict` where somebody changed it meanwhile; `NotFound` where there is none to change.
pub async fn save_rule(cx: &Cx<DriftWrite>, rule: Rule, is_enabled: bool, seen: i64) -> Result<TableRule> {
    let (tx, table) = locked(cx).await?;
    let old = table.iter().find(|one| one.rule.id == rule.id);
    match old {
        None if seen != 0 => return Err(Error::NotFound),
        Some(old) if old.version != seen => return Err(Error::Conflict(CHANGED.to_owned())),
        _ => {}
    }
    put(cx, tx, &table, rule, is_enabled, seen).await
}

/// [`save_rule`], to what `changed` makes of the rule as it is: nobody changes it in between.
pub async fn save_rule_with(
    cx: &Cx<DriftWrite>,
    id: &str,
    changed: impl FnOnce(&TableRule) -> Result<(Rule, bool)>,
) -> Result<TableRule> {
    let (tx, table) = locked(cx).await?;
    let old = table.iter().find(|one| one.rule.id == id).ok_or(Error::NotFound)?;
    let (rule, is_enabled) = changed(old)?;
    put(cx, tx, &table, Rule { id: id.to_owned(), ..rule }, is_enabled, old.version).await
}

async fn locked(cx: &Cx<DriftWrite>) -> Result<(WriteTx, Vec<TableRule>)> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let table = table(&mut tx).await?;
    Ok((tx, table))
}

async fn put(
    cx: &Cx<DriftWrite>,
    mut tx: WriteTx,
    table: &[TableRule],
    rule: Rule,
    is_enabled: bool,
    seen: i64,
) -> Result<TableRule> {
    let old = table.iter().find(|one| one.rule.id == rule.id);
    rule.check()?;
    if table.iter().filter(|one| one.version > 0).count() >= MOST && seen == 0 {
        return Err(
            Invalid::field("id", "at most 500 rules of your own; remove one that is not needed").into()
        );
    }
    let kept = Kept {
        id: rule.id.clone(),
        definition: json!(rule),
        is_enabled,
        version: seen + 1,
        updated_at: tx.now(),
        updated_by: cx.actor.audit().label,
    };
    if !store::drift::rule::put(&mut tx, &kept, seen).await? {
        return Err(Error::Conflict(CHANGED.to_owned()));
    }
    let saved = TableRule {
        is_brought: old.is_some_and(|old| old.is_brought),
        rule,
        is_enabled,
        version: kept.version,
        updated_at: Some(kept.updated_at),
        updated_by: Some(kept.updated_by),
    };
    let entry = AuditEntry::new(Action::DRIFT_RULE_CHANGED, "drift_rule", &saved.rule.id);
    tx.commit(entry.change(old.map(told), Some(told(&saved)))).await?;
    Ok(saved)
}

/// A rule is again as it was brought; one of the organization's own is gone.
pub async fn reset_rule(cx: &Cx<DriftWrite>, id: &str) -> Result<()> {
    let (mut tx, table) = locked(cx).await?;
    let old = table.iter().find(|one| one.rule.id == id && one.version > 0).ok_or(Error::NotFound)?;
    store::drift::rule::delete(&mut tx, id).await?;
    let entry = AuditEntry::new(Action::DRIFT_RULE_RESET, "drift_rule", id);
    tx.commit(entry.change(Some(told(old)), None)).await?;
    Ok(())
}

async fn table(tx: &mut impl Scoped) -> Result<Vec<TableRule>> {
    let brought = Rules::built_in().rules.into_iter().map(|rule| TableRule {
        rule,
        is_enabled: true,
        is_brought: true,
        version: 0,
        updated_at: None,
        updated_by: None,
    });
    let mut table: Vec<TableRule> = brought.collect();
    for kept in store::drift::rule::list(tx).await? {
        // One that a later version of the product cannot read is as it was brought.
        let Ok(rule) = serde_json::from_value::<Rule>(kept.definition) else { continue };
        let own = TableRule {
            rule,
            is_enabled: kept.is_enabled,
            is_brought: false,
            version: kept.version,
            updated_at: Some(kept.updated_at),
            updated_by: Some(kept.updated_by),
        };
        match table.iter_mut().find(|one| one.rule.id == kept.id) {
            Some(place) => *place = TableRule { is_brought: true, ..own },
            None => table.push(own),
        }
    }
    Ok(table)
}

fn told(of: &TableRule) -> Value {
    let mut told = json!(of.rule);
    told["is_enabled"] = json!(of.is_enabled);
    told
}

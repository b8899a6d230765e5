//! Forms of settings that two people have open at once. Each brings, in one hidden field, the fields that it was made from. What others
//! changed since and it did not is kept; where both changed the same nothing is saved, and the form comes back with what was typed, a table
//! of the three, and the fields of now in it: sent again it overwrites knowingly. Server only.
//!
//! The server function: [`Sent::of`], [`Sent::onto`] inside the service's `…_with`, [`Sent::answer`]. The page: [`start`].
//! The hidden field is input like any other: it decides only what is compared and shown.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use domain::Invalid;
use domain::permission::Permission;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use service::merge::{self, Fields, Together};
use service::{Cx, Error, drafts};
use ui::{Notice, NoticeKind};
use uuid::Uuid;

use crate::error::{Answer, AppError, Typed as _};
use crate::form::Form;
use crate::page::Done;

/// The name of the hidden field. `scripts/page.mjs` knows it: a page that is put in place anew leaves it beside what is typed.
pub const SEEN: &str = "seen";

/// A kind of record.
pub struct Kind<'a> {
    /// Of its drafts.
    pub name: &'static str,
    /// Its fields, as the form sends and calls them, in that order.
    pub fields: &'a [(&'a str, &'a str)],
}

/// A form as it was sent; `F` is a struct of texts.
#[derive(Serialize, Deserialize)]
pub struct Sent<F> {
    /// What it was made from; nothing where that could not be read.
    seen: Option<F>,
    mine: F,
    /// Names of what others changed and it did not, once that is known.
    #[serde(skip, default)]
    kept: Vec<String>,
}

impl<F: Serialize + DeserializeOwned> Sent<F> {
    pub fn of(seen: &str, mine: F) -> Self {
        // Texts, and those of this form's fields alone.
        let own = texts(&mine).unwrap_or_default();
        let seen = serde_json::from_str::<Fields>(seen).ok().map(|mut seen| {
            seen.retain(|name, _| own.contains_key(name));
            seen
        });
        Self { seen: seen.and_then(|seen| form(seen).ok()), mine, kept: Vec::new() }
    }

    /// The fields to save where `now` are stored.
    ///
    /// # Errors
    /// `Conflict` where others changed the same; `Invalid` where it is not known what the form was made from.
    pub fn onto(&mut self, now: &F) -> service::Result<F> {
        let Some(seen) = &self.seen else {
            let words = "the form does not say what it was made from; compare and save again";
            return Err(Invalid::field(SEEN, words).into());
        };
        let Together { fields, kept, both } =
            merge::fields(Some(&texts(seen)?), &texts(now)?, &texts(&self.mine)?);
        if !both.is_empty() {
            let words = "somebody else changed the same meanwhile; nothing was saved";
            return Err(Error::Conflict(words.to_owned()));
        }
        self.kept = kept;
        form(fields)
    }

    /// That it is saved, and what of others with it.
    pub fn done(&self, kind: &Kind<'_>, done: &str) -> Done {
        Done::new(match told(kind, &self.kept) {
            names if names.is_empty() => done.to_owned(),
            names => format!("{done}, with what others changed meanwhile: {names}"),
        })
    }

    /// Says what became of it. What was refused is kept for [`start`], however long it is.
    pub async fn answer<P: Permission, T>(
        self,
        cx: &Cx<P>,
        kind: &Kind<'_>,
        target: Uuid,
        saved: service::Result<T>,
        done: &str,
    ) -> Answer<Done> {
        let error = match saved {
            Ok(_) => {
                // Saved it is in any case; what is left over is swept.
                let _ = drafts::forget(cx, kind.name, target).await;
                return Ok(self.done(kind, done));
            }
            // What is not there, or not theirs, has no form to come back to.
            Err(error @ (Error::NotFound | Error::Forbidden)) => return Err(error.into()),
            Err(error) => refused(error),
        };
        let error = error.typed(&[("id", &target.to_string())]);
        if drafts::keep(cx, kind.name, target, 0, &self).await.is_ok() {
            return Err(error);
        }
        // As far as an address carries it.
        let seen = self.seen.as_ref().map(json).transpose()?.unwrap_or_default();
        let mut pairs: Vec<(String, String)> = texts(&self.mine)?.into_iter().collect();
        pairs.push((SEEN.to_owned(), seen));
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Err(error).typed_whole(&pairs)
    }
}

/// Why a form was refused. What is wrong with the hidden field is said of the form: nobody filled that in.
pub fn refused(error: Error) -> AppError {
    let error = AppError::from(error);
    match error.reason(SEEN) {
        Some(reason) => AppError { detail: reason, fields: Vec::new(), ..error },
        None => error,
    }
}

/// How a form starts.
pub struct Start<F> {
    pub fields: F,
    /// Stands in the form: the hidden field, and what others changed.
    pub told: AnyView,
}

/// From what is stored; or from what came back in `state`, with what others wrote meanwhile where it had left that alone.
pub async fn start<P: Permission, F: Serialize + DeserializeOwned>(
    cx: &Cx<P>,
    kind: &Kind<'_>,
    target: Uuid,
    state: Form,
    now: F,
) -> Answer<Start<F>> {
    start_in_words(cx, kind, target, state, now, &Fields::new()).await
}

/// As [`start`]; the table says `words` for the values that have any, as for the id of a person.
pub async fn start_in_words<P: Permission, F: Serialize + DeserializeOwned>(
    cx: &Cx<P>,
    kind: &Kind<'_>,
    target: Uuid,
    state: Form,
    now: F,
    words: &Fields,
) -> Answer<Start<F>> {
    let stored = json(&now)?;
    let sent =
        if state.is_refused() { drafts::kept::<P, Sent<F>>(cx, kind.name, target).await? } else { None };
    let Some(sent) = sent.map(|kept| kept.fields) else {
        return Ok(Start { told: hidden(state.typed(SEEN, stored)), fields: now });
    };
    let seen = sent.seen.as_ref().map(texts).transpose()?;
    let (now, mine) = (texts(&now)?, texts(&sent.mine)?);
    let together = merge::fields(seen.as_ref(), &now, &mine);
    let told = (!together.both.is_empty() || !together.kept.is_empty()).then(|| {
        // A page that is put in place anew has it once; what is typed after that stays.
        let mut hash = DefaultHasher::new();
        (&seen, &mine).hash(&mut hash);
        let merged = format!("{target}:{:x}", hash.finish());
        let seen = seen.as_ref().map(|seen| in_words(seen, words));
        let (now, mine) = (in_words(&now, words), in_words(&mine, words));
        view! { <div class="merge" data-merged=merged>{differences(kind, seen.as_ref(), &now, &mine, &together)}</div> }
    });
    let told = view! {
        {hidden(stored)}
        {told}
    };
    Ok(Start { fields: form(together.fields)?, told: told.into_any() })
}

/// What others changed alone, and the table of what both did.
pub fn differences(
    kind: &Kind<'_>,
    seen: Option<&Fields>,
    now: &Fields,
    mine: &Fields,
    together: &Together,
) -> AnyView {
    let kept = (!together.kept.is_empty()).then(|| {
        let names = told(kind, &together.kept);
        let text = format!("Others changed this meanwhile, and the form has it already: {names}.");
        view! { <Notice kind=NoticeKind::Info>{text}</Notice> }
    });
    let cell = |side: Option<&Fields>, name: &str| {
        let text = side.and_then(|side| side.get(name)).filter(|text| !text.is_empty());
        let text = text.map_or_else(|| "–".to_owned(), Clone::clone);
        view! { <td class="lines">{text}</td> }
    };
    let row = |(name, label): &(&str, &str)| {
        let label = (*label).to_owned();
        view! {
            <tr>
                <th scope="row">{label}</th>
                {cell(seen, name)}
                {cell(Some(now), name)}
                {cell(Some(mine), name)}
            </tr>
        }
    };
    let both = kind.fields.iter().filter(|(name, _)| together.both.iter().any(|one| one == name));
    let rows: Vec<_> = both.map(row).collect();
    let table = (!rows.is_empty()).then(|| {
        view! {
            <table class="data-table differences">
                <caption>
                    "What you and somebody else changed. The form has yours; change it to what is right and save again."
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Field"</th>
                        <th scope="col">"Before"</th>
                        <th scope="col">"Theirs, saved"</th>
                        <th scope="col">"Yours"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    view! {
        {kept}
        {table}
    }
    .into_any()
}

fn hidden(seen: String) -> AnyView {
    view! { <input type="hidden" name=SEEN value=seen /> }.into_any()
}

fn in_words(side: &Fields, words: &Fields) -> Fields {
    side.iter().map(|(name, text)| (name.clone(), words.get(text).unwrap_or(text).clone())).collect()
}

/// Names of fields in words.
fn told(kind: &Kind<'_>, names: &[String]) -> String {
    let called = |name: &String| kind.fields.iter().find(|(field, _)| field == name).map(|(_, label)| *label);
    names.iter().filter_map(called).collect::<Vec<_>>().join(", ")
}

/// The texts of a form by their names.
pub fn texts(form: &impl Serialize) -> service::Result<Fields> {
    serde_json::to_value(form).and_then(serde_json::from_value).map_err(no_texts)
}

pub fn form<F: DeserializeOwned>(texts: Fields) -> service::Result<F> {
    serde_json::to_value(texts).and_then(serde_json::from_value).map_err(no_texts)
}

pub fn json(form: &impl Serialize) -> service::Result<String> {
    serde_json::to_string(form).map_err(no_texts)
}

fn no_texts(error: serde_json::Error) -> Error {
    Error::Internal(format!("a form is not of texts: {error}"))
}

//! An answer as it travels.

use std::any::Any;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use crate::error::{Answer, AppError};
use crate::shown::{self, Shown};

/// The JSON text of a value, or why there is none.
#[derive(Clone, Debug)]
pub struct Raw {
    answer: Answer<Arc<str>>,
    /// The value, once [`Raw::shared`] read it.
    value: Arc<OnceLock<Arc<dyn Any + Send + Sync>>>,
}

impl Raw {
    pub fn of<T: Serialize>(answer: Answer<T>) -> Self {
        Self::new(answer.and_then(|value| {
            serde_json::to_string(&value).map(Arc::from).map_err(|_| AppError::not_understood())
        }))
    }
    pub fn text(answer: Answer<String>) -> Self {
        Self::new(answer.map(Arc::from))
    }
    /// What was not asked for: `null`.
    pub fn nothing() -> Self {
        Self::new(Ok(Arc::from("null")))
    }
    pub fn read<T: Shown>(&self) -> Answer<T> {
        shown::read(self.answer.as_ref().map_err(Clone::clone)?).ok_or_else(AppError::not_understood)
    }
    /// [`Raw::read`], once for all who look.
    pub fn shared<T: Shown + Send + Sync + 'static>(&self) -> Answer<Arc<T>> {
        if let Some(value) = self.value.get().and_then(|value| Arc::clone(value).downcast().ok()) {
            return Ok(value);
        }
        let value = Arc::new(self.read()?);
        let _ = self.value.set(Arc::<T>::clone(&value));
        Ok(value)
    }
    pub fn error(&self) -> Option<&AppError> {
        self.answer.as_ref().err()
    }
    fn new(answer: Answer<Arc<str>>) -> Self {
        Self { answer, value: Arc::default() }
    }
}

/// How it stands in the page that the server sends: `=` and the value, or `!` and the error.
impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            Ok(text) => write!(f, "={text}"),
            Err(error) => write!(f, "!{}", serde_json::to_string(error).unwrap_or_default()),
        }
    }
}

impl FromStr for Raw {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text.strip_prefix('='), text.strip_prefix('!')) {
            (Some(value), _) => Ok(Self::new(Ok(value.into()))),
            (_, Some(error)) => Ok(Self::new(Err(AppError::read(error)))),
            _ => Err("neither a value nor an error"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_the_page() {
        let value = Raw::of(Ok(vec!["a", "b"]));
        let value: Raw = value.to_string().parse().unwrap();
        assert_eq!(value.read::<Vec<String>>(), Ok(vec!["a".to_owned(), "b".to_owned()]));
        let error = Raw::of(Err::<String, _>(AppError::field("slug", "taken")));
        let error: Raw = error.to_string().parse().unwrap();
        assert_eq!(error.read::<String>(), Err(AppError::field("slug", "taken")));
    }

    #[test]
    fn a_value_is_read_once_for_all_who_look() {
        let value = Raw::of(Ok("a"));
        let (one, other) = (value.shared::<String>().unwrap(), value.clone().shared::<String>().unwrap());
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(value.shared::<bool>().unwrap_err().kind, crate::error::Kind::Internal);
    }

    #[test]
    fn what_was_not_asked_for_is_nothing() {
        assert_eq!(Raw::nothing().read::<Option<u32>>(), Ok(None));
    }

    #[test]
    fn an_answer_of_another_kind_is_an_error() {
        assert_eq!(Raw::of(Ok(1)).read::<String>().unwrap_err().kind, crate::error::Kind::Internal);
    }
}

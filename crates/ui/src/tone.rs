//! The colours that mean something, as one word every component takes.

/// A meaning with a colour. `Low` to `Critical` are heat: for severity and breached deadlines only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Greys.
    #[default]
    Neutral,
    /// The one accent.
    Accent,
    /// Done, healthy, added.
    Ok,
    /// Blue-grey.
    Info,
    /// Yellow.
    Low,
    /// Amber.
    Medium,
    /// Red.
    High,
    /// Dark red.
    Critical,
}

impl Tone {
    /// The CSS class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Accent => "accent",
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

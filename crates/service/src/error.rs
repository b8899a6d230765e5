//! One error enum. The edge (router, server functions, command line) turns it into an answer and logs it once.

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a [`Error::Conflict`] says where the record is another than the one that was changed.
pub const CHANGED: &str = "somebody changed it meanwhile; read it again";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not found")]
    NotFound,
    #[error("you may not do this here")]
    Forbidden,
    /// The platform role suspended the organization.
    #[error("this organization is suspended; ask whoever runs this Watchroom")]
    Suspended,
    /// The organization wants one of who enters.
    #[error("this organization asks for a second factor; set one up in your account")]
    SecondFactor,
    #[error("sign in first")]
    Unauthenticated,
    // Transparent: what it says is not said again as its own cause.
    #[error(transparent)]
    Invalid(#[from] domain::Invalid),
    /// It exists already, or changed since it was read.
    #[error("{0}")]
    Conflict(String),
    #[error("larger than {max} bytes")]
    TooLarge { max: u64 },
    #[error("too many at once; try again in {}", domain::wait::words(*retry_after))]
    TooMany { retry_after: u64 },
    /// The database, or the bucket of evidence, is away or full; nothing was written.
    #[error("what stores it cannot answer now; nothing was lost, try again")]
    Unavailable { full: bool },
    #[error("internal: {0}")]
    Internal(String),
}

impl From<bucket::Error> for Error {
    fn from(error: bucket::Error) -> Self {
        // Whoever asked is told to try again; what the bucket said is for who runs it.
        tracing::error!(%error, "the bucket of evidence");
        Self::Unavailable { full: false }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unique => Self::Conflict("it exists already".to_owned()),
            store::Error::Full => Self::Unavailable { full: true },
            store::Error::Unavailable(cause) => {
                tracing::warn!(cause, "it has to be tried again");
                Self::Unavailable { full: false }
            }
            store::Error::Collision(_) => Self::Unavailable { full: false },
            other => Self::Internal(other.to_string()),
        }
    }
}

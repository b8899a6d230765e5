//! Inline stroke icons (24 × 24, one path each): no font, no request, allowed by a strict CSP.

use leptos::prelude::*;

/// The pictures. One path string each, drawn with the current colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Overview,
    Events,
    Groups,
    Incidents,
    Cases,
    Approvals,
    Drift,
    Playbooks,
    Rules,
    Analytics,
    Reports,
    Sources,
    Audit,
    Settings,
    Search,
    Close,
    ChevronDown,
    ChevronUp,
    ChevronLeft,
    ChevronRight,
    Plus,
    Minus,
    Check,
    Copy,
    Download,
    Upload,
    Filter,
    Sun,
    Moon,
    Monitor,
    Menu,
    User,
    Logout,
    Key,
    Bell,
    Refresh,
    External,
    Warning,
    Info,
    Error,
    More,
    ArrowLeft,
    ArrowRight,
    ArrowUp,
    ArrowDown,
    Eye,
    EyeOff,
    Clock,
    Play,
    Pause,
    Bookmark,
    Link,
    Expand,
    Edit,
    Trash,
    Lock,
    File,
    Help,
    Keyboard,
    Tag,
    Columns,
}

impl Glyph {
    /// The path data of the picture.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Overview => "M4 4h6v7H4zM14 4h6v4h-6zM14 12h6v8h-6zM4 15h6v5H4z",
            Self::Events => "M4 6h16M4 12h16M4 18h10",
            Self::Groups => "M12 3l9 5-9 5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5",
            Self::Incidents | Self::Warning => {
                "M10.3 4.2 2.4 17.6A2 2 0 0 0 4.1 20.6h15.8a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0zM12 9.5v4M12 17h.01"
            }
            Self::Cases => {
                "M5 7.5h14a2 2 0 0 1 2 2V18a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9.5a2 2 0 0 1 2-2zM8.5 7.5V6a2 2 0 0 1 2-2h3a2 2 0 0 1 2 2v1.5M3 13h18"
            }
            Self::Approvals => "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0M8.5 12.2l2.4 2.4 4.6-4.9",
            Self::Drift => {
                "M3 7h3.5c5 0 5.5 10 11 10H21M18 14l3 3-3 3M3 17h3.5c1.7 0 2.9-1.2 3.8-2.8M13.7 9.8C14.6 8.2 15.8 7 17.5 7H21M18 4l3 3-3 3"
            }
            Self::Playbooks => "M4 5h6M4 12h6M4 19h6M14 4.5l5 3-5 3zM14 14.5l2 2 4-4.5",
            Self::Rules => {
                "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0"
            }
            Self::Analytics => "M4 4v14a2 2 0 0 0 2 2h14M8.5 16v-4M13 16V8M17.5 16v-6",
            Self::Reports => {
                "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5M9 13h6M9 17h4"
            }
            Self::Sources => {
                "M4 6a8 3 0 1 0 16 0a8 3 0 1 0-16 0M4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"
            }
            Self::Audit => "M12 3l8 3v5.5c0 4.6-3.2 8-8 9.5-4.8-1.5-8-4.9-8-9.5V6zM9 12l2.2 2.2L15.2 10",
            Self::Settings => {
                "M4 6h10M18 6h2M4 12h3M11 12h9M4 18h8M16 18h4M14 6a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 12a2 2 0 1 0 4 0a2 2 0 1 0-4 0M12 18a2 2 0 1 0 4 0a2 2 0 1 0-4 0"
            }
            Self::Search => "M4 11a7 7 0 1 0 14 0a7 7 0 1 0-14 0M20.5 20.5 16 16",
            Self::Close => "M6 6l12 12M18 6 6 18",
            Self::ChevronDown => "M6 9l6 6 6-6",
            Self::ChevronUp => "M6 15l6-6 6 6",
            Self::ChevronLeft => "M15 6l-6 6 6 6",
            Self::ChevronRight => "M9 6l6 6-6 6",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Minus => "M5 12h14",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Copy => {
                "M10 9h9a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1zM5.5 15H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v.5"
            }
            Self::Download => "M12 4v11M7 10.5l5 5 5-5M4 20h16",
            Self::Upload => "M12 16V5M7 9.5l5-5 5 5M4 20h16",
            Self::Filter => "M4 6h16M7 12h10M10 18h4",
            Self::Sun => {
                "M8 12a4 4 0 1 0 8 0a4 4 0 1 0-8 0M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"
            }
            Self::Moon => "M20.5 14.3A8.5 8.5 0 1 1 9.7 3.5a6.8 6.8 0 0 0 10.8 10.8z",
            Self::Monitor => {
                "M4 4h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8.5 21h7M12 17v4"
            }
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::User => "M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4.5 20.5c.8-3.7 3.8-5.5 7.5-5.5s6.7 1.8 7.5 5.5",
            Self::Logout => "M9.5 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h3.5M15.5 16.5 20 12l-4.5-4.5M20 12H9.5",
            Self::Key => "M3 16a5 5 0 1 0 10 0a5 5 0 1 0-10 0M11.6 12.4 20.5 3.5M17 7l3 3M14 10l2 2",
            Self::Bell => "M6 10a6 6 0 1 1 12 0c0 5 2 6.5 2 6.5H4S6 15 6 10zM10 20.2a2.3 2.3 0 0 0 4 0",
            Self::Refresh => "M20 11a8 8 0 0 0-14.3-4L4 9M4 4v5h5M4 13a8 8 0 0 0 14.3 4L20 15M20 20v-5h-5",
            Self::External => {
                "M14 4h6v6M20 4l-9 9M18 14v4.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 4 18.5v-11A1.5 1.5 0 0 1 5.5 6H10"
            }
            Self::Info => "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0M12 11v5M12 8h.01",
            Self::Error => "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 8v4.5M12 16h.01",
            Self::More => {
                "M4.5 12a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0M11.5 12a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0M18.5 12a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0"
            }
            Self::ArrowLeft => "M20 12H4M10 6l-6 6 6 6",
            Self::ArrowRight => "M4 12h16M14 6l6 6-6 6",
            Self::ArrowUp => "M12 20V4M6 10l6-6 6 6",
            Self::ArrowDown => "M12 4v16M6 14l6 6 6-6",
            Self::Eye => {
                "M2.5 12C4.5 7.8 8 5.5 12 5.5s7.5 2.3 9.5 6.5c-2 4.2-5.5 6.5-9.5 6.5S4.5 16.2 2.5 12zM9 12a3 3 0 1 0 6 0a3 3 0 1 0-6 0"
            }
            Self::EyeOff => {
                "M4 4l16 16M9.9 5.7c.7-.1 1.4-.2 2.1-.2 4 0 7.5 2.3 9.5 6.5-.6 1.3-1.4 2.4-2.3 3.4M6.3 7.5C4.7 8.6 3.4 10.1 2.5 12c2 4.2 5.5 6.5 9.5 6.5 1.5 0 3-.3 4.3-1M9.9 9.9a3 3 0 0 0 4.2 4.2"
            }
            Self::Clock => "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0M12 7v5l3.5 2",
            Self::Play => "M7 4.5l12 7.5-12 7.5z",
            Self::Pause => "M8 5v14M16 5v14",
            Self::Bookmark => "M6 4.5A1.5 1.5 0 0 1 7.5 3h9A1.5 1.5 0 0 1 18 4.5V21l-6-4.5L6 21z",
            Self::Link => {
                "M9.5 14.5l5-5M8 11l-2.5 2.5a3.9 3.9 0 0 0 5.5 5.5L13.5 16.5M16 13l2.5-2.5A3.9 3.9 0 0 0 13 5L10.5 7.5"
            }
            Self::Expand => "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
            Self::Edit => {
                "M4 20l1-4.5L16.5 4a2.1 2.1 0 0 1 3 0l.5.5a2.1 2.1 0 0 1 0 3L8.5 19zM14.5 6l3.5 3.5"
            }
            Self::Trash => "M4 7h16M9.5 7V4.5h5V7M6 7l1 13.5h10L18 7M10 11v6M14 11v6",
            Self::Lock => {
                "M6 11h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1zM8 11V7.5a4 4 0 0 1 8 0V11"
            }
            Self::File => "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5",
            Self::Help => {
                "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0M9.5 9.5a2.6 2.6 0 1 1 3.8 2.3c-.9.5-1.3 1-1.3 2M12 16.8h.01"
            }
            Self::Keyboard => {
                "M4 6h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zM7 10h.01M10.5 10h.01M14 10h.01M17 10h.01M8 14h8"
            }
            Self::Tag => "M4 4h8l8.5 8.5a1.5 1.5 0 0 1 0 2L14.5 20.5a1.5 1.5 0 0 1-2 0L4 12zM8.5 8.5h.01",
            Self::Columns => "M4 4h16v16H4zM9.3 4v16M14.7 4v16",
        }
    }

    /// Every picture, for the style guide.
    pub const ALL: [Self; 59] = [
        Self::Overview,
        Self::Events,
        Self::Groups,
        Self::Incidents,
        Self::Cases,
        Self::Approvals,
        Self::Drift,
        Self::Playbooks,
        Self::Rules,
        Self::Analytics,
        Self::Reports,
        Self::Sources,
        Self::Audit,
        Self::Settings,
        Self::Search,
        Self::Close,
        Self::ChevronDown,
        Self::ChevronUp,
        Self::ChevronLeft,
        Self::ChevronRight,
        Self::Plus,
        Self::Minus,
        Self::Check,
        Self::Copy,
        Self::Download,
        Self::Upload,
        Self::Filter,
        Self::Sun,
        Self::Moon,
        Self::Monitor,
        Self::Menu,
        Self::User,
        Self::Logout,
        Self::Key,
        Self::Bell,
        Self::Refresh,
        Self::External,
        Self::Info,
        Self::Error,
        Self::More,
        Self::ArrowLeft,
        Self::ArrowRight,
        Self::ArrowUp,
        Self::ArrowDown,
        Self::Eye,
        Self::EyeOff,
        Self::Clock,
        Self::Play,
        Self::Pause,
        Self::Bookmark,
        Self::Link,
        Self::Expand,
        Self::Edit,
        Self::Trash,
        Self::Lock,
        Self::File,
        Self::Help,
        Self::Keyboard,
        Self::Tag,
    ];
}

/// A picture beside a word; hidden from assistive technology (the word says it).
#[component]
pub fn Icon(
    /// Which picture.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=glyph.path()></path>
        </svg>
    }
}

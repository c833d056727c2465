//! The pictures beside the words, drawn in the page itself.

use std::fmt;

use askama::filters::HtmlSafe;

/// A small picture; hidden from screen readers, because the words beside it say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// An identity card.
    Card,
    /// A magnifying glass.
    Search,
    /// A telephone.
    Phone,
    /// A clock.
    Clock,
    /// Done: a filled disc with a tick.
    Check,
    /// Now: a ring around a filled dot.
    Now,
    /// Next: an empty ring.
    Next,
    /// A warning triangle.
    Warning,
    /// A public building.
    Office,
    /// The letter i.
    Info,
    /// A road with stations.
    Stages,
    /// A bag: what to bring.
    Bring,
    /// A truck.
    Truck,
    /// A printer.
    Print,
    /// A pause sign.
    Pause,
}

impl Icon {
    /// The SVG element.
    pub const fn svg(self) -> &'static str {
        match self {
            Self::Card => include_str!("../../../assets/icons/card.svg"),
            Self::Search => include_str!("../../../assets/icons/search.svg"),
            Self::Phone => include_str!("../../../assets/icons/phone.svg"),
            Self::Clock => include_str!("../../../assets/icons/clock.svg"),
            Self::Check => include_str!("../../../assets/icons/check.svg"),
            Self::Now => include_str!("../../../assets/icons/now.svg"),
            Self::Next => include_str!("../../../assets/icons/next.svg"),
            Self::Warning => include_str!("../../../assets/icons/warning.svg"),
            Self::Office => include_str!("../../../assets/icons/office.svg"),
            Self::Info => include_str!("../../../assets/icons/info.svg"),
            Self::Stages => include_str!("../../../assets/icons/stages.svg"),
            Self::Bring => include_str!("../../../assets/icons/bring.svg"),
            Self::Truck => include_str!("../../../assets/icons/truck.svg"),
            Self::Print => include_str!("../../../assets/icons/print.svg"),
            Self::Pause => include_str!("../../../assets/icons/pause.svg"),
        }
    }
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.svg().trim_end())
    }
}

impl HtmlSafe for Icon {}

//! The frame of every page: title, language switch, banner, footer.

use std::borrow::Cow;

use i18n::Language;

use crate::asset::asset;

/// What the page frame needs; a view holds it in its field `shell`, its template extends `shell.html`.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The language of the page.
    pub language: Language,
    /// What the page is about; the site's name follows by itself.
    pub title: Cow<'static, str>,
    /// The path of the page.
    pub path: String,
    /// The query of the page, without `?`.
    pub query: String,
    /// Whether to say that all people are invented.
    pub demonstration: bool,
}

/// A way to another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// The language it leads to.
    pub language: Language,
    /// The same page in that language.
    pub href: String,
}

impl Shell {
    /// The ways to the other languages, on the same page with the same query.
    pub fn switches(&self) -> Vec<Switch> {
        let others = Language::ALL.into_iter().filter(|language| *language != self.language);
        others.map(|language| Switch { language, href: self.href(language) }).collect()
    }

    /// Where the part of the site begins that the page is in: that of staff has an entrance of its own.
    pub fn home(&self) -> &'static str {
        const STAFF: &str = "/staff";
        let is_of_staff =
            self.path.strip_prefix(STAFF).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if is_of_staff { STAFF } else { "/" }
    }

    /// The address of an asset.
    pub fn asset(&self, name: &str) -> &'static str {
        asset(name)
    }

    fn href(&self, language: Language) -> String {
        let mut href = format!("{}?", self.path);
        let rest = self.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
        for pair in rest {
            href.push_str(pair);
            href.push('&');
        }
        href.push_str("lang=");
        href.push_str(language.code());
        href
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_site_leads_to_its_own_entrance() {
        let home = |path: &str| {
            let (path, query) = (path.to_owned(), String::new());
            Shell { language: Language::Zh, title: "".into(), path, query, demonstration: false }.home()
        };
        assert_eq!(["/staff", "/staff/people"].map(home), ["/staff"; 2]);
        assert_eq!(["/", "/offices", "/staffing"].map(home), ["/"; 3]);
    }

    #[test]
    fn the_switch_keeps_the_page_and_its_query() {
        let shell = |query: &str| Shell {
            language: Language::Zh,
            title: "".into(),
            path: "/offices".to_owned(),
            query: query.to_owned(),
            demonstration: false,
        };
        let href = |query| shell(query).switches().into_iter().map(|switch| switch.href).collect::<Vec<_>>();
        assert_eq!(href(""), ["/offices?lang=en"]);
        assert_eq!(href("lang=zh"), ["/offices?lang=en"]);
        assert_eq!(href("place=119900&lang=zh&page=2"), ["/offices?place=119900&page=2&lang=en"]);
    }
}

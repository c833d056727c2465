//! The words after a command, taken one by one; what nobody takes is refused.

/// The options of one command.
#[derive(Debug)]
pub(crate) struct Args {
    words: Vec<String>,
}

impl Args {
    /// Keeps the words in their order.
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Self {
        Self { words: words.collect() }
    }

    /// Takes the first word, unless it is an option.
    pub(crate) fn subject(&mut self) -> Option<String> {
        let named = self.words.first().is_some_and(|word| !word.starts_with('-'));
        named.then(|| self.words.remove(0))
    }

    /// Takes a switch such as `--long`; true if it was there.
    pub(crate) fn switch(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes an option with its value: `--data DIR` or `--data=DIR`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>, String> {
        let joined = format!("{name}=");
        if let Some(at) = self.words.iter().position(|word| word.starts_with(&joined)) {
            return Ok(Some(self.words.remove(at).split_off(joined.len())));
        }
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        self.words.remove(at);
        if self.words.get(at).is_none_or(|word| word.starts_with("--")) {
            return Err(format!("{name} needs a value"));
        }
        Ok(Some(self.words.remove(at)))
    }

    /// Takes an option that is a positive whole number, or its usual value.
    pub(crate) fn number(&mut self, name: &str, usual: u64) -> Result<u64, String> {
        let Some(typed) = self.value(name)? else { return Ok(usual) };
        match typed.replace('_', "").parse::<u64>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("{name} takes a positive whole number, not {typed:?}")),
        }
    }

    /// Refuses whatever is left.
    pub(crate) fn finish(self) -> Result<(), String> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(format!("unknown option {word:?}; see cargo xtask help")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Args;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_taken_in_any_order_and_form() {
        let mut args = args("inquiry --rounds 3 --data=/tmp/x --long --seconds 1_0");
        assert_eq!(args.subject().as_deref(), Some("inquiry"));
        assert_eq!(args.number("--seconds", 8), Ok(10));
        assert_eq!(args.value("--data"), Ok(Some("/tmp/x".into())));
        assert_eq!(args.number("--rounds", 5), Ok(3));
        assert_eq!(args.number("--connections", 64), Ok(64));
        assert!(args.switch("--long"));
        assert!(!args.switch("--long"));
        assert_eq!(args.finish(), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        assert!(args("--rounds 0").number("--rounds", 5).is_err());
        assert!(args("--rounds many").number("--rounds", 5).is_err());
        assert!(args("--data --long").value("--data").is_err());
        assert!(args("--data").value("--data").is_err());
        assert!(args("--lng").finish().is_err());
        assert_eq!(args("--long").subject(), None);
    }
}

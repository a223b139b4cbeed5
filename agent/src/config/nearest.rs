//! The word that a mistyped one was meant to be.

/// Finds the known word that a mistyped one was meant to be, if one is near enough.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let lower = word.to_lowercase();
    known
        .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= known.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_that_is_near_is_offered() {
        let known = ["denom", "mnemonic", "home"];
        assert_eq!(nearest("mnemnic", known.into_iter()), Some("mnemonic"));
        assert_eq!(nearest("hoem", known.into_iter()), Some("home"));
        assert_eq!(nearest("prefix", known.into_iter()), None);
    }
}

//! A mnemonic is read or refused; what is read is written so that it is read again, and what is refused
//! is not repeated in the error.

#![no_main]

use agent::cosmos::mnemonic::Mnemonic;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Mnemonic::parse(text) {
        Ok(mnemonic) => {
            let phrase = mnemonic.phrase();
            let again = Mnemonic::parse(&phrase).expect("what is written can be read");
            assert_eq!(*again.phrase(), *phrase);
        }
        Err(error) => {
            let said = error.to_string();
            let mut words = text.split_whitespace().filter(|word| word.len() > 12);
            assert!(!words.any(|word| said.contains(word)), "{said}");
        }
    }
});

//! Functions whose results differ from call to call, and those that talk to the system.

use agent::template::Value;

use crate::go;

fn rendered(text: &str) -> String {
    let out = go::render(&go::engine(), text, &go::data(None)).expect(text);
    String::from_utf8(out).expect("text")
}

/// Each template renders to "true".
#[test]
fn what_is_random_has_the_right_shape() {
    for text in [
        r#"{{ regexMatch "^[0-9A-Za-z]{20}$" (randAlphaNum 20) }}"#,
        r#"{{ regexMatch "^[A-Za-z]{20}$" (randAlpha 20) }}"#,
        r#"{{ regexMatch "^[0-9]{20}$" (randNumeric 20) }}"#,
        r#"{{ regexMatch "^[ -~]{20}$" (randAscii 20) }}"#,
        "{{ eq (randBytes 16 | b64dec | len) 16 }}",
        "{{ ne (randBytes 16) (randBytes 16) }}",
        "{{ has (randInt 3 6) (list 3 4 5) }}",
        r#"{{ eq (shuffle "hello" | splitList "" | sortAlpha | join "") "ehllo" }}"#,
        r#"{{ regexMatch "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" (uuidv4) }}"#,
        r#"{{ regexMatch "^\\$2a\\$10\\$[./0-9A-Za-z]{53}$" (bcrypt "secret") }}"#,
        r#"{{ regexMatch "^me:\\$2a\\$10\\$[./0-9A-Za-z]{53}$" (htpasswd "me" "secret") }}"#,
        r#"{{ eq (encryptAES "key" "some text" | decryptAES "key") "some text" }}"#,
        r#"{{ regexMatch "^20[0-9]{2}-[0-9]{2}-[0-9]{2}$" (now | date "2006-01-02") }}"#,
        r#"{{ eq (ago now) "0s" }}"#,
        r#"{{ eq (now | date_modify "-90s" | ago) "1m30s" }}"#,
        "{{ gt (now | unixEpoch | int64) (int64 1700000000) }}",
        r#"{{ eq (getHostByName "127.0.0.1") "127.0.0.1" }}"#,
        r#"{{ eq (sha512sum "") "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" }}"#,
    ] {
        assert_eq!(rendered(text), "true", "{text}");
    }
}

#[test]
fn what_cannot_be_had_is_a_clear_error() {
    for text in [
        r#"{{ genPrivateKey "rsa" }}"#,
        r#"{{ genCA "name" 1 }}"#,
        r#"{{ genCAWithKey "name" 1 "key" }}"#,
        r#"{{ genSelfSignedCert "name" nil nil 1 }}"#,
        r#"{{ genSelfSignedCertWithKey "name" nil nil 1 "key" }}"#,
        r#"{{ genSignedCert "name" nil nil 1 . }}"#,
        r#"{{ genSignedCertWithKey "name" nil nil 1 . "key" }}"#,
        r#"{{ buildCustomCert "cert" "key" }}"#,
    ] {
        let error = go::render(&go::engine(), text, &Value::Nil).expect_err(text).to_string();
        assert!(error.contains("not supported"), "{error}");
    }
}

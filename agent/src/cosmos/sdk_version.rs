//! Which Cosmos SDK a node's program was built with, without starting it.
//!
//! A start of such a program costs 0.11 s before it does anything; its build information is read
//! in under a millisecond.

mod build_info;

use std::{fmt, str::FromStr};

use serde::Deserialize;
use thiserror::Error;

pub use self::build_info::{BuildInfo, BuildInfoError, Module};

/// The module path of the SDK.
pub const SDK_MODULE: &str = "github.com/cosmos/cosmos-sdk";

/// A version of the SDK; what comes behind the patch number does not change formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SdkVersion {
    /// Always 0 so far.
    pub major: u32,
    /// The number that formats change with.
    pub minor: u32,
    /// The number of the release.
    pub patch: u32,
}

/// Why a text is not a version.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a version such as `v0.53.4`")]
pub struct SdkVersionError(String);

impl SdkVersion {
    /// Reads the SDK's version in what `<app>d version --long` prints, as YAML or as JSON; none if
    /// it is not told.
    ///
    /// # Source
    ///
    /// `Info`, cosmos-sdk v0.53.4, version/version.go:73: `cosmos_sdk_version`.
    pub fn from_version_output(output: &str) -> Option<Self> {
        let output = output.trim();
        if output.starts_with('{') {
            return serde_json::from_str::<VersionOutput>(output)
                .ok()?
                .cosmos_sdk_version
                .parse()
                .ok();
        }
        output
            .lines()
            .find_map(|line| line.strip_prefix("cosmos_sdk_version:"))
            .and_then(|version| version.trim().trim_matches(['"', '\'']).parse().ok())
    }
}

/// What `version --long --output json` prints, as far as it is read.
#[derive(Deserialize)]
struct VersionOutput {
    cosmos_sdk_version: String,
}

impl FromStr for SdkVersion {
    type Err = SdkVersionError;

    /// Reads `v0.53.4`, also with a part behind it such as `-rc.1` or `+meta`.
    fn from_str(text: &str) -> Result<Self, SdkVersionError> {
        let error = || SdkVersionError(text.to_owned());
        let numbers = text.strip_prefix('v').ok_or_else(error)?;
        let numbers = numbers.split(['-', '+']).next().unwrap_or_default();
        let numbers: Vec<u32> = numbers
            .split('.')
            .map(|number| number.parse().map_err(|_| error()))
            .collect::<Result<_, _>>()?;
        let [major, minor, patch] = numbers.try_into().map_err(|_| error())?;
        Ok(Self { major, minor, patch })
    }
}

impl fmt::Display for SdkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V0_53_4: SdkVersion = SdkVersion { major: 0, minor: 53, patch: 4 };

    #[test]
    fn a_version_may_have_more_behind_it() {
        for text in ["v0.53.4", "v0.53.4-rc.1", "v0.53.4+meta", "v0.53.4-0.20250101000000-abcdef"] {
            assert_eq!(text.parse(), Ok(V0_53_4), "{text}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "v", "0.53.4", "v0.53", "v0.53.x", "(devel)", "v0.53.4.1"] {
            assert!(text.parse::<SdkVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_output_of_version_long_is_read() {
        for output in [
            "build_deps:\n- cosmossdk.io/api@v0.9.2\ncosmos_sdk_version: v0.53.4\ngo: go1.26\n",
            "cosmos_sdk_version: \"v0.53.4\"",
            r#"{"name":"gwc","cosmos_sdk_version":"v0.53.4"}"#,
        ] {
            assert_eq!(SdkVersion::from_version_output(output), Some(V0_53_4), "{output}");
        }
        for output in ["", "{", "{}", "v1.0.0\n", "cosmos_sdk_version: \n"] {
            assert_eq!(SdkVersion::from_version_output(output), None, "{output}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(major: u32, minor: u32, patch: u32) {
            let version = SdkVersion { major, minor, patch };
            prop_assert_eq!(version.to_string().parse(), Ok(version));
        }
    }
}

//! Why the Kubernetes API did not do something, and what an operator can do about it.

use std::{error::Error as StdError, io};

use kube::config::{InClusterError, KubeconfigError};
use thiserror::Error;
use tokio::time::Duration;

pub use super::request::Call;
use crate::{exit, pod::retry::Transient};

/// Why the Kubernetes API did not do something.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// There is nothing that says where the API is.
    #[error(
        "there is no Kubernetes API to use: no kubeconfig (KUBECONFIG, ~/.kube/config), and this is \
         no pod (KUBERNETES_SERVICE_HOST is not set)"
    )]
    Nowhere,
    /// The kubeconfig was found, and says nothing that can be used.
    #[error("the kubeconfig `{files}` cannot be used")]
    Kubeconfig {
        /// The files, with "`, `" between them.
        files: String,
        /// What is wrong.
        #[source]
        source: Box<KubeconfigError>,
    },
    /// The kubeconfig wants a program to be started for a token.
    #[error(
        "the kubeconfig gets its token from the program `{0}`, which `agent run` cannot start; use a \
         service account, a token or a client certificate"
    )]
    Program(String),
    /// We are in a pod without a service account.
    #[error(
        "the pod's service account cannot be used; `automountServiceAccountToken` must not be false"
    )]
    InCluster(#[source] InClusterError),
    /// The client could not be made: certificates or a proxy that are none.
    #[error("a client for the Kubernetes API at `{url}` cannot be made")]
    Client {
        /// Where the API is.
        url: String,
        /// What is wrong.
        #[source]
        source: Box<kube::Error>,
    },
    /// There is no connection.
    #[error("the Kubernetes API at `{url}` cannot be reached")]
    Unreachable {
        /// Where the API is.
        url: String,
        /// What happened on the way.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The other side is not who it should be, or speaks no TLS.
    #[error(
        "the Kubernetes API at `{url}` cannot be trusted; is the certificate authority the right one?"
    )]
    Untrusted {
        /// Where the API is.
        url: String,
        /// What TLS says.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Our token or certificate cannot be read.
    #[error("there are no credentials for the Kubernetes API at `{url}`")]
    Credentials {
        /// Where the API is.
        url: String,
        /// What is wrong.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// There is a connection, and no answer.
    #[error("the Kubernetes API at `{url}` has not answered in {limit:?}")]
    Silent {
        /// Where the API is.
        url: String,
        /// How long we waited.
        limit: Duration,
    },
    /// It does not know us.
    #[error(
        "the Kubernetes API at `{url}` does not know us (401); is the token or the certificate \
         expired, or of another cluster?"
    )]
    Unauthorized {
        /// Where the API is.
        url: String,
    },
    /// It knows us, and RBAC does not let us.
    #[error("`{account}` may not {call}; {}", remedy(.call))]
    Forbidden {
        /// Who we are, as the API says.
        account: String,
        /// What is not allowed.
        call: Call,
    },
    /// It says no.
    #[error("the Kubernetes API does not {call} ({code}): {message}")]
    Refused {
        /// What was asked for.
        call: Call,
        /// The status code of HTTP.
        code: u16,
        /// What it says.
        message: String,
    },
    /// Its answer is not what it should be. The answer itself is not told: it may be a Secret.
    #[error("the answer of the Kubernetes API to {call} cannot be read")]
    Answer {
        /// What was asked for.
        call: Call,
        /// Where it is wrong.
        #[source]
        source: serde_json::Error,
    },
}

impl ClusterError {
    /// Tells apart why there is no answer.
    pub(super) fn failed(url: &str, error: kube::Error) -> Self {
        let url = url.to_owned();
        let auth = matches!(error, kube::Error::Auth(_));
        // Its own text says the same as its source.
        let source: Box<dyn StdError + Send + Sync> = match error {
            kube::Error::Service(source) => source,
            kube::Error::HyperError(source) => Box::new(source),
            kube::Error::Auth(source) => Box::new(source),
            other => Box::new(other),
        };
        if auth {
            Self::Credentials { url, source }
        } else if is_untrusted(&*source) {
            Self::Untrusted { url, source }
        } else {
            Self::Unreachable { url, source }
        }
    }

    /// Tells apart what an answer that is no success means.
    pub(super) fn answered(url: &str, call: &Call, code: u16, message: &str) -> Self {
        match (code, account(message)) {
            (401, _) => Self::Unauthorized { url: url.to_owned() },
            (403, Some(account)) => Self::Forbidden { account, call: call.clone() },
            _ => Self::Refused { call: call.clone(), code, message: message.to_owned() },
        }
    }

    /// The exit code, after `sysexits.h`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Nowhere
            | Self::Kubeconfig { .. }
            | Self::Program(_)
            | Self::InCluster(_)
            | Self::Client { .. }
            | Self::Untrusted { .. }
            | Self::Credentials { .. } => exit::CONFIG,
            Self::Unreachable { .. } | Self::Silent { .. } | Self::Answer { .. } => {
                exit::UNAVAILABLE
            }
            Self::Unauthorized { .. } | Self::Forbidden { .. } => exit::NO_PERMISSION,
            Self::Refused { code, .. } => match code {
                403 => exit::NO_PERMISSION,
                404 => exit::NO_INPUT,
                409 | 429 => exit::TEMPORARY,
                500.. => exit::UNAVAILABLE,
                _ => exit::CONFIG,
            },
        }
    }
}

impl Transient for ClusterError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::Refused { code, .. } => *code == 429 || *code >= 500,
            _ => false,
        }
    }
}

/// Whether TLS said no: the only source of this kind of error.
fn is_untrusted(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData) {
            return true;
        }
        // The source of an error in an `io::Error` is the source of that, not that.
        let inner = io.and_then(io::Error::get_ref).map(|inner| inner as &(dyn StdError + 'static));
        cause = inner.or_else(|| error.source());
    }
    false
}

/// The account in the message of RBAC: other refusals (a quota, a policy) name none like this.
///
/// # Source
///
/// `forbiddenMessage`, k8s.io/apiserver v0.33.13,
/// pkg/endpoints/handlers/responsewriters/errors.go: `User "x" cannot get resource "secrets" …`.
fn account(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("User \"")?;
    let (account, rest) = rest.split_once('"')?;
    rest.starts_with(" cannot ").then(|| account.to_owned())
}

/// The rule that is missing.
fn remedy(call: &Call) -> String {
    let kind = if call.namespace.is_some() { "Role" } else { "ClusterRole" };
    let Call { group, resource, verb, .. } = call;
    // RBAC cannot tell the names of new objects.
    let name = call.name.as_ref().filter(|_| *verb != "create");
    let name = name.map(|name| format!("resourceNames: [{name}], ")).unwrap_or_default();
    let rule = format!("apiGroups: [\"{group}\"], resources: [{resource}], {name}verbs: [{verb}]");
    format!("bind it to a {kind} with the rule `{{{rule}}}`")
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Node, Secret};

    use super::*;

    const FORBIDDEN: &str = "secrets \"words\" is forbidden: User \"system:serviceaccount:a:b\" \
                             cannot get resource \"secrets\" in API group \"\" in the namespace \"a\"";

    fn answered(call: &Call, code: u16, message: &str) -> ClusterError {
        ClusterError::answered("https://127.0.0.1:1", call, code, message)
    }

    #[test]
    fn a_missing_right_is_told_with_the_rule_that_grants_it() {
        let call = Call::new::<Secret>("get", Some("words"), "a");
        assert_eq!(
            answered(&call, 403, FORBIDDEN).to_string(),
            "`system:serviceaccount:a:b` may not get secrets `words` in the namespace `a`; bind it to \
             a Role with the rule `{apiGroups: [\"\"], resources: [secrets], resourceNames: [words], \
             verbs: [get]}`"
        );
    }

    #[test]
    fn a_rule_for_new_objects_and_lists_names_none() {
        let create = remedy(&Call::new::<Secret>("create", Some("words"), "a"));
        assert!(!create.contains("resourceNames"), "{create}");
        let list = remedy(&Call::of_cluster::<Node>("list", None));
        let rule = "{apiGroups: [\"\"], resources: [nodes], verbs: [list]}";
        assert_eq!(list, format!("bind it to a ClusterRole with the rule `{rule}`"));
    }

    #[test]
    fn a_refusal_that_is_not_of_rbac_keeps_its_words() {
        let call = Call::new::<Secret>("create", Some("words"), "a");
        let quota = "secrets \"words\" is forbidden: exceeded quota: q, requested: secrets=1";
        let error = answered(&call, 403, quota);
        assert!(error.to_string().ends_with(&format!("(403): {quota}")), "{error}");
        assert_eq!(error.exit_code(), exit::NO_PERMISSION);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let call = Call::new::<Secret>("get", Some("words"), "a");
        let transient = |code| answered(&call, code, "").is_transient();
        assert!([429, 500, 503, 504].into_iter().all(transient));
        assert!(![400, 401, 403, 404, 409, 422].into_iter().any(transient));
    }
}

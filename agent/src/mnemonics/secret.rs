//! A Secret in our memory.

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use zeroize::Zeroize as _;

use super::entries::EntryName;

/// A Secret that is wiped when dropped and cannot be printed.
pub(super) struct Sealed(Secret);

impl Sealed {
    pub(super) fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// A new Secret without entries. Its labels make nobody its owner: neither Helm, which knows
    /// its own by `managed-by` and two annotations, nor Argo CD, which goes by `instance`.
    pub(super) fn named(name: &str) -> Self {
        let labels = [
            ("app.kubernetes.io/name", "chainpod"),
            ("app.kubernetes.io/component", "mnemonics"),
            ("app.kubernetes.io/managed-by", "chainpod-agent"),
        ];
        // For a chart that adopts it: deleting the release keeps it all the same.
        let annotations = [("helm.sh/resource-policy", "keep")];
        let owned = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Some(pairs.collect::<BTreeMap<_, _>>())
        };
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            labels: owned(&labels),
            annotations: owned(&annotations),
            ..ObjectMeta::default()
        };
        Self(Secret { metadata, type_: Some("Opaque".to_owned()), ..Secret::default() })
    }

    /// The object, to be sent.
    pub(super) fn object(&self) -> &Secret {
        &self.0
    }

    pub(super) fn entry(&self, name: &EntryName) -> Option<&[u8]> {
        self.0.data.as_ref()?.get(name.as_str()).map(|ByteString(bytes)| bytes.as_slice())
    }

    pub(super) fn add(&mut self, name: &EntryName, phrase: &str) {
        let entry = ByteString(phrase.as_bytes().to_vec());
        self.0.data.get_or_insert_default().insert(name.as_str().to_owned(), entry);
    }

    pub(super) fn is_immutable(&self) -> bool {
        self.0.immutable == Some(true)
    }

    pub(super) fn is_being_deleted(&self) -> bool {
        self.0.metadata.deletion_timestamp.is_some()
    }

    /// The Helm release that deletes this Secret when it is uninstalled, if there is one.
    pub(super) fn release(&self) -> Option<&str> {
        let annotations = self.0.metadata.annotations.as_ref()?;
        let kept = annotations.get("helm.sh/resource-policy").is_some_and(|it| it.trim() == "keep");
        let release = annotations.get("meta.helm.sh/release-name")?;
        (!kept).then_some(release)
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        for ByteString(bytes) in self.0.data.iter_mut().flat_map(BTreeMap::values_mut) {
            bytes.zeroize();
        }
    }
}

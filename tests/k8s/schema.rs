//! The schema knows every value, and refuses what it does not know.

use serde_json::Value;

use crate::tools::{chart, parse_file, read, sets, template};

/// Maps whose keys are not ours: labels, objects of Kubernetes, sections of the agents.
const FREE: [&str; 22] = [
    "args",
    "init",
    "config",
    "labels",
    "annotations",
    "commonLabels",
    "commonAnnotations",
    "podLabels",
    "podAnnotations",
    "affinity",
    "nodeSelector",
    "podSecurityContext",
    "securityContext",
    "requests",
    "limits",
    "capabilities",
    "seccompProfile",
    "chainTypes",
    "exitCodes",
    "extraEnv",
    "tolerations",
    "chains",
];

#[test]
fn a_mistyped_key_is_refused_wherever_it_stands() {
    let values = parse_file(&chart().join("values.yaml"));
    let mut places = Vec::new();
    collect(&values, "", &mut places);
    assert!(places.len() > 30, "{places:?}");
    for place in places {
        let key = format!("{place}{}tpyo", if place.is_empty() { "" } else { "." });
        let error = template(&[], &[&format!("{key}=1")]).expect_err(&format!("{key} passed"));
        assert!(error.contains("'tpyo' not allowed"), "{key}: {error}");
    }
}

#[test]
fn a_mistyped_key_of_a_chain_or_a_type_is_refused() {
    for setting in [
        r#"chains=[{"name": "gwc", "type": "gwc", "blokTime": "1s"}]"#,
        r#"chains=[{"name": "gwc", "type": "gwc", "storage": {"sise": "1Gi"}}]"#,
        r#"chainTypes.gwc={"role": "hub", "lane": 3}"#,
        r#"chainTypes.gwc={"role": "hub", "image": {"tga": "1"}}"#,
    ] {
        let error = template(&[], &[setting]).expect_err(setting);
        assert!(error.contains("not allowed"), "{setting}: {error}");
    }
}

#[test]
fn a_value_that_cannot_be_meant_is_refused_with_its_key() {
    for (setting, key) in [
        ("datastores=-1", "/datastores"),
        (r#"datastores="2""#, "/datastores"),
        ("chain.blockTime=3", "/chain/blockTime"),
        (r#"chain.blockTime="1 s""#, "/chain/blockTime"),
        (r#"chains=[{"name": "GWC", "type": "gwc"}]"#, "/chains/0/name"),
        (r#"chains=[{"name": "gwc"}]"#, "'type'"),
        (r#"chainTypes.gwc={"role": "hubb"}"#, "/chainTypes/gwc/role"),
        ("chain.terminationGracePeriodSeconds=5", "/chain/terminationGracePeriodSeconds"),
        (r#"chain.image.digest="sha256:12""#, "/chain/image/digest"),
        (r#"chain.supervise.restart="sometimes""#, "/chain/supervise/restart"),
        (r#"relayer.gasPrice="0.1uatom""#, "/relayer/gasPrice"),
        (r#"chain.storage.retention="Keep""#, "/chain/storage/retention"),
        ("service.external.startPortRpc=70000", "/service/external/startPortRpc"),
        // Not the schema's, but the templates' own.
        (
            r#"chains=[{"name": "a", "type": "b"}]"#,
            "which is not one of chainTypes: fdsc, gwc, mdsc",
        ),
        (
            r#"chains=[{"name": "mdsc", "type": "mdsc"}]"#,
            "one chain whose type has the role `hub`, not 0",
        ),
        ("ingress.enabled=true", "ingress.domain must be set"),
    ] {
        let error = template(&[], &[setting]).expect_err(setting);
        assert!(error.contains(key), "{setting}: {error}");
    }
}

#[test]
fn two_chains_of_one_name_are_refused() {
    let twice = r#"chains=[{"name": "gwc", "type": "gwc"}, {"name": "gwc", "type": "mdsc"}]"#;
    assert!(template(&[], &[twice]).unwrap_err().contains("`gwc` is there twice"));
}

#[test]
fn node_ports_that_would_meet_are_refused() {
    let error = template(&[], &["datastores=9", "service.external.enabled=true"]).unwrap_err();
    assert!(error.contains("are 10 apart, but there are 11 chains"), "{error}");
    assert!(template(&[], &["datastores=8", "service.external.enabled=true"]).is_ok());
}

#[test]
fn the_schema_and_the_values_have_the_same_keys() {
    let values = parse_file(&chart().join("values.yaml"));
    let schema: Value =
        serde_json::from_str(&read(&chart().join("values.schema.json"))).expect("it is JSON");
    let keys = |value: &Value| -> Vec<String> {
        let keys = value.as_object().into_iter().flat_map(|map| map.keys());
        let mut keys: Vec<_> = keys.filter(|key| *key != "global").cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&values), keys(&schema["properties"]));
    for section in ["chain", "relayer", "agent", "mnemonics", "ingress", "networkPolicy"] {
        let known = keys(&schema["properties"][section]["properties"]);
        assert_eq!(keys(&values[section]), known, "{section}");
    }
    assert!(sets().len() >= 6);
}

/// The places of all maps that have a fixed set of keys.
fn collect(value: &Value, place: &str, places: &mut Vec<String>) {
    let Some(map) = value.as_object() else { return };
    places.push(place.to_owned());
    for (key, value) in map {
        if !FREE.contains(&key.as_str()) {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            collect(value, &place, places);
        }
    }
}

//! The `nodeService` section: a Service that makes one port of every node of the cluster lead to
//! this pod.
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `enabled` | whether there is such a Service | `false` |
//! | `forceUpdate` | whether to take over one of that name that somebody else manages | `false` |
//! | `nodePortTemplate` | renders to the port of the nodes, which is also that of the pod | |

use super::{
    node::{self, Text},
    reader::Field,
};
use crate::cluster::node_service::Foreign;

/// The Service that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeService {
    /// Renders to the port.
    pub port: Text,
    /// What to do about a Service of somebody else.
    pub foreign: Foreign,
}

impl NodeService {
    /// Reads the section; none if it is not enabled.
    pub fn read(field: &Field<'_>) -> Option<Self> {
        let mut section = field.section()?.in_any_case();
        let mut is_set = |key| section.take_filled(key).and_then(|it| it.boolean()) == Some(true);
        let (enabled, force) = (is_set("enabled"), is_set("forceUpdate"));
        let template = section.take("nodePortTemplate");
        if enabled && template.is_none() {
            let example = "must be set when `nodeService` is enabled, such as `30333`";
            section.missing("nodePortTemplate", example);
        }
        let port = template.and_then(|field| node::text(&field));
        section.finish();
        let foreign = if force { Foreign::TakeOver } else { Foreign::Keep };
        enabled.then_some(Self { port: port?, foreign })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, env::Env};

    fn read(section: &str) -> Result<Option<NodeService>, String> {
        let yaml = format!("nodeTemplate: {{command: [sh]}}\nnodeService: {section}\n");
        let config = Config::parse(Path::new("a.yaml"), yaml.as_bytes(), &Env::default());
        config.map(|config| config.node_service).map_err(|error| error.to_string())
    }

    #[test]
    fn only_an_enabled_section_means_anything() {
        assert_eq!(read("{enabled: false, nodePortTemplate: x}").unwrap(), None);
        assert_eq!(read("{forceUpdate: true}").unwrap(), None);
        assert_eq!(read("{enabled: ''}").unwrap(), None);
        let service = read("{Enabled: true, forceupdate: on, nodePortTemplate: 0x767d}");
        let service = service.unwrap().unwrap();
        assert_eq!((service.port.text.as_str(), service.foreign), ("30333", Foreign::TakeOver));
        assert_eq!(service.port.key, "nodeService.nodePortTemplate");
    }

    #[test]
    fn a_missing_template_and_an_unknown_key_are_told() {
        let error = read("{enabled: true, nodePortTemplat: 3}").unwrap_err();
        assert!(error.contains("`nodeService.nodePortTemplate` must be set"), "{error}");
        assert!(error.contains("did you mean `nodePortTemplate`?"), "{error}");
    }
}

//! The node's command line, its templates rendered.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::PathBuf,
};

use crate::{
    cluster::node_service::Foreign,
    config::{
        Config, ConfigError,
        env::Env,
        node::{Arg, Text},
        reader::{Place, Problem},
    },
    pod::child::{Command, Output},
    template::{Engine, NodeIps, TemplateError, Templates, Value, go_quote},
};

/// The position of this pod, unless `nodeTemplate.index` says otherwise: what stands behind the
/// last `-` of the pod's name.
const INDEX: &str = r#"{{ env "HOSTNAME" | splitList "-" | mustLast }}"#;

/// The Service that is to lead to this pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePort {
    /// Its name, which is the pod's.
    pub service: String,
    /// The port of the nodes and of the pod.
    pub port: u16,
    /// What to do about one that is there and not ours.
    pub foreign: Foreign,
}

/// Renders the templates of the node's command line.
///
/// # Errors
///
/// [`ConfigError::Template`] with every template that cannot be rendered, each with its key;
/// [`ConfigError::Invalid`] if the position is no number.
pub fn render(config: &Config, env: &Env, ips: &NodeIps) -> Result<Command, ConfigError> {
    let engine = engine(env, ips);
    let templates = common(config, &engine)?;
    let mut words = words(config, &templates, index(config, &templates)?)?.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default(), words);
    // Output that nobody watches is the node's own.
    let output = if config.watchlog.is_some() { Output::Relayed } else { Output::Own };
    (command.stdout, command.stderr) = (output(config.stdout), output(config.stderr));
    Ok(command)
}

/// What kubebot logs at a start: the program with the folder of `PATH` that it is found in, and its
/// arguments, each quoted as Go's `strconv.Quote` does.
pub fn starting(command: &Command) -> String {
    let path = command.path().map_or_else(|| command.program.clone(), PathBuf::into_os_string);
    let words = std::iter::once(&path).chain(&command.args);
    let quoted: Vec<_> = words.map(|word| go_quote(word.as_bytes())).collect();
    format!("Starting node: {}", quoted.join(" "))
}

/// The check that this pod pings, if there are any.
///
/// # Errors
///
/// [`ConfigError::Invalid`] if there are fewer checks than pods, and those of [`render`].
pub fn check(config: &Config, env: &Env, ips: &NodeIps) -> Result<Option<String>, ConfigError> {
    let Some(watch) = config.watchlog.as_ref().filter(|watch| !watch.ids.is_empty()) else {
        return Ok(None);
    };
    let engine = engine(env, ips);
    let templates = common(config, &engine)?;
    let index = position(config, &templates)?;
    let id = usize::try_from(index).ok().and_then(|index| watch.ids.get(index));
    id.cloned().map(Some).ok_or_else(|| {
        let message = format!("has {} checks, none for the pod at {index}", watch.ids.len());
        let key = "watchlog.healthcheckIDs".to_owned();
        invalid(vec![Problem { place: Place::Missing, key, message }])
    })
}

/// The Service that is to lead to this pod, if there is to be one.
///
/// # Errors
///
/// [`ConfigError::Invalid`] if its port is none, or the pod has no name, and those of [`render`].
pub fn node_port(
    config: &Config,
    env: &Env,
    ips: &NodeIps,
) -> Result<Option<NodePort>, ConfigError> {
    let Some(wanted) = &config.node_service else { return Ok(None) };
    let engine = engine(env, ips);
    let templates = common(config, &engine)?;
    let text = &wanted.port;
    let index = index(config, &templates)?;
    let command = words(config, &templates, index)?;
    let word = rendered(&templates, text, &data(config, index, &command));
    let word = word.map_err(|problem| failed(vec![problem]))?;
    let word = word.to_string_lossy();
    let port = word.parse().ok().filter(|port| *port != 0);
    let port =
        port.ok_or_else(|| wrong(text, format!("renders to `{word}`, which is not a port")))?;
    let service = env.get("HOSTNAME").map(str::to_owned);
    let service = service.ok_or_else(|| {
        wrong(text, "needs the variable HOSTNAME, which must be the pod's name".to_owned())
    })?;
    Ok(Some(NodePort { service, port, foreign: wanted.foreign }))
}

/// Tells whether a template asks for the addresses of the cluster's nodes.
///
/// # Errors
///
/// [`ConfigError::Template`] if the shared definitions, or a text that may ask, are no templates.
pub fn asks_for_node_ips(config: &Config, env: &Env) -> Result<bool, ConfigError> {
    let (node, common_text) = (&config.node, &config.common_template);
    let port = config.node_service.iter().map(|service| &service.port);
    let texts: Vec<_> = node.index.iter().chain(texts(config)).chain(port).collect();
    // Names cannot be computed: who never writes one never asks.
    if !texts.iter().chain([&common_text]).any(|text| NodeIps::are_named_in(&text.text)) {
        return Ok(false);
    }
    let engine = engine(env, &NodeIps::default());
    let templates = common(config, &engine)?;
    for text in texts.into_iter().filter(|text| text.text.contains("{{")) {
        let template = templates.template(name(text), &text.text);
        let template = template.map_err(|error| failed(vec![problem(text, &error)]))?;
        if NodeIps::are_used_by(&template.functions_used()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn engine(env: &Env, ips: &NodeIps) -> Engine {
    let variables = env.clone();
    let mut engine = Engine::new(move |name| variables.get(name).map(str::to_owned));
    ips.register(&mut engine);
    engine
}

/// The definitions that all templates share.
fn common<'e>(config: &Config, engine: &'e Engine) -> Result<Templates<'e>, ConfigError> {
    let text = &config.common_template;
    let templates = engine.parse("commonTemplate", &text.text);
    templates.map_err(|error| failed(vec![problem(text, &error)]))
}

/// The texts of the command line.
fn texts(config: &Config) -> impl Iterator<Item = &Text> {
    let values = config.node.args.iter().filter_map(|arg| match arg {
        Arg::Value(_, value) => Some(value),
        Arg::Flag(_) => None,
    });
    config.node.command.iter().chain(values)
}

/// Renders all words of the command line.
fn words(
    config: &Config,
    templates: &Templates<'_>,
    index: i64,
) -> Result<Vec<OsString>, ConfigError> {
    // The command is not there yet, for none of its words.
    let data = data(config, index, &[]);
    let mut problems = Vec::new();
    let mut words = Vec::new();
    let mut text = |text: &Text| {
        rendered(templates, text, &data).unwrap_or_else(|problem| {
            problems.push(problem);
            OsString::new()
        })
    };
    words.extend(config.node.command.iter().map(&mut text));
    for arg in &config.node.args {
        match arg {
            Arg::Flag(key) => words.push(format!("--{key}").into()),
            Arg::Value(key, value) => words.extend([format!("--{key}").into(), text(value)]),
        }
    }
    if problems.is_empty() { Ok(words) } else { Err(failed(problems)) }
}

/// Renders the position of this pod. Without a configured one it must be known only where a
/// template may need it, so that a node that does not runs on a host of any name.
fn index(config: &Config, templates: &Templates<'_>) -> Result<i64, ConfigError> {
    let port = config.node_service.iter().map(|service| &service.port);
    let texts: Vec<_> = texts(config).chain(port).chain([&config.common_template]).collect();
    if config.node.index.is_some() || texts.iter().any(|text| may_read_index(&text.text)) {
        return position(config, templates);
    }
    Ok(0)
}

/// Tells whether a text names the position, or its data as a whole: `.` or `$` alone.
fn may_read_index(text: &str) -> bool {
    let is_edge = |byte: &u8| byte.is_ascii_whitespace() || b"{}()|".contains(byte);
    let is_whole = |bytes: &[u8]| match bytes {
        [before, b'.' | b'$', after] => is_edge(before) && is_edge(after),
        _ => false,
    };
    text.contains(".Index") || text.contains("{{") && text.as_bytes().windows(3).any(is_whole)
}

/// Renders the position of this pod, whether it is needed or not.
fn position(config: &Config, templates: &Templates<'_>) -> Result<i64, ConfigError> {
    let default = Text { key: "nodeTemplate.index".to_owned(), ..Text::ours(INDEX) };
    let text = config.node.index.as_ref().unwrap_or(&default);
    let word = rendered(templates, text, &data(config, 0, &[]));
    let word = word.map_err(|problem| failed(vec![problem]))?;
    let word = word.to_string_lossy();
    word.parse().map_err(|_| wrong(text, format!("renders to `{word}`, which is not an integer")))
}

/// What templates may read, as kubebot gives it to them: only the port of the Service is rendered
/// when the command is there.
fn data(config: &Config, index: i64, command: &[OsString]) -> Value {
    let fields = vec![
        ("Stdout", Value::str(config.stdout.to_string())),
        ("Stderr", Value::str(config.stderr.to_string())),
        ("Index", Value::int(index)),
        ("Command", Value::strings(command.iter().map(|word| word.as_bytes()))),
    ];
    Value::structure("config.Node", fields)
}

/// Renders a text to any bytes, as arguments may be.
fn rendered(templates: &Templates<'_>, text: &Text, data: &Value) -> Result<OsString, Problem> {
    // Most words are no templates, and need no thread to be rendered on.
    if !text.text.contains("{{") {
        return Ok(text.text.clone().into());
    }
    let template = templates.template(name(text), &text.text);
    let bytes = template.and_then(|template| template.render_bytes(data));
    bytes.map(OsString::from_vec).map_err(|error| problem(text, &error))
}

/// What a text is called in the errors of its template.
fn name(text: &Text) -> &str {
    if text.key.is_empty() { "command" } else { &text.key }
}

fn problem(text: &Text, error: &TemplateError) -> Problem {
    at(text, format!("cannot be rendered: {error}"))
}

fn at(text: &Text, message: String) -> Problem {
    Problem { place: text.place.clone(), key: text.key.clone(), message }
}

fn wrong(text: &Text, message: String) -> ConfigError {
    invalid(vec![at(text, message)])
}

fn failed(problems: Vec<Problem>) -> ConfigError {
    ConfigError::Template(problems)
}

fn invalid(problems: Vec<Problem>) -> ConfigError {
    ConfigError::Invalid(problems)
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, path::Path};

    use super::*;

    fn line(yaml: &str, host: &str) -> Result<String, String> {
        let env = Env::of([("HOSTNAME", host)]);
        let config = Config::parse(Path::new("kubebot.yaml"), yaml.as_bytes(), &env);
        let command = render(&config.unwrap(), &env, &NodeIps::default())
            .map_err(|error| error.to_string())?;
        let words = std::iter::once(&command.program).chain(&command.args);
        Ok(words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn the_contracts_example_is_rendered_in_order_and_case() {
        let yaml = r#"
commonTemplate: |
  {{- define "nodePort" -}}
  {{ add 30333 .Index }}
  {{- end -}}
nodeTemplate:
  command: [hyperspace, --validator]
  args:
    name: '[KUBE-VALI] Development {{ printf "%02d" .Index }}'
    Port: '{{ template "nodePort" . }}'
    out-peers: 30
    reserved: [a, 010]
    rpc: ~
"#;
        let expected = "hyperspace|--validator|--name|[KUBE-VALI] Development 07|--Port|30340|\
                        --out-peers|30|--reserved|a|--reserved|8|--rpc";
        assert_eq!(line(yaml, "node-7").unwrap(), expected);
    }

    #[test]
    fn templates_read_what_kubebots_do() {
        let node =
            |value: &str| format!("nodeTemplate:\n  command: [sh, -c]\n  args: {{a: '{value}'}}\n");
        let rendered = |value: &str| line(&node(value), "x-3");
        assert_eq!(rendered("{{ .Command }}{{ len .Command }}").unwrap(), "sh|-c|--a|[]0");
        assert_eq!(
            rendered("{{ printf \"%T %T\" . .Command }}").unwrap(),
            "sh|-c|--a|config.Node []string"
        );
        for whole in ["{{ toJson . }}", "{{toJson $}}", "{{ with . }}{{ toJson (.) }}{{ end }}"] {
            assert!(rendered(whole).unwrap().contains("\"Index\":3"), "{whole}");
            assert!(line(&node(whole), "laptop").is_err(), "{whole}");
        }
        assert_eq!(line(&node("{{ upper \"a.b $ . c\" }}"), "x-3").unwrap(), "sh|-c|--a|A.B $ . C");
    }

    #[test]
    fn words_may_be_any_bytes() {
        let yaml = r#"nodeTemplate: {command: [sh, '{{ trunc 1 "é" }}', '{{ "\xff" }}']}"#;
        let config = parsed(yaml);
        let command = render(&config, &Env::default(), &NodeIps::default()).unwrap();
        assert_eq!(command.args, [OsStr::from_bytes(b"\xc3"), OsStr::from_bytes(b"\xff")]);
        assert!(starting(&command).ends_with(r#""\xc3" "\xff""#));
    }

    #[test]
    fn a_template_that_fails_is_an_error_with_its_key() {
        let yaml = "nodeTemplate:\n  command: [sh]\n  args:\n    a: '{{ fail \"no\" }}'\n";
        let error = line(yaml, "x-1").unwrap_err();
        assert!(error.starts_with("kubebot.yaml:4:8: `nodeTemplate.args.a` cannot be rendered:"));
        assert!(error.contains("error calling fail: no"), "{error}");
    }

    #[test]
    fn the_position_is_asked_for_only_where_it_is_needed() {
        assert_eq!(line("nodeTemplate: {command: [sh]}", "laptop").unwrap(), "sh");
        let error = line("nodeTemplate: {command: ['{{ .Index }}']}", "laptop").unwrap_err();
        assert!(error.contains("`nodeTemplate.index` renders to `laptop`"), "{error}");
        let own = "nodeTemplate: {index: '{{ add 1 2 }}', command: ['{{ .Index }}']}";
        assert_eq!(line(own, "laptop").unwrap(), "3");
        let blank = "nodeTemplate: {index: ' 3 ', command: [sh]}";
        assert!(line(blank, "x-1").unwrap_err().contains("renders to ` 3 `"));
    }

    fn parsed(yaml: &str) -> Config {
        Config::parse(Path::new("kubebot.yaml"), yaml.as_bytes(), &Env::default()).unwrap()
    }

    #[test]
    fn only_templates_that_are_rendered_ask_for_the_addresses_of_the_nodes() {
        let asks = |yaml: &str| asks_for_node_ips(&parsed(yaml), &Env::default()).unwrap();
        let common = "commonTemplate: '{{ define \"x\" }}{{ getRandomNodeIP }}{{ end }}'\n";
        assert!(!asks(&format!("{common}nodeTemplate: {{command: [getRandomNodeIP]}}")));
        assert!(asks(&format!("{common}nodeTemplate: {{command: ['{{{{ template \"x\" }}}}']}}")));
        assert!(asks(
            "nodeTemplate: {command: [sh]}\nnodeService: {enabled: true, nodePortTemplate: \
             '{{ getNodeIPWithIndex 1 }}'}"
        ));
    }

    #[test]
    fn the_port_of_the_service_is_a_port_and_the_pod_has_a_name() {
        let port = |template: &str, env: &Env| {
            let service = format!("nodeService: {{enabled: true, nodePortTemplate: '{template}'}}");
            let config = parsed(&format!("nodeTemplate: {{command: [sh]}}\n{service}"));
            let port = node_port(&config, env, &NodeIps::default());
            port.map(|port| port.unwrap().port).map_err(|error| error.to_string())
        };
        let env = Env::of([("HOSTNAME", "node-3")]);
        assert_eq!(port("{{ add 30333 .Index }}", &env), Ok(30336));
        for none in ["0", "65536", "-1", " 1", "p2p"] {
            let error = port(none, &env).unwrap_err();
            let expected =
                format!("`nodeService.nodePortTemplate` renders to `{none}`, which is not");
            assert!(error.contains(&expected), "{error}");
        }
        assert_eq!(port("{{ add 30333 (len .Command) }}", &env), Ok(30334));
        assert!(port("1", &Env::default()).unwrap_err().contains("HOSTNAME"));
    }
}

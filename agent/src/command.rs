//! The node's command line, its templates rendered.

use std::path::PathBuf;

use crate::{
    config::{
        Config, ConfigError,
        env::Env,
        node::{Arg, Text},
        reader::{Place, Problem},
    },
    pod::child::{Command, Output},
    template::{Engine, TemplateError, Templates, Value, go_quote},
};

/// The position of this pod, unless `nodeTemplate.index` says otherwise: what stands behind the
/// last `-` of the pod's name.
const INDEX: &str = r#"{{ env "HOSTNAME" | splitList "-" | mustLast }}"#;

/// Renders the templates of the node's command line.
///
/// # Errors
///
/// [`ConfigError::Invalid`] with every template that cannot be rendered, each with its key.
pub fn render(config: &Config, env: &Env) -> Result<Command, ConfigError> {
    let engine = engine(env);
    let common = &config.common_template;
    let templates = engine.parse("commonTemplate", &common.text);
    let templates = templates.map_err(|error| invalid(vec![problem(common, &error)]))?;
    let data = data(config, index(config, &templates)?);

    let mut problems = Vec::new();
    let mut words = Vec::new();
    let mut text = |text: &Text| {
        rendered(&templates, text, &data).unwrap_or_else(|problem| {
            problems.push(problem);
            String::new()
        })
    };
    words.extend(config.node.command.iter().map(&mut text));
    for arg in &config.node.args {
        match arg {
            Arg::Flag(key) => words.push(format!("--{key}")),
            Arg::Value(key, value) => words.extend([format!("--{key}"), text(value)]),
        }
    }
    if !problems.is_empty() {
        return Err(invalid(problems));
    }
    let mut words = words.into_iter();
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
    let quoted: Vec<_> = words.map(|word| go_quote(&word.to_string_lossy())).collect();
    format!("Starting node: {}", quoted.join(" "))
}

/// The check that this pod pings, if there are any.
///
/// # Errors
///
/// [`ConfigError::Invalid`] if there are fewer checks than pods.
pub fn check(config: &Config, env: &Env) -> Result<Option<String>, ConfigError> {
    let Some(watch) = config.watchlog.as_ref().filter(|watch| !watch.ids.is_empty()) else {
        return Ok(None);
    };
    let engine = engine(env);
    let common = &config.common_template;
    let templates = engine.parse("commonTemplate", &common.text);
    let templates = templates.map_err(|error| invalid(vec![problem(common, &error)]))?;
    let default = Text { key: "nodeTemplate.index".to_owned(), ..Text::ours(INDEX) };
    let index = number(config, &templates, config.node.index.as_ref().unwrap_or(&default))?;
    let id = usize::try_from(index).ok().and_then(|index| watch.ids.get(index));
    id.cloned().map(Some).ok_or_else(|| {
        let message = format!("has {} checks, none for the pod at {index}", watch.ids.len());
        let key = "watchlog.healthcheckIDs".to_owned();
        invalid(vec![Problem { place: Place::Missing, key, message }])
    })
}

fn engine(env: &Env) -> Engine {
    let variables = env.clone();
    Engine::new(move |name| variables.get(name).map(str::to_owned))
}

/// Renders the position of this pod. Without a configured one it is asked for only where a
/// template may need it, so that a node that does not runs on a host of any name.
fn index(config: &Config, templates: &Templates<'_>) -> Result<i64, ConfigError> {
    let node = &config.node;
    let Some(text) = &node.index else {
        let values = node.args.iter().filter_map(|arg| match arg {
            Arg::Value(_, value) => Some(value),
            Arg::Flag(_) => None,
        });
        let mut texts = node.command.iter().chain(values).chain([&config.common_template]);
        if !texts.any(|text| text.text.contains(".Index")) {
            return Ok(0);
        }
        let index = Text { key: "nodeTemplate.index".to_owned(), ..Text::ours(INDEX) };
        return number(config, templates, &index);
    };
    number(config, templates, text)
}

fn number(config: &Config, templates: &Templates<'_>, text: &Text) -> Result<i64, ConfigError> {
    let word = rendered(templates, text, &data(config, 0));
    let word = word.map_err(|problem| invalid(vec![problem]))?;
    word.parse().map_err(|_| {
        let message = format!("renders to `{word}`, which is not an integer");
        invalid(vec![Problem { place: text.place.clone(), key: text.key.clone(), message }])
    })
}

/// What templates may read, as kubebot gives it to them.
fn data(config: &Config, index: i64) -> Value {
    let words = config.node.command.iter().map(|word| Value::str(&word.text)).collect();
    let fields = vec![
        ("Index", Value::int(index)),
        ("Command", Value::list(words)),
        ("Stdout", Value::str(config.stdout.to_string())),
        ("Stderr", Value::str(config.stderr.to_string())),
    ];
    Value::structure("main.RenderData", fields)
}

fn rendered(templates: &Templates<'_>, text: &Text, data: &Value) -> Result<String, Problem> {
    // Most words are no templates, and need no thread to be rendered on.
    if !text.text.contains("{{") {
        return Ok(text.text.clone());
    }
    let name = if text.key.is_empty() { "command" } else { &text.key };
    templates.render(name, &text.text, data).map_err(|error| problem(text, &error))
}

fn problem(text: &Text, error: &TemplateError) -> Problem {
    let message = format!("cannot be rendered: {error}");
    Problem { place: text.place.clone(), key: text.key.clone(), message }
}

fn invalid(problems: Vec<Problem>) -> ConfigError {
    ConfigError::Invalid(problems)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn line(yaml: &str, host: &str) -> Result<String, String> {
        let env = Env::of([("HOSTNAME", host)]);
        let config = Config::parse(Path::new("kubebot.yaml"), yaml.as_bytes(), &env);
        let command = render(&config.unwrap(), &env).map_err(|error| error.to_string())?;
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
}

//! Sets of templates that share definitions.

use std::collections::BTreeSet;

use super::ast::{Command, Node, Term, Tree, is_blank};
use super::error::TemplateError;
use super::exec::{self, Lookup};
use super::parse::{Trees, parse};
use super::value::Value;
use super::{Engine, stack};

/// Definitions that templates share: what `commonTemplate` holds.
#[derive(Debug)]
pub struct Templates<'a> {
    engine: &'a Engine,
    name: String,
    trees: Trees,
}

/// A parsed template, with the definitions that it shares.
///
/// Its own name hides no definition: a template `port` may invoke the shared `port`.
#[derive(Debug)]
pub struct Template<'a> {
    shared: &'a Templates<'a>,
    name: String,
    trees: Trees,
}

impl<'a> Templates<'a> {
    pub(super) fn parse(engine: &'a Engine, name: &str, text: &str) -> Result<Self, TemplateError> {
        let trees = stack::deep(|| parse(name, text, engine))?;
        Ok(Self { engine, name: name.to_owned(), trees })
    }

    /// The name of the text that they stand in.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Adds the definitions of another text; they replace those of the same name.
    ///
    /// # Errors
    /// When the text is no template, or names an unknown function.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), TemplateError> {
        let engine = self.engine;
        for (name, tree) in stack::deep(|| parse(name, text, engine))? {
            if !is_blank(&tree.root) || !self.trees.contains_key(&name) {
                self.trees.insert(name, tree);
            }
        }
        Ok(())
    }

    /// Parses a template that uses the shared definitions. What it defines itself only it sees.
    ///
    /// # Errors
    /// When the text is no template, or names an unknown function.
    pub fn template(&'a self, name: &str, text: &str) -> Result<Template<'a>, TemplateError> {
        let engine = self.engine;
        let trees = stack::deep(|| parse(name, text, engine))?;
        Ok(Template { shared: self, name: name.to_owned(), trees })
    }

    /// Parses and renders a template.
    ///
    /// # Errors
    /// When it cannot be parsed or rendered, or its output is not UTF-8.
    pub fn render(&self, name: &str, text: &str, data: &Value) -> Result<String, TemplateError> {
        self.template(name, text)?.render(data)
    }
}

impl Template<'_> {
    /// Renders the template to text.
    ///
    /// # Errors
    /// When an action fails, or the output is not UTF-8.
    pub fn render(&self, data: &Value) -> Result<String, TemplateError> {
        String::from_utf8(self.render_bytes(data)?).map_err(|error| TemplateError::NotUtf8 {
            template: self.name.clone(),
            offset: error.utf8_error().valid_up_to(),
        })
    }

    /// Renders the template to bytes.
    ///
    /// # Errors
    /// When an action fails.
    pub fn render_bytes(&self, data: &Value) -> Result<Vec<u8>, TemplateError> {
        let Some(tree) = self.trees.get(&self.name) else {
            let (name, template) = (self.name.clone(), self.name.clone());
            return Err(TemplateError::Missing { name, template });
        };
        stack::deep(|| exec::render(self.shared.engine, self, tree, data))
    }

    /// The functions that rendering may call: those of the template itself, and of the ones it
    /// invokes with `template` or `include`, more rather than less: a shared definition counts though
    /// it be replaced. If the name of an included one is computed, those of all of them.
    pub fn functions_used(&self) -> BTreeSet<String> {
        let mut used = Used::default();
        let mut wanted = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = vec![self.trees.get(&self.name)];
        loop {
            for tree in next.into_iter().flatten() {
                used.nodes(&tree.root);
            }
            wanted.append(&mut used.templates);
            if std::mem::take(&mut used.any_template) {
                wanted.extend(self.shared.trees.keys().cloned());
            }
            let Some(name) = wanted.pop() else { return used.functions };
            next = Vec::new();
            if seen.insert(name.clone()) {
                // `template` means the first, `include` always the shared one.
                next = vec![self.lookup(&name), self.shared.lookup(&name)];
            }
        }
    }
}

impl Lookup for Template<'_> {
    fn lookup(&self, name: &str) -> Option<&Tree> {
        let own = self.trees.get(name);
        let shared = self.shared.trees.get(name);
        match own {
            Some(tree) if name != self.name && !is_blank(&tree.root) => own,
            _ => shared.or(own),
        }
    }

    fn shared(&self) -> &Templates<'_> {
        self.shared
    }
}

impl Lookup for Templates<'_> {
    fn lookup(&self, name: &str) -> Option<&Tree> {
        self.trees.get(name)
    }

    fn shared(&self) -> &Templates<'_> {
        self
    }
}

/// What a template uses.
#[derive(Default)]
struct Used {
    functions: BTreeSet<String>,
    templates: Vec<String>,
    any_template: bool,
}

impl Used {
    fn nodes(&mut self, nodes: &[Node]) {
        let mut pending: Vec<&Node> = nodes.iter().collect();
        while let Some(node) = pending.pop() {
            match node {
                Node::Action(pipe) => pipe.each_command(&mut |command| self.command(command)),
                Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                    branch.pipe.each_command(&mut |command| self.command(command));
                    pending.extend(&branch.list);
                    pending.extend(branch.else_list.iter().flatten());
                }
                Node::Template(invocation) => {
                    self.templates.push(invocation.name.clone());
                    if let Some(pipe) = &invocation.pipe {
                        pipe.each_command(&mut |command| self.command(command));
                    }
                }
                Node::Text(_) | Node::Break | Node::Continue => {}
            }
        }
    }

    fn command(&mut self, command: &Command) {
        let operands = std::iter::once(&command.first).chain(&command.args);
        for name in operands.filter_map(|operand| operand.identifier()) {
            self.functions.insert(name.to_owned());
        }
        if command.first.identifier() == Some("include") {
            match command.args.first().map(|operand| &operand.term) {
                Some(Term::Str(_, text)) => {
                    self.templates.push(String::from_utf8_lossy(text).into_owned());
                }
                _ => self.any_template = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::NodeIps;
    use super::*;

    const COMMON: &str = r#"{{ define "ip" }}{{ getRandomNodeIP }}{{ end }}{{ define "port" }}{{ add 1 .Index }}{{ end }}"#;

    fn engine() -> (Engine, NodeIps) {
        let mut engine = Engine::new(|_| None);
        let ips = NodeIps::default();
        ips.register(&mut engine);
        (engine, ips)
    }

    #[test]
    fn only_templates_that_ask_for_node_ips_use_them() {
        let (engine, _) = engine();
        let common = engine.parse("common", COMMON).unwrap();
        for (text, used) in [
            (r#"{{ template "port" . }}"#, false),
            (r#"{{ if .x }}{{ range .y }}{{ template "ip" }}{{ end }}{{ end }}"#, true),
            (r#"{{ include "ip" . | upper }}"#, true),
            (r#"{{ include (print "i" "p") . }}"#, true),
            ("{{ print (getNodeIPWithIndex 3) }}", true),
            (r#"{{ define "x" }}{{ getRandomNodeIP }}{{ end }}text"#, false),
            (r#"{{ define "ip" }}none{{ end }}{{ template "ip" }}"#, true),
            (r#"{{ define "ip" }}none{{ end }}{{ include "ip" . }}"#, true),
        ] {
            let template = common.template("t", text).unwrap();
            assert_eq!(NodeIps::are_used_by(&template.functions_used()), used, "{text}");
        }
    }

    #[test]
    fn include_knows_only_what_is_shared() {
        let (engine, _) = engine();
        let common = engine.parse("common", r#"{{ define "x" }}shared{{ end }}"#).unwrap();
        let own = r#"{{ define "x" }}own{{ end }}{{ template "x" }} {{ include "x" . }}"#;
        assert_eq!(common.render("t", own, &Value::Nil).unwrap(), "own shared");
        let unshared = r#"{{ define "y" }}own{{ end }}{{ include "y" . }}"#;
        let error = common.render("t", unshared, &Value::Nil).unwrap_err().to_string();
        assert!(
            error.ends_with("no template \"y\" associated with template \"common\""),
            "{error}"
        );
    }

    #[test]
    fn node_ips_are_supplied_after_parsing() {
        let (engine, ips) = engine();
        let common = engine.parse("common", COMMON).unwrap();
        let template = common.template("t", "{{ getNodeIPWithIndex (add .Index 4) }}").unwrap();
        let data = Value::structure("main.Data", vec![("Index", Value::int(1))]);
        assert!(template.render(&data).unwrap_err().to_string().contains("are not known"));
        ips.supply(vec!["10.0.0.1".to_owned(), "10.0.0.2".to_owned()]);
        assert_eq!(template.render(&data).unwrap(), "10.0.0.2");
    }

    #[test]
    fn an_error_names_template_line_column_and_function() {
        let (engine, _) = engine();
        let common = engine.parse("common", COMMON).unwrap();
        let error = common.render("index", "a\n{{ fail \"no\" }}", &Value::Nil).unwrap_err();
        assert_eq!(
            error.to_string(),
            "template: index:2:3: executing \"index\" at <fail \"no\">: error calling fail: no"
        );
        let TemplateError::Exec { function, .. } = error else { panic!("{error}") };
        assert_eq!(function.as_deref(), Some("fail"));
    }

    #[test]
    fn output_that_is_not_utf8_is_an_error_as_text() {
        let (engine, _) = engine();
        let common = engine.parse("common", COMMON).unwrap();
        let template = common.template("t", r#"a{{ b64dec "/w==" }}"#).unwrap();
        assert_eq!(template.render_bytes(&Value::Nil).unwrap(), b"a\xff");
        assert!(matches!(
            template.render(&Value::Nil),
            Err(TemplateError::NotUtf8 { offset: 1, .. })
        ));
    }

    #[test]
    fn functions_of_the_caller_may_keep_state_and_fail() {
        use std::sync::atomic::{AtomicI64, Ordering};
        let mut engine = Engine::new(|_| None);
        let calls = AtomicI64::new(0);
        engine.register(super::super::Function::new(
            "address",
            &[super::super::Type::Str],
            move |args| match args.first() {
                Some(Value::Str(name)) if **name == *b"validator" => {
                    Ok(Value::int(calls.fetch_add(1, Ordering::Relaxed)))
                }
                _ => Err("no such account".to_owned()),
            },
        ));
        let common = engine.parse("common", "").unwrap();
        let text = r#"{{ address "validator" }}{{ address "validator" }}"#;
        assert_eq!(common.render("t", text, &Value::Nil).unwrap(), "01");
        let error = common.render("t", r#"{{ address "x" }}"#, &Value::Nil).unwrap_err();
        assert!(error.to_string().ends_with("error calling address: no such account"), "{error}");
    }
}

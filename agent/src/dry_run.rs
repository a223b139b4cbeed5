//! `--dry-run`: what a start would do, in words. Changes nothing and starts nothing.

use std::{fmt::Write as _, rc::Rc};

use crate::{
    command::{self, NodePort},
    config::{Config, edits::Edit, env::Env, init::InitConfig, yaml::Kind},
    error::Error,
    init::{
        World,
        home::State,
        steps::{InitStep, PLAN, Settings},
    },
    pod::{
        plan::{Check, Step as _},
        reaper::Reaper,
    },
    template::NodeIps,
};

/// Describes the plan for the home, if there is one to make.
///
/// # Errors
///
/// [`Error::Init`] if the home is not ours to change, as a start would say.
pub async fn plan(init: &InitConfig, reaper: &Reaper) -> Result<String, Error> {
    let world = World::new(Rc::new(init.clone()), reaper.clone());
    let whole = matches!(world.state()?, State::Whole);
    let mut text = format!("home {} (chain {})\n", init.home.display(), init.chain_id);
    for step in PLAN {
        let (state, why) = match (step, whole) {
            (InitStep::Home, _) | (_, true) => match step.check(&world).await? {
                Check::Done => ("done", String::new()),
                Check::Pending(why) => ("pending", why),
            },
            (_, false) => ("pending", "comes with the home".to_owned()),
        };
        let _ = writeln!(text, "  {step:<12} {state:<8} {why}"); // a String takes it all
    }
    for settings in Settings::ALL {
        if !whole {
            text.push_str(&listed(settings, settings.edits(&world)));
        } else if let Some(edited) = settings.edited(&world)? {
            text.push_str(&edited.diff());
        }
    }
    Ok(text)
}

/// Describes the node's command line: for a shell, and as kubebot logs it.
///
/// # Errors
///
/// [`Error::Config`] if a template cannot be rendered.
pub fn command(config: &Config, env: &Env, ips: &NodeIps) -> Result<String, Error> {
    let command = command::render(config, env, ips)?;
    command::check(config, env, ips)?; // a start would refuse it
    let service = match command::node_port(config, env, ips)? {
        Some(NodePort { service, port, .. }) => format!("Service {service}: node port {port}\n"),
        None => String::new(),
    };
    Ok(format!("{service}{command}\n{}\n", command::starting(&command)))
}

/// The keys that will be set in a file that is not there yet.
fn listed(settings: Settings, edits: &[Edit]) -> String {
    let mut text = String::new();
    for edit in edits {
        let (key, value) = (edit.key(), value(&edit.value.kind));
        let new = if edit.new { "  (new)" } else { "" };
        let _ = writeln!(text, "{}: {key} = {value}{new}", settings.file_name()); // as above
    }
    text
}

fn value(kind: &Kind) -> String {
    match kind {
        Kind::Scalar { text, .. } => text.clone(),
        Kind::List(items) => {
            let items: Vec<_> = items.iter().map(|item| value(&item.kind)).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Map(_) => "{}".to_owned(),
    }
}

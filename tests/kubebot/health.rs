//! Health and metrics.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{LIMIT, NODE, free, get, node_of, pod, script, status, try_get, wait_for};
use chainpod_tests::wait;

/// The metrics, as a Prometheus parser understands them.
fn scrape(text: &str) -> prometheus_parse::Scrape {
    prometheus_parse::Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap()
}

/// A sample, of a metric whose values are integers.
fn value(scrape: &prometheus_parse::Scrape, name: &str, label: &str) -> String {
    let mut samples = scrape.samples.iter();
    let sample = samples.find(|sample| {
        sample.metric == name && (label.is_empty() || sample.labels.values().any(|v| v == label))
    });
    match sample.unwrap_or_else(|| panic!("no {name} {label}")).value {
        prometheus_parse::Value::Counter(value)
        | prometheus_parse::Value::Gauge(value)
        | prometheus_parse::Value::Untyped(value) => value.to_string(),
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_node_that_runs_is_live_ready_and_healthy() {
    let listen = free();
    let yaml = format!("{}metrics: {{listen: '{listen}'}}\n", script(NODE));
    let pod = pod(&yaml);
    let mut agent = pod.start(&[]);
    agent.expect_line("up");
    for path in ["/livez", "/readyz", "/healthz"] {
        let body = wait_for(listen, path, 200);
        assert!(body.ends_with("check passed\n"), "{body}");
    }
    assert_eq!(get(listen, "/nothing").0, 404);
    let status = status(listen);
    assert_eq!(status["state"], "running");
    assert_eq!(status["pid"], node_of(&agent));
    assert_eq!((&status["restarts"], &status["config"]["generation"]), (&0.into(), &1.into()));
}

#[test]
fn metrics_are_what_prometheus_reads() {
    let listen = free();
    let yaml = format!(
        "{}metrics: {{listen: '{listen}'}}\nsupervise: {{restart: always, delay: 1ms}}\n\
         watchlog: {{enabled: true, keyword: up, lastThreshold: 1m}}\n\
         probe: {{kind: command, command: ['true'], interval: 50ms}}\n",
        script(NODE)
    );
    let pod = pod(&yaml);
    let mut agent = pod.start(&[]);
    agent.expect_line("up");
    // The agent's first child may be the probe's program.
    let node = wait::until("the node", LIMIT, || status(listen)["pid"].as_i64());
    kill(Pid::from_raw(i32::try_from(node).unwrap()), Signal::SIGKILL).unwrap();
    let text = wait::until("the second match", LIMIT, || {
        let text = get(listen, "/metrics").1;
        (value(&scrape(&text), "chainpod_log_matches_total", "") == "2"
            && text.contains("chainpod_probe_success"))
        .then_some(text)
    });
    let page = scrape(&text);
    assert_eq!(value(&page, "chainpod_node_up", ""), "1");
    assert_eq!(value(&page, "chainpod_node_phase", "running"), "1");
    assert_eq!(value(&page, "chainpod_node_restarts_total", ""), "1");
    assert_eq!(value(&page, "chainpod_node_last_exit_code", ""), "137");
    assert_eq!(value(&page, "chainpod_output_bytes_total", "stdout"), "6");
    assert_eq!(value(&page, "chainpod_probe_success", "live"), "1");
    for sample in &page.samples {
        assert!(page.docs.contains_key(&sample.metric), "{} has no help", sample.metric);
        assert!(text.contains(&format!("# TYPE {} ", sample.metric)), "{}", sample.metric);
    }
}

#[test]
fn orphans_that_were_collected_are_counted() {
    let listen = free();
    let node = format!("(true &); (true &); {NODE}");
    let pod = pod(&format!("{}metrics: {{listen: '{listen}'}}\n", script(&node)));
    let _agent = pod.start(&[]);
    wait::until("both", LIMIT, || (status(listen)["orphans"] == 2).then_some(()));
    let page = get(listen, "/metrics").1;
    assert_eq!(value(&scrape(&page), "chainpod_orphans_reaped_total", ""), "2");
}

#[test]
fn a_node_that_waits_for_its_next_start_is_live_but_not_ready() {
    let listen = free();
    let yaml = format!(
        "{}metrics: {{listen: '{listen}'}}\nsupervise: {{restart: always, delay: 1h, maxDelay: 1h}}\n",
        script("exit 3")
    );
    let pod = pod(&yaml);
    let _agent = pod.start(&[]);
    let body = wait_for(listen, "/readyz", 503);
    wait::until("its end", LIMIT, || (status(listen)["state"] == "waiting").then_some(()));
    assert_eq!(get(listen, "/livez").0, 200);
    assert!(body.contains("[-]process failed: the node is"), "{body}");
    assert_eq!(status(listen)["lastExit"]["code"], 3);
}

#[test]
fn an_overdue_keyword_is_no_health_but_life() {
    let listen = free();
    let watched = "watchlog: {enabled: true, keyword: up, lastThreshold: 1s}\n";
    let pod = pod(&format!("{}metrics: {{listen: '{listen}'}}\n{watched}", script(NODE)));
    let _agent = pod.start(&[]);
    wait_for(listen, "/readyz", 200);
    let body = wait_for(listen, "/healthz", 503);
    assert!(body.contains("[-]keyword failed: the keyword was last seen"), "{body}");
    assert_eq!((get(listen, "/livez").0, get(listen, "/readyz").0), (200, 200));
}

#[test]
fn a_port_in_use_is_told_and_the_node_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let yaml = format!("{}metrics: {{listen: '{listen}'}}\n", script(NODE));
    let pod = pod(&yaml);
    let mut agent = pod.start(&[]);
    agent.expect_line("cannot listen for health and metrics");
    node_of(&agent);
    drop(taken);
    wait_for(listen, "/livez", 200);
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 0);
}

/// The kernel keeps the connections of a server that has just ended for a minute.
#[test]
fn the_port_of_an_agent_that_has_just_ended_is_served_at_once() {
    let listen = free();
    let pod = pod(&format!("{}metrics: {{listen: '{listen}'}}\n", script(NODE)));
    for _ in 0..2 {
        let mut agent = pod.start(&[]);
        let line = agent.expect_line_of(&["metrics are served", "cannot listen"]);
        assert!(line.contains("metrics are served"), "{line}");
        wait_for(listen, "/readyz", 200);
        agent.signal(Signal::SIGTERM);
        agent.code();
    }
}

#[test]
fn clients_that_misbehave_are_not_the_nodes_problem() {
    let listen = free();
    let yaml = format!("{}metrics: {{listen: '{listen}'}}\n", script(NODE));
    let pod = pod(&yaml);
    let mut agent = pod.start(&[]);
    wait_for(listen, "/readyz", 200);
    let slow: Vec<_> = (0..300)
        .map(|n| {
            let mut stream = TcpStream::connect(listen).unwrap();
            let part: &[u8] = if n % 2 == 0 { b"GET /livez HT" } else { b"\x16\x03\x01\0\xff\n\n" };
            let _ = stream.write_all(part);
            stream
        })
        .collect();
    assert_eq!(try_get(listen, "/readyz").unwrap().0, 200);
    let open = std::fs::read_dir(format!("/proc/{}/fd", agent.pid())).unwrap().count();
    assert!(open < 100, "{open} descriptors are open");
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 0);
    drop(slow);
}

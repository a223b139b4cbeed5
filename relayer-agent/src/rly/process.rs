//! A call of `rly` that is watched while it runs: what it says, and its end.

use std::{collections::VecDeque, time::Duration};

use agent::pod::{
    child::{Child, Command, Output, Standard, StartError},
    end::End,
    reaper::Reaper,
    signal::Signal,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::unix::pipe,
    sync::mpsc,
    task, time,
};

use super::{
    GRACE,
    said::{self, Fault},
};

/// How many lines are kept to be shown.
const TAIL: usize = 3;

/// How long what a process wrote before its end may take to be read.
const DRAIN: Duration = Duration::from_millis(200);

/// A call of `rly`. Dropping it kills its process group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    said: Said,
}

/// What a call of `rly` said.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The last lines that say what is wrong, or just the last lines.
    tail: VecDeque<String>,
    /// The last thing that was wrong; a known one counts more.
    pub fault: Option<Fault>,
}

impl Said {
    /// What somebody else than `rly` has said of something that failed.
    pub fn of(text: &str) -> Self {
        let mut said = Self::default();
        said.hear(&format!("Error: {text}"));
        said
    }

    /// The last lines.
    pub fn text(&self) -> String {
        self.tail.iter().map(String::as_str).collect::<Vec<_>>().join(" | ")
    }

    fn hear(&mut self, line: &str) {
        let (text, fault) = said::read(line);
        tracing::trace!(text, "rly says");
        // What follows our own SIGINT is of no interest.
        let Some(fault) = fault.filter(|_| !text.contains("context canceled")) else { return };
        let is_news = self.tail.back() != Some(&text);
        if is_news {
            if self.tail.len() == TAIL {
                self.tail.pop_front();
            }
            self.tail.push_back(text);
        }
        if fault != Fault::Other || self.fault.is_none() {
            self.fault = Some(fault);
        }
    }
}

impl Process {
    /// Starts it, in a process group of its own.
    ///
    /// # Errors
    ///
    /// The program is not there, or cannot be run.
    pub fn spawn(command: &Command, reaper: &Reaper) -> Result<Self, StartError> {
        let stdout = Output::Relayed(Standard::Error);
        let stderr = Output::Relayed(Standard::Error);
        let command = Command { stdout, stderr, ..command.clone() };
        let mut child = Child::spawn_in_background(&command, reaper)?;
        let (sender, lines) = mpsc::unbounded_channel();
        for (_, pipe) in child.relayed.drain(..) {
            let pipe = pipe::Receiver::from_owned_fd(pipe)
                .map_err(|source| StartError { program: command.program.clone().into(), source })?;
            let sender = sender.clone();
            task::spawn_local(async move {
                let mut lines = BufReader::new(pipe).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { child, lines, said: Said::default() })
    }

    /// Waits until it has said something or has ended; the end comes again and again. Cancel-safe.
    pub async fn next(&mut self) -> Option<End> {
        tokio::select! {
            biased;
            // Cancel-safe, both.
            Some(line) = self.lines.recv() => {
                self.said.hear(&line);
                None
            }
            end = self.child.wait() => {
                self.drain().await;
                Some(end)
            }
        }
    }

    /// What it said so far.
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// Asks it to end, waits, and kills it if need be.
    pub async fn end(mut self) -> Said {
        self.child.signal(Signal::INT);
        let _ = time::timeout(GRACE, self.child.wait()).await; // it is killed then
        self.drain().await;
        std::mem::take(&mut self.said)
    }

    async fn drain(&mut self) {
        let rest = async {
            while let Some(line) = self.lines.recv().await {
                self.said.hear(&line);
            }
        };
        let _ = time::timeout(DRAIN, rest).await; // a descendant may hold the pipe open
    }
}

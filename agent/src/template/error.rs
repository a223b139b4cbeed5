//! Errors of templates, in the words of Go's `text/template`.

use thiserror::Error;

use super::quote::go_quote;

/// Why a template could not be parsed or rendered.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum TemplateError {
    /// The text is no template.
    #[error("template: {template}:{line}:{column}: {message}")]
    Parse {
        /// The name of the text.
        template: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 0 as in Go.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// An action failed.
    #[error(
        "template: {template}:{line}:{column}: executing {} at <{context}>: {message}",
        go_quote(.executing.as_bytes())
    )]
    Exec {
        /// The name of the text that the action stands in.
        template: Box<str>,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 0 as in Go.
        column: usize,
        /// The template that was running: the text's main one, or a `define` in it.
        executing: Box<str>,
        /// The part of the action that failed.
        context: Box<str>,
        /// The function that failed, if it was one.
        function: Option<Box<str>>,
        /// What went wrong.
        message: Box<str>,
    },
    /// There is no template of that name.
    #[error("template: no template {} associated with template {}", go_quote(.name), go_quote(.template))]
    Missing {
        /// The name that was asked for.
        name: String,
        /// The template that asked.
        template: String,
    },
    /// The output is not UTF-8, and text was asked for.
    #[error("template: {template}: the output is not UTF-8 (byte {offset})")]
    NotUtf8 {
        /// The name of the text.
        template: String,
        /// The first byte that is not UTF-8.
        offset: usize,
    },
    /// No thread with a stack of its own could be started.
    #[error("template: cannot start a thread to run in: {reason}")]
    Thread {
        /// What the system said.
        reason: String,
    },
}

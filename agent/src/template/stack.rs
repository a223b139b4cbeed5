//! A stack that is deep enough for deep templates, whatever thread calls.

use super::error::TemplateError;

/// The size of the stack, in bytes. Only what is used takes memory.
const STACK: usize = 256 << 20;

/// Runs `work` on a thread of its own with a large stack.
///
/// # Errors
/// When the thread cannot be started, or the error of `work`.
pub fn deep<T: Send>(
    work: impl FnOnce() -> Result<T, TemplateError> + Send,
) -> Result<T, TemplateError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let failed = |reason: String| TemplateError::Thread { reason };
        match thread {
            Ok(thread) => {
                thread.join().unwrap_or_else(|_| Err(failed("the thread panicked".to_owned())))
            }
            Err(error) => Err(failed(error.to_string())),
        }
    })
}

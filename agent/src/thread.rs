//! Work that blocks, beside the runtime.

use std::{panic, thread};

use tokio::sync::oneshot;

/// Does work on a thread of its own. A caller that gives up leaves the thread alone: it ends with its
/// work, or with the process.
///
/// Not `tokio::task::spawn_blocking`, whose work the end of the runtime waits for: a program that is
/// told to stop would wait for standard input.
pub(crate) fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> {
    let (sender, receiver) = oneshot::channel();
    let handle = thread::spawn(move || {
        let _ = sender.send(work()); // nobody may be waiting any more
    });
    async move {
        match receiver.await {
            Ok(result) => result,
            Err(_) => match handle.join() {
                Err(cause) => panic::resume_unwind(cause),
                Ok(()) => unreachable!("a thread that ends well has sent its result"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_thread_makes_is_handed_out() {
        assert_eq!(spawn(|| 3).await, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "of the thread")]
    async fn a_panic_of_the_thread_is_one_of_the_caller() {
        spawn(|| panic!("a panic of the thread")).await;
    }
}

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::super::gate::{Gate, Guarded, Socket, Unread, Written};
use super::*;

impl Socket for DuplexStream {
    fn unread(&self) -> Unread {
        Unread::Nothing
    }
}

fn passed() -> NotAfter {
    let second = Duration::from_secs(1);
    NotAfter::new(Instant::now() - second, SystemTime::now() - second, Duration::ZERO)
}

#[tokio::test]
async fn a_first_byte_that_comes_too_late_is_refused_and_so_is_all_after_it() {
    let (near, mut far) = duplex(64);
    let gate = Arc::<Gate>::default();
    let mut stream = Guarded::new(near, Arc::clone(&gate));
    stream.write_all(b"before").await.unwrap();
    gate.begin(passed(), false);
    assert!(stream.write_all(b"request").await.is_err());
    // Also where somebody thinks that there is time again.
    gate.begin(NotAfter::within(AMPLE), false);
    assert!(stream.write_all(b"request").await.is_err());
    assert_eq!(gate.shut(), Written::Nothing(Some(NotSent::TooLate)));
    drop(stream);
    let mut received = String::new();
    far.read_to_string(&mut received).await.unwrap();
    assert_eq!(received, "before");
}

#[tokio::test]
async fn a_request_that_has_begun_may_end_after_its_moment() {
    let (near, mut far) = duplex(4);
    let gate = Arc::<Gate>::default();
    let mut stream = Guarded::new(near, Arc::clone(&gate));
    gate.begin(NotAfter::within(AMPLE), false);
    stream.write_all(b"req").await.unwrap();
    assert!(gate.shut_unless_begun().is_some());
    let mut received = [0; 7];
    let (written, read) = tokio::join!(stream.write_all(b"uest"), far.read_exact(&mut received));
    written.unwrap();
    read.unwrap();
    assert_eq!((&received, gate.shut()), (b"request", Written::Something));
}

#[tokio::test]
async fn what_was_not_written_when_the_gate_was_shut_is_never_written() {
    let (near, mut far) = duplex(64);
    let gate = Arc::<Gate>::default();
    let mut stream = Guarded::new(near, Arc::clone(&gate));
    gate.begin(NotAfter::within(AMPLE), false);
    assert_eq!(gate.shut_unless_begun(), None);
    assert!(stream.write_all(b"request").await.is_err());
    assert_eq!(gate.shut(), Written::Nothing(None));
    drop(stream);
    let mut received = String::new();
    far.read_to_string(&mut received).await.unwrap();
    assert_eq!(received, "");
}

/// A stream whose buffers are full has taken nothing.
#[tokio::test]
async fn a_write_that_waits_is_no_byte_written() {
    let (near, _far) = duplex(1);
    let gate = Arc::<Gate>::default();
    let mut stream = Guarded::new(near, Arc::clone(&gate));
    stream.write_all(b"x").await.unwrap();
    gate.begin(NotAfter::within(AMPLE), false);
    let waiting = timeout(Duration::ZERO, stream.write_all(b"request")).await;
    assert!(waiting.is_err());
    assert_eq!(gate.shut(), Written::Nothing(None));
}

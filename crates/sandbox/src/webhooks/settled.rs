/// The end of a webhook: it was answered as it must be, or given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled {
    pub(crate) is_accepted: bool,
    /// When, in microseconds since 1970.
    pub(crate) real_at_us: i64,
}

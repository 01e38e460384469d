//! How much memory there is, how much of it a run may take, and how much it has taken.

/// What a run may take where nobody can tell how much there is.
const FALLBACK: u64 = 1 << 30;

/// A quarter of the machine's memory.
pub(crate) fn default_budget() -> u64 {
    kilobytes("/proc/meminfo", "MemTotal:").map_or(FALLBACK, |it| it * 1024 / 4)
}

/// The most memory that this program has taken so far, in bytes; 0 where nobody can tell.
pub fn peak() -> u64 {
    kilobytes("/proc/self/status", "VmHWM:").map_or(0, |it| it * 1024)
}

fn kilobytes(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|it| it.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

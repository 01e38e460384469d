//! Memory: how much the machine has, how much a run may use, and how much it has used.
//!
//! Two lines of /proc say it, and a crate for one of them would not give the peak. Elsewhere than on Linux the fallback
//! holds.

/// Limits the memory of a run if the size of the machine's memory is unknown.
const FALLBACK: u64 = 1 << 30;

/// Returns a quarter of the machine's memory.
pub(crate) fn default_budget() -> u64 {
    kilobytes("/proc/meminfo", "MemTotal:").map_or(FALLBACK, |it| it * 1024 / 4)
}

/// Returns the most memory that this program has used so far, in bytes; 0 if unknown.
pub(crate) fn peak() -> u64 {
    kilobytes("/proc/self/status", "VmHWM:").map_or(0, |it| it * 1024)
}

fn kilobytes(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|it| it.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

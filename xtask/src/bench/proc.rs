//! What the kernel knows of a process: memory and processor time.

use std::fs;

use crate::process::{ask, command};

/// Resident memory in megabytes.
pub(crate) fn resident_mb(id: u32) -> Result<f64, String> {
    let status = read(id, "status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes =
        line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<f64>().ok());
    kilobytes.map(|kilobytes| kilobytes / 1024.0).ok_or_else(|| "no VmRSS in /proc".to_owned())
}

/// Processor time so far, of all threads, in user and kernel, in microseconds.
pub(crate) fn cpu_us(id: u32) -> Result<f64, String> {
    let ticks_a_second: f64 = ask(&mut command("getconf", ["CLK_TCK"]))?
        .trim()
        .parse()
        .map_err(|reason| format!("CLK_TCK: {reason}"))?;
    let ticks = busy_ticks(&read(id, "stat")?).ok_or_else(|| "no times in /proc".to_owned())?;
    Ok(ticks * 1_000_000.0 / ticks_a_second)
}

/// Fields 14 and 15; the second field is a name that may hold blanks and brackets.
fn busy_ticks(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let kernel: f64 = fields.next()?.parse().ok()?;
    Some(user + kernel)
}

fn read(id: u32, file: &str) -> Result<String, String> {
    fs::read_to_string(format!("/proc/{id}/{file}")).map_err(|reason| format!("/proc/{id}/{file}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_behind_the_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 30 12 0 0 20 0 4 0 99";
        assert_eq!(busy_ticks(stat), Some(42.0));
        assert_eq!(busy_ticks("nothing"), None);
    }

    #[test]
    fn this_process_has_memory_and_time() {
        let id = std::process::id();
        assert!(resident_mb(id).unwrap() > 0.1);
        assert!(cpu_us(id).unwrap() >= 0.0);
        assert!(resident_mb(u32::MAX).is_err());
    }
}

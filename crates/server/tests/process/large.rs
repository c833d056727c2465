//! A file of many gigabytes: the memory of its import stays flat.

mod long {
    use crate::folder::Folder;
    use crate::running::jindu;
    use crate::telling::{csv, lines, organ};
    use std::io::Write;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::thread::{scope, sleep};
    use std::time::Duration;

    /// Names how many gigabytes the file has (10⁹ bytes each), and a release build of the binary to import it.
    const GIGABYTES: (&str, &str) = ("LARGE_FILE_GIGABYTES", "0.2");
    const BINARY: &str = "LARGE_FILE_BINARY";
    /// Applications whose milestones are told again and again, so that what is stored stays small.
    const APPLICATIONS: u32 = 25_000;
    /// After so many lines stands one of an application that nobody opens, one of 2,000.
    const UNKNOWN: usize = 20;
    /// Kilobytes that the import may have at the most: 200 MB.
    const MOST: u64 = 200_000;

    /// `LARGE_FILE_GIGABYTES=10 LARGE_FILE_BINARY=…/release/jindu cargo xtask test --long --only rust` is the proof
    /// for ten gigabytes. The file comes through a pipe and takes no room on the disk.
    #[test]
    fn a_file_of_any_size_is_imported_within_200_megabytes() {
        let gigabytes: f64 = std::env::var(GIGABYTES.0).unwrap_or(GIGABYTES.1.to_owned()).parse().unwrap();
        let data = Folder::new();
        drop(crate::asking::empty(data.path()));
        let mut import = import(data.path());
        let status = format!("/proc/{}/status", import.id());
        let (mut most, mut own) = (0, 0);
        let sent = scope(|scope| {
            let mut file = import.stdin.take().unwrap();
            let sending = scope.spawn(move || send(&mut file, (gigabytes * 1e9) as u64));
            while import.try_wait().unwrap().is_none() {
                let status = std::fs::read_to_string(&status).unwrap_or_default();
                most = most.max(kilobytes(&status, "VmHWM:"));
                own = own.max(kilobytes(&status, "RssAnon:"));
                sleep(Duration::from_millis(20));
            }
            sending.join().unwrap()
        });
        let told = import.wait_with_output().unwrap();
        assert!(told.status.success());
        let told = String::from_utf8(told.stdout).unwrap();
        let tally: serde_json::Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
        println!(
            "{} bytes, {} lines, at most {most} kB, without mapped files {own} kB: {tally}",
            sent.bytes, sent.lines
        );
        let count = |word: &str| tally[word].as_u64().unwrap();
        assert_eq!(count("recorded") + count("repeated") + count("waiting"), sent.lines);
        assert!((1..=MOST).contains(&most), "{most} kB");
    }

    /// What went through the pipe.
    #[derive(Default)]
    struct Sent {
        bytes: u64,
        lines: u64,
    }

    fn import(data: &Path) -> Child {
        let mut import = std::env::var_os(BINARY).map_or_else(jindu, Command::new);
        import
            .args(["feed", "import", "/dev/stdin", "--format", "csv", "--feed", "county", "--data"])
            .arg(data);
        import.args(["--report", "/dev/null"]).env("JINDU_DEMONSTRATION", "true");
        import.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Sends the same lines again and again, until so many bytes are sent.
    fn send(file: &mut impl Write, bytes: u64) -> Sent {
        let told = csv(lines(APPLICATIONS).iter().enumerate(), "");
        let (titles, rows) = told.split_once('\n').unwrap();
        let (mut block, mut lines) = (String::new(), 0);
        for (number, row) in rows.lines().enumerate() {
            block += &format!("{row}\n");
            lines += 1;
            if number % UNKNOWN == 0 {
                let (organ, counter) = (organ(), 90_000 + number / UNKNOWN % 2_000);
                block +=
                    &format!("{organ}20260105{counter},signed,{organ},2026-01-08 09:00,U{counter},,,,\n");
                lines += 1;
            }
        }
        writeln!(file, "{titles}").unwrap();
        let mut sent = Sent::default();
        while sent.bytes < bytes {
            file.write_all(block.as_bytes()).unwrap();
            sent = Sent { bytes: sent.bytes + block.len() as u64, lines: sent.lines + lines };
        }
        sent
    }

    /// What a line of `/proc/PID/status` says, in kilobytes.
    fn kilobytes(status: &str, of: &str) -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(of));
        line.and_then(|line| line.split_whitespace().next()).map_or(0, |number| number.parse().unwrap())
    }
}

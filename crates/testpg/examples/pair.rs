//! A pair of servers for tests that are not written in Rust: prints where it is, does what it is told on its standard input
//! (`kill 0`, `stop 0`, `freeze 0`, `thaw 0`, `promote 1`, `follow 0 1`), and ends with that.

use std::io::{self, BufRead, Write};
use testpg::{APP, OWNER, Pair, SYSTEM};

fn main() -> io::Result<()> {
    let mut pair = Pair::start()?;
    let ports = [pair.port(0), pair.port(1)];
    let [app, system, owner] = [APP, SYSTEM, OWNER].map(|role| pair.url(role, &ports));
    let mut out = io::stdout();
    writeln!(out, r#"{{"url":"{app}","system":"{system}","owner":"{owner}"}}"#)?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split(' ');
        let order = words.next().unwrap_or_default();
        let mut which = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        match order {
            "kill" => pair.kill(which())?,
            "stop" => pair.stop(which())?,
            "freeze" => pair.freeze(which()),
            "thaw" => pair.thaw(which()),
            "promote" => pair.promote(which())?,
            "follow" => {
                let (standby, primary) = (which(), which());
                pair.follow(standby, primary)?;
            }
            _ => return Err(io::Error::other(format!("unknown: {line}"))),
        }
        writeln!(out, "done {line}")?;
    }
    Ok(())
}

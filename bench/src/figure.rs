//! Figures, their floors and targets, and the table they are printed in.

use crate::Result;
use std::{fmt::Write, time::Duration};

/// By how much a floor may drift between its rounds.
const DRIFT: f64 = 2.0;

/// How long and how often is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Rounds of each figure.
    pub(crate) rounds: usize,
    /// How long a round of small requests lasts.
    pub(crate) round: Duration,
    /// The sizes of large files, in MiB.
    pub(crate) large: &'static [u64],
    /// How many files there are at the end.
    pub(crate) files: usize,
}

impl Effort {
    /// What the targets are about.
    pub(crate) fn full() -> Self {
        Self { rounds: 5, round: Duration::from_secs(3), large: &[100, 1024], files: 100_000 }
    }

    /// A look, for development.
    pub(crate) fn quick() -> Self {
        Self { rounds: 3, round: Duration::from_millis(700), large: &[100], files: 10_000 }
    }
}

/// Ours and the floor, measured in turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    ours: Vec<f64>,
    floor: Vec<f64>,
}

impl Series {
    /// Measures both in turn. Who begins alternates, so that neither always finds what the other left.
    pub(crate) async fn take(
        rounds: usize,
        mut ours: impl AsyncFnMut() -> Result<f64>,
        mut floor: impl AsyncFnMut() -> Result<f64>,
    ) -> Result<Self> {
        let mut series = Self::default();
        for round in 0..rounds {
            if round % 2 == 0 {
                series.floor.push(floor().await?);
                series.ours.push(ours().await?);
            } else {
                series.ours.push(ours().await?);
                series.floor.push(floor().await?);
            }
        }
        Ok(series)
    }

    /// The median of ours.
    pub(crate) fn ours(&self) -> f64 {
        median(&self.ours)
    }

    /// The median of the floor.
    pub(crate) fn floor(&self) -> f64 {
        median(&self.floor)
    }

    fn is_void(&self) -> bool {
        let most = self.floor.iter().copied().fold(0.0, f64::max);
        let least = self.floor.iter().copied().fold(f64::INFINITY, f64::min);
        most > least * DRIFT
    }
}

/// The middle of these.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.len() % 2) {
        (None, _) => f64::NAN,
        (Some(upper), 0) => f64::midpoint(sorted[sorted.len() / 2 - 1], *upper),
        (Some(middle), _) => *middle,
    }
}

/// What a figure must reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Ours, at least.
    Least(f64),
    /// Ours, at most.
    Most(f64),
    /// The ratio of ours to the floor, at least.
    Share(f64),
}

impl Target {
    fn is_met(self, ours: f64, ratio: f64) -> bool {
        match self {
            Self::Least(least) => ours >= least,
            Self::Most(most) => ours <= most,
            Self::Share(least) => ratio >= least,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Least(least) => format!("≥ {}", number(least)),
            Self::Most(most) => format!("≤ {}", number(most)),
            Self::Share(least) => format!("≥ {} %", number(least * 100.0)),
        }
    }
}

/// The lines that were measured so far. Each is also printed as it comes, since a run takes its time.
#[derive(Debug)]
pub(crate) struct Table {
    lines: Vec<[String; 7]>,
}

const HEAD: [&str; 7] = ["figure", "ours", "floor or peer", "", "ratio", "target", "verdict"];

impl Table {
    pub(crate) fn new() -> Self {
        Self { lines: vec![HEAD.map(str::to_owned)] }
    }

    /// A figure beside its floor.
    pub(crate) fn compared(
        &mut self,
        name: &str,
        unit: &str,
        series: &Series,
        floor: &str,
        targets: &[Target],
    ) {
        let (ours, beside) = (series.ours(), series.floor());
        let ratio = ours / beside;
        let verdict = if series.is_void() { "VOID" } else { verdict(ours, ratio, targets) };
        let beside = format!("{} {unit}", number(beside));
        let ratio = format!("{} %", number(ratio * 100.0));
        self.line(
            name,
            format!("{} {unit}", number(ours)),
            [floor.to_owned(), beside, ratio],
            targets,
            verdict,
        );
    }

    /// A figure that has no floor.
    pub(crate) fn alone(&mut self, name: &str, unit: &str, ours: f64, targets: &[Target]) {
        let verdict = verdict(ours, f64::NAN, targets);
        self.line(name, format!("{} {unit}", number(ours)), Default::default(), targets, verdict);
    }

    /// A figure that this machine does not let us take, and why.
    pub(crate) fn missing(&mut self, name: &str, why: &str) {
        self.line(name, "-".to_owned(), [why.to_owned(), String::new(), String::new()], &[], "NOT TAKEN");
    }

    fn line(&mut self, name: &str, ours: String, floor: [String; 3], targets: &[Target], verdict: &str) {
        let targets = targets.iter().map(|target| target.text()).collect::<Vec<_>>().join(", ");
        let [floor, beside, ratio] = floor;
        say(&format!("{name}: {ours}  {floor} {beside}  {ratio}  [{targets}] {verdict}"));
        self.lines.push([name.to_owned(), ours, floor, beside, ratio, targets, verdict.to_owned()]);
    }

    /// Prints all of it, in columns, under a line that says what this machine was doing.
    pub(crate) fn print(&self) {
        let mut widths = [0; 7];
        for line in &self.lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = cell.chars().count().max(*width);
            }
        }
        let mut text = format!("\n{}\n\n", machine());
        for line in &self.lines {
            for (cell, width) in line.iter().zip(widths) {
                let _ = write!(text, "{cell}{}  ", " ".repeat(width - cell.chars().count())); // a String takes all
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        say(&text);
    }
}

fn verdict(ours: f64, ratio: f64, targets: &[Target]) -> &'static str {
    match targets {
        [] => "",
        _ if targets.iter().all(|target| target.is_met(ours, ratio)) => "ok",
        _ => "MISSED",
    }
}

/// Processors and load: whoever reads the figures must know whether the machine was theirs.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("{cores} processors, load {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

/// Three digits that count.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Prints a line.
#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_floor_that_drifts_makes_the_figure_void() {
        let series = |floor: &[f64]| Series { ours: vec![1.0], floor: floor.to_vec() };
        assert!(!series(&[10.0, 15.0, 19.9]).is_void());
        assert!(series(&[10.0, 15.0, 20.1]).is_void());
    }

    #[test]
    fn every_target_must_be_met_and_a_missing_ratio_meets_none() {
        let both = [Target::Least(640.0), Target::Share(0.35)];
        assert_eq!(verdict(700.0, 0.4, &both), "ok");
        assert_eq!(verdict(700.0, 0.3, &both), "MISSED");
        assert_eq!(verdict(600.0, 0.4, &both), "MISSED");
        assert_eq!(verdict(1.0, f64::NAN, &[Target::Share(0.1)]), "MISSED");
        assert_eq!(verdict(1.0, 1.0, &[Target::Most(0.9)]), "MISSED");
    }

    #[test]
    fn numbers_keep_three_digits() {
        let texts = [1234.5, 56.78, 5.678, 0.05, 5.0].map(number);
        assert_eq!(texts, ["1234", "56.8", "5.68", "0.05", "5"]);
    }
}

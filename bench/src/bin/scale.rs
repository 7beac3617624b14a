//! How far it carries: a model of a large installation. `cargo run --release -p bench --bin scale`; docs/scale.md reads its tables.
//!
//! It draws accounts of very different sizes, spreads them over cells (installations of their own) by a hash of their id, and
//! asks what the busiest cell must do in the busiest hour. Then it plays a takeover second by second: who is waited for, who is
//! told to come back, and how long the line is afterwards. What one primary can do is measured, and handed in.
//!
//! The draw is always the same, so that two runs can be compared.
#![expect(clippy::print_stdout, reason = "tables to read")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a model works with estimates"
)]

use clap::Parser;

/// What people do, and what one cell can do.
#[derive(Clone, Debug, Parser)]
struct Assumptions {
    /// Durable writes that one primary takes in a second, at two sites (docs/scale.md).
    #[arg(long, default_value_t = 2_000.0)]
    writes: f64,
    /// Reads that one cell's nodes answer in a second.
    #[arg(long, default_value_t = 15_000.0)]
    reads: f64,
    /// How much of that is to be used in the busiest hour.
    #[arg(long, default_value_t = 0.5)]
    use_of: f64,
    /// Commits of a person on a day with work: typing, ticking off, uploads, sessions.
    #[arg(long, default_value_t = 120.0)]
    daily_writes: f64,
    /// Requests that read.
    #[arg(long, default_value_t = 900.0)]
    daily_reads: f64,
    /// The part of a day's work that falls into its busiest hour.
    #[arg(long, default_value_t = 0.18)]
    busiest: f64,
    /// The part of all people who work on the same day.
    #[arg(long, default_value_t = 0.4)]
    active: f64,
    /// Files of a person, over the years.
    #[arg(long, default_value_t = 800.0)]
    files: f64,
    /// Rows for each file: entry, versions, copies, journal.
    #[arg(long, default_value_t = 6.0)]
    rows: f64,
    /// Bytes of a row with its indexes.
    #[arg(long, default_value_t = 420.0)]
    row_bytes: f64,
    /// Bytes of a file.
    #[arg(long, default_value_t = 900_000.0)]
    file_bytes: f64,
}

/// A generator of random numbers that is the same each time (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Above 0, up to 1.
    fn part(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed (Box and Muller).
    fn normal(&mut self) -> f64 {
        (-2.0 * self.part().ln()).sqrt() * (std::f64::consts::TAU * self.part()).cos()
    }

    /// How many of something that happens `mean` times come at once: Poisson, by the normal distribution where it is many.
    fn count(&mut self, mean: f64) -> u64 {
        if mean > 50.0 {
            return mean.sqrt().mul_add(self.normal(), mean).round().max(0.0) as u64;
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.part(), 0);
        while product > limit {
            product *= self.part();
            count += 1;
        }
        count
    }
}

/// People in an account: half have fewer than 9, one in a hundred more than 150, the largest thousands (log-normal).
fn people(dice: &mut Dice) -> f64 {
    dice.normal().mul_add(1.2, 9.0_f64.ln()).exp().ceil().min(20_000.0)
}

/// What a cell holds.
#[derive(Clone, Copy, Default)]
struct Cell {
    accounts: f64,
    people: f64,
}

/// Accounts spread over so many cells by a hash of their id, which is as good as a die.
fn spread(accounts: u64, cells: usize) -> Vec<Cell> {
    let mut dice = Dice(0x5EED);
    let mut all = vec![Cell::default(); cells];
    for _ in 0..accounts {
        let people = people(&mut dice);
        let cell = &mut all[(dice.next() % cells as u64) as usize];
        cell.accounts += 1.0;
        cell.people += people;
    }
    all
}

/// Requests a second in the busiest hour: those that write, and those that read.
fn load(people: f64, given: &Assumptions) -> (f64, f64) {
    let hour = people * given.active * given.busiest / 3_600.0;
    (hour * given.daily_writes, hour * given.daily_reads)
}

/// The fewest cells of which the busiest stays within what is to be used.
fn cells_for(accounts: u64, given: &Assumptions) -> (usize, Vec<Cell>) {
    let fits = |cell: &Cell| {
        let (writes, reads) = load(cell.people, given);
        writes <= given.writes * given.use_of && reads <= given.reads * given.use_of
    };
    let mut count = 1;
    loop {
        let cells = spread(accounts, count);
        if cells.iter().all(fits) {
            return (count, cells);
        }
        let needed = cells.iter().map(|cell| load(cell.people, given).0 / (given.writes * given.use_of));
        let total: f64 = needed.sum();
        count = (count + 1).max(total.ceil() as usize);
    }
}

fn tell_growth(given: &Assumptions) {
    println!(
        "| accounts | people | cells | busiest cell: writes/s | reads/s | over the mean | rows a cell | database a cell | blobs in all |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for accounts in [1_000, 10_000, 100_000, 1_000_000] {
        let (count, cells) = cells_for(accounts, given);
        let people: f64 = cells.iter().map(|cell| cell.people).sum();
        let busiest = cells.iter().map(|cell| cell.people).fold(0.0, f64::max);
        let (writes, reads) = load(busiest, given);
        let rows = people / count as f64 * given.files * given.rows;
        println!(
            "| {accounts} | {people:.0} | {count} | {writes:.0} | {reads:.0} | {:.2}× | {:.0} M | {:.2} TB | {:.1} TB |",
            busiest * count as f64 / people,
            rows / 1e6,
            rows * given.row_bytes / 1e12,
            people * given.files * given.file_bytes / 1e12,
        );
    }
}

/// How a takeover goes for those who write meanwhile.
#[derive(Debug, Default)]
struct Takeover {
    /// Who had to be told to come back, at least once.
    turned_away: u64,
    /// The most that waited at once.
    longest: f64,
    /// Seconds after the takeover until nobody waits any more.
    settled: u64,
    /// The longest that anybody waited who was there when it began, in seconds.
    worst: u64,
}

/// Plays it second by second: for 4 s nodes wait with those who ask, then they say 503; tabs come back after 1, 2, 5, 10 and then
/// each 15 s, give or take a half. When there is a primary again it takes `capacity` a second.
fn play(arrivals: f64, capacity: f64, silence: u64) -> Takeover {
    const PAUSES: [f64; 5] = [1.0, 2.0, 5.0, 10.0, 15.0];
    let (mut dice, mut told) = (Dice(7), Takeover::default());
    let mut waiting: f64 = 0.0;
    // Who comes back in so many seconds, and for the how manieth time.
    let mut later: Vec<Vec<usize>> = vec![Vec::new(); 2_000];
    for second in 0..later.len() as u64 {
        let back = std::mem::take(&mut later[second as usize]);
        let (away, refused) = (second < silence, (4..silence).contains(&second));
        let new = if second < silence + 30 { dice.count(arrivals) } else { 0 };
        if refused {
            told.turned_away += new;
            let tries = back.into_iter().chain((0..new).map(|_| 0));
            for tried in tries {
                let pause = PAUSES[tried.min(4)] * (0.5 + dice.part());
                let due = second as usize + pause.ceil() as usize;
                if let Some(due) = later.get_mut(due) {
                    due.push(tried + 1);
                }
            }
        } else {
            if !away && !back.is_empty() {
                told.worst = second;
            }
            waiting += new as f64 + back.len() as f64;
        }
        if !away {
            waiting = (waiting - capacity).max(0.0);
            if waiting > 0.0 || later.iter().skip(second as usize + 1).any(|due| !due.is_empty()) {
                told.settled = second + 1 - silence;
            }
        }
        told.longest = told.longest.max(waiting);
    }
    told
}

fn tell_takeover(given: &Assumptions) {
    println!(
        "\n| takeover | writes/s that come | told to come back | longest line | worst wait | over after |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for silence in [11, 24] {
        for part in [0.1, 0.5, 0.8] {
            let arrivals = given.writes * part;
            let Takeover { turned_away, longest, settled, worst } = play(arrivals, given.writes, silence);
            println!(
                "| {silence} s | {arrivals:.0} | {turned_away} | {longest:.0} | {worst} s | {settled} s |"
            );
        }
    }
}

fn main() {
    let given = Assumptions::parse();
    tell_growth(&given);
    tell_takeover(&given);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Assumptions {
        Assumptions::parse_from(["scale"])
    }

    #[test]
    fn the_busiest_cell_fits_and_one_cell_fewer_would_not() {
        let given = given();
        let (count, cells) = cells_for(20_000, &given);
        let busiest =
            |cells: &[Cell]| cells.iter().map(|cell| load(cell.people, &given).0).fold(0.0, f64::max);
        assert!(busiest(&cells) <= given.writes * given.use_of);
        assert!(count == 1 || busiest(&spread(20_000, count - 1)) > given.writes * given.use_of);
        let accounts: f64 = cells.iter().map(|cell| cell.accounts).sum();
        assert!((accounts - 20_000.0).abs() < 0.5, "{accounts}");
    }

    #[test]
    fn the_draw_is_what_it_says() {
        let mut dice = Dice(1);
        let mut sizes: Vec<f64> = (0..100_000).map(|_| people(&mut dice)).collect();
        sizes.sort_by(f64::total_cmp);
        assert!((8.0..=10.0).contains(&sizes[50_000]), "{}", sizes[50_000]);
        assert!(sizes[99_000] > 120.0, "{}", sizes[99_000]);
        let mean = (0..10_000).map(|_| dice.count(3.0) as f64).sum::<f64>() / 10_000.0;
        assert!((2.9..3.1).contains(&mean), "{mean}");
    }

    #[test]
    fn a_line_ends_and_is_longer_where_more_come() {
        let (few, many) = (play(100.0, 2_000.0, 24), play(1_600.0, 2_000.0, 24));
        assert!(few.turned_away < many.turned_away && few.longest < many.longest);
        assert!(few.settled > 0 && many.settled < 120, "{many:?}");
    }
}

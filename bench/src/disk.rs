//! Floors of the disk: what must be done at least so that bytes outlive a power cut.

use crate::{Result, client::count};
use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// Small files in a second by so many threads: write, sync, rename, sync of the folder.
pub(crate) async fn small_files(
    folder: PathBuf,
    threads: usize,
    size: usize,
    lasts: Duration,
) -> Result<f64> {
    blocking(move || {
        fs::create_dir_all(&folder)?;
        let begun = Instant::now();
        let written = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|thread| (thread, &folder))
                .map(|(thread, folder)| scope.spawn(move || write_small(folder, thread, size, begun + lasts)))
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().map_err(|_| "a thread of the floor panicked")?)
                .sum::<Result<usize>>()
        })?;
        let rate = count(written) / begun.elapsed().as_secs_f64();
        fs::remove_dir_all(&folder)?;
        Ok(rate)
    })
    .await
}

fn write_small(folder: &Path, thread: usize, size: usize, until: Instant) -> Result<usize> {
    let mut bytes = vec![0; size];
    getrandom::fill(&mut bytes)?;
    let directory = File::open(folder)?;
    let mut written = 0;
    while Instant::now() < until {
        let (staged, kept) =
            (folder.join(format!("{thread}-{written}#1")), folder.join(format!("{thread}-{written}")));
        let mut file = File::create_new(&staged)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&staged, &kept)?;
        directory.sync_all()?;
        written += 1;
    }
    Ok(written)
}

/// MiB in a second of one large file: written in pieces of 1 MiB, and synced.
pub(crate) async fn large_file(folder: PathBuf, mib: u64) -> Result<f64> {
    blocking(move || {
        fs::create_dir_all(&folder)?;
        let path = folder.join("large");
        let mut piece = vec![0; 1 << 20];
        getrandom::fill(&mut piece)?;
        let begun = Instant::now();
        let mut file = File::create_new(&path)?;
        for _ in 0..mib {
            file.write_all(&piece)?;
        }
        file.sync_all()?;
        let seconds = begun.elapsed().as_secs_f64();
        fs::remove_dir_all(&folder)?;
        Ok(count(usize::try_from(mib)?) / seconds)
    })
    .await
}

/// Commits of one row in a second, one after the other, each on the disk before the next.
pub(crate) async fn commits(folder: PathBuf, lasts: Duration) -> Result<f64> {
    blocking(move || {
        fs::create_dir_all(&folder)?;
        let path = folder.join("floor.db");
        let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
        connection.batch_execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, text TEXT NOT NULL);",
        )?;
        let insert = sql_query("INSERT INTO floor (text) VALUES ('a folder, a task, a message: one row')");
        let begun = Instant::now();
        let mut made = 0;
        while begun.elapsed() < lasts {
            insert.clone().execute(&mut connection)?;
            made += 1;
        }
        let rate = count(made) / begun.elapsed().as_secs_f64();
        drop(connection);
        fs::remove_dir_all(&folder)?;
        Ok(rate)
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

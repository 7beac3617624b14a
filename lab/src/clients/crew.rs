//! Clients at work.

use crate::{
    Result,
    clients::{
        Account, Answer, Errors, Failure, Item, Ledger,
        ledger::{Acknowledged, Content},
    },
};
use bytes::Bytes;
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};

/// How many clients upload. One more makes folders.
const UPLOADERS: usize = 4;
/// How many clients upload where nobody rests.
const BUSY: usize = 8;
/// How long a client rests after each item: enough clients for an answer each few hundredths of a second, few enough that the
/// machine, which is three sites at once, is not what is measured.
const REST: Duration = Duration::from_millis(60);
/// How long it waits until it repeats what failed.
const AGAIN: Duration = Duration::from_millis(100);
/// How long after the end of the work it goes on repeating what was begun.
const LAST: Duration = Duration::from_secs(30);

/// Clients that work until they are told to stop.
pub(crate) struct Crew {
    ledger: Arc<Ledger>,
    stop: watch::Sender<bool>,
    clients: Vec<JoinHandle<()>>,
}

impl Crew {
    /// Sets clients to work. Numbers for names and contents come from `next`, which no two crews share.
    pub(crate) fn begin(account: &Account, next: &Arc<AtomicU64>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let ledger = Arc::<Ledger>::default();
        let clients = (0..=UPLOADERS).map(|number| {
            let client = Client {
                account: account.clone(),
                ledger: Arc::clone(&ledger),
                next: Arc::clone(next),
                stopped: stopped.clone(),
            };
            tokio::spawn(client.work(number < UPLOADERS))
        });
        let clients = clients.collect();
        Self { ledger, stop, clients }
    }

    /// What they were told.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Has everybody finish what they are at; what they were told.
    pub(crate) async fn end(self) -> Arc<Ledger> {
        self.stop.send_replace(true);
        join_all(self.clients).await;
        self.ledger
    }
}

/// Has so many files uploaded, by clients that do not rest; what they were told.
pub(crate) async fn upload(account: &Account, next: &Arc<AtomicU64>, files: u64) -> Arc<Ledger> {
    let ledger = Arc::<Ledger>::default();
    let (_stop, stopped) = watch::channel(false);
    let last = next.fetch_add(files, Ordering::Relaxed) + files;
    let number = Arc::new(AtomicU64::new(last - files));
    let clients = (0..BUSY).map(|_| {
        let number = Arc::clone(&number);
        let mut client = Client {
            account: account.clone(),
            ledger: Arc::clone(&ledger),
            next: Arc::clone(next),
            stopped: stopped.clone(),
        };
        tokio::spawn(async move {
            loop {
                let number = number.fetch_add(1, Ordering::Relaxed);
                if number >= last {
                    return;
                }
                client.make(number, true).await;
            }
        })
    });
    join_all(clients.collect::<Vec<_>>()).await;
    ledger
}

struct Client {
    account: Account,
    ledger: Arc<Ledger>,
    next: Arc<AtomicU64>,
    stopped: watch::Receiver<bool>,
}

impl Client {
    async fn work(mut self, uploads: bool) {
        while !*self.stopped.borrow() {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            self.make(number, uploads).await;
            sleep(REST).await;
        }
    }

    /// Makes one item, again and again under the same key until it is acknowledged.
    async fn make(&mut self, number: u64, upload: bool) {
        let (name, content) = if upload {
            (format!("file-{number}"), Some(Content::of(number)))
        } else {
            (format!("folder-{number}"), None)
        };
        let mut until = None;
        loop {
            let sent = Instant::now();
            let answer = self.ask(&name, content).await;
            let at = Instant::now();
            match answer {
                Ok(answer) if answer.status == StatusCode::CREATED => match id(&answer) {
                    Ok(id) => {
                        let item = Item { id, name, content };
                        return self.ledger.acknowledge(Acknowledged { item, sent, at });
                    }
                    Err(error) => return self.ledger.wonder(format!("{name}: {error}")),
                },
                Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => {
                    self.ledger.fail(Errors { unavailable: 1, ..Errors::default() });
                }
                Ok(answer) => {
                    let body = String::from_utf8_lossy(&answer.body);
                    self.ledger.wonder(format!("{name}: {} {body}", answer.status));
                }
                Err(Failure::Connection) => self.ledger.fail(Errors { connection: 1, ..Errors::default() }),
                Err(Failure::Silence) => self.ledger.fail(Errors { silence: 1, ..Errors::default() }),
            }
            if *self.stopped.borrow() {
                let until = *until.get_or_insert(at + LAST);
                if at > until {
                    return self.ledger.give_up();
                }
            }
            sleep(AGAIN).await;
        }
    }

    async fn ask(&self, name: &str, content: Option<Content>) -> std::result::Result<Answer, Failure> {
        let Account { entry, .. } = &self.account;
        if let Some(content) = content {
            let path = self.account.uploads(name);
            return entry.post(&path, "application/octet-stream", name, content.bytes()).await;
        }
        let draft = Bytes::from(serde_json::json!({ "parent": null, "name": name }).to_string());
        entry.post(&self.account.folders(), "application/json", name, draft).await
    }
}

fn id(answer: &Answer) -> Result<String> {
    let made: Value = serde_json::from_slice(&answer.body)?;
    Ok(made["id"].as_str().ok_or("what was made has no id")?.to_owned())
}

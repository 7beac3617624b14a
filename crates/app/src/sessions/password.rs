//! Passwords: argon2id (RFC 9106), with their parameters beside the hash, and few at a time.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use kernel::{Error, Kind, Result, ResultExt};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Semaphore;
use web::Client;
use zxcvbn::{Score, matching::patterns::MatchPattern};

/// The least characters of a password.
const LEAST: usize = 12;
/// The most: longer ones are a way to make us work.
const MOST: usize = 256;
/// From so many characters on it is a passphrase, of which only what is known as a whole is refused.
const PASSPHRASE: usize = 15;
/// How many may wait for a place.
const QUEUE: usize = 64;
/// How many of one client may be at work or wait: who sends many keeps nobody waiting but themselves.
const OF_ONE: usize = 2;
/// Words shorter than this are not looked for: they are in too much.
const WORD: usize = 4;

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// How many are made at once.
    pub at_once: usize,
}

impl Default for Cost {
    /// 64 MiB, 3 passes, two at once.
    fn default() -> Self {
        Self { memory: 64 * 1024, passes: 3, at_once: 2 }
    }
}

/// The names and addresses of whoever chooses a password, which whoever guesses it tries first.
#[derive(Clone, Debug)]
pub(crate) struct Own(Vec<String>);

impl Own {
    /// Those of this person, in the account with this name.
    pub(crate) fn new(account: &str, name: &str, email: &str) -> Self {
        let local = email.split('@').next().unwrap_or_default();
        let mut words: Vec<_> =
            [account, name, email, local].into_iter().chain(name.split_whitespace()).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let long = words.into_iter().filter(|word| word.chars().count() >= WORD);
        Self(long.map(str::to_lowercase).collect())
    }

    /// What is left of a password without them.
    fn without(&self, password: &str) -> String {
        self.0.iter().fold(password.to_lowercase(), |rest, word| rest.replace(word, ""))
    }
}

/// Checks a new password.
///
/// # Errors
/// `password-too-short`, `password-too-long`; `password-personal`, where too little is left of it without [`Own`];
/// `password-common`.
fn check(password: &str, own: &Own) -> Result<()> {
    let length = password.chars().count();
    let rest = own.without(password);
    let personal = rest != password.to_lowercase() && rest.chars().count() < LEAST;
    match () {
        () if length < LEAST => Err(Error::invalid("password-too-short", "password").with("least", LEAST)),
        () if length > MOST => Err(Error::invalid("password-too-long", "password").with("most", MOST)),
        () if personal => Err(Error::invalid("password-personal", "password")),
        () if is_common(password, length) => Err(Error::invalid("password-common", "password")),
        () => Ok(()),
    }
}

/// Whether many people use it or something like it: one known word, run of keys or repetition from end to end; or, where it is
/// no passphrase, whatever takes fewer than 10^8 tries.
fn is_common(password: &str, length: usize) -> bool {
    let strength = zxcvbn::zxcvbn(password, &[]);
    let known = matches!(strength.sequence(), [one] if !matches!(one.pattern, MatchPattern::BruteForce));
    known || (length < PASSPHRASE && strength.score() < Score::Three)
}

/// Makes and checks hashes, at most so many at once: each takes its memory. Few may wait, and few of one client.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    cost: Cost,
    places: Arc<Semaphore>,
    queue: Arc<Queue>,
}

/// Who is at work or waits, and how often.
#[derive(Debug, Default)]
struct Queue(Mutex<HashMap<Client, usize>>);

impl Queue {
    /// Lets one more in.
    ///
    /// # Errors
    /// `busy`.
    fn enter(&self, client: Client) -> Result<Turn<'_>> {
        let mut all = self.all();
        let theirs = all.get(&client).copied().unwrap_or_default();
        if theirs >= OF_ONE || all.values().sum::<usize>() >= QUEUE {
            return Err(Error::new(Kind::Unavailable, "busy"));
        }
        all.insert(client, theirs + 1);
        Ok(Turn { queue: self, client })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Client, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, left when it is dropped.
struct Turn<'a> {
    queue: &'a Queue,
    client: Client,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut all = self.queue.all();
        match all.get_mut(&self.client) {
            Some(theirs) if *theirs > 1 => *theirs -= 1,
            _ => drop(all.remove(&self.client)),
        }
    }
}

impl Passwords {
    pub(crate) fn new(cost: Cost) -> Self {
        Self { cost, places: Arc::new(Semaphore::new(cost.at_once)), queue: Arc::default() }
    }

    /// The hash of a new password (PHC string).
    ///
    /// # Errors
    /// What [`check`] refuses; `busy`.
    pub(crate) async fn hash(
        &self,
        client: Client,
        password: String,
        own: Own,
        salt: [u8; 16],
    ) -> Result<String> {
        let cost = self.cost;
        self.work(client, move || {
            check(&password, &own)?;
            let hash = argon2(cost)?.hash_password_with_salt(password.as_bytes(), &salt).or_internal()?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether this is the password of that hash. Without a hash it does the same work, and says no.
    ///
    /// # Errors
    /// `busy`.
    pub(crate) async fn verify(
        &self,
        client: Client,
        password: String,
        hash: Option<String>,
    ) -> Result<bool> {
        let cost = self.cost;
        self.work(client, move || {
            if let Some(hash) = hash {
                let hash = PasswordHash::new(&hash).or_internal()?;
                return Ok(argon2(cost)?.verify_password(password.as_bytes(), &hash).is_ok());
            }
            let _ = argon2(cost)?.hash_password_with_salt(password.as_bytes(), &[0; 16]).or_internal()?;
            Ok(false)
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        client: Client,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _turn = self.queue.enter(client)?;
        let _place = self.places.acquire().await.or_internal()?;
        tokio::task::spawn_blocking(work).await.or_internal()?
    }
}

fn argon2(cost: Cost) -> Result<Argon2<'static>> {
    let params = Params::new(cost.memory, cost.passes, 1, None).or_internal()?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Client = Client::HERE;

    #[test]
    fn who_sends_many_keeps_nobody_waiting_but_themselves() {
        let queue = Queue::default();
        let other = |number: u8| {
            let mut request = http::Request::builder().body(()).unwrap();
            let peer = std::net::SocketAddr::from(([203, 0, 113, number], 1));
            request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
            Client::of(&request.into_parts().0, &[])
        };
        let first = queue.enter(HERE).unwrap();
        let _second = queue.enter(HERE).unwrap();
        assert_eq!(queue.enter(HERE).err().unwrap().code(), "busy");
        let others: Vec<_> = (0..62).map(|number| queue.enter(other(number)).unwrap()).collect();
        assert_eq!(queue.enter(other(99)).err().unwrap().code(), "busy", "all places are taken");
        drop(others);
        drop(first);
        assert!(queue.enter(HERE).is_ok());
    }

    #[tokio::test]
    async fn a_password_opens_with_itself_alone_and_keeps_its_parameters() {
        let cheap = Cost { memory: 64, passes: 1, at_once: 1 };
        let passwords = Passwords::new(cheap);
        let hash =
            passwords.hash(HERE, "four unrelated words".to_owned(), Own(Vec::new()), [7; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        let dearer = Passwords::new(Cost { passes: 2, ..cheap });
        assert!(dearer.verify(HERE, "four unrelated words".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(HERE, "four unrelated word".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify(HERE, "anything".to_owned(), None).await.unwrap());
    }

    #[test]
    fn what_is_easily_guessed_is_refused_and_passphrases_are_not() {
        let own = Own::new("mirabel", "Inès Moreau", "ines.moreau@mirabel.example");
        for (password, code) in [
            ("elevenchars", "password-too-short"),
            (&*"x".repeat(257), "password-too-long"),
            ("password1234", "password-common"),
            ("qwertyuiop12", "password-common"),
            ("PasswordPassword", "password-common"),
            ("aaaaaaaaaaaaaaaaaaaa", "password-common"),
            ("123456123456123456", "password-common"),
            ("Mirabel-2026", "password-personal"),
            ("MoreauInès-Mirabel", "password-personal"),
            ("ines.moreau@mirabel.example", "password-personal"),
        ] {
            assert_eq!(check(password, &own).map_err(|error| error.code()), Err(code), "{password}");
        }
        for good in [
            "correct horse battery",
            "a long walk along the quay",
            "we met in june",
            "Mirabel sails to the far harbour",
            "k7#Qz!9vWp2x",
            "le chat de la voisine dort",
            "日本語のとても長い合言葉です",
        ] {
            assert_eq!(check(good, &own).map_err(|error| error.code()), Ok(()), "{good}");
        }
    }
}

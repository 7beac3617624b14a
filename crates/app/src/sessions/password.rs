//! Passwords: argon2id (RFC 9106), with their parameters beside the hash, and few at a time.

use super::queue::{Asker, Queue};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use kernel::{Error, Result, ResultExt};
use zxcvbn::{Score, matching::patterns::MatchPattern};

/// The least characters of a password.
const LEAST: usize = 12;
/// The most: longer ones are a way to make us work.
const MOST: usize = 256;
/// From so many characters on it is a passphrase, of which only what is known as a whole is refused.
const PASSPHRASE: usize = 15;
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

/// Makes and checks hashes, each in its turn.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    cost: Cost,
    queue: Queue,
}

/// What came of a password that somebody gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is another one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and what is stored of it costs something else than a hash does now. This is one that does not.
    Renewed(String),
}

impl Passwords {
    pub(crate) fn new(cost: Cost) -> Self {
        Self { cost, queue: Queue::new(cost.at_once) }
    }

    /// The hash of a new password (PHC string).
    ///
    /// # Errors
    /// What [`check`] refuses; `busy`.
    pub(crate) async fn hash(
        &self,
        asker: Asker,
        password: String,
        own: Own,
        salt: [u8; 16],
    ) -> Result<String> {
        let cost = self.cost;
        self.work(asker, move || {
            check(&password, &own)?;
            hash(cost, &password, &salt)
        })
        .await
    }

    /// Whether this is the password of `stored`. Where nothing is stored it does the work of a hash, and says no. `salt` is for
    /// a hash that is renewed.
    ///
    /// # Errors
    /// `busy`.
    pub(crate) async fn verify(
        &self,
        asker: Asker,
        password: String,
        stored: Option<String>,
        salt: [u8; 16],
    ) -> Result<Verdict> {
        let cost = self.cost;
        self.work(asker, move || {
            let Some(stored) = stored else {
                hash(cost, &password, &salt)?;
                return Ok(Verdict::Wrong);
            };
            let stored = PasswordHash::new(&stored).or_internal()?;
            match argon2(cost)?.verify_password(password.as_bytes(), &stored) {
                Err(_) => Ok(Verdict::Wrong),
                Ok(()) if costs(&stored, cost) => Ok(Verdict::Right),
                Ok(()) => Ok(Verdict::Renewed(hash(cost, &password, &salt)?)),
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.queue.turn(asker).await?;
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.or_internal()?
    }
}

fn hash(cost: Cost, password: &str, salt: &[u8; 16]) -> Result<String> {
    Ok(argon2(cost)?.hash_password_with_salt(password.as_bytes(), salt).or_internal()?.to_string())
}

/// Whether a hash was made as hashes are made now.
fn costs(hash: &PasswordHash, cost: Cost) -> bool {
    let params = Params::try_from(hash).map(|params| (params.m_cost(), params.t_cost(), params.p_cost()));
    let algorithm = hash.algorithm.as_str() == Algorithm::Argon2id.as_str();
    algorithm && params.is_ok_and(|params| params == (cost.memory, cost.passes, 1))
}

fn argon2(cost: Cost) -> Result<Argon2<'static>> {
    let params = Params::new(cost.memory, cost.passes, 1, None).or_internal()?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::{super::queue::Standing, *};
    use std::time::Duration;
    use web::Client;

    const ASKER: Asker = Asker { client: Client::HERE, account: None, standing: Standing::Known };
    const PASSWORD: &str = "four unrelated words";

    #[tokio::test]
    async fn a_password_opens_with_itself_alone_and_keeps_its_parameters() {
        let cheap = Cost { memory: 64, passes: 1, at_once: 1 };
        let passwords = Passwords::new(cheap);
        let hash = passwords.hash(ASKER, PASSWORD.to_owned(), Own(Vec::new()), [7; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        let verify = async |passwords: &Passwords, password: &str, hash: Option<&String>| {
            passwords.verify(ASKER, password.to_owned(), hash.cloned(), [8; 16]).await.unwrap()
        };
        assert_eq!(verify(&passwords, PASSWORD, Some(&hash)).await, Verdict::Right);
        assert_eq!(verify(&passwords, "four unrelated word", Some(&hash)).await, Verdict::Wrong);
        assert_eq!(verify(&passwords, "anything", None).await, Verdict::Wrong);
        let dearer = Passwords::new(Cost { passes: 2, ..cheap });
        assert_eq!(verify(&dearer, "four unrelated word", Some(&hash)).await, Verdict::Wrong);
        let Verdict::Renewed(renewed) = verify(&dearer, PASSWORD, Some(&hash)).await else {
            panic!("{hash}")
        };
        assert!(renewed.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{renewed}");
        assert_eq!(verify(&dearer, PASSWORD, Some(&renewed)).await, Verdict::Right);
    }

    /// Whoever goes away at once must not have more hashes made at the same time than there is memory for.
    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_its_place() {
        let passwords = Passwords::new(Cost { memory: 64, passes: 1, at_once: 1 });
        let (told, begun) = tokio::sync::oneshot::channel();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let working = passwords.clone();
        let asked = tokio::spawn(async move {
            let work = move || {
                told.send(()).unwrap();
                wait.recv().or_internal()
            };
            working.work(ASKER, work).await
        });
        begun.await.unwrap();
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        let next = passwords.verify(ASKER, PASSWORD.to_owned(), None, [0; 16]);
        let mut next = std::pin::pin!(next);
        assert!(tokio::time::timeout(Duration::from_millis(100), &mut next).await.is_err());
        go_on.send(()).unwrap();
        assert_eq!(next.await.unwrap(), Verdict::Wrong);
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

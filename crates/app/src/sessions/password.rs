//! Passwords: argon2id (RFC 9106), with their parameters beside the hash, and few at a time.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use kernel::{Error, Result, ResultExt};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The least characters of a password.
const LEAST: usize = 12;
/// The most: longer ones are a way to make us work.
const MOST: usize = 256;

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

/// Makes and checks hashes, at most so many at once: each takes its memory.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    cost: Cost,
    places: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new(cost: Cost) -> Self {
        Self { cost, places: Arc::new(Semaphore::new(cost.at_once)) }
    }

    /// The hash of a new password (PHC string).
    ///
    /// # Errors
    /// Where it is too short or too long.
    pub(crate) async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String> {
        let length = password.chars().count();
        if length < LEAST {
            return Err(Error::invalid("password-too-short", "password").with("least", LEAST));
        }
        if length > MOST {
            return Err(Error::invalid("password-too-long", "password").with("most", MOST));
        }
        let cost = self.cost;
        self.work(move || {
            let hash = argon2(cost)?.hash_password_with_salt(password.as_bytes(), &salt).or_internal()?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether this is the password of that hash. Without a hash it does the same work, and says no.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let cost = self.cost;
        self.work(move || {
            if let Some(hash) = hash {
                let hash = PasswordHash::new(&hash).or_internal()?;
                return Ok(argon2(cost)?.verify_password(password.as_bytes(), &hash).is_ok());
            }
            let _ = argon2(cost)?.hash_password_with_salt(password.as_bytes(), &[0; 16]).or_internal()?;
            Ok(false)
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
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

    #[tokio::test]
    async fn a_password_opens_with_itself_alone_and_keeps_its_parameters() {
        let cheap = Cost { memory: 64, passes: 1, at_once: 1 };
        let passwords = Passwords::new(cheap);
        let hash = passwords.hash("four unrelated words".to_owned(), [7; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        let dearer = Passwords::new(Cost { passes: 2, ..cheap });
        assert!(dearer.verify("four unrelated words".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("four unrelated word".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("anything".to_owned(), None).await.unwrap());
        assert_eq!(
            passwords.hash("short".to_owned(), [7; 16]).await.unwrap_err().code(),
            "password-too-short"
        );
    }
}

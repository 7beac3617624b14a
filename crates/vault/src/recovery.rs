//! The recovery key: what an operator keeps on paper, and what alone opens a mirror.
//!
//! ```text
//! code:  version 1 │ seed 20 │ checksum 4   as 40 characters of Crockford's base 32, in 8 groups of 5
//! ```
//! 160 random bits are more than X25519 is worth, and short enough to type. The alphabet has no I, L, O and U; what is
//! typed may be in any case, with O for 0 and I or L for 1, and with any spaces or hyphens. The checksum is the front
//! of a SHA-256, so that one slip passes once in four thousand million times.

use crate::{codec::sha256, derive::Schedule, envelope::Pair};
use kernel::{Entropy, Error, Result};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const SEED: usize = 20;
const CHECKSUM: usize = 4;
const BYTES: usize = 1 + SEED + CHECKSUM;
const CHARACTERS: usize = BYTES * 8 / 5;
const GROUP: usize = 5;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The private half of the pair to which a mirror is sealed. It is shown once and stored nowhere.
pub struct RecoveryKey {
    seed: Box<Zeroizing<[u8; SEED]>>,
    pair: Pair,
}

impl RecoveryKey {
    /// A new one.
    pub fn generate(entropy: &Entropy) -> Self {
        let mut seed = Box::new(Zeroizing::new([0; SEED]));
        entropy.fill(&mut **seed);
        Self::of(seed)
    }

    fn of(seed: Box<Zeroizing<[u8; SEED]>>) -> Self {
        let schedule = Schedule::new(b"palisade 1 recovery key", &**seed);
        let pair = Pair::derive(&schedule.subkey("pair"));
        Self { seed, pair }
    }

    /// As it is written on paper.
    pub fn code(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        bytes[0] = VERSION;
        bytes[1..=SEED].copy_from_slice(&**self.seed);
        let checksum = checksum(&bytes[..=SEED]);
        bytes[1 + SEED..].copy_from_slice(&checksum);

        let mut code = Zeroizing::new(String::with_capacity(CHARACTERS + CHARACTERS / GROUP));
        for place in 0..CHARACTERS {
            if place > 0 && place % GROUP == 0 {
                code.push('-');
            }
            let digit =
                (0..5).fold(0, |digit, bit| digit << 1 | usize::from(bit_of(&*bytes, place * 5 + bit)));
            code.push(char::from(ALPHABET[digit]));
        }
        code
    }

    pub(crate) fn pair(&self) -> &Pair {
        &self.pair
    }
}

impl FromStr for RecoveryKey {
    type Err = Error;

    /// Reads the code as it was typed.
    fn from_str(code: &str) -> Result<Self> {
        let mut bytes = Zeroizing::new([0_u8; BYTES]);
        let mut place = 0;
        for character in code.chars().filter(|character| !character.is_whitespace() && *character != '-') {
            let digit = digit_of(character).ok_or_else(|| wrong("holds a character that no code has"))?;
            for bit in 0..5 {
                let at = place * 5 + bit;
                let byte = bytes.get_mut(at / 8).ok_or_else(|| wrong("is too long"))?;
                *byte |= (digit >> (4 - bit) & 1) << (7 - at % 8);
            }
            place += 1;
        }
        if place != CHARACTERS {
            return Err(wrong("is too short"));
        }
        if checksum(&bytes[..=SEED]) != bytes[1 + SEED..] {
            return Err(wrong("has a slip in it"));
        }
        if bytes[0] != VERSION {
            return Err(wrong("is of an unknown version"));
        }
        let mut seed = Box::new(Zeroizing::new([0; SEED]));
        seed.copy_from_slice(&bytes[1..=SEED]);
        Ok(Self::of(seed))
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let digest = sha256(bytes);
    [digest[0], digest[1], digest[2], digest[3]]
}

fn bit_of(bytes: &[u8], at: usize) -> bool {
    bytes[at / 8] >> (7 - at % 8) & 1 == 1
}

fn digit_of(character: char) -> Option<u8> {
    let character = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let digit = ALPHABET.iter().position(|known| char::from(*known) == character)?;
    u8::try_from(digit).ok()
}

fn wrong(how: &'static str) -> Error {
    Error::invalid("invalid-recovery-key", "recovery-key").because(format!("the recovery key {how}"))
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey")
    }
}

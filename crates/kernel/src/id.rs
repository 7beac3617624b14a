//! Typed ids: a `UUIDv7` (RFC 9562) that knows which noun it names.

use crate::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};
use uuid::Uuid;

/// What an [`Id`] names; one uninhabited type a noun.
pub trait Noun: 'static {
    /// The noun as it stands in logs: `project`.
    const NAME: &'static str;
}

/// The id of one `N`: 16 bytes, the first 48 bits the milliseconds since 1970, so that ids made later sort later.
#[cfg_attr(feature = "diesel", derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow))]
#[cfg_attr(feature = "diesel", diesel(sql_type = diesel::sql_types::Binary))]
pub struct Id<N: Noun>(Uuid, PhantomData<fn() -> N>);

impl<N: Noun> Id<N> {
    /// The id with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes), PhantomData)
    }

    /// Its 16 bytes.
    pub const fn bytes(&self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The least that is made at this time: whatever is made then or later is not below it, what was made before is.
    pub fn least_at(time: Timestamp) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&time.millis().to_be_bytes()[2..]);
        let passed = u16::try_from(time.micros().rem_euclid(1000) * 4096 / 1000).unwrap_or(0).to_be_bytes();
        bytes[6] = passed[0] | 0x70;
        bytes[7] = passed[1];
        bytes[8] = 0x80;
        Self::from_bytes(bytes)
    }

    /// The same bytes, naming another noun. For the few places where one noun stands in for another,
    /// such as a project that is the root folder of its files.
    pub const fn cast<M: Noun>(self) -> Id<M> {
        Id(self.0, PhantomData)
    }
}

// By hand, since a derive would ask the same of `N`.
impl<N: Noun> Clone for Id<N> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<N: Noun> Copy for Id<N> {}
impl<N: Noun> PartialEq for Id<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<N: Noun> Eq for Id<N> {}
impl<N: Noun> PartialOrd for Id<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<N: Noun> Ord for Id<N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<N: Noun> Hash for Id<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<N: Noun> fmt::Debug for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", N::NAME, self.0)
    }
}
impl<N: Noun> fmt::Display for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<N: Noun> FromStr for Id<N> {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(|id| Self(id, PhantomData))
    }
}
impl<N: Noun> Serialize for Id<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl<'de, N: Noun> Deserialize<'de> for Id<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "diesel")]
mod sql {
    use super::{Id, Noun};
    use diesel::{
        backend::Backend,
        deserialize::{self, FromSql},
        serialize::{self, Output, ToSql},
        sql_types::Binary,
    };

    impl<N: Noun, DB: Backend> ToSql<Binary, DB> for Id<N>
    where
        [u8]: ToSql<Binary, DB>,
    {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
            self.0.as_bytes().as_slice().to_sql(out)
        }
    }

    impl<N: Noun, DB: Backend> FromSql<Binary, DB> for Id<N>
    where
        Vec<u8>: FromSql<Binary, DB>,
    {
        fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
            Ok(Self::from_bytes(Vec::<u8>::from_sql(value)?.as_slice().try_into()?))
        }
    }
}

#[cfg(feature = "utoipa")]
mod schema {
    use super::{Id, Noun};
    use std::borrow::Cow;
    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
    };

    impl<N: Noun> PartialSchema for Id<N> {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                .description(Some(format!("The id of one {} (UUIDv7, RFC 9562).", N::NAME)))
                .into()
        }
    }
    impl<N: Noun> ToSchema for Id<N> {
        /// `AppPasswordId` for the noun `app password`.
        fn name() -> Cow<'static, str> {
            let mut name = String::new();
            for word in N::NAME.split(' ') {
                let mut letters = word.chars();
                name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                name.push_str(letters.as_str());
            }
            name.push_str("Id");
            Cow::Owned(name)
        }
    }
}

macro_rules! nouns {
    ($($(#[$doc:meta])* $noun:ident $alias:ident $name:literal;)*) => {
        /// The nouns that have ids.
        pub mod noun { $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $noun {}
            impl super::Noun for $noun { const NAME: &'static str = $name; }
        )* }
        $( #[doc = concat!("The id of one ", $name, ".")] pub type $alias = Id<noun::$noun>; )*
    };
}

nouns! {
    /// One customer.
    Account AccountId "account";
    /// A member or guest of one account.
    Person PersonId "person";
    /// The picture of a person; another one has another id.
    Picture PictureId "picture";
    /// A project.
    Project ProjectId "project";
    /// A file or a folder.
    Entry EntryId "entry";
    /// One version of a file.
    Version VersionId "version";
    /// Sealed content at the sites.
    Blob BlobId "blob";
    /// A resumable upload under way.
    Upload UploadId "upload";
    /// A signed-in browser.
    Session SessionId "session";
    /// A secret for programs.
    AppPassword AppPasswordId "app password";
    /// An invitation to an account.
    Invitation InvitationId "invitation";
    /// A single-use link: a reset of the password, a first sign-in.
    Token TokenId "token";
    /// One line of the journal.
    JournalEntry JournalEntryId "journal entry";
    /// Work that outlives a request.
    Job JobId "job";
    /// A mail that waits.
    Mail MailId "mail";
    /// One process that serves the installation.
    Node NodeId "node";
    /// A page that is open in a browser, as it calls itself.
    Tab TabId "tab";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let id = ProjectId::from_bytes([7; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("not an id".parse::<ProjectId>().is_err());
    }

    #[test]
    fn debug_names_the_noun() {
        assert!(format!("{:?}", BlobId::from_bytes([0; 16])).starts_with("blob:0000"));
    }
}

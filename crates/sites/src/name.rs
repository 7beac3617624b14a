//! What an object is called at every site.

use kernel::{AccountId, BlobId};
use object_store::path::Path;
use std::fmt;

/// The name of one part of a blob: `{account}/{blob}` for part 0, `{account}/{blob}.{part}` for the others.
///
/// A name is used for one upload only. An upload that failed may have left its object at a site that went
/// silent, so whoever sends a part again gives it the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartName {
    /// Whose it is; also the folder that it lies in.
    pub account: AccountId,
    /// The blob.
    pub blob: BlobId,
    /// Which part of the blob.
    pub part: u32,
}

impl PartName {
    /// The object's name in the folder of its account.
    pub(crate) fn file(&self) -> String {
        match self.part {
            0 => self.blob.to_string(),
            part => format!("{}.{part}", self.blob),
        }
    }

    /// The part that [`PartName::file`] names so in the folder of `account`; none where another hand wrote it.
    pub(crate) fn parse(account: AccountId, file: &str) -> Option<Self> {
        let (blob, part) = match file.split_once('.') {
            Some((blob, part)) => (blob, part.parse().ok()?),
            None => (file, 0),
        };
        let name = Self { account, blob: blob.parse().ok()?, part };
        (name.file() == file).then_some(name)
    }

    pub(crate) fn path(&self) -> Path {
        Path::from_iter([self.account.to_string(), self.file()])
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_others_are_refused() {
        let account = AccountId::from_bytes([1; 16]);
        for part in [0, 1, u32::MAX] {
            let name = PartName { account, blob: BlobId::from_bytes([2; 16]), part };
            assert_eq!(PartName::parse(account, &name.file()), Some(name));
        }
        let blob = "02020202-0202-0202-0202-020202020202";
        for bad in
            ["", "x", &format!("{blob}.0"), &format!("{blob}.01"), &format!("{blob}.x"), &format!("{blob}#1")]
        {
            assert_eq!(PartName::parse(account, bad), None, "{bad}");
        }
        assert_eq!(PartName::parse(account, &blob.replace('-', "")), None, "one spelling only");
    }
}

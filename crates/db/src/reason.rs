//! Why a transaction reaches across accounts.

/// Why a transaction reaches across accounts. One name for each kind of work, so that all of it is found by
/// searching for `Reason::`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// To find an account by its address, before anybody is signed in.
    FindAccount,
    /// To open or end an account.
    CreateAccount,
    /// To list accounts for the operator.
    ListAccounts,
    /// To find and take jobs that are due.
    RunJobs,
    /// To list or find mail for the operator.
    ListMail,
    /// To find upload intents that nobody renewed.
    CollectIntents,
    /// To look after the copies at the sites: what is missing, bad, or left over.
    TendCopies,
    /// To find receipts that nobody may ask for any more.
    ForgetReceipts,
    /// To forget sessions and links that have expired.
    ForgetExpired,
    /// To count for metrics.
    Count,
    /// To see whether the database takes a write.
    Check,
}

//! Reading back what was acknowledged, byte by byte.

use crate::clients::{Item, Server};
use futures_util::{StreamExt, stream};
use http::StatusCode;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How many items are read at once.
const AT_ONCE: usize = 8;
/// How long an answer is waited for that is neither the item nor a word that it is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// An item that was acknowledged and is not there.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    pub(crate) name: String,
    /// What came instead.
    pub(crate) why: String,
}

/// Reads each item from these nodes, from the next one where one does not answer; those that are lost.
pub(crate) async fn read_back(nodes: &[Server], items: &[Item]) -> Vec<Lost> {
    let reads = items.iter().enumerate().map(|(number, item)| async move {
        let mut nodes = nodes.iter().cycle().skip(number % nodes.len());
        let why = read(&mut nodes, item).await.err()?;
        Some(Lost { name: item.name.clone(), why })
    });
    stream::iter(reads).buffer_unordered(AT_ONCE).filter_map(async |lost| lost).collect().await
}

async fn read(nodes: &mut impl Iterator<Item = &Server>, item: &Item) -> Result<(), String> {
    let path = match item.content {
        Some(_) => format!("/api/v1/files/{}/content", item.id),
        None => format!("/api/v1/files/{}", item.id),
    };
    let begun = Instant::now();
    for node in nodes {
        let why = match node.get(&path).await {
            Ok(answer) if answer.status == StatusCode::OK => return compare(item, &answer.body),
            Ok(answer) if answer.status == StatusCode::NOT_FOUND => return Err("404".to_owned()),
            Ok(answer) => format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)),
            Err(failure) => format!("{failure:?}"),
        };
        if begun.elapsed() > PATIENCE {
            return Err(why);
        }
        sleep(Duration::from_millis(200)).await;
    }
    Err("there is no node to ask".to_owned())
}

fn compare(item: &Item, body: &[u8]) -> Result<(), String> {
    let same = match item.content {
        Some(content) => content.bytes() == body,
        None => serde_json::from_slice::<Value>(body).is_ok_and(|entry| entry["name"] == item.name.as_str()),
    };
    if same { Ok(()) } else { Err(format!("{} other bytes", body.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ledger::Content;

    #[test]
    fn one_wrong_byte_is_a_loss() {
        let content = Content::of(7);
        let file = Item { id: String::new(), name: "a".to_owned(), content: Some(content) };
        let mut bytes = content.bytes().to_vec();
        assert!(compare(&file, &bytes).is_ok());
        *bytes.last_mut().unwrap() ^= 1;
        assert!(compare(&file, &bytes).is_err());
        let folder = Item { content: None, ..file };
        assert!(compare(&folder, br#"{"name":"a"}"#).is_ok());
        assert!(compare(&folder, br#"{"name":"b"}"#).is_err());
    }
}

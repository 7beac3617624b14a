//! One open tab: what it is told, and when that ends.

use super::{
    bus::Seat,
    model::{Batch, Message},
};
use crate::{Palisade, sessions};
use access::Actor;
use axum::extract::ws;
use futures_util::{Sink, Stream};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::sleep,
};
use web::socket::{End, Line};

/// How often it is looked up whether whoever opened a socket is still there.
pub(super) const LOOK: Duration = Duration::from_secs(3);

/// Talks to a tab until it is gone, or has to be.
pub(super) async fn talk<S, E>(palisade: Palisade, actor: Actor, seat: Seat, socket: S)
where
    S: Stream<Item = Result<ws::Message, E>> + Sink<ws::Message> + Unpin,
{
    // What else is in a seat keeps it taken until the end.
    let Seat { batches, closing, .. } = seat;
    let over = over(palisade.clone(), actor.clone(), closing);
    let mut tab =
        Tab { palisade, actor, sure: true, batches, line: Line::new(socket, Message::ALIVE.text()) };
    let end = tokio::select! {
        Err(end) = tab.serve() => end,
        end = over => end,
    };
    tab.line.close(end).await;
}

/// Waits until the node stops, or whoever opened the socket is no longer there, or that cannot be looked up for as long as a
/// database may be silent.
async fn over(palisade: Palisade, actor: Actor, mut closing: watch::Receiver<bool>) -> End {
    let gone = async {
        loop {
            sleep(LOOK).await;
            if let Ok(None) = sessions::look_again(&palisade, &actor).await {
                return;
            }
        }
    };
    tokio::select! {
        _ = closing.wait_for(|closing| *closing) => End::Restart,
        () = palisade.db.lapsed() => End::Away,
        () = gone => End::SignedOut,
    }
}

/// An open tab.
struct Tab<S> {
    palisade: Palisade,
    /// Whoever looks at it, as they were last found.
    actor: Actor,
    /// Whether all was heard since then that could have changed them.
    sure: bool,
    batches: broadcast::Receiver<Arc<Batch>>,
    line: Line<S>,
}

impl<S, E> Tab<S>
where
    S: Stream<Item = Result<ws::Message, E>> + Sink<ws::Message> + Unpin,
{
    async fn serve(&mut self) -> Result<Infallible, End> {
        // What was read before the socket was open may be old.
        self.line.say(Message::RESYNC.text()).await?;
        loop {
            tokio::select! {
                batch = self.batches.recv() => self.pass_on(batch).await?,
                // Nothing that a tab says means anything yet.
                said = self.line.hear() => drop(said?),
            }
        }
    }

    /// Passes on what is for whoever looks, as they are now.
    async fn pass_on(&mut self, batch: Result<Arc<Batch>, RecvError>) -> Result<(), End> {
        let batch = match batch {
            Ok(batch) => batch,
            Err(RecvError::Lagged(_)) => {
                // It reads slowly: what waits for it is part of all that it reads again.
                self.batches = self.batches.resubscribe();
                Arc::new(Batch::All)
            }
            Err(RecvError::Closed) => return Err(End::Restart),
        };
        if matches!(*batch, Batch::All) {
            self.sure = false;
        } else if !self.sure || batch.asks_who(&self.actor) {
            match sessions::look_again(&self.palisade, &self.actor).await {
                Ok(Some(actor)) => (self.actor, self.sure) = (actor, true),
                Ok(None) => return Err(End::SignedOut),
                Err(_) => return self.line.say(Message::RESYNC.text()).await, // it says nothing of anything
            }
        }
        match batch.message(&self.actor) {
            Some(message) => self.line.say(message.text()).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{bus::WAITING, model::tests as model};
    use access::Role;
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };
    use tokio::sync::mpsc;

    /// A peer that says nothing, and reads what it is sent when it likes.
    struct Slow<K>(Pin<Box<K>>);

    impl<K> Stream for Slow<K> {
        type Item = Result<ws::Message, ()>;
        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Pending
        }
    }

    impl<K: Sink<ws::Message>> Sink<ws::Message> for Slow<K> {
        type Error = K::Error;
        fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), K::Error>> {
            self.0.as_mut().poll_ready(cx)
        }
        fn start_send(mut self: Pin<&mut Self>, message: ws::Message) -> Result<(), K::Error> {
            self.0.as_mut().start_send(message)
        }
        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), K::Error>> {
            self.0.as_mut().poll_flush(cx)
        }
        fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), K::Error>> {
            self.0.as_mut().poll_close(cx)
        }
    }

    #[tokio::test]
    async fn what_waits_for_a_slow_reader_is_replaced_by_one_resync() {
        let folder = tempfile::tempdir().unwrap();
        let (palisade, actor) = model::installation(folder.path(), Role::Member).await;
        let (sent, mut read) = mpsc::channel(1);
        let sink = futures_util::sink::unfold(sent, |sent, message| async move {
            sent.send(message).await.map_err(|_| ())?;
            Ok::<_, ()>(sent)
        });
        let (tell, batches) = broadcast::channel(WAITING);
        let line = Line::new(Slow(Box::pin(sink)), Message::ALIVE.text());
        let mut tab = Tab { palisade, actor, sure: true, batches, line };
        let serving = tokio::spawn(async move { tab.serve().await });
        let mut kinds = Vec::new();
        let mut next = async || match read.recv().await {
            Some(ws::Message::Text(text)) => kinds.push(text.contains("resync")),
            other => panic!("{other:?}"),
        };
        next().await;
        // The first of them is on its way, and is not read.
        for _ in 0..3 * WAITING {
            tell.send(Arc::new(model::batch())).unwrap();
            tokio::task::yield_now().await;
        }
        while !tell.is_empty() {
            next().await;
        }
        drop(tell);
        assert_eq!(serving.await.unwrap().unwrap_err(), End::Restart);
        while let Some(ws::Message::Text(text)) = read.recv().await {
            kinds.push(text.contains("resync"));
        }
        assert_eq!(kinds.iter().filter(|resync| **resync).count(), 2, "at the beginning and once: {kinds:?}");
        assert!(kinds.len() < 8, "{kinds:?}");
    }
}

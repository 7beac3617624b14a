//! `palisade serve`: one node.

use crate::{
    config::Config,
    connections::{self, Taken},
    control, keys, memory,
    metrics::{self, Requests},
    node::{May, Node},
    pages, sites,
};
use app::{
    Palisade,
    files::{collector, held},
};
use axum::{Extension, Router, extract::State, middleware, routing::get};
use http::StatusCode;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{Mutex, watch},
    time::Instant,
};
use tracing_subscriber::EnvFilter;

/// How long requests under way may take after the node was asked to stop.
const GRACE: Duration = Duration::from_secs(4);
/// How often the collector looks.
const COLLECT: Duration = Duration::from_secs(30);
/// How long it is believed that the node is ready, or is not.
const READY_FOR: Duration = Duration::from_secs(1);
/// How often the key sites are compared, and how soon again where one was away or lacked something.
const FILL: Duration = Duration::from_mins(10);
const FILL_SOON: Duration = Duration::from_secs(30);
/// How long it rests at least.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs until it is asked to stop.
pub(crate) async fn serve(mut config: Config) -> Result<(), String> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(std::io::stderr).init();
    memory::close().map_err(|error| format!("memory: {error}"))?;
    let listener = bind(config.listen).await?;
    config.listen = listener.local_addr().map_err(|error| error.to_string())?;
    let watched = match config.metrics {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    control::check(&config)?;
    keys::refuse_versions(&config).await?;
    let node = Node::open(&config, May::Begin).await?;
    sites::refuse_versions(&node.palisade).await?;
    let commands = control::listen(&config).map_err(|error| format!("control socket: {error}"))?;
    let answering = tokio::spawn(control::answer(commands, node.palisade.clone(), config.clone()));
    let collecting = tokio::spawn(collect(node.palisade.clone()));
    let hearing = tokio::spawn(app::live::hear(&node.palisade));
    let tended = node.palisade.clone();
    let tending = tokio::spawn(async move { held::tend(&tended).await });
    let filling = tokio::spawn(fill(node.palisade.clone()));

    let (stop, mut stopped) = watch::channel(false);
    let working = tokio::spawn(work(node.palisade.clone(), stopped.clone()));
    let stop_all = stop.clone();
    let asked = asked_to_stop().map_err(|error| format!("signals: {error}"))?;
    tokio::spawn(async move {
        asked.await;
        tracing::info!("stopping");
        stop.send_replace(true);
    });
    let address = config.address();
    crate::print(&format!("listening on {}", address.origin(&address.host)));
    let mut router = router(node.palisade.clone());
    if let Some(listener) = watched {
        let requests = Requests::default();
        let own = metrics::router(&node.palisade, &requests);
        router = router.layer(middleware::from_fn_with_state(requests, metrics::measure));
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        tracing::info!("metrics at http://{address}/metrics");
        tokio::spawn(axum::serve(listener, own).into_future());
    }
    let mut until = stopped.clone();
    let taken = Taken::new(address.proxies).map_err(|error| format!("open files: {error}"))?;
    let serving = connections::serve(listener, router, taken, async move {
        let _ = until.wait_for(|stop| *stop).await;
    });
    // Sockets end when they are asked to; HTTP knows nothing of most of them.
    let mut until = stopped.clone();
    let closing = async {
        let _ = until.wait_for(|stop| *stop).await;
        app::live::close(&node.palisade).await;
    };
    let late = async {
        let _ = stopped.wait_for(|stop| *stop).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        _ = async { tokio::join!(serving, closing) } => {}
        () = late => {}
    }
    answering.abort();
    collecting.abort();
    hearing.abort();
    tending.abort();
    filling.abort();
    stop_all.send_replace(true);
    let _ended = working.await; // its claims are given back
    node.close().await;
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("listen at {address}: another program listens there already"),
        io::ErrorKind::AddrNotAvailable => format!("listen at {address}: this machine has no such address"),
        _ => format!("listen at {address}: {error}"),
    })
}

fn router(palisade: Palisade) -> Router {
    let own = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .fallback(pages::serve)
        .method_not_allowed_fallback(pages::refuse)
        .layer(Extension(Arc::<Readiness>::default()))
        .layer(middleware::from_fn(web::guard::localise))
        .layer(middleware::from_fn(web::guard::secure))
        .with_state(palisade.clone());
    app::router(palisade).fallback_service(own)
}

/// Whether the node was ready a moment ago. To find out writes at each site, and anybody may ask.
#[derive(Debug, Default)]
struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    /// What was found lately, or is found now. Who asks meanwhile waits for that.
    async fn get(&self, look: impl Future<Output = bool>) -> bool {
        let mut found = self.0.lock().await;
        if let Some((at, ready)) = *found
            && at.elapsed() < READY_FOR
        {
            return ready;
        }
        let ready = look.await;
        *found = Some((Instant::now(), ready));
        ready
    }
}

/// Green only where a write would be accepted.
async fn ready(
    State(palisade): State<Palisade>,
    Extension(readiness): Extension<Arc<Readiness>>,
) -> (StatusCode, &'static str) {
    let look = async {
        // Where it was away, it lacks keys that others hold.
        if !palisade.vault.is_filled() || palisade.db.ready().await.is_err() {
            return false;
        }
        let health = palisade.sites.check(&palisade.source).await;
        palisade.sites.suffice(&health)
    };
    if readiness.get(look).await {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    }
}

/// Ends when somebody asks the node to stop, which is heard from the call on, not from the first poll: who was told that
/// the node listens may stop it at once.
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Runs jobs until the node stops.
async fn work(palisade: Palisade, mut stopped: watch::Receiver<bool>) {
    let stop = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    app::runner(&palisade).run(stop).await;
}

/// Compares the key sites with each other: at the start, until the one here lacks nothing, and now and then.
async fn fill(palisade: Palisade) {
    loop {
        let wait = match palisade.vault.fill().await {
            Ok(filled) if filled.behind > 0 => {
                tracing::warn!(keys = filled.behind, "the key site here lacks keys that others hold");
                FILL_SOON
            }
            Ok(filled) if !filled.away.is_empty() => FILL_SOON,
            Ok(filled) => {
                if filled.entered > 0 {
                    tracing::info!(keys = filled.entered, "key sites were filled");
                }
                FILL
            }
            Err(error) => {
                tracing::error!(%error, "the key sites were not compared");
                FILL_SOON
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Looks now and then for what nobody wants, and overwrites keys that were not used for a while.
async fn collect(palisade: Palisade) {
    let mut ticks = tokio::time::interval(COLLECT);
    loop {
        let wanted = tokio::select! {
            _ = ticks.tick() => false,
            () = collector::wanted(&palisade) => true,
        };
        palisade.vault.sweep();
        // One node looks for all of them; what was deleted at this one, it looks for itself.
        if !wanted && !palisade.db.leads() {
            continue;
        }
        if let Err(error) = collector::look(&palisade).await {
            tracing::warn!(%error, "the collector goes on later");
        }
        if let Err(error) = app::forget_expired(&palisade).await {
            tracing::warn!(%error, "what has expired is forgotten later");
        }
        tokio::time::sleep(PAUSE).await; // whoever deletes many files wakes it once for all of them
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_often_whether_the_node_is_ready_has_nothing_looked_at() {
        let (readiness, looks) = (Readiness::default(), AtomicUsize::new(0));
        let ask = async |ready: bool| {
            let look = async {
                looks.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(10)).await;
                ready
            };
            readiness.get(look).await
        };
        let all = tokio::join!(ask(true), ask(true), ask(true));
        assert_eq!((all, looks.load(Ordering::SeqCst)), ((true, true, true), 1));
        assert!(ask(false).await, "for a second it is what it was");
        tokio::time::advance(READY_FOR).await;
        assert!(!ask(false).await);
        assert_eq!(looks.load(Ordering::SeqCst), 2);
    }
}

//! Metrics for the operator, at a listener of their own: they are nobody else's business.
//!
//! They are wired by values: each part of the installation registers what it counts in the one registry. No label names an
//! account, a person, an address or an id; a request is told by the template of its route.

use app::Palisade;
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{Method, StatusCode, header};
use kernel::Clock;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
        info::Info,
    },
    registry::{Registry, Unit},
};
use std::{fmt, fs, sync::Arc, time::Instant};

/// The media type of the text format (`OpenMetrics` 1.0), which Prometheus reads.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The bounds of a request's duration in seconds.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Which {
    method: &'static str,
    route: String,
    status: &'static str,
}

/// The requests of this node, by method, route and class of status. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Requests(Family<Which, Histogram, fn() -> Histogram>);

impl Default for Requests {
    fn default() -> Self {
        Self(Family::new_with_constructor(|| Histogram::new(SECONDS)))
    }
}

/// Measures a request until the head of its answer.
pub(crate) async fn measure(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("pages", MatchedPath::as_str).to_owned();
    let answer = next.run(request).await;
    let status = class(answer.status());
    let which = Which { method, route, status };
    requests.0.get_or_create(&which).observe(begun.elapsed().as_secs_f64());
    answer
}

/// The methods that there are; others could be without number.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// The router of the operator's listener.
pub(crate) fn router(palisade: &Palisade, requests: &Requests) -> Router {
    let mut registry = Registry::with_prefix("palisade");
    palisade.register(&mut registry);
    let help = "Requests until the head of their answer; their count is that of the requests";
    registry.register_with_unit("http_request", help, Unit::Seconds, requests.0.clone());
    let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "Which program this is", build);
    // Names that dashboards know, so without our prefix.
    let mut process = Registry::default();
    let start: Gauge = Gauge::default();
    start.set(Clock::system().now().micros() / 1_000_000);
    process.register_with_unit("process_start_time", "When it was started", Unit::Seconds, start);
    process.register_collector(Box::new(Process));
    let registries = Arc::new([registry, process]);
    let show = async |State(registries): State<Arc<[Registry; 2]>>| show(&registries);
    Router::new().route("/metrics", get(show)).with_state(registries)
}

fn show(registries: &[Registry; 2]) -> Response {
    let mut text = String::new();
    for registry in registries {
        if encode(&mut text, registry).is_err() {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        text.truncate(text.len() - "# EOF\n".len());
    }
    text.push_str("# EOF\n");
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response()
}

/// What the system knows of this process, read when the operator asks.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let gauges = [
            ("process_resident_memory", "Memory in use", Some(Unit::Bytes), resident()),
            ("process_open_fds", "Open files and sockets", None, open_files()),
            ("process_threads", "Threads", None, threads()),
        ];
        for (name, help, unit, value) in gauges {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, unit.as_ref(), gauge.metric_type())?)?;
        }
        Ok(())
    }
}

/// The second field of `statm` counts pages (proc(5)).
fn resident() -> Option<i64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages.saturating_mul(i64::try_from(rustix::param::page_size()).ok()?))
}

fn open_files() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

fn threads() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/task").ok()?.count()).ok()
}

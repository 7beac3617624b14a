//! `/live`.

use super::{model::Message, tab};
use crate::{Palisade, Sender, SignedIn};
use axum::{extract::State, response::Response, routing::MethodFilter};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Failure, socket::Handshake};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    let (schemas, paths, methods) = routes!(open);
    // Over HTTP/2 a socket is opened by CONNECT (RFC 8441), a method that OpenAPI has no word for.
    OpenApiRouter::default().routes((schemas, paths, methods.on(MethodFilter::CONNECT, open)))
}

/// Opens a WebSocket (RFC 6455), on which one hears that something changed that one may see: where, and by whom, never what.
///
/// Each text on it is one `LiveMessage`; kinds that one does not know are to be passed over. The first is a `resync`: what was
/// read before it may be old. A page must be of the account's own origin. A request that carries an id in `X-Tab` is told to
/// the other tabs of whoever sends it with that id. The socket is closed with 1008 where what it was opened with has ended, with
/// 1012 where the node stops, and with 1013 where its database is away.
#[utoipa::path(
    get, path = "/live", operation_id = "live",
    responses(
        (status = 101, body = Message, description = "The socket is open."),
        (status = 400, description = "`not-a-socket`"),
        (status = 403, description = "`other-origin`"),
        (status = 503, description = "`busy`: too many sockets at once"),
    ),
)]
async fn open(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    Sender(client): Sender,
    handshake: Handshake,
) -> Result<Response, Failure> {
    let seat = palisade.live.enter(&actor, client, &palisade.numbers.tabs)?;
    Ok(handshake.answer(move |socket| tab::talk(palisade, actor, seat, socket)))
}

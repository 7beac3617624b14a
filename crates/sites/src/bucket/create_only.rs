//! Large objects in a bucket are never overwritten either.
//!
//! `object_store` puts a small object with `If-None-Match: *`, yet completes a multipart upload without it, so
//! that the last of two writers would win. The header is added here on the way out. Signature version 4 does
//! not ask that it be signed, and a server that does not know it on this request ignores it.

use async_trait::async_trait;
use http::{HeaderValue, Method, header::IF_NONE_MATCH};
use object_store::{
    ClientOptions, Result,
    client::{
        HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
    },
};

/// Makes clients whose multipart uploads complete only where nothing has the name.
#[derive(Debug)]
pub(crate) struct CreateOnly;

impl HttpConnector for CreateOnly {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        Ok(HttpClient::new(Client(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Client(HttpClient);

#[async_trait]
impl HttpService for Client {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let query = request.uri().query().unwrap_or_default();
        if request.method() == Method::POST && query.split('&').any(|pair| pair.starts_with("uploadId=")) {
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        self.0.execute(request).await
    }
}

//! The listener for the people and programs of this machine: `/metrics` and `/health`.

use std::convert::Infallible;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::answer::{Answer, text};
use crate::timed_stream::TimedStream;
use crate::{Limits, Status, connection};

/// The format of the metrics.
const METRICS_TYPE: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Serves as long as it is polled.
pub(crate) async fn serve(listener: TcpListener, status: Status, limits: Limits) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(limits.probe_every).await;
            continue;
        };
        let (status, http) = (status.clone(), connection::protocol(&limits));
        let stream = TimedStream::new(stream, limits.answer_timeout);
        tokio::spawn(async move {
            let service = service_fn(|request| std::future::ready(answer(&status, &request)));
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer(status: &Status, request: &Request<Incoming>) -> Result<Answer, Infallible> {
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/health") => status.health(),
        (&Method::GET, "/metrics") => {
            let mut answer = text(StatusCode::OK, status.metrics().into());
            answer.headers_mut().insert(CONTENT_TYPE, METRICS_TYPE);
            answer
        }
        _ => text(StatusCode::NOT_FOUND, "this listener has /metrics and /health\n".into()),
    })
}

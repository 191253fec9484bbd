//! The test host: the contract over HTTP, for the window's tests in a browser. Loopback only, never shipped.
//!
//! - `POST /api/{command}`: the argument as JSON; 200 with the answer, or 422 with a failure.
//! - `GET /events`: server-sent events, one contract event each.
//! - `POST /test/advance?seconds=N`: time passes with nobody acting; `POST /test/sleep?seconds=N`: it jumps, as after a suspend.
//! - anything else: the window's pages (`ui/dist`).
//! - a second port serves contents, as the `pli` scheme does in the shell: another origin for the frame that shows mail.
//!
//! `pli-host --pages DIR [--files DIR] [--base DIR] [--starts-locked] [--no-keyring]` prints one JSON line with both
//! addresses, then serves until its standard input ends. `--base` is the first profile's folder, which holds the others;
//! without, `PLI_HOME` names it.

mod clock;
mod desktop;
mod pages;

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures::Stream;
use pli_contract::event::Event;
use pli_contract::{Desktop, Served, content};
use pli_engine::{Home, Options};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;

/// What the command line says.
struct Arguments {
    pages: PathBuf,
    files: PathBuf,
    base: Option<PathBuf>,
    starts_locked: bool,
    keyring: bool,
}

fn arguments() -> Option<Arguments> {
    let mut pages = None;
    let mut files = None;
    let mut base = None;
    let mut starts_locked = false;
    let mut keyring = true;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--pages" => pages = Some(PathBuf::from(words.next()?)),
            "--files" => files = Some(PathBuf::from(words.next()?)),
            "--base" => base = Some(PathBuf::from(words.next()?)),
            "--starts-locked" => starts_locked = true,
            "--no-keyring" => keyring = false,
            _ => return None,
        }
    }
    Some(Arguments {
        pages: pages?,
        files: files.unwrap_or_else(std::env::temp_dir),
        base,
        starts_locked,
        keyring,
    })
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("pli-host --pages DIR [--files DIR] [--base DIR] [--starts-locked] [--no-keyring]");
        return ExitCode::from(2);
    };
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let window = TcpListener::bind("127.0.0.1:0").await?;
    let contents = TcpListener::bind("127.0.0.1:0").await?;
    let content_base = format!("http://{}", contents.local_addr()?);
    let desktop: Arc<dyn Desktop> = Arc::new(desktop::Scripted::new(arguments.files));
    let browser = Arc::clone(&desktop);
    let clock = clock::Shifted::default();
    let options = Options {
        clock: Arc::new(clock.clone()),
        starts_locked: arguments.starts_locked,
        ..Options::new(move |url| browser.open_url(url).is_ok())
    };
    let options = Options {
        keyring: options.keyring && arguments.keyring,
        ..options
    };
    let home = arguments.base.map_or_else(Home::find, |base| Ok(Home::at(base)))?;
    let served = Served::start(home, options, desktop, content_base.clone())?;
    let ready = serde_json::json!({ "url": format!("http://{}", window.local_addr()?), "contents": content_base });
    let pages = Arc::new(pages::Pages::new(arguments.pages, &content_base));
    let app = Router::new()
        .route("/api/{command}", post(call))
        .route("/events", get(events))
        .with_state(served.clone())
        .route("/test/advance", post(advance).with_state(clock.clone()))
        .route("/test/sleep", post(sleep).with_state(clock))
        .fallback(move |uri: Uri| async move { pages.answer(uri.path()).await });
    let frames = Router::new().fallback(serve_content).with_state(served.clone());
    println!("{ready}");
    tokio::select! {
        outcome = async { axum::serve(window, app).await } => outcome?,
        outcome = async { axum::serve(contents, frames).await } => outcome?,
        () = parent_gone() => {}
    }
    served.stop().await;
    Ok(())
}

async fn call(State(served): State<Served>, Path(command): Path<String>, body: String) -> Response {
    let argument = match serde_json::from_str(&body) {
        Ok(argument) => argument,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    match pli_contract::dispatch(&served, &command, argument).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(failure) => (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(failure)).into_response(),
    }
}

/// How much time passes.
#[derive(Deserialize)]
struct Passing {
    seconds: u32,
}

async fn advance(State(clock): State<clock::Shifted>, Query(passing): Query<Passing>) -> StatusCode {
    clock.pass(passing.seconds).await;
    StatusCode::NO_CONTENT
}

async fn sleep(State(clock): State<clock::Shifted>, Query(passing): Query<Passing>) -> StatusCode {
    clock.jump(passing.seconds);
    StatusCode::NO_CONTENT
}

async fn events(State(served): State<Served>) -> Sse<impl Stream<Item = Result<Sent, axum::Error>>> {
    let stream = futures::stream::unfold(served.events(), |mut events| async move {
        let event = match events.recv().await {
            Ok(event) => event,
            // Some were missed: what is shown is asked for again.
            Err(RecvError::Lagged(_)) => Event::Accounts,
            Err(RecvError::Closed) => return None,
        };
        Some((Sent::default().json_data(event), events))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

async fn serve_content(State(served): State<Served>, uri: Uri) -> Response {
    let content = content::serve(&served, uri.path()).await;
    let status = StatusCode::from_u16(content.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, content.body).into_response();
    for (name, value) in &content.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Ends when the standard input does: whoever started this host has ended.
async fn parent_gone() {
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut bytes = [0; 64];
        while std::io::stdin().read(&mut bytes).is_ok_and(|read| read > 0) {}
        drop(tell);
    });
    let _ = told.await;
}

//! The shell: a window over the engine. One thin handler a command, dialogues, the `pli` scheme for contents. No mail logic.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod arrivals;
#[cfg(all(test, target_os = "linux"))]
mod bus;
mod contents;
mod desktop;
mod events;
mod handlers;
mod hands;
mod log;
mod notify;
mod sleep;
mod warnings;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use pli_contract::{Desktop, Served, Waiting};
use pli_engine::{EngineError, Home, Options};
use tauri::Manager as _;

fn main() -> ExitCode {
    log::begin();
    let started = std::time::Instant::now();
    window::prepare_display();
    let builder = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| {
            window::show(app)
        }))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init());
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_notification::init());
    let built = builder
        .register_asynchronous_uri_scheme_protocol("pli", |context, request, responder| {
            contents::answer(context.app_handle().clone(), request.uri().path().to_owned(), responder);
        })
        .invoke_handler(handlers::all())
        .on_window_event(|window, event| {
            if let tauri::WindowEvent::Focused(true) = event
                && let Some(looked) = window.try_state::<events::Looked>()
            {
                looked.tell();
            }
        })
        .setup(move |app| {
            let served = start(app.handle())?;
            app.manage(events::forward(app.handle().clone(), &served));
            app.manage(served.clone());
            sleep::follow(Arc::new(served.clone()));
            window::open(app.handle())?;
            tracing::info!(elapsed_ms = started.elapsed().as_millis(), "window asked for");
            if std::env::args().any(|argument| argument == "--login") {
                tauri::async_runtime::spawn(window::login_at_start(served));
            }
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                if let tauri::RunEvent::Exit = event
                    && let Some(served) = app.try_state::<Served>()
                {
                    tauri::async_runtime::block_on(served.stop());
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("Pli ne peut pas s’ouvrir. Vos messages enregistrés sur ce poste sont intacts. Détail : {error}");
            ExitCode::FAILURE
        }
    }
}

/// The profile of this start, locked: whoever opens the window proves who they are, unless the keyring opens it and nobody
/// is known yet.
fn start(app: &tauri::AppHandle) -> Result<Served, EngineError> {
    let desktop: Arc<dyn Desktop> = Arc::new(desktop::SystemDesktop::new(app.clone()));
    let browser = Arc::clone(&desktop);
    let mut options = Options::new(move |url| browser.open_url(url).is_ok());
    options.starts_locked = true;
    // The engine's tasks live on Tauri's runtime.
    tauri::async_runtime::block_on(async { Served::start(Home::find()?, options, desktop, contents::BASE) })
}

impl sleep::Lock for Served {
    fn sleeping(&self) -> Waiting<'_, ()> {
        Box::pin(async { self.engine().sleeping().await })
    }
}

//! The shell: a window over the engine. One thin handler a command, dialogues, the `pli` scheme for contents. No mail logic.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod contents;
mod desktop;
mod events;
mod handlers;
mod log;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use pli_contract::{Desktop, Served};
use pli_engine::{Engine, Home, Options};
use tauri::Manager as _;

fn main() -> ExitCode {
    log::begin();
    let started = std::time::Instant::now();
    window::prepare_display();
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| {
            window::show(app)
        }))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .register_asynchronous_uri_scheme_protocol("pli", |context, request, responder| {
            contents::answer(context.app_handle().clone(), request.uri().path().to_owned(), responder);
        })
        .invoke_handler(handlers::all())
        .setup(move |app| {
            let desktop: Arc<dyn Desktop> = Arc::new(desktop::SystemDesktop::new(app.handle().clone()));
            let browser = Arc::clone(&desktop);
            let options = Options::new(move |url| browser.open_url(url).is_ok());
            // The engine's tasks live on Tauri's runtime.
            let engine = tauri::async_runtime::block_on(async { Engine::start(Home::find()?, options) })?;
            let served = Served {
                engine,
                desktop,
                content_base: contents::BASE.to_owned(),
            };
            events::forward(app.handle().clone(), &served);
            app.manage(served.clone());
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
                    tauri::async_runtime::block_on(served.engine.stop());
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

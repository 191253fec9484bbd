//! The one window, and what it may open.

use pli_contract::commands::{LoginStart, Nothing};
use pli_contract::failure::Failure;
use pli_contract::view::VaultState;
use pli_contract::{Served, serve};
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindowBuilder};

const LABEL: &str = "main";

/// Where nothing answers (the discard port of this machine).
#[cfg(all(target_os = "linux", not(dev)))]
const NOWHERE: &str = "http://127.0.0.1:9";

/// Opens the window.
///
/// # Errors
/// What the system's web view says when it cannot be made.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let opener = app.clone();
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Pli")
        .inner_size(1440.0, 900.0)
        .min_inner_size(1024.0, 700.0)
        .on_navigation(is_ours)
        .on_new_window(move |url, _features| {
            open_outside(&opener, &url);
            NewWindowResponse::Deny
        });
    let window = without_network(window)?.build()?;
    if let Some(served) = app.try_state::<Served>() {
        crate::hands::follow(&window, &served);
    }
    Ok(())
}

/// Pages and contents come by schemes of our own, so the web view needs no network. A link that someone presses is refused,
/// yet WebKit opens a connection to its server while it asks; under a proxy that answers nothing, it reaches nobody.
fn without_network<'a, R: tauri::Runtime, M: tauri::Manager<R>>(
    window: WebviewWindowBuilder<'a, R, M>,
) -> tauri::Result<WebviewWindowBuilder<'a, R, M>> {
    // The development server of the pages is on the network.
    #[cfg(all(target_os = "linux", not(dev)))]
    let window = window.proxy_url(Url::parse(NOWHERE).map_err(tauri::Error::InvalidUrl)?);
    Ok(window)
}

/// Brings the window to the front: a second start of the program ends here.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let shown = window
            .unminimize()
            .and_then(|()| window.show())
            .and_then(|()| window.set_focus());
        if shown.is_err() {
            tracing::warn!("the window could not be brought to the front");
        }
    }
}

/// Whether the person is looking at it.
pub(crate) fn has_focus(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL)
        .is_some_and(|window| window.is_focused().unwrap_or(false))
}

/// The window stays on its own pages; frames may show our contents and nothing else.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" | "pli" => true,
        "about" => url.path() == "blank",
        "http" | "https" => {
            matches!(url.host_str(), Some("tauri.localhost" | "pli.localhost"))
                || (cfg!(dev) && url.host_str() == Some("localhost"))
        }
        _ => false,
    }
}

/// A link of a message goes to the system's browser, never to this window.
fn open_outside(app: &AppHandle, url: &Url) {
    if matches!(url.scheme(), "http" | "https" | "mailto")
        && let Some(served) = app.try_state::<Served>()
        && served.desktop.open_url(url.as_str()).is_err()
    {
        tracing::warn!("the system's browser could not be opened");
    }
}

/// WebKitGTK draws nothing with some NVIDIA drivers unless its DMA-BUF renderer is off. The variable must be set before GTK
/// starts, so the program starts itself again with it; never where the person has chosen otherwise.
pub(crate) fn prepare_display() {
    const RENDERER: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    #[cfg(target_os = "linux")]
    if std::env::var_os(RENDERER).is_none() && std::path::Path::new("/proc/driver/nvidia/version").exists() {
        use std::os::unix::process::CommandExt as _;
        if let Ok(program) = std::env::current_exe() {
            let failed = std::process::Command::new(program)
                .args(std::env::args_os().skip(1))
                .env(RENDERER, "1")
                .exec();
            eprintln!("{failed}");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = RENDERER;
}

/// `--login`: begins the login at once, by the way of the last one, when the store is open or a login opens it.
pub(crate) async fn login_at_start(served: Served) {
    if let Err(failure) = begin_login(&served).await {
        tracing::warn!(code = ?failure.code, "the login at start failed");
    }
}

async fn begin_login(served: &Served) -> Result<(), Failure> {
    let opened = match serve::status(served, Nothing {}).await?.vault {
        VaultState::Open => true,
        VaultState::Locked => serve::lock_get(served, Nothing {})
            .await?
            .is_some_and(|lock| lock.login),
        _ => false,
    };
    if opened {
        let hint = serve::login_hint(served, Nothing {}).await?;
        let start = LoginStart {
            way: hint.way,
            national_id: hint.national_id,
            channel: hint.channel,
            account: None,
        };
        serve::login_start(served, start).await?;
    }
    Ok(())
}

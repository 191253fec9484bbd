//! One handler a command of the contract: a command that the shell lacks does not compile.

use pli_contract::commands::*;
use pli_contract::failure::Failure;
use pli_contract::view::*;
use pli_contract::{Served, serve};
use tauri::State;

macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident($argument:ty) -> $answer:ty;)*) => {
        mod one {
            use super::*;

            $(
                $(#[$doc])*
                #[tauri::command]
                pub(super) async fn $name(served: State<'_, Served>, argument: $argument) -> Result<$answer, Failure> {
                    serve::$name(&served, argument).await
                }
            )*
        }

        /// Every command, for Tauri's builder.
        pub(crate) fn all() -> impl Fn(tauri::ipc::Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$(one::$name),*]
        }
    };
}

pli_contract::with_commands!(handlers);

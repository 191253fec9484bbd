//! What the person does inside a mail's frame. No script works there, so the page hears nothing: on Linux GTK tells, and what
//! was done counts as activity, and the keys serve as anywhere else. Elsewhere the frame keeps them to itself.

use pli_contract::Served;
use tauri::WebviewWindow;

/// Looks at what is pressed, turned and moved in the web view, frames included. Nothing of it is kept.
#[cfg(target_os = "linux")]
pub(crate) fn follow(window: &WebviewWindow, served: &Served) {
    let (page, served) = (window.clone(), served.clone());
    let followed = window.with_webview(move |view| linux::follow(&view.inner(), page, served));
    if let Err(error) = followed {
        tracing::warn!(%error, "what is done in a mail's frame is not seen");
    }
}

/// The web views of other systems do not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn follow(_window: &WebviewWindow, _served: &Served) {}

#[cfg(target_os = "linux")]
mod linux {
    use gtk::gdk::{EventKey, EventMask, ModifierType};
    use gtk::glib::Propagation::{self, Proceed};
    use gtk::prelude::{IsA, WidgetExt as _, WidgetExtManual as _};
    use pli_contract::Served;
    use tauri::WebviewWindow;

    pub(super) fn follow(view: &impl IsA<gtk::Widget>, page: WebviewWindow, served: Served) {
        view.add_events(EventMask::POINTER_MOTION_MASK | EventMask::SCROLL_MASK);
        let acts = move || -> Propagation {
            served.engine().activity();
            Proceed
        };
        let (moved, turned, pressed) = (acts.clone(), acts.clone(), acts.clone());
        view.connect_motion_notify_event(move |_, _| moved());
        view.connect_scroll_event(move |_, _| turned());
        view.connect_button_press_event(move |_, _| pressed());
        view.connect_key_press_event(move |_, event| {
            if let Some(script) = super::hand_over(&said(event))
                && let Err(error) = page.eval(script)
            {
                tracing::warn!(%error, "a key pressed in a mail's frame was lost");
            }
            acts()
        });
    }

    fn said(event: &EventKey) -> super::Pressed {
        let state = event.state();
        super::Pressed {
            character: event.keyval().to_unicode(),
            control: state.contains(ModifierType::CONTROL_MASK),
            alternate: state.intersects(ModifierType::MOD1_MASK | ModifierType::SUPER_MASK),
        }
    }
}

/// A key as it was pressed.
#[cfg(target_os = "linux")]
struct Pressed {
    character: Option<char>,
    control: bool,
    alternate: bool,
}

/// What gives the key to the page when a frame has the focus: letters and signs alone, Escape, and Ctrl L. The others scroll,
/// copy and move within the frame.
#[cfg(target_os = "linux")]
fn hand_over(pressed: &Pressed) -> Option<String> {
    let character = pressed.character.filter(|_| !pressed.alternate)?;
    let key = match (pressed.control, character) {
        (true, 'l' | 'L') => "l".to_owned(),
        (false, '\u{1b}') => "Escape".to_owned(),
        (false, letter) if letter.is_alphabetic() || "/?".contains(letter) => letter.to_string(),
        _ => return None,
    };
    let shift = !pressed.control && character.is_uppercase();
    let init = serde_json::json!({
        "key": key, "ctrlKey": pressed.control, "shiftKey": shift, "bubbles": true, "cancelable": true,
    });
    Some(format!(
        "if (document.activeElement instanceof HTMLIFrameElement) \
         document.body.dispatchEvent(new KeyboardEvent('keydown', {init}))"
    ))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn pressed(character: char, control: bool, alternate: bool) -> Option<String> {
        hand_over(&Pressed {
            character: Some(character),
            control,
            alternate,
        })
    }

    #[test]
    fn letters_escape_and_the_lock_are_handed_over_and_nothing_else() {
        for (key, control) in [('r', false), ('T', false), ('/', false), ('\u{1b}', false), ('l', true)] {
            assert!(pressed(key, control, false).is_some(), "{key:?}");
        }
        for (key, control, alternate) in [
            (' ', false, false),
            ('c', true, false),
            ('a', true, false),
            ('f', false, true),
            ('\r', false, false),
            ('\'', false, false),
            ('\\', false, false),
        ] {
            assert!(pressed(key, control, alternate).is_none(), "{key:?}");
        }
        let script = pressed('T', false, false).unwrap();
        assert!(
            script.contains(r#""key":"T""#) && script.contains(r#""shiftKey":true"#),
            "{script}"
        );
    }
}

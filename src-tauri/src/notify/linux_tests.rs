//! A real bus, and a notification service of our own on it: it keeps whatever it is told.

use std::sync::Mutex;

use tokio::sync::mpsc;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

use super::*;
use crate::bus::Bus;

#[derive(Debug, Clone, PartialEq)]
struct Told {
    program: String,
    replaces: u32,
    title: String,
    body: String,
    hints: Vec<String>,
}

#[derive(Clone, Default)]
struct Service {
    told: Arc<Mutex<Vec<Told>>>,
    closed: Arc<Mutex<Vec<u32>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[allow(clippy::too_many_arguments, reason = "the service's own words")]
    fn notify(
        &self,
        program: String,
        replaces: u32,
        _icon: String,
        title: String,
        body: String,
        _actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expires: i32,
    ) -> u32 {
        let mut hints: Vec<String> = hints.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        hints.sort();
        let told = Told {
            program,
            replaces,
            title,
            body,
            hints,
        };
        self.told.lock().unwrap().push(told);
        if replaces == 0 { 7 } else { replaces }
    }

    fn close_notification(&self, number: u32) {
        self.closed.lock().unwrap().push(number);
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, number: u32, action: &str) -> zbus::Result<()>;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desktop_is_told_a_count_and_nothing_else() {
    let bus = Bus::start();
    let service = Service::default();
    let desktop = bus.connect().await;
    desktop.object_server().at(PATH, service.clone()).await.unwrap();
    desktop.request_name(SERVICE).await.unwrap();

    let shown = Shown::new(&bus.connect().await, Topic::Mail).await.unwrap();
    shown.show(&words(1)).await.unwrap();
    shown.show(&words(3)).await.unwrap();
    let told = service.told.lock().unwrap().clone();
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].body.as_str(), told[0].replaces), ("Nouveau message", 0));
    assert_eq!(
        (told[1].body.as_str(), told[1].replaces),
        ("3 nouveaux messages", 7),
        "one that grows"
    );
    for told in &told {
        assert_eq!((told.program.as_str(), told.title.as_str()), ("Pli", "Pli"));
        assert_eq!(told.hints.len(), 2, "{:?}", told.hints);
    }

    let (open, mut opened) = mpsc::unbounded_channel();
    shown.pressed(move || open.send(()).unwrap()).await.unwrap();
    let emitter = SignalEmitter::new(&desktop, PATH).unwrap();
    Service::action_invoked(&emitter, 8, "default").await.unwrap();
    Service::action_invoked(&emitter, 7, "default").await.unwrap();
    opened.recv().await.unwrap();
    assert!(
        opened.try_recv().is_err(),
        "another program's notification opens nothing here"
    );

    shown.take_away().await;
    shown.take_away().await;
    assert_eq!(*service.closed.lock().unwrap(), [7], "taken away once");
    shown.show(&words(2)).await.unwrap();
    assert_eq!(service.told.lock().unwrap()[2].replaces, 0, "a new one");

    let boxes = Shown::new(&bus.connect().await, Topic::Boxes).await.unwrap();
    boxes.show("Une boîte est pleine").await.unwrap();
    let told = service.told.lock().unwrap()[3].clone();
    assert_eq!((told.replaces, told.hints.len()), (0, 1), "beside what is said of mail");
}

//! The window's TypeScript is made from the contract and committed. A stale file fails here, after having been made anew:
//! commit it.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use pli_contract::commands::*;
use pli_contract::view::*;
use pli_contract::{event::Event, failure::Failure};
use ts_rs::{Config, TS, TypeVisitor};

struct Declarations {
    config: Config,
    seen: HashSet<TypeId>,
    declared: BTreeMap<String, String>,
}

impl Declarations {
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
        if is_named::<T>(&self.config) {
            let name = T::ident(&self.config);
            let mut text = String::new();
            if let Some(docs) = T::docs() {
                text.push_str(&docs);
                if !docs.ends_with('\n') {
                    text.push('\n');
                }
            }
            let _ = writeln!(text, "export {}", T::decl(&self.config));
            self.declared.insert(name, text);
        }
    }
}

/// Structures and enums of ours have a declaration; numbers, texts, lists and options have none.
fn is_named<T: TS + 'static + ?Sized>(config: &Config) -> bool {
    let name = T::name(config);
    let plain = ["number", "string", "boolean", "null", "bigint"].contains(&name.as_str());
    !plain && name.chars().all(|c| c.is_ascii_alphanumeric())
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}

fn generate() -> String {
    let config = || Config::new().with_large_int("number");
    let mut all = Declarations {
        config: config(),
        seen: HashSet::new(),
        declared: BTreeMap::new(),
    };
    let mut commands =
        String::from("/** Every command: its argument and its answer. */\nexport interface Commands {\n");
    macro_rules! visit {
        ($($(#[doc = $doc:literal])* $name:ident($argument:ty) -> $answer:ty;)*) => { $(
            all.add::<$argument>();
            all.add::<$answer>();
            <$answer as TS>::visit_generics(&mut all);
            $( let _ = writeln!(commands, "  /** {} */", $doc.trim()); )*
            let _ = writeln!(
                commands,
                "  {}: {{ argument: {}; answer: {} }};",
                stringify!($name),
                <$argument as TS>::name(&config()),
                <$answer as TS>::name(&config())
            );
        )* };
    }
    pli_contract::with_commands!(visit);
    commands.push_str("}\n");
    all.add::<Event>();
    all.add::<Failure>();
    let mut text = String::from(
        "// Made from the Rust contract by its tests. Do not edit: change the contract, run its tests, commit.\n\n",
    );
    for declaration in all.declared.values() {
        text.push_str(declaration);
        text.push('\n');
    }
    text.push_str(&commands);
    text
}

fn compare(path: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(path);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept != made {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, made).unwrap();
        panic!("{} was stale: it has been made anew, commit it", path.display());
    }
}

#[test]
fn the_committed_typescript_is_the_contract() {
    compare("ui/src/backend/contract.ts", &generate());
}

#[test]
fn the_main_window_is_allowed_each_command_by_name_and_nothing_else() {
    let mut names: Vec<String> = Vec::new();
    macro_rules! name {
        ($($(#[$doc:meta])* $name:ident($argument:ty) -> $answer:ty;)*) => { $(
            names.push(stringify!($name).to_owned());
        )* };
    }
    pli_contract::with_commands!(name);
    let mut permissions: Vec<String> = vec!["core:event:allow-listen".into(), "core:event:allow-unlisten".into()];
    permissions.extend(names.iter().map(|name| format!("allow-{}", name.replace('_', "-"))));
    let capability = serde_json::json!({
        "identifier": "main",
        "description": "What the main window may ask: each command by name. A frame that shows mail is allowed none.",
        "windows": ["main"],
        "permissions": permissions,
    });
    compare(
        "src-tauri/capabilities/main.json",
        &(serde_json::to_string_pretty(&capability).unwrap() + "\n"),
    );
    compare("src-tauri/commands.txt", &(names.join("\n") + "\n"));
}

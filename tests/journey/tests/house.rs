//! The tree's own rules: which way the crates point, what ships, how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Each package of ours with the packages that it ships with (development dependencies apart).
fn shipped_dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            (
                name(package),
                dependencies.iter().filter(|d| d["kind"].is_null()).map(&name).collect(),
            )
        })
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let below = |names: &[&str]| names.iter().map(|name| format!("pli-{name}")).collect::<BTreeSet<_>>();
    let allowed: BTreeMap<&str, BTreeSet<String>> = [
        ("pli-terms", below(&[])),
        ("pli-tls", below(&["terms"])),
        ("pli-message", below(&["terms"])),
        ("pli-wire", below(&["terms", "tls"])),
        ("pli-identity", below(&["terms", "tls"])),
        ("pli-relay", below(&["terms", "tls"])),
        ("pli-store", below(&["terms"])),
        ("pli-trace", below(&["terms"])),
        ("pli-syslog", below(&["terms", "tls"])),
        (
            "pli-engine",
            below(&[
                "terms", "tls", "wire", "identity", "message", "store", "trace", "syslog",
            ]),
        ),
        ("pli-contract", below(&["terms", "engine"])),
        ("pli-cli", below(&["terms", "contract", "engine", "message"])),
        ("pli-shell", below(&["contract", "engine"])),
        ("pli-host", below(&["contract", "engine"])),
    ]
    .into();
    let all = shipped_dependencies();
    for (package, allowed) in &allowed {
        let dependencies = all
            .get(*package)
            .unwrap_or_else(|| panic!("{package} is gone: say so in ARCHITECTURE.md"));
        let ours: BTreeSet<String> = dependencies
            .iter()
            .filter(|name| name.starts_with("pli-"))
            .cloned()
            .collect();
        let wrong: Vec<_> = ours.difference(allowed).collect();
        assert!(wrong.is_empty(), "{package} may not depend on {wrong:?}");
    }
    for member in std::fs::read_dir(root().join("src-tauri/crates")).unwrap() {
        let name = format!("pli-{}", member.unwrap().file_name().to_string_lossy());
        assert!(
            allowed.contains_key(name.as_str()),
            "{name} has no place in the directions yet"
        );
        let knows = all[&name].iter().find(|dependency| dependency.starts_with("tauri"));
        assert!(knows.is_none(), "{name} knows {knows:?}: only the shell does");
    }
}

#[test]
fn pure_crates_do_no_input_or_output() {
    for (name, dependencies) in shipped_dependencies() {
        if ["pli-terms", "pli-message"].contains(&name.as_str()) {
            let io = ["tokio", "reqwest", "rusqlite", "async-imap", "lettre", "tracing"];
            assert!(!io.iter().any(|io| dependencies.contains(*io)), "{name} does I/O");
        }
    }
}

#[test]
fn what_ships_has_one_cryptographic_provider_and_no_second_tls() {
    let tree = cargo(&[
        "tree",
        "--offline",
        "--prefix",
        "none",
        "-e",
        "normal",
        "-p",
        "pli-shell",
        "-p",
        "pli-cli",
    ]);
    for banned in ["aws-lc-rs ", "native-tls ", "openssl ", "webpki-root-certs "] {
        assert!(!tree.lines().any(|line| line.starts_with(banned)), "{banned}ships");
    }
}

#[test]
fn the_local_operator_is_not_in_what_ships() {
    let tree = |more: &[&str]| {
        let usual = [
            "tree",
            "--offline",
            "--prefix",
            "none",
            "-e",
            "normal",
            "-f",
            "{p} {f}",
            "-p",
            "pli-cli",
            "-p",
            "pli-shell",
        ];
        cargo(&[&usual, more].concat())
    };
    assert!(
        !tree(&[]).contains("local-operator"),
        "a build without switches trusts a local operator"
    );
    assert!(
        tree(&["--features", "pli-cli/local-operator"]).contains("local-operator"),
        "this test would not see the switch"
    );
    // Every line that reads the variable stands behind the switch; tests do not ship.
    for path in tracked(&["src-tauri"]) {
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        let reads = path.ends_with(".rs") && !path.contains("/tests/") && text.contains("\"PLI_LOCAL_OPERATOR\"");
        assert!(
            !reads || path == "src-tauri/crates/tls/src/local.rs",
            "{path} reads the local operator's variable"
        );
    }
    let tls = std::fs::read_to_string(root().join("src-tauri/crates/tls/src/lib.rs")).unwrap();
    let before = tls.split("pub mod local;").next().unwrap_or_default();
    assert!(
        before.trim_end().ends_with("#[cfg(feature = \"local-operator\")]"),
        "the module stands behind the switch"
    );
}

/// A trace is composed of words of the source and of typed terms; the few places that may put a text of elsewhere into one
/// are these, and none of them has a message's text at hand.
#[test]
fn few_places_put_a_text_of_elsewhere_into_a_trace() {
    let doors = [
        (
            "Wording::fact(",
            &[
                "src-tauri/crates/engine/src/audit/",
                "src-tauri/crates/engine/src/workstation.rs",
                "src-tauri/crates/engine/src/journal/exporting.rs",
            ][..],
        ),
        (
            "Wording::stored(",
            &[
                "src-tauri/crates/trace/src/canonical.rs",
                "src-tauri/crates/trace/src/period.rs",
            ][..],
        ),
    ];
    for path in tracked(&["src-tauri"]) {
        if !path.ends_with(".rs") || path.contains("/tests/") || path.starts_with("src-tauri/crates/terms/") {
            continue;
        }
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        // A file's own tests stand at its end.
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (door, allowed) in doors {
            let may = path.ends_with("_tests.rs") || allowed.iter().any(|place| path.starts_with(place));
            assert!(may || !shipped.contains(door), "{path} calls {door}…)");
        }
    }
}

#[test]
fn only_the_backend_module_knows_the_host() {
    let mut wrong = Vec::new();
    for path in tracked(&["ui/src"]) {
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        if !path.starts_with("ui/src/backend/") && text.contains("@tauri-apps/") {
            wrong.push(path);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} know Tauri");
}

#[test]
fn no_source_file_has_grown_past_six_hundred_lines() {
    let mut long = Vec::new();
    for path in tracked(&["src-tauri", "ui/src", "ui/e2e", "tests"]) {
        let source = [".rs", ".ts", ".svelte", ".mjs"]
            .iter()
            .any(|ending| path.ends_with(ending));
        if source && !path.ends_with("backend/contract.ts") {
            let lines = std::fs::read_to_string(root().join(&path))
                .unwrap_or_default()
                .lines()
                .count();
            if lines > 600 {
                long.push((path, lines));
            }
        }
    }
    assert!(long.is_empty(), "which second subject lives in {long:?}?");
}

/// Files of the tree, ignored ones apart.
fn tracked(folders: &[&str]) -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--"])
        .args(folders)
        .current_dir(root())
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

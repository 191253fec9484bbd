//! What the documents cite exists: each path of the tree, each link, each test.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Files of the tree, ignored ones apart: what a fresh clone has, and what is about to be committed.
fn files() -> BTreeSet<String> {
    let output = Command::new("git")
        .args([
            "-c",
            "core.quotePath=false",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    listed
        .lines()
        .filter(|path| root().join(path).exists())
        .map(str::to_owned)
        .collect()
}

/// The documents: their path in the tree, and their text without code blocks.
fn documents(files: &BTreeSet<String>) -> Vec<(String, String)> {
    let is_ours = |path: &&String| {
        let at_the_top = ["README.md", "ARCHITECTURE.md"].contains(&path.as_str());
        at_the_top || path.strip_prefix("docs/").is_some_and(|name| name.ends_with(".md"))
    };
    let found: Vec<_> = files
        .iter()
        .filter(is_ours)
        .map(|path| {
            (
                path.clone(),
                prose(&std::fs::read_to_string(root().join(path)).unwrap()),
            )
        })
        .collect();
    assert!(found.len() >= 6, "the documents are found");
    found
}

/// The lines that stand in no fenced block.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

/// What links and pictures lead to.
fn targets(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .collect()
}

/// The path in the tree that a quoted word means, if it is one: it begins with a folder of the tree, or with a crate's; or
/// it is one name that ends as a folder's.
fn path_of(word: &str, folders: &BTreeSet<&str>, files: &BTreeSet<String>) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if word.starts_with('/') || !word.contains('/') || !word.chars().all(plain) {
        return None;
    }
    let (first, rest) = word.split_once('/')?;
    if rest.is_empty() || folders.contains(first) {
        return Some(word.trim_end_matches('/').to_owned());
    }
    let crates = format!("src-tauri/crates/{first}/");
    let in_a_crate = files.iter().any(|file| file.starts_with(&crates)) && word[first.len()..].starts_with("/src");
    in_a_crate.then(|| format!("src-tauri/crates/{}", word.trim_end_matches('/')))
}

/// Whether a file or a folder of the tree has this path.
fn exists(path: &str, files: &BTreeSet<String>) -> bool {
    let inside = format!("{path}/");
    files.contains(path)
        || files
            .range(inside.clone()..)
            .next()
            .is_some_and(|file| file.starts_with(&inside))
}

/// The path in the tree of a link written in a document.
fn resolved(document: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in Path::new(target).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

#[test]
fn every_path_that_a_document_names_exists() {
    let files = files();
    let folders: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.split_once('/'))
        .map(|(first, _)| first)
        .collect();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (document, text) in documents(&files) {
        for word in quoted(&text) {
            let word = word.split("::").next().unwrap_or_default();
            if let Some(path) = path_of(word, &folders, &files) {
                seen += 1;
                if !exists(&path, &files) {
                    wrong.push(format!("{document} names {path}"));
                }
            }
        }
        for target in targets(&text) {
            seen += 1;
            if !resolved(&document, target).is_some_and(|path| exists(&path, &files)) {
                wrong.push(format!("{document} leads to {target}"));
            }
        }
    }
    assert!(seen > 100, "the paths are found: {seen}");
    assert!(wrong.is_empty(), "not in the tree: {wrong:#?}");
}

#[test]
fn every_test_that_the_conformity_table_cites_exists() {
    let files = files();
    let text = prose(&std::fs::read_to_string(root().join("docs/conformity.md")).unwrap());
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (file, name) in quoted(&text).into_iter().filter_map(|word| word.split_once("::")) {
        // « file::test » in words is how the page says what it writes.
        if !file.contains('/') {
            continue;
        }
        seen += 1;
        let source = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        if !files.contains(file) || !has_test(&source, name) {
            wrong.push(format!("{file}::{name}"));
        }
    }
    assert!(seen > 40, "the tests are found: {seen}");
    assert!(wrong.is_empty(), "no such tests: {wrong:#?}");
}

/// Whether a source declares this function, and as a test: its attribute stands in the lines before.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    let declared = lines.iter().position(|line| {
        line.trim_start()
            .trim_start_matches("async ")
            .starts_with(&format!("fn {name}("))
    });
    declared.is_some_and(|at| {
        lines[at.saturating_sub(4)..at]
            .iter()
            .any(|line| line.contains("#[test]") || line.contains("#[tokio::test"))
    })
}

#[test]
fn what_is_not_there_would_be_seen() {
    let files: BTreeSet<String> = ["docs/a.md", "src-tauri/crates/wire/src/lib.rs", "ui/b.ts"]
        .map(str::to_owned)
        .into();
    let folders: BTreeSet<&str> = ["docs", "src-tauri", "ui"].into();
    let path = |word| path_of(word, &folders, &files);
    assert_eq!(
        path("wire/src/lib.rs").as_deref(),
        Some("src-tauri/crates/wire/src/lib.rs")
    );
    assert_eq!(path("docs/"), Some("docs".to_owned()));
    assert_eq!(path("gone/"), Some("gone".to_owned()));
    for word in ["text/plain", "/docs/a.md", "docs", "ui/*.ts", "INBOX/Sent", "docs/a b"] {
        assert_eq!(path(word), None, "{word}");
    }
    assert!(exists("docs", &files) && exists("ui/b.ts", &files));
    assert!(!exists("ui/b", &files) && !exists("doc", &files));
    assert_eq!(resolved("docs/a.md", "../ui/b.ts").as_deref(), Some("ui/b.ts"));
    assert_eq!(resolved("docs/a.md", "../../x"), None);
    assert_eq!(quoted("a `b` c\n`d` e"), ["b", "d"]);
    assert_eq!(
        targets("[x](y.md#z) ![](p.png) [o](https://o.example)"),
        ["y.md", "p.png"]
    );
    assert_eq!(prose("a\n```\n`b/c`\n```\nd\n"), "a\nd\n");
    assert!(has_test("#[test]\nfn a() {}", "a") && has_test("    #[tokio::test]\n    async fn a() {}", "a"));
    assert!(!has_test("fn a() {}", "a") && !has_test("#[test]\nfn ab() {}", "a"));
}

//! What the workspace needs of the system and of the web's packages, and how it gets there.

use std::path::Path;

use crate::run::{Failure, Outcome, command, output, root, run};

/// A group of Debian packages and why they are needed.
struct Group {
    why: &'static str,
    packages: &'static [&'static str],
}

const BUILD: Group = Group {
    why: "to build the program and its window",
    packages: &[
        "build-essential",
        "pkg-config",
        "libssl-dev",
        "libwebkit2gtk-4.1-dev",
        "libgtk-3-dev",
        "librsvg2-dev",
        "libsoup-3.0-dev",
    ],
};
const OPERATOR: Group = Group {
    why: "the local operator: a real Dovecot and a real Postfix, on loopback only",
    packages: &[
        "dovecot-core",
        "dovecot-imapd",
        "dovecot-lmtpd",
        "dovecot-sieve",
        "dovecot-managesieved",
        "dovecot-submissiond",
        "postfix",
        "openssl",
        "ca-certificates",
    ],
};
const TESTS: Group = Group {
    why: "the tests: a real window, a real browser, a real keyring, a real Redis, a real collector of traces",
    packages: &[
        "xvfb",
        "xauth",
        "dbus",
        "dbus-x11",
        "gnome-keyring",
        "libsecret-tools",
        "redis-server",
        "rsyslog",
        "rsyslog-gnutls",
        "webkit2gtk-driver",
        "chromium",
        "imagemagick",
        "poppler-utils",
        "xdotool",
        "fonts-dejavu-core",
    ],
};
const BENCHES: Group = Group {
    why: "the benchmarks: what people use instead",
    packages: &["isync", "jq", "sqlite3"],
};

/// What `cargo demo` and `cargo operator` need.
pub(crate) fn for_demo() -> Outcome {
    install(&[&BUILD, &OPERATOR])?;
    node()?;
    npm("tests/operator/idp")?;
    npm("ui")
}

/// What `cargo operator` needs: no window.
pub(crate) fn for_operator() -> Outcome {
    install(&[&OPERATOR])?;
    node()?;
    npm("tests/operator/idp")
}

/// What `cargo verify` needs.
pub(crate) fn everything() -> Outcome {
    install(&[&BUILD, &OPERATOR, &TESTS])?;
    node()?;
    npm("tests/operator/idp")?;
    npm("ui")
}

/// What the benchmarks need besides.
pub(crate) fn for_benches() -> Outcome {
    everything()?;
    install(&[&BENCHES])
}

fn install(groups: &[&Group]) -> Outcome {
    if output(command("dpkg-query").arg("--version")).is_none() {
        return elsewhere(groups);
    }
    let mut wanted = Vec::new();
    for group in groups {
        let missing: Vec<&str> = group
            .packages
            .iter()
            .copied()
            .filter(|package| !is_installed(package))
            .collect();
        if !missing.is_empty() {
            println!("System packages to install, {}: {}", group.why, missing.join(" "));
            wanted.extend(missing);
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let quiet = Silence::begin();
    let as_root = |arguments: &[&str]| {
        let mut install = if is_root() { command("env") } else { command("sudo") };
        install
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
            .args(arguments);
        install
    };
    run(
        "refreshing the list of system packages",
        &mut as_root(&["update", "-qq"]),
    )?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&wanted);
    let outcome = run("installing system packages", &mut as_root(&arguments));
    drop(quiet);
    outcome
}

fn is_installed(package: &str) -> bool {
    let mut query = command("dpkg-query");
    query.args(["-W", "-f=${db:Status-Status}", package]);
    output(&mut query).is_some_and(|status| status.trim() == "installed")
}

fn is_root() -> bool {
    output(command("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// While packages are installed, their services are not started: a workstation must not begin to serve mail because
/// somebody tried a mail client.
struct Silence {
    made: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl Silence {
    fn begin() -> Self {
        if Path::new(POLICY).exists() {
            return Self { made: false };
        }
        let script = format!("printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}");
        Self {
            made: Self::shell(&script),
        }
    }

    fn shell(script: &str) -> bool {
        let mut shell = if is_root() { command("sh") } else { command("sudo") };
        if !is_root() {
            shell.arg("sh");
        }
        output(shell.args(["-c", script])).is_some()
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        if self.made {
            Self::shell(&format!("rm -f {POLICY}"));
        }
    }
}

fn elsewhere(groups: &[&Group]) -> Outcome {
    let mut text = String::from(
        "This system has no Debian packages, so nothing is installed by itself. Under these Debian names, it needs:\n",
    );
    for group in groups {
        text.push_str(&format!("  {}: {}\n", group.why, group.packages.join(" ")));
    }
    if cfg!(target_os = "linux") {
        text.push_str("Install their like with your package manager; this goes on with what is there.");
        println!("{text}");
        return Ok(());
    }
    text.push_str("The local operator needs Linux: use a Debian or Ubuntu machine, real or virtual.");
    Err(Failure(text))
}

fn node() -> Outcome {
    let version = output(command("node").arg("--version"))
        .ok_or_else(|| Failure("Node.js 20 or newer is needed, with npm: install it, then run this again.".into()))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|n| n.parse::<u32>().ok());
    match major {
        Some(20..) => Ok(()),
        _ => Err(Failure(format!(
            "Node.js 20 or newer is needed; this one is {}.",
            version.trim()
        ))),
    }
}

/// Installs a folder's web packages exactly as its lock file says, unless that was done already for this lock file.
fn npm(folder: &str) -> Outcome {
    let folder = root().join(folder);
    let lock = std::fs::read(folder.join("package-lock.json"))
        .map_err(|error| Failure(format!("{}/package-lock.json: {error}", folder.display())))?;
    let mark = folder.join("node_modules/.lock-installed");
    if std::fs::read(&mark).is_ok_and(|done| done == lock) {
        return Ok(());
    }
    let mut install = command("npm");
    install
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder);
    run(
        &format!("installing the web packages of {}", folder.display()),
        &mut install,
    )?;
    std::fs::write(&mark, lock).map_err(|error| Failure(format!("{}: {error}", mark.display())))
}

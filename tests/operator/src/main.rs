//! `pli-operator`: keeps one local operator running for a person. Behind `cargo operator`.

mod instance;

use std::path::PathBuf;
use std::process::ExitCode;

use instance::Instance;
use pli_operator::boxes::{BOXES, PEOPLE};
use pli_operator::{BoxQuota, Info, Operator, Options, bench};

const USAGE: &str = "\
Un opérateur MSSanté local, pour les essais. Tout reste sur cette machine.

  cargo operator start [--auto-approve] [--empty]   démarre, avec le courrier d'exemple (sans lui : --empty)
  cargo operator stop                               arrête, sans laisser de trace
  cargo operator status [--json|--env]              dit où il est ; --env : les lignes de shell pour que pli l'utilise
  cargo operator approve ID | refuse ID             répond à la connexion en attente de cet identifiant national
  cargo operator load --box ADRESSE --maildir DOSSIER
                                                    sert cette Maildir comme cette boîte
  cargo operator deliver --box ADRESSE --from ADRESSE FICHIER
                                                    remet ce message, comme s'il venait d'un autre opérateur
  cargo operator quota --box ADRESSE --kio N        ce que cette boîte peut contenir, dès la prochaine connexion
  cargo operator browse URL                         joue l'étape du navigateur d'une connexion, pour un script (BROWSER)
  cargo operator run [--auto-approve] [--empty]     démarre au premier plan, jusqu'à Ctrl-C

  --dir DOSSIER    une autre instance que celle de tous les jours
";

/// What was asked for could not be done, and why, in French.
struct Refusal(String);

impl From<pli_operator::Error> for Refusal {
    fn from(error: pli_operator::Error) -> Self {
        Refusal(match error {
            pli_operator::Error::NotRoot => {
                "Postfix ne peut être démarré que par root. Relancez la commande avec sudo.".to_owned()
            }
            pli_operator::Error::Io {
                ref path, ref source, ..
            } if source.kind() == std::io::ErrorKind::NotFound => {
                format!("{} est introuvable ({error}).", path.display())
            }
            error => format!("L'opérateur local n'a pas pu faire ce qui était demandé : {error}"),
        })
    }
}

/// The words of the command line, taken one after the other.
struct Words(Vec<String>);

impl Words {
    fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    fn value(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|word| word == name)?;
        if at + 1 >= self.0.len() {
            return None;
        }
        self.0.remove(at);
        Some(self.0.remove(at))
    }
}

fn main() -> ExitCode {
    let mut words = Words(std::env::args().skip(1).collect());
    let instance = Instance::at(words.value("--dir").map(PathBuf::from));
    let verb = if words.0.is_empty() {
        String::new()
    } else {
        words.0.remove(0)
    };
    let done = match verb.as_str() {
        "start" | "run" => {
            let manner = Manner {
                auto_approve: words.flag("--auto-approve"),
                empty: words.flag("--empty"),
            };
            if !words.0.is_empty() {
                return misuse();
            }
            if verb == "run" {
                run(&instance, &manner)
            } else {
                start(&instance, &manner)
            }
        }
        "stop" if words.0.is_empty() => stop(&instance),
        "status" => {
            let (json, env) = (words.flag("--json"), words.flag("--env"));
            if !words.0.is_empty() || (json && env) {
                return misuse();
            }
            status(&instance, json, env)
        }
        "approve" | "refuse" => match words.0.as_slice() {
            [id] => answer(&instance, id, verb == "approve"),
            _ => return misuse(),
        },
        "load" => match (words.value("--box"), words.value("--maildir"), words.0.as_slice()) {
            (Some(address), Some(maildir), []) => load(&instance, &address, &PathBuf::from(maildir)),
            _ => return misuse(),
        },
        "deliver" => match (words.value("--box"), words.value("--from"), words.0.as_slice()) {
            (Some(address), Some(from), [file]) => deliver(&instance, &from, &address, &PathBuf::from(file)),
            _ => return misuse(),
        },
        "quota" => {
            let kib = words.value("--kio").and_then(|kib| kib.parse().ok());
            match (words.value("--box"), kib, words.0.as_slice()) {
                (Some(address), Some(kib), []) => quota(&instance, &address, kib),
                _ => return misuse(),
            }
        }
        "browse" => match words.0.as_slice() {
            [url] => browse(&instance, url),
            _ => return misuse(),
        },
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        _ => return misuse(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal(why)) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn misuse() -> ExitCode {
    eprint!("{USAGE}");
    ExitCode::from(2)
}

/// How a person wants the operator.
struct Manner {
    auto_approve: bool,
    empty: bool,
}

fn run(instance: &Instance, manner: &Manner) -> Result<(), Refusal> {
    if instance.running().is_some() {
        return Err(Refusal(
            "Un opérateur local tourne déjà. Pour l'arrêter : cargo operator stop".to_owned(),
        ));
    }
    instance.prepare()?;
    let options = Options {
        publish_in: Some(instance.folder().to_path_buf()),
        auto_approve: manner.auto_approve,
        samples: !manner.empty,
        ..Options::default()
    };
    let operator = Operator::start(options)?;
    print!("{}", summary(operator.info(), manner.auto_approve));
    // Until a signal: the supervisor then cleans up.
    loop {
        std::thread::park();
    }
}

fn start(instance: &Instance, manner: &Manner) -> Result<(), Refusal> {
    if let Some(info) = instance.running() {
        println!("Un opérateur local tourne déjà.");
        print!("{}", summary(&info, false));
        return Ok(());
    }
    let mut arguments = vec!["run"];
    arguments.extend(manner.auto_approve.then_some("--auto-approve"));
    arguments.extend(manner.empty.then_some("--empty"));
    let info = instance.start_in_background(&arguments)?;
    print!("{}", summary(&info, manner.auto_approve));
    Ok(())
}

fn stop(instance: &Instance) -> Result<(), Refusal> {
    if instance.stop()? {
        println!("L'opérateur local est arrêté. Il n'en reste rien.");
    } else {
        println!("Aucun opérateur local ne tournait.");
    }
    Ok(())
}

fn running(instance: &Instance) -> Result<Info, Refusal> {
    instance.running().ok_or_else(|| {
        Refusal("Aucun opérateur local ne tourne. Pour en démarrer un : cargo operator start".to_owned())
    })
}

fn status(instance: &Instance, json: bool, env: bool) -> Result<(), Refusal> {
    let info = running(instance)?;
    if json {
        let text = serde_json::to_string_pretty(&info).map_err(|error| Refusal(error.to_string()))?;
        println!("{text}");
    } else if env {
        print!("{}", info.env());
        // A login begun by a script has no browser: this program plays its step.
        if let Ok(program) = std::env::current_exe() {
            println!("export BROWSER='{} browse'", program.display());
        }
    } else {
        print!("{}", summary(&info, false));
    }
    Ok(())
}

/// Which operator's root to believe: the one that the program under test uses, named as it is to that program.
fn browse(instance: &Instance, url: &str) -> Result<(), Refusal> {
    let named = std::env::var_os("PLI_LOCAL_OPERATOR").and_then(|file| std::fs::read_to_string(file).ok());
    let info = match named.and_then(|text| serde_json::from_str(&text).ok()) {
        Some(info) if !instance.named() => Some(info),
        _ => instance.running(),
    };
    Ok(pli_operator::browse(url, info.as_ref()).map(drop)?)
}

fn answer(instance: &Instance, id: &str, yes: bool) -> Result<(), Refusal> {
    let info = running(instance)?;
    if !PEOPLE.iter().any(|person| person.national_id == id) {
        return Err(Refusal(format!("Personne ici n'a l'identifiant national {id}.")));
    }
    let done = if yes {
        bench::approve(&info, id)
    } else {
        bench::refuse(&info, id)
    };
    done.map_err(|_| Refusal(format!("Aucune connexion de {id} n'est en attente.")))?;
    println!(
        "La connexion de {id} est {}.",
        if yes { "approuvée" } else { "refusée" }
    );
    Ok(())
}

fn load(instance: &Instance, address: &str, maildir: &std::path::Path) -> Result<(), Refusal> {
    let info = running(instance)?;
    let count = pli_operator::load(&info, address, maildir)?;
    println!("{count} messages sont servis comme la boîte {address}.");
    Ok(())
}

fn deliver(instance: &Instance, from: &str, address: &str, file: &std::path::Path) -> Result<(), Refusal> {
    let info = running(instance)?;
    let raw =
        std::fs::read(file).map_err(|error| Refusal(format!("{} ne peut pas être lu : {error}", file.display())))?;
    pli_operator::deliver(&info, from, address, &raw)?;
    println!("Message confié pour {address}.");
    Ok(())
}

fn quota(instance: &Instance, address: &str, kib: u64) -> Result<(), Refusal> {
    let info = running(instance)?;
    pli_operator::set_quota(&info, address, &BoxQuota::storage(kib))?;
    println!("La boîte {address} peut contenir {kib} Kio.");
    Ok(())
}

fn summary(info: &Info, auto_approve: bool) -> String {
    let ports = &info.ports;
    let people: String = PEOPLE
        .iter()
        .map(|person| {
            let boxes = person.mailboxes.join(", ");
            format!(
                "    {}  {} {} : {boxes}\n",
                person.national_id, person.given_name, person.family_name
            )
        })
        .collect();
    let login = if auto_approve {
        "Les connexions sont approuvées d'elles-mêmes."
    } else {
        "Pour approuver une connexion : cargo operator approve IDENTIFIANT"
    };
    format!(
        "Opérateur MSSanté local en marche, sur 127.0.0.1 :\n  IMAP {} (TLS), {} (STARTTLS) ; envoi {} (TLS), {} (STARTTLS), {} (certificat) ; Sieve {}\n  \
         {} boîtes ; qui les ouvre :\n{people}  {login}\n  Pour que pli l'utilise : eval \"$(cargo operator status --env)\"\n",
        ports.imaps,
        ports.imap,
        ports.submissions,
        ports.submission,
        ports.submissions_cert,
        ports.sieve,
        BOXES.len(),
    )
}

//! Declares every command of the contract to Tauri, so that each is allowed by name and a frame that shows mail is allowed
//! none. `commands.txt` is made from the contract by its tests.

fn main() {
    println!("cargo:rerun-if-changed=commands.txt");
    let names: Vec<&'static str> = include_str!("commands.txt").lines().collect();
    let names: &'static [&'static str] = Box::leak(names.into_boxed_slice());
    let attributes = tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(names));
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}

//! Looks for secrets in this process's own memory. What is looked for is kept masked, so that the search does not find
//! itself.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// What every octet of a needle is hidden under.
const MASK: u8 = 0xa5;

/// How much is read at once.
const PIECE: usize = 1024 * 1024;

/// Hides octets, or shows hidden ones. At compile time, so that a literal stands in no program.
pub(crate) const fn mask<const N: usize>(octets: [u8; N]) -> [u8; N] {
    let mut masked = octets;
    let mut index = 0;
    while index < N {
        masked[index] ^= MASK;
        index += 1;
    }
    masked
}

/// Shows a hidden text.
pub(crate) fn shown(masked: &[u8]) -> String {
    let octets: Vec<u8> = masked.iter().map(|octet| octet ^ MASK).collect();
    String::from_utf8(octets).unwrap()
}

/// Something that must not be in memory.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    pub(crate) name: String,
    /// Masked.
    octets: Vec<u8>,
}

impl Needle {
    /// What the parent writes down for the child.
    pub(crate) fn line(name: &str, octets: &[u8]) -> String {
        assert!(octets.len() >= 16, "{name} is too short to be told from chance");
        let masked: String = octets.iter().map(|octet| format!("{:02x}", octet ^ MASK)).collect();
        format!("{name} {masked}\n")
    }

    pub(crate) fn read(line: &str) -> Self {
        let (name, masked) = line.split_once(' ').unwrap();
        let octets = (0..masked.len() / 2)
            .map(|index| u8::from_str_radix(&masked[2 * index..2 * index + 2], 16).unwrap())
            .collect();
        Self {
            name: name.to_owned(),
            octets,
        }
    }

    /// The thing itself.
    pub(crate) fn plant(&self) -> Vec<u8> {
        self.octets.iter().map(|octet| octet ^ MASK).collect()
    }
}

/// Where a needle was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// The mapping and the address.
    pub(crate) place: String,
}

/// Looks for all of them in every readable mapping of this process.
pub(crate) fn scan(needles: &[Needle]) -> Vec<Found> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let memory = File::open("/proc/self/mem").unwrap();
    let longest = needles.iter().map(|needle| needle.octets.len()).max().unwrap();
    // By the first two octets, which rules nearly everything out at once.
    let mut first = vec![false; 1 << 16];
    for needle in needles {
        first[pair(needle.octets[0] ^ MASK, needle.octets[1] ^ MASK)] = true;
    }
    let mut buffer = vec![0u8; PIECE + longest];
    let own = buffer.as_ptr().addr()..buffer.as_ptr().addr() + buffer.len();
    let mut found = Vec::new();
    for line in maps.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let mapping = fields.get(5..).map(|name| name.join(" ")).unwrap_or_default();
        if !fields[1].starts_with('r') || mapping.starts_with("[v") {
            continue;
        }
        let (start, end) = fields[0].split_once('-').unwrap();
        let start = usize::from_str_radix(start, 16).unwrap();
        let end = usize::from_str_radix(end, 16).unwrap();
        let mut at = start;
        while at < end {
            let wanted = buffer.len().min(end - at);
            // A mapping that went away meanwhile, or has no page behind it, has nothing to be found.
            let read = memory.read_at(&mut buffer[..wanted], at as u64).unwrap_or(0);
            look(&buffer[..read], at, &own, needles, &first, &mut |needle, address| {
                found.push(Found {
                    name: needle.name.clone(),
                    place: format!("{} {mapping} at {address:x}", fields[1]),
                });
            });
            at += PIECE;
        }
    }
    buffer.fill(0);
    found
}

fn look(
    octets: &[u8],
    at: usize,
    own: &std::ops::Range<usize>,
    needles: &[Needle],
    first: &[bool],
    found: &mut dyn FnMut(&Needle, usize),
) {
    for index in 0..octets.len().saturating_sub(1).min(PIECE) {
        if !first[pair(octets[index], octets[index + 1])] || own.contains(&(at + index)) {
            continue;
        }
        for needle in needles {
            let rest = &octets[index..];
            let same = rest.len() >= needle.octets.len()
                && needle
                    .octets
                    .iter()
                    .zip(rest)
                    .all(|(masked, octet)| masked ^ MASK == *octet);
            if same {
                found(needle, at + index);
            }
        }
    }
}

fn pair(one: u8, other: u8) -> usize {
    usize::from(one) << 8 | usize::from(other)
}

//! A small PDF written by hand: one page of text, no external font, valid cross-reference table.

/// A page with a title and lines. What WinAnsi cannot write is replaced by `?`.
pub(crate) fn page(title: &str, text: &str) -> Vec<u8> {
    let mut content = String::from("BT /F1 15 Tf 60 780 Td 16 TL ");
    content.push_str(&format!("({}) Tj T* /F1 10 Tf 14 TL T* ", escape(title)));
    let mut lines = 0;
    'all: for paragraph in text.lines() {
        for line in wrap(paragraph, 92) {
            content.push_str(&format!("({}) Tj T* ", escape(&line)));
            lines += 1;
            if lines == 48 {
                break 'all;
            }
        }
    }
    content.push_str("ET");
    let content: Vec<u8> = content.chars().map(win_ansi).collect();
    let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
    stream.extend(content);
    stream.extend(b"\nendstream");
    let information: Vec<u8> = format!("<< /Title ({}) /Producer (Jeu d'essai) >>", escape(title))
        .chars()
        .map(win_ansi)
        .collect();
    let objects: [Vec<u8>; 6] = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_vec(),
        stream,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        information,
    ];
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", at + 1).into_bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let table = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").into_bytes());
    }
    let trailer = format!(
        "trailer\n<< /Size {} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    );
    out.extend(trailer.into_bytes());
    out
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)")
}

fn win_ansi(character: char) -> u8 {
    match character {
        '€' => 0x80,
        '…' => 0x85,
        '‘' => 0x91,
        '’' => 0x92,
        '–' => 0x96,
        '—' => 0x97,
        'œ' => 0x9c,
        'Œ' => 0x8c,
        c => u8::try_from(u32::from(c)).unwrap_or(b'?'),
    }
}

fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    for word in line.split(' ') {
        let full = out
            .last()
            .is_some_and(|last| last.chars().count() + word.chars().count() + 1 > width);
        if full {
            out.push(String::new());
        }
        if let Some(last) = out.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    out
}

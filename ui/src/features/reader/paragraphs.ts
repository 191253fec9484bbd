/** A paragraph of a plain text. */
export interface Paragraph {
  readonly words: string;
  /** Whether it is quoted from an earlier message. */
  readonly quoted: boolean;
}

/** Cuts a plain text at empty lines and where quoting begins or ends; line ends inside a paragraph are kept. */
export function paragraphs(text: string): Paragraph[] {
  const found: Paragraph[] = [];
  let lines: string[] = [];
  let quoted = false;
  const end = (): void => {
    if (lines.length > 0) found.push({ words: lines.join("\n"), quoted });
    lines = [];
  };
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const quote = line.startsWith(">");
    if (line.trim() === "" || quote !== quoted) end();
    quoted = quote;
    if (line.trim() !== "") lines.push(quote ? line.replace(/^>\s?/, "") : line.trimEnd());
  }
  end();
  return found;
}

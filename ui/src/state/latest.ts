/** Runs questions one after the other and forgets every answer but that of the last one asked. */
export class Latest {
  private turn = 0;

  /** The answer, or `undefined` when another question was asked meanwhile. */
  async of<T>(run: () => Promise<T>): Promise<T | undefined> {
    const turn = ++this.turn;
    try {
      const answer = await run();
      return turn === this.turn ? answer : undefined;
    } catch (thrown) {
      if (turn !== this.turn) return undefined;
      throw thrown;
    }
  }

  /** Forgets what is under way. */
  forget(): void {
    this.turn += 1;
  }
}

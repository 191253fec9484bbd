// The one place of the window that reads the time.

class Clock {
  /** The time, by the half minute; by the second while something counts down. */
  now = $state(new Date());
  private timer: ReturnType<typeof setInterval> | undefined;
  private counting = 0;

  start(): void {
    this.every(30_000);
  }

  /** Ticks by the second until the function it gives back is called. */
  countDown(): () => void {
    this.counting += 1;
    if (this.counting === 1) this.every(1000);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.counting -= 1;
      if (this.counting === 0) this.every(30_000);
    };
  }

  /** Reads the time now. */
  look(): void {
    this.now = new Date();
  }

  private every(milliseconds: number): void {
    clearInterval(this.timer);
    this.now = new Date();
    this.timer = setInterval(() => (this.now = new Date()), milliseconds);
  }
}

export const clock = new Clock();

/** A configuration that isn't touched: it can't be read as what it should be, and where. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** `offset`: where in `text`, in characters. */
  constructor(what: string, text: string, offset: number) {
    const before = text.slice(0, offset).split('\n');
    super(`line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${what}`);
  }
}

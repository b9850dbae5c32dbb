/** A configuration that is not changed because it is invalid. The message starts with the position. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** `offset` is the position in `text`, in characters. */
  constructor(what: string, text: string, offset: number) {
    const before = text.slice(0, offset).split('\n');
    super(`line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${what}`);
  }
}

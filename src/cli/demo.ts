/** `signalbox demo`. */
export async function demoCommand(): Promise<void> {}

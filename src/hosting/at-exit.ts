import { onExit } from 'signal-exit';

const pending = new Set<() => void>();
let isListening = false;

/**
 * Has `undo` run when the process ends: by itself, by an exception, or by a signal, which then does what it did before.
 * Returns the function that takes this back.
 */
export function atExit(undo: () => void): () => void {
  if (!isListening) {
    isListening = true;
    onExit(undoAll);
    process.on('beforeExit', undoAll);
  }
  pending.add(undo);
  return () => {
    pending.delete(undo);
  };
}

function undoAll(): void {
  for (const undo of pending) undo();
  pending.clear();
}

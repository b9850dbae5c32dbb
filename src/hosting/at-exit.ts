import { onExit } from 'signal-exit';

const pending = new Set<() => void>();
let isListening = false;

/**
 * Runs `undo` when the process ends: normally, by an exception, or by a signal, which keeps its usual effect. Returns a
 * function that cancels this.
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

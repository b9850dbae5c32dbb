import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageMessage } from '../messages.ts';

const STATELY = 'https://stately.ai';

/** Opens the official inspector and sends frames to it. Returns a function that stops it; null if the browser blocks the window. */
function feed(onEnd: () => void): (() => void) | null {
  const target = window.open(`${STATELY}/inspect`, 'stately-inspector');
  if (target === null) return null;
  let frames: EventSource | null = null;
  const stop = () => {
    frames?.close();
    clearInterval(watch);
    removeEventListener('message', onConnected);
    onEnd();
  };
  // The inspector says when it is ready, also after a reload. Each time, send everything from the start.
  const onConnected = ({ source, origin, data }: MessageEvent) => {
    if (source !== target || origin !== STATELY || data?.type !== '@statelyai.connected') return;
    frames?.close();
    frames = new EventSource('events?frames');
    frames.addEventListener('message', ({ data: text }) => {
      const message: PageMessage = JSON.parse(text);
      if (message.type !== 'frames') return;
      for (const frame of message.frames) target.postMessage(frame, STATELY);
    });
  };
  const watch = setInterval(() => {
    if (target.closed) stop();
  }, 1_000);
  addEventListener('message', onConnected);
  return stop;
}

/** A button that opens Stately's inspector, after a dialog that explains what is sent to it. */
export function Stately() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [stop, setStop] = useState<(() => void) | null>(null);
  const [isBlocked, setBlocked] = useState(false);
  useEffect(() => {
    if (location.hash === '#stately') dialog.current?.showModal();
  }, []);
  const begin = () => {
    dialog.current?.close();
    const end = feed(() => setStop(null));
    setBlocked(end === null);
    setStop(() => end);
  };
  if (stop !== null) {
    return (
      <button type="button" onClick={stop}>
        Stop sending to Stately
      </button>
    );
  }
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Stately inspector…
      </button>
      {isBlocked && (
        <span role="alert">The browser blocked the window. Allow pop-ups for this page.</span>
      )}
      <dialog ref={dialog} aria-labelledby="stately-title">
        <h2 id="stately-title">Open Stately’s inspector?</h2>
        <p>
          stately.ai belongs to a third party. While it is open, this page sends it the states and
          events of the actors, and the names, paths and ports of your instances. Credentials, and
          the arguments and results of calls, are never sent.
        </p>
        <form method="dialog">
          <button type="submit">Not now</button>
          <button type="button" class="main" onClick={begin}>
            Open stately.ai
          </button>
        </form>
      </dialog>
    </>
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageMessage } from '../messages.ts';

const STATELY = 'https://stately.ai';

/** Opens the official inspector and feeds it; returns the end of that. Null when the browser opens no window. */
function feed(onEnd: () => void): (() => void) | null {
  const target = window.open(`${STATELY}/inspect`, 'stately-inspector');
  if (target === null) return null;
  let frames: EventSource | null = null;
  const stop = () => {
    frames?.close();
    clearInterval(watch);
    removeEventListener('message', greeted);
    onEnd();
  };
  // It says when it is ready, also when it was loaded anew: every time it gets all from the start.
  const greeted = ({ source, origin, data }: MessageEvent) => {
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
  addEventListener('message', greeted);
  return stop;
}

/** The offer to draw everything in Stately's inspector, after saying what that means. */
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
      {isBlocked && <span role="alert">The browser opened no window: allow pop-ups here.</span>}
      <dialog ref={dialog} aria-labelledby="stately-title">
        <h2 id="stately-title">Draw this in Stately’s inspector?</h2>
        <p>
          stately.ai is a page of a third party. While it is open, the states of the actors here,
          their events, the names, paths and ports of your instances leave this page for it.
          Credentials, the arguments of calls and their results never do.
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

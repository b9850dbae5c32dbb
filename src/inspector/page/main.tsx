import { render } from 'preact';
import type { PageMessage } from '../messages.ts';
import { App } from './app.tsx';
import { Store } from './store.ts';

const store = new Store();
const events = new EventSource('events');
// EventSource reconnects automatically; the server then sends everything again.
events.addEventListener('open', () => store.opened());
events.addEventListener('error', () => store.lost());
events.addEventListener('message', ({ data }) => {
  const message: PageMessage = JSON.parse(data);
  store.take(message);
});

const root = document.querySelector('#app');
if (root !== null) render(<App store={store} />, root);

/** The key in `_meta` of the answer to `initialize` under which an instance confirms the nonce of its registration. */
export const NONCE_KEY = 'signalbox/nonce';

/** The header of that answer under which it can do so as well. */
export const NONCE_HEADER = 'signalbox-nonce';

/** The key in `_meta` of the answer to `initialize` with which an instance confirms the nonce of its registration. */
export const NONCE_KEY = 'signalbox/nonce';

/** The response header with which it can do the same. */
export const NONCE_HEADER = 'signalbox-nonce';

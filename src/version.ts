declare const SIGNALBOX_VERSION: string | undefined;
declare const SIGNALBOX_NODE: string | undefined;

/** Of this package; set when it is bundled. */
export const VERSION = typeof SIGNALBOX_VERSION === 'undefined' ? '0.0.0-dev' : SIGNALBOX_VERSION;

/** The versions of Node that it runs on, as package.json has them: `>=20.19`. */
export const NODE_NEEDED = typeof SIGNALBOX_NODE === 'undefined' ? '>=0' : SIGNALBOX_NODE;

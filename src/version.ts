declare const SIGNALBOX_VERSION: string | undefined;
declare const SIGNALBOX_NODE: string | undefined;

/** The version of this package; set by the bundler. */
export const VERSION = typeof SIGNALBOX_VERSION === 'undefined' ? '0.0.0-dev' : SIGNALBOX_VERSION;

/** The supported versions of Node, from package.json: `>=20.19`. */
export const NODE_NEEDED = typeof SIGNALBOX_NODE === 'undefined' ? '>=0' : SIGNALBOX_NODE;

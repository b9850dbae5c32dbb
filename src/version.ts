declare const SIGNALBOX_VERSION: string | undefined;

/** Of this package; set when it is bundled. */
export const VERSION = typeof SIGNALBOX_VERSION === 'undefined' ? '0.0.0-dev' : SIGNALBOX_VERSION;

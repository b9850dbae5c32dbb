/** The supported protocol versions, newest first. */
export const PROTOCOL_VERSIONS = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07',
] as const;

export const LATEST_PROTOCOL_VERSION = PROTOCOL_VERSIONS[0];

export function isSupportedVersion(version: string): boolean {
  return PROTOCOL_VERSIONS.some((known) => known === version);
}

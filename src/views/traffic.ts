/** The traffic with one instance at this moment. */
export interface TrafficNow {
  /** Calls that the instance has not answered yet. */
  readonly callsInFlight: number;
  /** When the instance last sent anything on any connection, in milliseconds since the epoch, or null. */
  readonly lastActivity: number | null;
}

/** Reads the traffic with an instance. Snapshots don't have it: it changes without a step of any actor. */
export type ReadTraffic = (instanceId: string) => TrafficNow;

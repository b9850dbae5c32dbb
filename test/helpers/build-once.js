// Jest's global setup: real processes run the bundle, so it is made of what is tested.
import { execFileSync } from 'node:child_process';

export default function buildOnce() {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
}

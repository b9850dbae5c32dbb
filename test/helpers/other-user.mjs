// Loaded before the programs that tests start: of a user without a runtime directory, so that what the real user runs on
// this machine (`/run/user/UID`) is not found.
if (process.getuid !== undefined) process.getuid = () => 2 ** 31 - 2;

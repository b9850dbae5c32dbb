import { mkdirSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeChange, planChange } from '../../src/clients/change.ts';
import { CLIENTS } from '../../src/clients/clients.ts';
import { findConfigs } from '../../src/clients/find-configs.ts';
import { contentsOf, makeFoldersOf, project } from '../helpers/project.ts';

const IN_PROJECTS = CLIENTS.flatMap(({ name, format, servers, projectFile }) =>
  projectFile === null ? [] : [{ name, format, servers, projectFile }],
);
const ENTRY = { command: 'node', args: ['hub'] };

type InProject = (typeof IN_PROJECTS)[number];
type Project = ReturnType<typeof project>;

/** A configuration that install and uninstall would edit, with a secret and a shell command. */
const textFor = ({ format, servers }: InProject) =>
  format === 'toml'
    ? `x = "$(touch PWNED) s3cr3t"\n[${servers}.signalbox]\ncommand = "old"\n`
    : `{ "x": "$(touch PWNED) s3cr3t", "${servers}": { "signalbox": { "command": "old" } } }\n`;

/** Puts a link in place of the file or of a folder above it. */
const linkTo = (target: string, path: string) => symlinkSync(target, makeFoldersOf(path));

const HOSTILE: Readonly<Record<string, (at: Project, client: InProject) => void>> = {
  'the file is a link to one outside': ({ clone, outside }, client) => {
    writeFileSync(join(outside, 'settings'), textFor(client));
    linkTo(join(outside, 'settings'), join(clone, client.projectFile));
  },
  'the file is a relative link to one outside': ({ clone, outside }, client) => {
    writeFileSync(join(outside, 'settings'), textFor(client));
    const up = '../'.repeat(clone.split('/').length + 3);
    linkTo(`${up}${outside.slice(1)}/settings`, join(clone, client.projectFile));
  },
  'the file is a link to a link to one outside': ({ clone, outside }, client) => {
    writeFileSync(join(outside, 'settings'), textFor(client));
    symlinkSync(join(outside, 'settings'), join(clone, 'second'));
    linkTo(join(clone, 'second'), join(clone, client.projectFile));
  },
  'the file is a link to nothing outside': ({ clone, outside }, client) =>
    linkTo(join(outside, 'new'), join(clone, client.projectFile)),
  'the file is a link to a link to nothing': ({ clone, outside }, client) => {
    symlinkSync(join(outside, 'new'), join(clone, 'second'));
    linkTo('second', join(clone, client.projectFile));
  },
  'the file is a link to itself': ({ clone }, client) =>
    linkTo(basename(client.projectFile), join(clone, client.projectFile)),
};

const HOSTILE_FOLDERS: typeof HOSTILE = {
  'its folder is a link to one outside': ({ clone, outside }, client) => {
    writeFileSync(join(outside, basename(client.projectFile)), textFor(client));
    symlinkSync(outside, join(clone, dirname(client.projectFile)));
  },
  'its folder is a link to an empty one outside': ({ clone, outside }, client) =>
    symlinkSync(outside, join(clone, dirname(client.projectFile))),
  'its folder is a link to a link to one outside': ({ clone, outside }, client) => {
    writeFileSync(join(outside, basename(client.projectFile)), textFor(client));
    symlinkSync(outside, join(clone, 'second'));
    symlinkSync('second', join(clone, dirname(client.projectFile)));
  },
  'its folder is a link to nothing': ({ clone, outside }, client) =>
    symlinkSync(join(outside, 'new'), join(clone, dirname(client.projectFile))),
};

const CASES = IN_PROJECTS.flatMap((client) => {
  const hasFolder = dirname(client.projectFile) !== '.';
  return Object.entries({ ...HOSTILE, ...(hasFolder ? HOSTILE_FOLDERS : {}) }).map(
    ([what, prepare]) => ({ name: client.name, what, client, prepare }),
  );
});

const clientOf = (name: string) => {
  const found = CLIENTS.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe('in a project, nothing outside of it is read or written:', () => {
  it.each(CASES)('$name, $what', async ({ name, client, prepare }) => {
    const at = project();
    prepare(at, client);
    const before = [contentsOf(at.clone), contentsOf(at.outside)];
    const place = { file: join(at.clone, client.projectFile), project: at.clone };
    for (const entry of [ENTRY, null]) {
      const planned = planChange(clientOf(name), place, entry);
      await expect(planned).rejects.toThrow(/leads out of the project|a dangling link|ELOOP/);
      await expect(planned).rejects.not.toThrow(/s3cr3t/);
    }
    expect([contentsOf(at.clone), contentsOf(at.outside)]).toEqual(before);
  });

  it.each(IN_PROJECTS)('$name, at the command line', (client) => {
    const at = project();
    HOSTILE['the file is a link to one outside']?.(at, client);
    const before = [contentsOf(at.clone), contentsOf(at.outside)];
    for (const verb of ['install', 'uninstall']) {
      const { code, stdout, stderr } = at.run(verb, client.name, '--project', '--yes');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^signalbox: .* leads out of the project, to .*, and is not followed\n$/,
      );
    }
    expect([contentsOf(at.clone), contentsOf(at.outside)]).toEqual(before);
  });

  it('a link that is put there between preview and write', async () => {
    for (const client of IN_PROJECTS) {
      const at = project();
      const file = makeFoldersOf(join(at.clone, client.projectFile));
      writeFileSync(file, textFor(client));
      const change = await planChange(clientOf(client.name), { file, project: at.clone }, ENTRY);
      writeFileSync(join(at.outside, 'settings'), textFor(client));
      unlinkSync(file);
      symlinkSync(join(at.outside, 'settings'), file);
      const before = [contentsOf(at.clone), contentsOf(at.outside)];
      await expect(makeChange(change)).rejects.toThrow('leads out of the project');
      expect([contentsOf(at.clone), contentsOf(at.outside)]).toEqual(before);
    }
  });

  it('what doctor searches for, either', async () => {
    for (const { client, prepare } of CASES) {
      const at = project();
      prepare(at, client);
      const where = { env: {}, platform: 'linux', home: at.outside, tmp: '/tmp' } as const;
      const found = await findConfigs(where, at.clone);
      const [one] = found.filter((each) => each.isOfProject && each.client.name === client.name);
      expect(one).toMatchObject({
        hasEntry: false,
        problem: expect.stringMatching(/link|out of|ELOOP/),
      });
      expect(one?.problem).not.toContain('s3cr3t');
    }
  });
});

describe('a backup in a project', () => {
  const backups = (file: string, count: number) =>
    Array.from(
      { length: count },
      (_, n) => `${file}.signalbox-backup${n === 0 ? '' : `-${n + 1}`}`,
    );

  it.each(IN_PROJECTS)('of $name is a new file, whatever exists in its place', async (client) => {
    const obstacles = fc.array(fc.constantFrom('link', 'dangling', 'chain', 'file', 'folder'), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(obstacles, fc.constantFrom(ENTRY, null), async (kinds, entry) => {
        const { clone, outside } = project();
        const file = makeFoldersOf(join(clone, client.projectFile));
        writeFileSync(file, textFor(client), { mode: 0o644 });
        writeFileSync(join(outside, '.bashrc'), 'mine\n');
        symlinkSync(join(outside, '.bashrc'), join(clone, 'second'));
        const places = backups(file, kinds.length + 1);
        for (const [n, kind] of kinds.entries()) {
          const path = places[n] ?? '';
          if (kind === 'link') symlinkSync(join(outside, '.bashrc'), path);
          else if (kind === 'dangling') symlinkSync(join(outside, 'new'), path);
          else if (kind === 'chain') symlinkSync(join(clone, 'second'), path);
          else if (kind === 'folder') mkdirSync(path);
          else writeFileSync(path, 'the first backup');
        }
        const before = [contentsOf(clone), contentsOf(outside)];
        const change = await planChange(clientOf(client.name), { file, project: clone }, entry);
        const backup = await makeChange(change);
        expect(backup && basename(backup)).toBe(basename(places.at(-1) ?? ''));
        expect(readFileSync(places.at(-1) ?? '', 'utf8')).toBe(textFor(client));
        expect(statSync(places.at(-1) ?? '').mode & 0o777).toBe(0o600);
        const { [file]: _, [places.at(-1) ?? '']: __, ...after } = contentsOf(clone);
        const { [file]: ___, ...untouched } = before[0] ?? {};
        expect([after, contentsOf(outside)]).toEqual([untouched, before[1]]);
      }),
      { numRuns: 12 },
    );
  });
});

it('links inside a project are followed, and stay', async () => {
  for (const client of IN_PROJECTS) {
    const { clone } = project();
    writeFileSync(join(clone, 'shared'), textFor(client));
    linkTo(join(clone, 'shared'), join(clone, client.projectFile));
    const place = { file: join(clone, client.projectFile), project: clone };
    const backup = await makeChange(await planChange(clientOf(client.name), place, ENTRY));
    expect(backup).toMatch(/\/shared\.signalbox-backup$/);
    const contents = contentsOf(clone);
    expect(contents[place.file]).toBe(`-> ${join(clone, 'shared')}`);
    expect(contents[join(clone, 'shared')]).toContain('hub');
  }
});

// That the types, which are written by hand, name what the module has, and nothing else.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as module from '../fanfare.js';

const types = await readFile(new URL('../fanfare.d.ts', import.meta.url), 'utf8');

test('the types export what the module exports', () => {
  const declared = [...types.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(module).sort());
});

test('classes have the members that their types say', () => {
  for (const name of ['Client', 'Namespace']) {
    const [, body] = types.match(new RegExp(`^export class ${name}[^]*?\\{\\n([^]*?)^\\}`, 'm'));
    const declared = [...body.matchAll(/^  (?:readonly |[gs]et )?(\w+)[<(:]/gm)].map(([, member]) => member);
    const own = ['constructor', 'addEventListener', 'removeEventListener', 'name'];
    const members = Object.getOwnPropertyNames(module[name].prototype);
    assert.deepEqual(
      [...new Set(declared.filter((member) => !own.includes(member)))].sort(),
      members.filter((member) => !own.includes(member)).sort(),
    );
  }
});

test('every option has a type, and its default is said there', () => {
  const [, body] = types.match(/^export interface ClientOptions \{\n([^]*?)^\}/m);
  const declared = [...body.matchAll(/^  (\w+)\?:/gm)].map(([, name]) => name);
  assert.throws(() => new module.Client('ws://server.example', { nonsense: 1 }), ({ message }) => {
    assert.deepEqual(message.split(': ')[1].split(',').sort(), [...declared].sort());
    return true;
  });
});

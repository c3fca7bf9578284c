// Every entry of every installed package can be required and resolved from CommonJS.

const assert = require('node:assert/strict');
const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const folder = join(__dirname, 'node_modules/@tidemark');
let entries = 0;
for (const name of readdirSync(folder)) {
  const manifest = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
  assert.ok(!JSON.stringify(manifest).match(/workspace:|catalog:/), `${name}: versions are real`);
  for (const entry of Object.keys(manifest.exports)) {
    const specifier = manifest.name + entry.slice(1);
    assert.ok(require.resolve(specifier));
    if (entry === './vitest') continue; // Needs the test runner that its user brings.
    const module = require(specifier);
    assert.ok(Object.keys(module).length > 0, `${specifier} exports something`);
    assert.ok(!('default' in module) || entry === './package.json', `${specifier} has no default export`);
    entries++;
  }
}
assert.ok(entries >= 2);

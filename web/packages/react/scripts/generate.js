// Writes src/api/schema.ts from the committed OpenAPI document; with --check only tells whether it is up to date.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const DOCUMENT = new URL('../../../../api/openapi.json', import.meta.url);
const SCHEMA = new URL('../src/api/schema.ts', import.meta.url);
const HEADER = '// Made by `npm run generate` from api/openapi.json. Do not edit.\n\n';

const fresh = HEADER + astToString(await openapiTS(DOCUMENT));
if (process.argv.includes('--check')) {
  const committed = await readFile(SCHEMA, 'utf8').catch(() => '');
  if (committed !== fresh) {
    console.error('src/api/schema.ts is out of date: run `npm run generate` and commit it.');
    process.exit(1);
  }
} else {
  await writeFile(SCHEMA, fresh);
}

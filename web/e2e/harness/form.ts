// The forms in which the service runs, and what the distributed ones share: a database and a prefix of their own.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Client } from 'pg';

/**
 * - `embedded`: one process, SQLite.
 * - `distributed`: API and worker in processes of their own, Postgres and Redis between them; the API streams events.
 * - `distributed with a gateway`: the gateway streams them, and a reverse proxy stands before both.
 */
export type Form = 'embedded' | 'distributed' | 'distributed with a gateway';

/** The ones that are tried, each with whether it can be: without a Postgres and a Redis, only the first. */
export const FORMS: [form: Form, canRun: boolean][] = [
  ['embedded', true],
  ['distributed', hasServers()],
  ['distributed with a gateway', hasServers()],
];

/** URLs of a Postgres server on which databases may be made, and of a Redis server. */
function servers(): { postgres: string | undefined; redis: string | undefined } {
  return { postgres: process.env['PROJECT_SYNC_TEST_POSTGRES'], redis: process.env['PROJECT_SYNC_TEST_REDIS'] };
}

function hasServers(): boolean {
  const { postgres, redis } = servers();
  // One of them alone is a mistake, and no wish to leave tests out.
  if (!postgres !== !redis) throw new Error('PROJECT_SYNC_TEST_POSTGRES and PROJECT_SYNC_TEST_REDIS are set together.');
  return Boolean(postgres);
}

export interface Shared {
  /** The settings by which processes find it. */
  env: Record<string, string>;
  remove: () => Promise<void>;
}

/** A new database with the schema that `binary` expects, and a prefix for the keys in Redis. */
export async function share(binary: string): Promise<Shared> {
  const { postgres, redis } = servers();
  if (!postgres || !redis) throw new Error('There is no Postgres, or no Redis.');
  const name = `e2e_${randomBytes(8).toString('hex')}`;
  await onServer(postgres, `CREATE DATABASE ${name}`);
  const url = new URL(postgres);
  url.pathname = name;
  const migrator = url.href;
  // As in production: the service is one whom row-level security binds.
  url.username = name;
  const env = {
    PROJECT_SYNC__DATABASE__URL: url.href,
    PROJECT_SYNC__API__ACCESS: 'open',
    PROJECT_SYNC__SOURCE__PRIVATE_NETWORKS: '127.0.0.0/8,::1/128',
    PROJECT_SYNC__SOURCE__LOCAL_FOLDERS: '/',
    PROJECT_SYNC__QUEUE__REDIS_URL: redis,
    PROJECT_SYNC__QUEUE__PREFIX: name,
  };
  const remove = async () => {
    await onServer(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await onServer(postgres, `DROP ROLE IF EXISTS ${name}`);
  };
  try {
    const settings = { PATH: process.env['PATH'], ...env, PROJECT_SYNC__DATABASE__MIGRATOR_URL: migrator };
    await promisify(execFile)(binary, ['migrate', 'up'], { env: settings });
    await onServer(postgres, `CREATE ROLE ${name} LOGIN IN ROLE project_sync_app`);
  } catch (error) {
    await remove();
    throw error;
  }
  return { env, remove };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

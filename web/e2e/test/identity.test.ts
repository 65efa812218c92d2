// Who sees and does what. Where PROJECT_SYNC_SHOTS names a folder, pictures of the pages are left there.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@project-sync/react';
import { beforeAll, describe, expect, test } from 'vitest';
import { overflow, violations, type Page, type Theme } from '../harness/browser.js';
import { bannerIs, isLive, mainButton } from '../harness/parts.js';
import { forget, isIn, logIn, PASSWORD, withIdentity } from '../harness/people.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

const options = withIdentity();
const on = stage(options);
const SHOTS = process.env['PROJECT_SYNC_SHOTS'];

let id: string;

beforeAll(async () => {
  const { client } = on.service;
  await client.setUp({ name: 'ada', password: PASSWORD });
  await client.members.add({ name: 'mary', role: 'member', password: PASSWORD });
  await client.members.add({ name: 'vera', role: 'viewer', password: PASSWORD });
  const repository = await on.repository('harbour');
  repository.commit('main', { message: 'Begin', files: manyFiles(40) });
  id = await on.service.connect(repository.path, 'main');
  repository.commit('main', { message: 'Two', files: { 'b.txt': 'b' } });
});

/** A window of somebody who is in. */
async function as(name: string, path = '/'): Promise<Page> {
  const page = await on.page(path);
  await logIn(page, name);
  await isIn(page, name);
  return page;
}

describe('each sees what is theirs', () => {
  test('a viewer looks', async () => {
    const page = await as('vera', `/projects/${id}`);
    await bannerIs(page, 'completed');
    await isLive(page);
    expect(await mainButton(page).count()).toBe(0);
    await page.getByText('You may look, but not sync.').waitFor();
    expect(await page.getByRole('button', { name: 'Remove…' }).count()).toBe(0);
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('button', { name: /^Changes of #1/ }).waitFor();
    expect(await page.getByRole('button', { name: /^Restore/ }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Queue' }).count()).toBe(0);
    await page.goto('/settings/tokens');
    await page.getByText('Not for you').waitFor();
    // The server thinks so, too: what is not offered is refused.
    const refused = await page.evaluate(
      async (id) => (await fetch(`/api/v1/projects/${id}/sync`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })).status,
      id,
    );
    expect(refused).toBe(403);
  });

  test('a member syncs, and hears of it by the same cookie', async () => {
    const page = await as('mary', `/projects/${id}`);
    await isLive(page);
    await mainButton(page).click();
    await page.getByText('1 file added').first().waitFor();
    expect(await page.getByRole('button', { name: 'Remove…' }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Settings' }).count()).toBe(0);
  });

  test('an owner adds somebody, changes what they may, and removes them', async () => {
    const page = await as('ada', '/settings/members');
    await page.getByRole('button', { name: 'Add somebody…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('nell');
    await dialog.getByLabel('Role').selectOption('viewer');
    await dialog.getByLabel('First password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    const theirs = await as('nell', `/projects/${id}`);
    await theirs.getByText('You may look, but not sync.').waitFor();

    await page.getByRole('button', { name: 'Change role of nell' }).click();
    await dialog.getByLabel('Role').selectOption('member');
    await dialog.getByRole('button', { name: 'Change' }).click();
    await dialog.waitFor({ state: 'detached' });
    await theirs.reload();
    await mainButton(theirs).waitFor();

    await page.getByRole('button', { name: 'Remove nell' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.waitFor({ state: 'detached' });
    // Their stream may have been ended by now, and their page have noticed: then the button is there, but not to be seen.
    await mainButton(theirs).evaluate((button: HTMLElement) => button.click());
    await theirs.getByRole('heading', { name: 'Log in' }).waitFor();
  });

  test('the last owner stays one', async () => {
    const page = await as('ada', '/settings/members');
    await page.getByRole('button', { name: 'Change role of ada' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Role').selectOption('member');
    await dialog.getByRole('button', { name: 'Change' }).click();
    await dialog.getByText('Make somebody else an owner first.').waitFor();
  });
});

describe('a session', () => {
  test('that ends leads to the login, and back to the page as it was', async () => {
    const page = await as('ada', `/projects/${id}/files?q=part`);
    await page.locator('.row').first().waitFor();
    await page.getByRole('button', { name: 'You: ada' }).waitFor();
    await forget(page);
    await page.getByLabel('Search files by path').fill('part-1');
    await page.getByText(/^Your session has ended/).waitFor();
    expect(await violations(page)).toEqual([]);
    await logIn(page, 'ada');
    await page.locator('.row').first().waitFor();
    expect(await page.getByLabel('Search files by path').inputValue()).toBe('part-1');
    expect(new URL(page.url()).pathname).toBe(`/projects/${id}/files`);
  });

  test('is of one tenant at a time', async () => {
    await on.service.client.admin.tenants.create({ name: 'lighthouse', owner: { name: 'mary' } });
    const page = await on.page(`/projects/${id}`);
    await logIn(page, 'mary');
    await page.getByRole('heading', { name: 'Choose a tenant' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: /^lighthouse/ }).click();
    // What is of another tenant is not there.
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'You: mary' }).click();
    await page.getByText('Owner in lighthouse').waitFor();
    await page.getByRole('button', { name: 'Switch tenant…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: /^local/ }).click();
    await page.getByRole('list', { name: 'Projects' }).getByText('harbour').first().waitFor();
  });
});

describe('an API token', () => {
  test('is made, shown once, used, and revoked; what was done stands in the audit log', async () => {
    const page = await as('ada', '/settings/tokens');
    await page.getByRole('button', { name: 'New token…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('crane');
    await dialog.getByRole('button', { name: 'Make the token' }).click();
    const token = await dialog.getByLabel('Token', { exact: true }).inputValue();
    expect(token).toMatch(/^ps_[0-9a-f]{64}$/);
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    expect(await page.content()).not.toContain(token);

    const client = createClient({ baseUrl: on.service.url, token });
    expect((await client.projects.list()).items.map((project) => project.id)).toContain(id);
    await expect(client.projects.sync.start(id)).rejects.toMatchObject({ status: 403 });

    const other = await on.page(`/projects/${id}`);
    await other.getByRole('button', { name: 'Use an API token' }).click();
    await other.getByLabel('API token').fill(token);
    await other.keyboard.press('Enter');
    await other.getByText('You may look, but not sync.').waitFor();
    await isLive(other);

    await page.getByRole('button', { name: 'Revoke crane' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('Revoked', { exact: true }).first().waitFor();
    await expect(client.projects.list()).rejects.toMatchObject({ status: 401 });
    await other.reload();
    await other.getByRole('heading', { name: 'Log in' }).waitFor();

    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByLabel('Action').selectOption('token.revoke');
    const log = page.getByRole('list', { name: 'Audit log' });
    await log.getByText('Revoked a token').first().waitFor();
    await expect.poll(() => log.getByText('Made a token').count()).toBe(0);
    expect(await log.getByRole('listitem').first().textContent()).toContain('ada');
  });

  test('gets tickets that open one stream, and no other', async () => {
    const { client } = on.service;
    const { ticket } = await client.streamTickets.create({ projectId: id });
    const open = async (ticket: string) => {
      const abort = new AbortController();
      const answer = await fetch(`${client.events.project(id)}?ticket=${encodeURIComponent(ticket)}`, { signal: abort.signal });
      abort.abort();
      return answer.status;
    };
    expect(await open(ticket)).toBe(200);
    expect(await open(`${ticket}x`)).toBe(401);
  });
});

test('a project’s credential is set and never shown again', async () => {
  const page = await as('ada', `/projects/${id}/settings`);
  await page.getByText(/^None is set/).waitFor();
  await page.getByLabel('Token', { exact: true }).fill('ghp_0123456789abcdefghijklmnopqrstuvwxyz');
  await page.getByRole('button', { name: 'Set' }).click();
  await page.getByRole('button', { name: 'Remove… the credential' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Remove… the credential' }).waitFor();
  expect(await page.content()).not.toContain('56789abcdefghijklmnopqrst');
  await page.getByRole('button', { name: 'Remove… the credential' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText(/^None is set/).waitFor();
});

const IN: [name: string, path: () => string, ready: (page: Page) => Promise<unknown>][] = [
  ['tokens', () => '/settings/tokens', (page) => page.getByRole('list', { name: 'API tokens' }).getByRole('listitem').first().waitFor()],
  ['members', () => '/settings/members', (page) => page.getByRole('list', { name: 'Members' }).getByRole('listitem').first().waitFor()],
  ['audit', () => '/settings/audit', (page) => page.getByRole('list', { name: 'Audit log' }).getByRole('listitem').first().waitFor()],
  ['credential', () => `/projects/${id}/settings`, (page) => page.getByText(/^None is set/).waitFor()],
  ['credential-app', () => `/projects/${id}/settings`, (page) => page.getByLabel('Kind').selectOption('githubApp')],
  ['token-new', () => '/settings/tokens', async (page) => (await page.getByRole('button', { name: 'New token…' }).click(), await page.getByRole('dialog').waitFor())],
  ['token-made', () => '/settings/tokens', (page) => makeToken(page)],
  ['member-add', () => '/settings/members', async (page) => (await page.getByRole('button', { name: 'Add somebody…' }).click(), await page.getByRole('dialog').waitFor())],
  ['user', () => `/projects/${id}`, async (page) => (await bannerIs(page, 'completed'), await page.getByRole('button', { name: 'You: ada' }).click())],
];

const OUT: [name: string, ready: (page: Page) => Promise<unknown>][] = [
  ['login', (page) => page.getByRole('heading', { name: 'Log in' }).waitFor()],
  ['login-wrong', async (page) => (await logIn(page, 'ada', 'wrong'), await page.getByText('Name or password is wrong.').waitFor())],
  ['login-token', (page) => page.getByRole('button', { name: 'Use an API token' }).click()],
];

async function makeToken(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New token…' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('crane of the northern quay');
  await page.getByRole('dialog').getByRole('button', { name: 'Make the token' }).click();
  await page.getByRole('button', { name: 'I have kept it' }).waitFor();
}

async function look(page: Page, name: string): Promise<void> {
  for (const [width, height] of [[320, 700], [1280, 900]] as const) {
    await page.setViewportSize({ width, height });
    expect(await overflow(page), `at ${width} px`).toEqual([]);
    if (SHOTS) {
      await mkdir(SHOTS, { recursive: true });
      await page.screenshot({ path: join(SHOTS, `${name}-${width}.png`) });
    }
    expect(await violations(page)).toEqual([]);
  }
}

describe.each<Theme>(['light', 'dark'])('in the %s theme', (theme) => {
  test.each(OUT)('%s', async (name, ready) => {
    const page = await on.page('/', { theme });
    await ready(page);
    await look(page, `${name}-${theme}`);
  });

  test('all pages of an owner', async () => {
    const page = await on.page('/', { theme });
    await logIn(page, 'ada');
    await isIn(page, 'ada');
    for (const [name, path, ready] of IN) {
      await page.goto(path());
      await isIn(page, 'ada');
      await ready(page);
      await look(page, `${name}-${theme}`);
    }
  });
});

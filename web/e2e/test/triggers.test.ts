// What asks for syncs by itself, set up in the browser.
import { createHmac, randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { takeShifts, violations, type Theme } from '../harness/browser.js';
import { looksRight } from '../harness/looks.js';
import { bannerIs } from '../harness/parts.js';
import { manyFiles, type Repository } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

const on = stage({ env: { PROJECT_SYNC__TRIGGERS__ROUND_SECONDS: '1', PROJECT_SYNC__TRIGGERS__MIN_POLL_SECONDS: '1' } });

async function connected(name: string): Promise<[Repository, string]> {
  const repository = await on.repository(name);
  repository.commit('main', { message: 'Begin', files: manyFiles(10) });
  return [repository, await on.service.connect(repository.path, 'main')];
}

const tip = (repository: Repository) => execFileSync('git', ['-C', repository.path, 'rev-parse', 'main'], { encoding: 'utf8' }).trim();

test('a schedule, by keyboard: added, shown in both zones, switched off, removed', async () => {
  const [, id] = await connected('beacon');
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await page.getByRole('link', { name: 'Triggers' }).click();
  await page.getByText('No schedule yet').waitFor();
  await page.getByRole('button', { name: 'Add a schedule…' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add a schedule' });
  await dialog.getByLabel('Pattern').fill('30 2 * * MON-FRI');
  await dialog.getByText('At 02:30, Monday to Friday.').waitFor();
  await dialog.getByLabel('Time zone').fill('Mars/Base');
  await takeShifts(page);
  await page.keyboard.press('Enter');
  // What the server refuses is told at its field, and nothing moves for it.
  await dialog.getByText('There is none of this name').waitFor();
  expect(await takeShifts(page)).toEqual([]);
  await dialog.getByLabel('Time zone').fill('Asia/Kolkata');
  await dialog.getByText('Now it is').waitFor();
  await page.keyboard.press('Enter');
  const row = page.getByRole('list', { name: 'Schedules' }).getByRole('listitem');
  await row.getByText('At 02:30, Monday to Friday').first().waitFor();
  await dialog.waitFor({ state: 'detached' });
  await row.getByText('Next:').click();
  await expect.poll(() => row.getByRole('row').count()).toBe(6);
  expect(await row.getByRole('cell').first().textContent()).toMatch(/, 02:30$/);
  expect(await violations(page)).toEqual([]);
  await row.getByRole('button', { name: 'Switch off' }).click();
  await row.getByText('Off', { exact: true }).waitFor();
  await page.reload();
  await row.getByRole('button', { name: 'Switch on' }).waitFor();
  await row.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No schedule yet').waitFor();
});

test('a hook: what the page shows is what a host needs, and its push is synced', async () => {
  const [repository, id] = await connected('foghorn');
  const page = await on.page(`/projects/${id}/triggers`);
  await page.getByLabel('Host', { exact: true }).selectOption('Gitea or Forgejo');
  await page.getByRole('button', { name: 'Set up' }).click();
  const given = page.getByRole('dialog', { name: 'Give this to the host' });
  const url = await given.getByLabel('URL').inputValue();
  const secret = await given.getByLabel('Secret').inputValue();
  expect(await violations(page)).toEqual([]);
  // It is not lost by a slip.
  await page.keyboard.press('Escape');
  await given.getByRole('button', { name: 'The host has it' }).click();
  await given.waitFor({ state: 'detached' });
  await page.getByText('Nothing was heard of it yet.').waitFor();
  expect(await page.content()).not.toContain(secret);

  repository.commit('main', { message: 'Two', files: { 'two.txt': 'two' } });
  const push = JSON.stringify({ ref: 'refs/heads/main', after: tip(repository), repository: { full_name: repository.path.replace(/^\/|\.git$/g, '') } });
  const send = (key: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-gitea-event': 'push',
        'x-gitea-delivery': randomUUID(),
        'x-gitea-signature': createHmac('sha256', key).update(push).digest('hex'),
      },
      body: push,
    });
  expect((await send('another secret than that')).status).toBe(401);
  expect((await send(secret)).status).toBe(202);
  const heard = page.getByRole('list', { name: 'What was heard' });
  await heard.getByText('Sync asked for').waitFor();
  expect(await heard.getByRole('listitem').count()).toBe(1);
  await heard.getByRole('link', { name: 'main' }).click();
  await page.locator('.ps-history-row[data-status="completed"]').getByText('Two').waitFor();
  await page.locator('.ps-history-row').first().getByText('push', { exact: true }).waitFor();
});

test('polling finds what was pushed; turned off it looks no more', async () => {
  const [repository, id] = await connected('tide');
  const page = await on.page(`/projects/${id}/triggers`);
  await page.getByLabel('How often').selectOption('every minute');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByText('Nothing new').waitFor();
  repository.commit('main', { message: 'Two', files: { 'two.txt': 'two' } });
  // Set anew it looks at once.
  await page.getByLabel('How often').selectOption('every 30 seconds');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByText('Something new: a sync was asked for').waitFor();
  await page.getByRole('button', { name: 'Turn off… polling' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click();
  await page.getByRole('button', { name: 'Turn on' }).waitFor();
});

test.each<Theme>(['light', 'dark'])('all of it in the %s theme, at every width', async (theme) => {
  const [, id] = await connected(`mole-${theme}`);
  const { hook, schedules, polling } = on.service.client.projects;
  const page = await on.page(`/projects/${id}/triggers`, { theme });
  await page.getByText('No schedule yet').waitFor();
  await looksRight(page, `triggers-none-${theme}`);
  await page.getByRole('button', { name: 'Add a schedule…' }).click();
  await page.getByRole('dialog').waitFor();
  await looksRight(page, `triggers-schedule-${theme}`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByRole('dialog').waitFor();
  await looksRight(page, `triggers-secret-${theme}`);
  await hook.get(id);
  await schedules.create(id, { cron: '*/30 9-17 * * MON-FRI', timeZone: 'America/Argentina/ComodRivadavia', branch: 'main', jitterSeconds: 300 });
  await schedules.create(id, { cron: '0 2 L * *', timeZone: 'Europe/Berlin', enabled: false });
  await polling.set(id, { everySeconds: 3600 });
  await page.reload();
  await page.getByText('Next:').click();
  await page.getByText('Nothing new').waitFor();
  await page.getByText('Where it goes').click();
  await looksRight(page, `triggers-${theme}`);
});

test('on a narrow screen the page one is on is in sight among the pages', async () => {
  const [, id] = await connected('narrows');
  const page = await on.page(`/projects/${id}/settings`, { width: 320, height: 700 });
  const pages = page.getByRole('navigation', { name: 'narrows' });
  for (const name of ['Settings', 'Overview', 'Triggers']) {
    await pages.getByRole('link', { name }).click();
    await page.waitForFunction((name) => {
      const link = [...document.querySelectorAll('.subnav a')].find((link) => link.textContent === name);
      const box = link?.getBoundingClientRect();
      return link?.ariaCurrent === 'page' && box && box.left >= 0 && box.right <= innerWidth;
    }, name);
  }
  // Without a click, too, which would move a link into sight by itself.
  await page.goto(page.url().replace('/triggers', '/settings'));
  const box = await pages.getByRole('link', { name: 'Settings' }).boundingBox();
  expect(box && box.x + box.width).toBeLessThanOrEqual(320);
});

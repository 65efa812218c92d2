// Who is told of finished syncs, set up in the browser, with a real receiver.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeShifts, violations, type Theme } from '../harness/browser.js';
import { looksRight } from '../harness/looks.js';
import { isSigned, Receiver } from '../harness/receiver.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

const on = stage({ env: { PROJECT_SYNC__WEBHOOKS__PRIVATE_NETWORKS: '127.0.0.0/8', PROJECT_SYNC__WEBHOOKS__POLL_MS: '100', PROJECT_SYNC__WEBHOOKS__ATTEMPTS: '1', PROJECT_SYNC__WEBHOOKS__TIMEOUT_SECONDS: '60' } });
let receiver: Receiver;

beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(() => receiver.close());

test('a webhook: made, told of a sync, seen in the log, delivered again, switched off', async () => {
  const repository = await on.repository('bell');
  repository.commit('main', { message: 'Begin', files: manyFiles(10) });
  const id = await on.service.connect(repository.path);
  const page = await on.page('/settings/webhooks');
  await page.getByRole('button', { name: 'New webhook…' }).click();
  const ask = page.getByRole('dialog', { name: 'New webhook' });
  await ask.getByLabel('URL').fill('http://10.0.0.1/in');
  await takeShifts(page);
  await page.keyboard.press('Enter');
  await expect.poll(() => ask.getByLabel('URL').getAttribute('aria-invalid')).toBe('true');
  expect(await violations(page)).toEqual([]);
  await ask.getByLabel('URL').fill(receiver.url);
  await page.keyboard.press('Enter');
  const made = page.getByRole('dialog', { name: 'The secret of the webhook' });
  const secret = await made.getByLabel('Secret').inputValue();
  expect(secret).toMatch(/^whsec_/);
  await made.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByRole('link', { name: receiver.url }).click();
  await page.getByText('Nothing was sent yet').waitFor();

  // A receiver that is broken: the one attempt is given up, and told.
  receiver.status = 500;
  await on.service.sync(id, 'main');
  const log = page.getByRole('list', { name: 'Deliveries' });
  await log.getByText('Given up').waitFor();
  expect(await log.getByRole('listitem').count()).toBe(1);
  expect(isSigned(receiver.taken[0]!, secret)).toBe(true);
  expect(isSigned(receiver.taken[0]!, 'whsec_bm8=')).toBe(false);
  await log.getByRole('button', { name: 'Details of Sync completed' }).click();
  const details = page.getByRole('dialog', { name: 'Sync completed' });
  await details.getByText('500', { exact: true }).waitFor();
  expect(JSON.parse((await details.getByLabel('What is sent').textContent()) ?? '')).toEqual(JSON.parse(receiver.taken[0]!.body));
  expect(await violations(page)).toEqual([]);

  receiver.status = 204;
  await details.getByRole('button', { name: 'Deliver again' }).click();
  await details.getByText('Delivered', { exact: true }).waitFor();
  const [first, second] = receiver.taken;
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(second?.body).toBe(first?.body);
  await page.keyboard.press('Escape');
  await page.getByLabel('Status').selectOption('Given up');
  await page.getByText('There is none').waitFor();
  await page.getByLabel('Status').selectOption('All');

  await page.getByRole('button', { name: 'Send a test' }).click();
  await log.getByText('Test', { exact: true }).waitFor();
  await expect.poll(() => receiver.taken.length).toBe(3);
  await page.getByRole('button', { name: 'Switch off…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
  await page.getByText('Nothing is sent to it.').waitFor();
  await page.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No webhook yet').waitFor();
});

test.each<Theme>(['light', 'dark'])('all of it in the %s theme, at every width', async (theme) => {
  const { webhooks } = on.service.client;
  const long = await webhooks.create({ url: `${receiver.url}/${'a-path-that-goes-on-'.repeat(9)}`, kinds: ['project_sync.failed', 'project_sync.cancelled'] });
  const off = await webhooks.create({ url: receiver.url });
  await webhooks.update(off.webhook.id, { enabled: false });
  receiver.status = 500;
  await webhooks.test(long.webhook.id);
  const page = await on.page('/settings/webhooks', { theme });
  const list = page.getByRole('list', { name: 'Webhooks' });
  await list.getByText('Off', { exact: true }).waitFor();
  await looksRight(page, `webhooks-${theme}`);
  await page.getByRole('button', { name: 'New webhook…' }).click();
  await page.getByRole('dialog').waitFor();
  await looksRight(page, `webhooks-new-${theme}`);
  await page.keyboard.press('Escape');
  await list.getByRole('link', { name: /a-path/ }).click();
  await page.getByRole('list', { name: 'Deliveries' }).getByText('Given up').waitFor();
  await looksRight(page, `webhook-${theme}`);
  await page.getByRole('button', { name: /^Details/ }).click();
  await page.getByLabel('What is sent').waitFor();
  await looksRight(page, `webhook-delivery-${theme}`);
  for (const { webhook } of [long, off]) await webhooks.remove(webhook.id);
});

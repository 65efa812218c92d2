// @vitest-environment happy-dom
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { Problem, Webhook, WebhookDelivery } from '@project-sync/react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { as, fail, network, ok, type Network } from './network.js';
import { at, found, foundAll, project, show } from './show.js';

const ID = '0190d3f0-0000-7000-8000-00000000000a';
const LIST = '/api/v1/webhooks';
const ONE = `${LIST}/w-1`;
const BROKEN = fail(503, 'database-unavailable', 'The database does not answer', 'It is being restarted.');

let net: Network;

beforeEach(() => {
  localStorage.clear();
  net = network();
  net.answers.set('GET /api/v1/session', ok(as('owner')));
  net.answers.set('GET /api/v1/projects', ok({ items: [project(ID, 'harbour')] }));
  net.answers.set(`GET ${LIST}`, ok({ items: [] }));
  net.answers.set(`GET ${ONE}`, ok(webhook(1)));
  net.answers.set(`GET ${ONE}/deliveries`, ok({ items: [] }));
});
afterEach(() => {
  cleanup();
  net.restore();
});

const webhook = (n: number, over: Partial<Webhook> = {}): Webhook => ({ id: `w-${n}`, url: `https://receiver.example/${n}`, projectId: null, kinds: [], enabled: true, failures: 0, disabledReason: null, createdAt: at, updatedAt: at, ...over });
const delivery = (n: number, over: Partial<WebhookDelivery> = {}): WebhookDelivery => ({
  id: `d-${n}`,
  eventId: `e-${n}`,
  kind: 'project_sync.completed',
  status: 'delivered',
  attempts: 1,
  nextAt: null,
  responseStatus: 204,
  error: null,
  tookMs: 42,
  createdAt: at,
  lastTriedAt: at,
  finishedAt: at,
  ...over,
});
const click = async (name: string | RegExp, inside: HTMLElement = document.body) => userEvent.click(within(inside).getByRole('button', { name }));
const dialog = (name: string) => screen.findByRole('dialog', { name });
const closed = () => waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
const button = (name: string, inside: HTMLElement = document.body) => within(inside).getByRole('button', { name }) as HTMLButtonElement;

describe('webhooks', () => {
  test('loading, none, an error, and page by page', async () => {
    net.answers.set(`GET ${LIST}`, 'pending');
    const loading = show('/settings/webhooks');
    expect(await found('Loading webhooks…')).toBeTruthy();
    loading.unmount();
    net.answers.set(`GET ${LIST}`, BROKEN);
    const broken = show('/settings/webhooks');
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
    broken.unmount();
    net.answers.set(`GET ${LIST}`, (url) => (url.searchParams.get('cursor') === 'c' ? { items: [webhook(2)] } : { items: [webhook(1)], nextCursor: 'c' }));
    show('/settings/webhooks');
    await userEvent.click(await screen.findByRole('button', { name: 'Show more' }));
    expect(await found('https://receiver.example/2')).toBeTruthy();
    expect(foundAll('https://receiver.example/1')).toHaveLength(1);
  });

  test('tell what they are told of, and why they are off', async () => {
    net.answers.set(`GET ${LIST}`, ok({ items: [webhook(1, { projectId: ID, kinds: ['project_sync.failed', 'project_sync.cancelled'], failures: 2 }), webhook(2, { enabled: false, disabledReason: 'it answered 410' })] }));
    show('/settings/webhooks');
    await found(/only harbour/);
    const [first, second] = within(screen.getByRole('list', { name: 'Webhooks' })).getAllByRole('listitem');
    expect(first?.textContent).toBe('https://receiver.example/1only harbour · sync failed, sync cancelled2 deliveries given up in a row');
    expect(second?.textContent).toBe('https://receiver.example/2Offall projects · all that happensSwitched off: it answered 410');
    expect(within(first!).getByRole('link').getAttribute('href')).toBe('/settings/webhooks/w-1');
  });

  test('are made, and their secret is shown once; what is refused is told at its field', async () => {
    const refused = fail(422, 'invalid-value', 'A value is not acceptable', 'url: private addresses are not asked');
    net.answers.set(`POST ${LIST}`, { ...refused, body: { ...refused.body, field: 'url' } satisfies Problem });
    show('/settings/webhooks');
    await found('No webhook yet');
    await click('New webhook…');
    const ask = await dialog('New webhook');
    expect(button('Make the webhook', ask).disabled).toBe(true);
    await userEvent.type(within(ask).getByLabelText('URL'), 'http://10.0.0.1/');
    await click('Make the webhook', ask);
    expect(await within(ask).findByText('Private addresses are not asked')).toBeTruthy();
    expect(within(ask).getByLabelText('URL').getAttribute('aria-invalid')).toBe('true');
    expect(net.sent.at(-1)).toEqual([`POST ${LIST}`, { url: 'http://10.0.0.1/', kinds: [] }]);
    await userEvent.clear(within(ask).getByLabelText('URL'));
    await userEvent.type(within(ask).getByLabelText('URL'), ' https://receiver.example/1 ');
    await userEvent.selectOptions(within(ask).getByLabelText('Project'), 'Only harbour');
    for (const box of within(ask).getAllByRole('checkbox')) await userEvent.click(box);
    expect(button('Make the webhook', ask).disabled).toBe(true);
    await userEvent.click(within(ask).getByRole('checkbox', { name: /^Sync failed/ }));
    net.answers.set(`POST ${LIST}`, { status: 201, body: { webhook: webhook(1), secret: 'whsec_secret' } });
    net.answers.set(`GET ${LIST}`, ok({ items: [webhook(1)] }));
    await click('Make the webhook', ask);
    const made = await dialog('The secret of the webhook');
    expect(net.sent.at(-1)).toEqual([`POST ${LIST}`, { url: 'https://receiver.example/1', projectId: ID, kinds: ['project_sync.failed'] }]);
    expect((within(made).getByLabelText('Secret') as HTMLInputElement).value).toBe('whsec_secret');
    await click('I have kept it', made);
    expect(screen.queryByDisplayValue('whsec_secret')).toBeNull();
    expect(await screen.findByRole('link', { name: 'https://receiver.example/1' })).toBeTruthy();
  });

  test('are for owners', async () => {
    net.answers.set('GET /api/v1/session', ok(as('member')));
    show('/settings/webhooks');
    expect(await found('Not for you')).toBeTruthy();
    expect(net.asked.some((line) => line.includes(LIST))).toBe(false);
  });
});

describe('a webhook', () => {
  const path = '/settings/webhooks/w-1';

  test('that is not there says so, and leads back', async () => {
    net.answers.set(`GET ${ONE}`, fail(404, 'webhook-not-found', 'No such webhook', 'there is no webhook w-1'));
    show(path);
    expect((await screen.findByRole('alert')).textContent).toContain('No such webhook');
    expect(screen.getByRole('link', { name: 'All webhooks' })).toBeTruthy();
  });

  test('is tried, switched off with a question and on without one', async () => {
    net.answers.set(`POST ${ONE}/test`, { status: 202, body: delivery(1) });
    net.answers.set(`PUT ${ONE}`, ok(webhook(1, { enabled: false })));
    show(path);
    expect(await found('Nothing was sent yet')).toBeTruthy();
    net.answers.set(`GET ${ONE}/deliveries`, ok({ items: [delivery(1, { kind: 'project_sync.test', status: 'pending', attempts: 0, responseStatus: null })] }));
    await click('Send a test');
    expect(await found('A test is on its way: see below.')).toBeTruthy();
    const list = screen.getByRole('list', { name: 'Deliveries' });
    expect((await within(list).findByText('Test')).textContent).toBe('Test');
    await click('Switch off…');
    expect(net.sent).toEqual([]);
    net.answers.set(`GET ${ONE}`, ok(webhook(1, { enabled: false, disabledReason: 'It answered 410' })));
    await click('Switch off', await dialog('Switch the webhook off?'));
    expect(await found('It is off.')).toBeTruthy();
    expect(net.sent).toEqual([[`PUT ${ONE}`, { enabled: false }]]);
    expect(screen.queryByRole('button', { name: 'Send a test' })).toBeNull();
    net.answers.set(`GET ${ONE}`, ok(webhook(1)));
    await userEvent.click(await screen.findByRole('button', { name: 'Switch on' }));
    expect(await screen.findByRole('button', { name: 'Send a test' })).toBeTruthy();
    expect(net.sent.at(-1)).toEqual([`PUT ${ONE}`, { enabled: true }]);
  });

  test('is changed; gets another secret; is removed', async () => {
    net.answers.set(`GET ${ONE}`, ok(webhook(1, { kinds: ['project_sync.failed'] })));
    net.answers.set(`PUT ${ONE}`, ok(webhook(1)));
    net.answers.set(`POST ${ONE}/rotate-secret`, ok({ webhook: webhook(1), secret: 'whsec_another' }));
    net.answers.set(`DELETE ${ONE}`, { status: 204, body: null });
    show(path);
    await screen.findByRole('heading', { name: 'https://receiver.example/1' });
    await click('Change…');
    const change = await dialog('Change the webhook');
    expect(within(change).queryByLabelText('Project')).toBeNull();
    for (const name of [/^Sync completed/, /^Sync cancelled/, /^State restored/]) await userEvent.click(within(change).getByRole('checkbox', { name }));
    await click('Change', change);
    await closed();
    // All of them: also what comes later.
    expect(net.sent.at(-1)).toEqual([`PUT ${ONE}`, { url: 'https://receiver.example/1', kinds: [] }]);
    await click('New secret…');
    await click('Make it', await dialog('Make a new secret?'));
    const made = await dialog('The secret of the webhook');
    expect((within(made).getByLabelText('Secret') as HTMLInputElement).value).toBe('whsec_another');
    await click('I have kept it', made);
    await click('Remove…');
    expect(net.asked.some((line) => line.startsWith('DELETE'))).toBe(false);
    await click('Remove', await dialog('Remove the webhook?'));
    expect(await found('No webhook yet')).toBeTruthy();
    expect(window.location.pathname).toBe('/settings/webhooks');
  });

  test('has a log: filtered by the server, with details, and delivered again', async () => {
    net.answers.set(`GET ${ONE}/deliveries`, (url) => ({
      items: url.searchParams.get('status') === 'failed' ? [delivery(2, { status: 'failed', attempts: 12, responseStatus: 500, error: 'it answered 500' })] : [delivery(1), delivery(2, { status: 'failed' })],
    }));
    show(path);
    const list = await screen.findByRole('list', { name: 'Deliveries' });
    await waitFor(() => expect(within(list).getAllByRole('listitem')).toHaveLength(2));
    expect(list.textContent).toContain('1 attempt · answered 204');
    await userEvent.selectOptions(screen.getByLabelText('Status'), 'Given up');
    await waitFor(() => expect(within(list).getAllByRole('listitem').map((row) => row.textContent)).toEqual([expect.stringMatching(/12 attempts · it answered 500/)]));
    expect(window.location.search).toBe('?status=failed');
    net.answers.set(`GET ${ONE}/deliveries/d-2`, ok(delivery(2, { status: 'failed', attempts: 12, responseStatus: 500, error: 'it answered 500', body: '{"id":"e-2","type":"x"}' })));
    await click(/^Details/, list);
    const details = await dialog('Sync completed');
    expect((await within(details).findByLabelText('What is sent')).textContent).toBe('{\n  "id": "e-2",\n  "type": "x"\n}');
    expect(within(details).getByText('it answered 500')).toBeTruthy();
    expect(within(details).getByText('42 ms')).toBeTruthy();
    net.answers.set(`POST ${ONE}/deliveries/d-2/redeliver`, fail(409, 'webhook-disabled', 'The webhook is switched off', 'nothing is sent to it'));
    await click('Deliver again', details);
    expect((await within(details).findByRole('alert')).textContent).toContain('Switch it on first.');
    net.answers.set(`POST ${ONE}/deliveries/d-2/redeliver`, { status: 202, body: delivery(2, { status: 'pending', attempts: 0, body: '{}' }) });
    await click('Deliver again', details);
    expect(await within(details).findByText('Waits')).toBeTruthy();
    expect(button('Deliver again', details).disabled).toBe(true);
    await click('Close', within(details).getByText('Deliver again').parentElement!);
    await closed();
  });

  test('that is off delivers nothing again', async () => {
    net.answers.set(`GET ${ONE}`, ok(webhook(1, { enabled: false })));
    net.answers.set(`GET ${ONE}/deliveries`, ok({ items: [delivery(1)] }));
    net.answers.set(`GET ${ONE}/deliveries/d-1`, ok(delivery(1, { body: 'no JSON' })));
    show(path);
    await userEvent.click(await screen.findByRole('button', { name: /^Details/ }));
    const details = await dialog('Sync completed');
    expect((await within(details).findByLabelText('What is sent')).textContent).toBe('no JSON');
    expect(button('Deliver again', details).disabled).toBe(true);
  });
});

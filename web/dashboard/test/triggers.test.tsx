// @vitest-environment happy-dom
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { Hook, HookDelivery, Polling, Problem, Schedule } from '@project-sync/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { as, fail, network, ok, type Network } from './network.js';
import { at, found, project, show } from './show.js';

const ID = '0190d3f0-0000-7000-8000-00000000000a';
const PATH = `/projects/${ID}/triggers`;
const ROUTE = `/api/v1/projects/${ID}`;
const BROKEN = fail(503, 'database-unavailable', 'The database does not answer', 'It is being restarted.');
const NO_HOOK = fail(404, 'hook-not-found', 'There is none', 'the project takes no hooks');
const NO_POLLING = fail(404, 'polling-not-found', 'There is none', 'the project is not polled');

let net: Network;

beforeEach(() => {
  localStorage.clear();
  net = network();
  net.answers.set('GET /api/v1/session', ok(as('owner')));
  net.answers.set(`GET ${ROUTE}`, ok({ ...project(ID, 'harbour'), source: { kind: 'git', url: 'https://gitlab.example/o/harbour.git' }, branches: [{ name: 'main', headSync: 1 }] }));
  net.answers.set(`GET ${ROUTE}/sync/status`, ok({ branch: 'main', sync: null, phases: [] }));
  net.answers.set(`GET ${ROUTE}/hook`, NO_HOOK);
  net.answers.set(`GET ${ROUTE}/hook/deliveries`, ok({ items: [] }));
  net.answers.set(`GET ${ROUTE}/schedules`, ok({ items: [] }));
  net.answers.set(`GET ${ROUTE}/polling`, NO_POLLING);
});
afterEach(() => {
  cleanup();
  net.restore();
  vi.restoreAllMocks();
});

const click = async (name: string | RegExp, inside: HTMLElement = document.body) => userEvent.click(within(inside).getByRole('button', { name }));
const dialog = (name: string) => screen.findByRole('dialog', { name });
const region = (name: string) => screen.findByRole('region', { name });
const sent = (line: string) => net.sent.filter(([each]) => each === line).map(([, body]) => body);
const invalid = (field: string, detail: string) => {
  const refused = fail(422, 'invalid-value', 'A value is not acceptable', detail);
  return { ...refused, body: { ...refused.body, field } satisfies Problem };
};

test('loading, errors apart from each other, and only for owners', async () => {
  for (const route of ['hook', 'schedules', 'polling']) net.answers.set(`GET ${ROUTE}/${route}`, 'pending');
  const loading = show(PATH);
  for (const what of ['the webhook', 'schedules', 'polling']) expect(await found(`Loading ${what}…`)).toBeTruthy();
  loading.unmount();
  net.answers.set(`GET ${ROUTE}/hook`, BROKEN);
  net.answers.set(`GET ${ROUTE}/schedules`, ok({ items: [] }));
  net.answers.set(`GET ${ROUTE}/polling`, NO_POLLING);
  const broken = show(PATH);
  expect((await within(await region('Webhook from the host')).findByRole('alert')).textContent).toContain('It is being restarted.');
  expect(await found('No schedule yet')).toBeTruthy();
  broken.unmount();
  net.answers.set('GET /api/v1/session', ok(as('member')));
  const asked = net.asked.length;
  show(PATH);
  expect(await found('Not for you')).toBeTruthy();
  expect(net.asked.slice(asked).some((line) => line.includes('/hook'))).toBe(false);
});

describe('the webhook from the host', () => {
  const hook = (over: Partial<Hook> = {}): Hook => ({ kind: 'gitlab', url: `/api/v1/webhooks/gitlab/${ID}`, hint: '…ab12', updatedAt: at, ...over });
  const delivery = (n: number, over: Partial<HookDelivery> = {}): HookDelivery => ({ id: `d-${n}`, delivery: `host-${n}`, receivedAt: at, event: 'push', branch: 'main', commit: 'abcdef0123456789', result: 'queued', syncId: 's-1', ...over });

  test('is set up for the likely host, its secret shown once, to be copied', async () => {
    net.answers.set(`PUT ${ROUTE}/hook`, ok({ ...hook(), secret: 'made-secret' }));
    show(PATH);
    expect(((await screen.findByLabelText('Host')) as HTMLSelectElement).value).toBe('gitlab');
    net.answers.set(`GET ${ROUTE}/hook`, ok(hook()));
    await click('Set up');
    const given = await dialog('Give this to the host');
    expect(sent(`PUT ${ROUTE}/hook`)).toEqual([{ kind: 'gitlab' }]);
    const url = `${window.location.origin}/api/v1/webhooks/gitlab/${ID}`;
    expect((within(given).getByLabelText('URL') as HTMLInputElement).value).toBe(url);
    expect((within(given).getByLabelText('Secret') as HTMLInputElement).value).toBe('made-secret');
    expect(within(given).getByText(/This is how your browser reaches the service/)).toBeTruthy();
    await click('Copy the Secret', given);
    expect(await navigator.clipboard.readText()).toBe('made-secret');
    // It is not lost by a slip.
    await userEvent.click(given);
    expect(screen.queryByRole('dialog')).toBeTruthy();
    await click('The host has it', given);
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.queryByDisplayValue('made-secret')).toBeNull();
    expect(await found('…ab12')).toBeTruthy();
    expect(await found('Nothing was heard of it yet.')).toBeTruthy();
  });

  test('takes a secret that one has; what is wrong with it is told at its field', async () => {
    net.answers.set(`PUT ${ROUTE}/hook`, invalid('secret', 'secret must be 16 to 1024 visible ASCII characters'));
    show(PATH);
    const field = await screen.findByLabelText(/^Secret/);
    await userEvent.type(field, 'short');
    await click('Set up');
    expect(await found('secret must be 16 to 1024 visible ASCII characters')).toBeTruthy();
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(sent(`PUT ${ROUTE}/hook`)).toEqual([{ kind: 'gitlab', secret: 'short' }]);
  });

  test('says what the service lacks, if it cannot keep secrets', async () => {
    net.answers.set(`PUT ${ROUTE}/hook`, fail(409, 'no-keys', 'There are no keys', 'keys are not set'));
    show(PATH);
    await screen.findByLabelText('Host');
    await click('Set up');
    expect((await screen.findByRole('alert')).textContent).toContain('has to give it keys first');
  });

  test('tells what was heard, page by page, and what came of it', async () => {
    net.answers.set(`GET ${ROUTE}/hook`, ok(hook({ url: 'https://sync.example/x', lastDeliveryAt: new Date(Date.now() - 300_000).toISOString(), lastResult: 'queued' })));
    net.answers.set(`GET ${ROUTE}/hook/deliveries`, (url) =>
      url.searchParams.get('cursor') === 'c' ? { items: [delivery(3, { result: 'unreadable', branch: null, syncId: null, commit: null })] } : { items: [delivery(1), delivery(2, { result: 'untracked', branch: 'next', syncId: null })], nextCursor: 'c' },
    );
    show(PATH);
    expect(await found('Last heard 5 min ago: Sync asked for')).toBeTruthy();
    expect((screen.getByLabelText('URL') as HTMLInputElement).value).toBe('https://sync.example/x');
    const list = await screen.findByRole('list', { name: 'What was heard' });
    await click('Show more');
    await within(list).findByText('Could not be read');
    const rows = within(list).getAllByRole('listitem').map((row) => row.textContent);
    expect(rows[0]).toMatch(/^pushmainabcdef01 · host-1Sync asked for/);
    expect(rows[1]).toMatch(/^pushnextabcdef01 · host-2A branch that was never synced/);
    expect(within(list).getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual([`/projects/${ID}/history?branch=main`]);
  });

  test('gets another secret, and is removed, only after a question', async () => {
    net.answers.set(`GET ${ROUTE}/hook`, ok(hook({ kind: 'github' })));
    net.answers.set(`PUT ${ROUTE}/hook`, ok({ ...hook({ kind: 'github' }), secret: 'another' }));
    net.answers.set(`DELETE ${ROUTE}/hook`, { status: 204, body: null });
    show(PATH);
    await found('…ab12');
    await click('New secret…');
    expect(net.sent).toEqual([]);
    await click('Make it', await dialog('Make a new secret?'));
    expect(sent(`PUT ${ROUTE}/hook`)).toEqual([{ kind: 'github' }]);
    await click('The host has it', await dialog('Give this to the host'));
    await click('Remove… the webhook');
    expect(net.asked).not.toContain(`DELETE ${ROUTE}/hook`);
    net.answers.set(`GET ${ROUTE}/hook`, NO_HOOK);
    await click('Remove', await dialog('Remove the webhook?'));
    expect(await screen.findByRole('button', { name: 'Set up' })).toBeTruthy();
  });
});

describe('schedules', () => {
  const schedule = (n: number, over: Partial<Schedule> = {}): Schedule => ({
    id: `c-${n}`,
    branch: null,
    cron: '30 2 * * MON-FRI',
    timeZone: 'Asia/Kolkata',
    jitterSeconds: 0,
    enabled: true,
    nextRuns: ['2026-01-04T21:00:00Z', '2026-01-05T21:00:00Z'],
    createdAt: at,
    updatedAt: at,
    ...over,
  });

  test('tell what they mean, when they come due there and here, and what came of the last', async () => {
    net.answers.set(
      `GET ${ROUTE}/schedules`,
      ok({ items: [schedule(1, { branch: 'main', lastAt: new Date(Date.now() - 300_000).toISOString(), lastResult: 'queued' }), schedule(2, { enabled: false, jitterSeconds: 300, cron: '0 2 L * *', nextRuns: [] })] }),
    );
    show(PATH);
    await found('At 02:30, Monday to Friday');
    const [first, second] = within(screen.getByRole('list', { name: 'Schedules' })).getAllByRole('listitem');
    expect(first?.textContent).toContain('last 5 min ago: a sync was asked for');
    const table = within(first!).getByRole('table', { hidden: true });
    expect(within(table).getAllByRole('row', { hidden: true }).map((row) => row.textContent)[1]).toMatch(/^Mon, Jan 5, 02:30/);
    expect(second?.textContent).toMatch(/^At 02:00, on the last day of the monthdefault branchOff/);
    expect(second?.textContent).toContain('up to 5 min later');
    expect(second?.textContent).not.toContain('Next:');
  });

  test('are added with the pattern in words; what is refused is told at its field until it is changed', async () => {
    net.answers.set(`POST ${ROUTE}/schedules`, invalid('timeZone', 'timeZone: there is none of this name'));
    show(PATH);
    await found('No schedule yet');
    await click('Add a schedule…');
    const add = await dialog('Add a schedule');
    const pattern = within(add).getByLabelText(/^Pattern/);
    expect(within(add).getByText('At 02:00, every day.')).toBeTruthy();
    await userEvent.selectOptions(within(add).getByLabelText('When'), 'Every hour');
    expect(within(add).getByText('Every hour, on the hour.')).toBeTruthy();
    await userEvent.clear(pattern);
    await userEvent.type(pattern, '61 2 * * *');
    expect(within(add).getByText('The minute is from 0 to 59, not 61.')).toBeTruthy();
    expect((within(add).getByRole('button', { name: 'Add' }) as HTMLButtonElement).disabled).toBe(true);
    await userEvent.clear(pattern);
    await userEvent.type(pattern, '0 6 * * *');
    const zone = within(add).getByLabelText('Time zone');
    await userEvent.clear(zone);
    await userEvent.type(zone, 'Mars/Base');
    await userEvent.type(within(add).getByLabelText(/^Branch/), 'main');
    await userEvent.selectOptions(within(add).getByLabelText('Spread'), 'up to 5 minutes later');
    await click('Add', add);
    expect(await within(add).findByText('There is none of this name')).toBeTruthy();
    expect(zone.getAttribute('aria-invalid')).toBe('true');
    expect(within(add).queryByRole('alert')).toBeNull();
    await userEvent.clear(zone);
    await userEvent.type(zone, 'Europe/Berlin');
    expect(zone.getAttribute('aria-invalid')).toBe('false');
    expect(within(add).getByText(/^Now it is /)).toBeTruthy();
    net.answers.set(`POST ${ROUTE}/schedules`, { status: 201, body: schedule(1) });
    net.answers.set(`GET ${ROUTE}/schedules`, ok({ items: [schedule(1)] }));
    await click('Add', add);
    expect(await found('At 02:30, Monday to Friday')).toBeTruthy();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.getByText('The schedule was added.').getAttribute('role')).toBe('status');
    expect(sent(`POST ${ROUTE}/schedules`).at(-1)).toEqual({ cron: '0 6 * * *', timeZone: 'Europe/Berlin', jitterSeconds: 300, enabled: true, branch: 'main' });
  });

  test('a refusal of no field is told in the dialog', async () => {
    net.answers.set(`POST ${ROUTE}/schedules`, fail(409, 'limit-reached', 'There are too many already', 'a project has at most 50'));
    show(PATH);
    await found('No schedule yet');
    await click('Add a schedule…');
    await click('Add', await dialog('Add a schedule'));
    expect((await within(await dialog('Add a schedule')).findByRole('alert')).textContent).toContain('Remove one first');
  });

  test('are switched off, changed with all that they are, and removed after a question', async () => {
    net.answers.set(`GET ${ROUTE}/schedules`, ok({ items: [schedule(1, { branch: 'main', jitterSeconds: 60 })] }));
    net.answers.set(`PUT ${ROUTE}/schedules/c-1`, BROKEN);
    show(PATH);
    await found('At 02:30, Monday to Friday');
    await click(/^Switch off/);
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
    net.answers.set(`PUT ${ROUTE}/schedules/c-1`, ok(schedule(1)));
    net.answers.set(`GET ${ROUTE}/schedules`, ok({ items: [schedule(1, { enabled: false, branch: 'main', jitterSeconds: 60 })] }));
    await click(/^Switch off/);
    expect(await screen.findByRole('button', { name: /^Switch on/ })).toBeTruthy();
    const same = { branch: 'main', cron: '30 2 * * MON-FRI', timeZone: 'Asia/Kolkata', jitterSeconds: 60 };
    expect(net.sent.at(-1)).toEqual([`PUT ${ROUTE}/schedules/c-1`, { ...same, enabled: false }]);
    await click(/^Change At/);
    const change = await dialog('Change the schedule');
    await userEvent.clear(within(change).getByLabelText(/^Branch/));
    await click('Change', change);
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    // What was off stays off; without a branch it is the default one.
    expect(net.sent.at(-1)).toEqual([`PUT ${ROUTE}/schedules/c-1`, { cron: same.cron, timeZone: same.timeZone, jitterSeconds: 60, enabled: false }]);
    net.answers.set(`DELETE ${ROUTE}/schedules/c-1`, { status: 204, body: null });
    await click(/^Remove At/);
    expect(net.asked.some((line) => line.startsWith('DELETE'))).toBe(false);
    net.answers.set(`GET ${ROUTE}/schedules`, ok({ items: [] }));
    await click('Remove', await dialog('Remove the schedule?'));
    expect(await found('No schedule yet')).toBeTruthy();
  });
});

describe('polling', () => {
  const polling = (over: Partial<Polling> = {}): Polling => ({ everySeconds: 300, nextAt: new Date(Date.now() + 120_000).toISOString(), failures: 0, ...over });

  test('is turned on, changed, and turned off after a question', async () => {
    net.answers.set(`PUT ${ROUTE}/polling`, invalid('everySeconds', 'everySeconds must be from 60 to 604800'));
    show(PATH);
    const often = await screen.findByLabelText('How often');
    await userEvent.selectOptions(often, 'every 30 seconds');
    await click('Turn on');
    expect(await found('everySeconds must be from 60 to 604800')).toBeTruthy();
    expect(often.getAttribute('aria-invalid')).toBe('true');
    net.answers.set(`PUT ${ROUTE}/polling`, ok(polling({ everySeconds: 900, branches: ['main', 'next'] })));
    net.answers.set(`GET ${ROUTE}/polling`, ok(polling({ everySeconds: 900, branches: ['main', 'next'] })));
    await userEvent.selectOptions(often, 'every 15 minutes');
    await userEvent.type(screen.getByLabelText(/^Branches/), ' main  next ');
    await click('Turn on');
    expect(await found('Not looked yet')).toBeTruthy();
    expect(sent(`PUT ${ROUTE}/polling`)).toEqual([{ everySeconds: 30 }, { everySeconds: 900, branches: ['main', 'next'] }]);
    expect((screen.getByRole('button', { name: 'Change' }) as HTMLButtonElement).disabled).toBe(true);
    net.answers.set(`DELETE ${ROUTE}/polling`, { status: 204, body: null });
    net.answers.set(`GET ${ROUTE}/polling`, NO_POLLING);
    await click('Turn off… polling');
    await click('Turn off', await dialog('Turn polling off?'));
    expect(await screen.findByRole('button', { name: 'Turn on' })).toBeTruthy();
  });

  test('tells what it found, and why it failed', async () => {
    net.answers.set(`GET ${ROUTE}/polling`, ok(polling({ everySeconds: 77, lastAt: new Date(Date.now() - 300_000).toISOString(), lastResult: 'failed', lastError: 'the host does not answer', failures: 2 })));
    show(PATH);
    expect(await found('The repository could not be asked')).toBeTruthy();
    expect(await found('the host does not answer')).toBeTruthy();
    expect(await found(/2 looks failed/)).toBeTruthy();
    expect(((await screen.findByLabelText('How often')) as HTMLSelectElement).value).toBe('77');
  });
});

test('branches that are gone at the host are said to be, and can still be looked at', async () => {
  net.answers.set(`GET ${ROUTE}`, ok({ ...project(ID, 'harbour'), branches: [{ name: 'main', headSync: 1, deletedAt: null }, { name: 'old', headSync: 1, deletedAt: at }] }));
  show(`/projects/${ID}`);
  const list = await screen.findByRole('list', { name: 'Branches that were deleted' });
  expect(within(list).getAllByRole('listitem').map((row) => row.textContent)).toEqual([expect.stringMatching(/^old was deleted at the host, Jan 2, 2026.*What was synced of it stays\.Show old$/)]);
  await click('Show old', list);
  expect(window.location.search).toBe('?branch=old');
  expect(within(list).queryByRole('button')).toBeNull();
});

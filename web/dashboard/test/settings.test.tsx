// @vitest-environment happy-dom
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ApiToken, AuditEntry, Credential, Member, Problem } from '@project-sync/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { as, fail, network, ok, type Network } from './network.js';
import { at, found, foundAll, show } from './show.js';

const ID = '0190d3f0-0000-7000-8000-00000000000a';
const BROKEN = fail(503, 'database-unavailable', 'The database does not answer', 'It is being restarted.');

let net: Network;

beforeEach(() => {
  localStorage.clear();
  net = network();
  net.answers.set('GET /api/v1/session', ok(as('owner', { rights: ['read', 'sync', 'admin', 'operate'] })));
  net.answers.set('GET /api/v1/projects', ok({ items: [{ id: ID, name: 'harbour', source: { kind: 'git', url: '/x' }, createdAt: at }] }));
});
afterEach(() => {
  cleanup();
  net.restore();
  vi.restoreAllMocks();
});

const click = async (name: string | RegExp, inside: HTMLElement = document.body) => userEvent.click(within(inside).getByRole('button', { name }));
const dialog = (name: string) => screen.getByRole('dialog', { name });
const rows = (name: string) => within(screen.getByRole('list', { name })).getAllByRole('listitem');
/** The field of a refusal. */
const of = (field: string, refused: ReturnType<typeof fail>) => ({ ...refused, body: { ...refused.body, field } satisfies Problem });

/** Loading, nothing, an error, and more than one page: the same for each list. */
function listed(path: string, request: string, words: { loading: string; empty: string }, item: (n: number) => { item: unknown; text: string }) {
  test('loading, none, an error, and page by page', async () => {
    net.answers.set(request, 'pending');
    const loading = show(path);
    expect(await found(words.loading)).toBeTruthy();
    loading.unmount();
    net.answers.set(request, ok({ items: [], next: null }));
    const none = show(path);
    expect(await found(words.empty)).toBeTruthy();
    none.unmount();
    net.answers.set(request, BROKEN);
    const broken = show(path);
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
    broken.unmount();
    net.answers.set(request, (url) =>
      url.searchParams.get('cursor') === 'c' ? { items: [item(2).item], next: null } : { items: [item(1).item], next: 'c' },
    );
    show(path);
    await userEvent.click(await screen.findByRole('button', { name: 'Show more' }));
    expect(await found(item(2).text)).toBeTruthy();
    expect(foundAll(item(1).text)).toHaveLength(1);
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });
}

describe('API tokens', () => {
  const token = (n: number, over: Partial<ApiToken> = {}): ApiToken => ({
    id: `k-${n}`,
    name: `token ${n}`,
    hint: `ps_${n}…`,
    scopes: ['read'],
    operator: false,
    projectId: null,
    createdBy: 'u-1',
    createdAt: at,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    ...over,
  });

  listed('/settings/tokens', 'GET /api/v1/tokens', { loading: 'Loading tokens…', empty: 'No token yet' }, (n) => ({ item: token(n), text: `token ${n}` }));

  test('tell what each may do, for what, until when, and when it was used', async () => {
    net.answers.set(
      'GET /api/v1/tokens',
      ok({
        items: [
          token(1, { scopes: ['read', 'sync'], projectId: ID, expiresAt: '2999-01-02T03:00:00Z', lastUsedAt: new Date(Date.now() - 300_000).toISOString() }),
          token(2, { operator: true, revokedAt: at }),
          token(3, { expiresAt: at }),
        ],
        next: null,
      }),
    );
    show('/settings/tokens');
    await found(/only harbour/);
    const [first, second, third] = rows('API tokens');
    expect(first?.textContent).toMatch(/token 1ps_1…ReadSynconly harbour · used 5 min ago · expires Jan 2, 2999/);
    expect(second?.textContent).toMatch(/ReadOperatorRevokedall projects · never used · revoked/);
    expect(third?.textContent).toMatch(/Expiredall projects · never used · expired Jan 2, 2026/);
    // What is revoked already cannot be revoked.
    expect(screen.getAllByRole('button', { name: /^Revoke/ }).map((each) => each.textContent)).toEqual(['Revoke token 1', 'Revoke token 3']);
  });

  test('are made with what they may, and shown once, to be copied', async () => {
    net.answers.set('GET /api/v1/tokens', ok({ items: [], next: null }));
    net.answers.set('POST /api/v1/tokens', { status: 201, body: { ...token(1), name: 'ci', token: 'ps_secret' } });
    show('/settings/tokens');
    await found('No token yet');
    await click('New token…');
    const ask = dialog('New API token');
    const make = within(ask).getByRole('button', { name: 'Make the token' }) as HTMLButtonElement;
    expect(make.disabled).toBe(true);
    await userEvent.type(within(ask).getByLabelText('Name'), ' ci ');
    await userEvent.click(within(ask).getByRole('checkbox', { name: /^Sync/ }));
    await userEvent.click(within(ask).getByRole('checkbox', { name: /^Operate/ }));
    await userEvent.selectOptions(within(ask).getByLabelText('Project'), 'Only harbour');
    // What is of one project operates nothing.
    expect((within(ask).getByRole('checkbox', { name: /^Operate/ }) as HTMLInputElement).checked).toBe(false);
    await userEvent.selectOptions(within(ask).getByLabelText('Expires'), 'never');
    net.answers.set('GET /api/v1/tokens', ok({ items: [token(1, { name: 'ci' })], next: null }));
    await userEvent.click(make);
    await screen.findByRole('dialog', { name: 'ci' });
    expect(net.sent).toEqual([['POST /api/v1/tokens', { name: 'ci', scopes: ['read', 'sync'], projectId: ID }]]);
    const made = dialog('ci');
    expect((within(made).getByLabelText('Token') as HTMLInputElement).value).toBe('ps_secret');
    expect(within(made).getByLabelText('Example').textContent).toMatch(/curl -H "Authorization: Bearer \$PROJECT_SYNC_TOKEN"[^]*\/api\/v1\/projects$/);
    const refused = vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('no', 'NotAllowedError'));
    await click('Copy the Token', made);
    expect(await found('It is selected: copy it with the keyboard.')).toBeTruthy();
    refused.mockRestore();
    await click('Copy the Token', made);
    expect(await found('Copied.')).toBeTruthy();
    expect(await navigator.clipboard.readText()).toBe('ps_secret');
    // It is not lost by a slip.
    await userEvent.click(made);
    expect(screen.queryByRole('dialog', { name: 'ci' })).toBeTruthy();
    await click('I have kept it', made);
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.queryByDisplayValue('ps_secret')).toBeNull();
    await waitFor(() => expect(rows('API tokens')).toHaveLength(1));
  });

  test('expire in 90 days unless told otherwise; one that may nothing is not made', async () => {
    net.answers.set('GET /api/v1/tokens', ok({ items: [], next: null }));
    net.answers.set('POST /api/v1/tokens', of('name', fail(422, 'invalid-value', 'A value is not acceptable', 'that name is taken')));
    show('/settings/tokens');
    await found('No token yet');
    await click('New token…');
    const ask = dialog('New API token');
    await userEvent.type(within(ask).getByLabelText('Name'), 'ci');
    await userEvent.click(within(ask).getByRole('checkbox', { name: /^Read/ }));
    expect((within(ask).getByRole('button', { name: 'Make the token' }) as HTMLButtonElement).disabled).toBe(true);
    await userEvent.click(within(ask).getByRole('checkbox', { name: /^Read/ }));
    await click('Make the token', ask);
    expect(await found('that name is taken')).toBeTruthy();
    const [, body] = net.sent[0] as [string, { expiresAt: string }];
    const days = (Date.parse(body.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThan(90.1);
  });

  test('are not made for operators by those who are none', async () => {
    net.answers.set('GET /api/v1/session', ok(as('owner')));
    net.answers.set('GET /api/v1/tokens', ok({ items: [], next: null }));
    show('/settings/tokens');
    await found('No token yet');
    await click('New token…');
    expect(within(dialog('New API token')).getAllByRole('checkbox')).toHaveLength(3);
  });

  test('are revoked only after a question', async () => {
    net.answers.set('GET /api/v1/tokens', ok({ items: [token(1)], next: null }));
    net.answers.set('DELETE /api/v1/tokens/k-1', { status: 204, body: null });
    show('/settings/tokens');
    await found('token 1');
    await click('Revoke token 1');
    expect(net.asked.some((line) => line.startsWith('DELETE'))).toBe(false);
    net.answers.set('GET /api/v1/tokens', ok({ items: [token(1, { revokedAt: at })], next: null }));
    await click('Revoke', dialog('Revoke token 1?'));
    expect(await found('Revoked')).toBeTruthy();
    expect(net.asked).toContain('DELETE /api/v1/tokens/k-1');
  });
});

describe('members', () => {
  const member = (n: number, over: Partial<Member> = {}): Member => ({ userId: `u-${n}`, name: `person ${n}`, role: 'member', createdAt: at, disabled: false, ...over });

  listed('/settings/members', 'GET /api/v1/members', { loading: 'Loading members…', empty: 'Nobody yet' }, (n) => ({ item: member(n), text: `person ${n}` }));

  test('are added with a role, and a first password only if one was typed', async () => {
    net.answers.set('GET /api/v1/members', ok({ items: [member(1, { role: 'owner' })], next: null }));
    net.answers.set('POST /api/v1/members', { status: 201, body: member(2) });
    show('/settings/members');
    await found('person 1');
    expect(rows('Members')[0]?.textContent).toContain('You');
    for (const password of ['', 'four words and more']) {
      await click('Add somebody…');
      const add = dialog('Add somebody');
      expect((within(add).getByRole('button', { name: 'Add' }) as HTMLButtonElement).disabled).toBe(true);
      await userEvent.type(within(add).getByLabelText('Name'), 'grace');
      await userEvent.selectOptions(within(add).getByLabelText('Role'), 'viewer');
      if (password !== '') await userEvent.type(within(add).getByLabelText('First password'), password);
      await click('Add', add);
      await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
      expect(net.sent.at(-1)).toEqual(['POST /api/v1/members', { name: 'grace', role: 'viewer', ...(password === '' ? {} : { password }) }]);
    }
  });

  test('change their role; the last owner does not, and is told why', async () => {
    net.answers.set('GET /api/v1/members', ok({ items: [member(1, { role: 'owner' })], next: null }));
    net.answers.set('PUT /api/v1/members/u-1', fail(409, 'last-owner', 'There must be an owner', 'it is the last one'));
    show('/settings/members');
    await found('person 1');
    await click('Change role of person 1');
    const change = dialog('Role of person 1');
    expect((within(change).getByRole('button', { name: 'Change' }) as HTMLButtonElement).disabled).toBe(true);
    await userEvent.selectOptions(within(change).getByLabelText('Role'), 'member');
    expect(within(change).getByText(/^You cannot make yourself an owner again/)).toBeTruthy();
    await click('Change', change);
    expect((await within(change).findByRole('alert')).textContent).toContain('Make somebody else an owner first.');
    net.answers.set('PUT /api/v1/members/u-1', ok(member(1)));
    net.answers.set('GET /api/v1/session', ok(as('member')));
    await click('Change', change);
    // One's own rights have changed with it.
    expect(await found('Not for you')).toBeTruthy();
    expect(net.sent.at(-1)).toEqual(['PUT /api/v1/members/u-1', { role: 'member' }]);
  });

  test('are removed only after a question', async () => {
    net.answers.set('GET /api/v1/members', ok({ items: [member(1), member(2, { disabled: true })], next: null }));
    net.answers.set('DELETE /api/v1/members/u-2', { status: 204, body: null });
    show('/settings/members');
    await found('Disabled');
    await click('Remove person 2');
    expect(net.asked.some((line) => line.startsWith('DELETE'))).toBe(false);
    await click('Remove', dialog('Remove person 2?'));
    await waitFor(() => expect(net.asked).toContain('DELETE /api/v1/members/u-2'));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });
});

describe('the audit log', () => {
  const entry = (n: number, over: Partial<AuditEntry> = {}): AuditEntry => ({
    id: `a-${n}`,
    at,
    actor: { kind: 'user', id: 'u-1', name: `person ${n}` },
    address: '192.0.2.7',
    action: 'sync.start',
    target: null,
    detail: {},
    ...over,
  });

  listed('/settings/audit', 'GET /api/v1/audit', { loading: 'Loading the audit log…', empty: 'Nothing was done yet' }, (n) => ({ item: entry(n), text: `person ${n}` }));

  test('tells who did what to what, and from where; unknown words as they are', async () => {
    net.answers.set(
      'GET /api/v1/audit',
      ok({
        items: [
          entry(1, { target: { kind: 'project', id: ID }, detail: { branch: 'main', forced: true, none: null } }),
          entry(2, { action: 'moon.land', actor: { kind: 'system', id: null, name: '' }, address: null, target: { kind: 'token', id: '0190d3f0-1' } }),
        ],
        next: null,
      }),
    );
    show('/settings/audit');
    await found('moon.land');
    const [first, second] = rows('Audit log');
    expect(first?.textContent).toMatch(/^Started a syncperson 1the projectbranch: main · forced: true.*192\.0\.2\.7$/);
    expect(within(first!).getByRole('link').getAttribute('href')).toBe(`/projects/${ID}`);
    expect(second?.textContent).toMatch(/^moon\.landSystemtoken 0190d3f0/);
  });

  test('is filtered by the server, and the address says so', async () => {
    net.answers.set('GET /api/v1/audit', (url) => ({ items: [entry(url.searchParams.get('action') === 'token.revoke' ? 7 : 1)], next: null }));
    show('/settings/audit');
    await found('person 1');
    await userEvent.selectOptions(screen.getByLabelText('Action'), 'Revoked a token');
    expect(await found('person 7')).toBeTruthy();
    expect(window.location.search).toBe('?action=token.revoke');
  });
});

describe('how a project’s repository is read', () => {
  const path = `/projects/${ID}/settings`;
  const route = `/api/v1/projects/${ID}/credential`;
  const NONE = fail(404, 'credential-not-found', 'There is none', 'none is set');
  const credential = (over: Partial<Credential> = {}): Credential => ({ kind: 'token', hint: 'ghp_…9f2c', updatedAt: at, ...over });

  beforeEach(() => {
    net.answers.set(`GET /api/v1/projects/${ID}`, ok({ id: ID, name: 'harbour', source: { kind: 'github', owner: 'o', name: 'harbour' }, createdAt: at, defaultBranch: 'main', branches: [], counts: { files: 0, memory: 0 } }));
    net.answers.set(`GET /api/v1/projects/${ID}/sync/status`, ok({ branch: 'main', sync: null, phases: [] }));
  });

  test('loading, and an error', async () => {
    net.answers.set(`GET ${route}`, 'pending');
    const loading = show(path);
    expect(await found('Loading the credential…')).toBeTruthy();
    loading.unmount();
    net.answers.set(`GET ${route}`, BROKEN);
    show(path);
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
  });

  test('a token is set, told by its hint alone, and removed', async () => {
    net.answers.set(`GET ${route}`, NONE);
    net.answers.set(`PUT ${route}`, ok(credential()));
    net.answers.set(`DELETE ${route}`, { status: 204, body: null });
    show(path);
    expect(await found(/^None is set/)).toBeTruthy();
    await userEvent.type(screen.getByLabelText('Token'), ' ghp_secret ');
    await click('Set');
    expect(await found('ghp_…9f2c')).toBeTruthy();
    expect(net.sent).toEqual([[`PUT ${route}`, { kind: 'token', token: 'ghp_secret' }]]);
    expect((screen.getByLabelText('Token') as HTMLInputElement).value).toBe('');
    await click('Remove… the credential');
    expect(net.asked.some((line) => line.startsWith('DELETE'))).toBe(false);
    await click('Remove', dialog('Remove the credential?'));
    expect(await found(/^None is set/)).toBeTruthy();
  });

  test('an installation of a GitHub App is set when all of it is there; a refusal is told at its field', async () => {
    net.answers.set(`GET ${route}`, ok(credential()));
    net.answers.set(`PUT ${route}`, of('privateKey', fail(422, 'invalid-value', 'A value is not acceptable', 'that is no key')));
    show(path);
    await found('ghp_…9f2c');
    await userEvent.selectOptions(screen.getByLabelText('Kind'), 'GitHub App installation');
    await userEvent.type(screen.getByLabelText('App ID'), 'a');
    expect(await found('It is a number.')).toBeTruthy();
    await userEvent.clear(screen.getByLabelText('App ID'));
    await userEvent.type(screen.getByLabelText('App ID'), '12');
    await userEvent.type(screen.getByLabelText('Installation ID'), '34');
    expect((screen.getByRole('button', { name: 'Replace' }) as HTMLButtonElement).disabled).toBe(true);
    await userEvent.type(screen.getByLabelText('Private key'), 'KEY');
    await click('Replace');
    expect(await found('that is no key')).toBeTruthy();
    expect(screen.getByLabelText('Private key').getAttribute('aria-invalid')).toBe('true');
    expect(net.sent).toEqual([[`PUT ${route}`, { kind: 'githubApp', appId: 12, installationId: 34, privateKey: 'KEY\n' }]]);
    net.answers.set(`PUT ${route}`, ok(credential({ kind: 'githubApp', hint: 'app 12', updatedAt: '2026-01-03T03:00:00Z' })));
    await click('Replace');
    expect(await found('app 12')).toBeTruthy();
  });

  test('is for owners', async () => {
    net.answers.set('GET /api/v1/session', ok(as('member')));
    show(path);
    expect(await found('Not for you')).toBeTruthy();
    expect(net.asked).not.toContain(`GET ${route}`);
  });
});

import type { Source } from '@project-sync/react';

/** What somebody typed to name a repository: the source, what to say of it, or what is wrong with it. */
export type Read =
  | { kind: 'nothing' }
  | { kind: 'source'; source: Source; name: string; words: string }
  | { kind: 'wrong'; why: string };

const OWNER_NAME = /^([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))\/([A-Za-z0-9._-]{1,100})$/;

/** Reads an absolute path, an http(s) URL, or `owner/name` on GitHub, as the command line does. */
export function readSource(typed: string): Read {
  const text = typed.trim();
  if (text === '') return { kind: 'nothing' };
  if (text.startsWith('/') || /^[A-Za-z]:[\\/]/.test(text)) return readPath(text);
  if (text.startsWith('~') || text.startsWith('.')) {
    return { kind: 'wrong', why: 'Write the whole path, from / on: it is one on the server’s machine.' };
  }
  if (/^(ssh:\/\/|[^/\s]+@[^/\s]+:)/.test(text)) {
    return { kind: 'wrong', why: 'ssh is not read. Use the https address; private ones need a token on the server.' };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return readUrl(text);
  return readOwnerName(text);
}

function readPath(text: string): Read {
  const name = lastPart(text);
  if (name === '') return { kind: 'wrong', why: 'Name the repository’s own folder.' };
  return { kind: 'source', source: { kind: 'git', url: text }, name, words: 'A repository on the server’s machine' };
}

function readUrl(text: string): Read {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { kind: 'wrong', why: 'That is no address.' };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { kind: 'wrong', why: 'Only http and https addresses are read.' };
  }
  if (url.username !== '' || url.password !== '') {
    return { kind: 'wrong', why: 'Leave user and password out: the server keeps tokens apart from addresses.' };
  }
  const [owner, repository, ...more] = url.pathname.replace(/\.git$/, '').split('/').filter(Boolean);
  if (url.hostname === 'github.com') {
    if (!owner || !repository || more.length > 0) return { kind: 'wrong', why: 'Go on to the repository: owner and name.' };
    return readOwnerName(`${owner}/${repository}`);
  }
  if (!owner) return { kind: 'wrong', why: 'Go on to the repository itself.' };
  return { kind: 'source', source: { kind: 'git', url: text }, name: lastPart(url.pathname), words: `A repository on ${url.host}` };
}

function readOwnerName(text: string): Read {
  const [, owner, name] = OWNER_NAME.exec(text) ?? [];
  if (!owner || !name) return { kind: 'wrong', why: 'Write a path from / on, an https address, or owner/name on GitHub.' };
  return { kind: 'source', source: { kind: 'github', owner, name }, name, words: `${owner}/${name} on GitHub` };
}

function lastPart(path: string): string {
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.git');
  return (parts.at(-1) ?? '').replace(/\.git$/, '');
}

/** A source as it is shown. */
export function sourceText(source: Source): string {
  return source.kind === 'git' ? source.url : `${source.owner}/${source.name}`;
}

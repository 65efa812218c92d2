import { plural, type Settings } from '@project-sync/react';
import { useQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { client } from '../../api.js';
import { Empty, Failed, Loading } from '../../parts/states.js';

/** Every setting of the service by its section, to be read. */
export function Values() {
  const settings = useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => client.settings.get({ signal }) });
  const [filter, setFilter] = useState('');
  const sections = settings.data ? matching(settings.data, filter) : [];
  return (
    <section className="panel stack">
      <div>
        <h2 id="values">What it is set to</h2>
        <p className="ps-muted">
          Changed in the settings file or the environment of the service; <code>project-sync config</code> prints what
          each of them does.
        </p>
      </div>
      {settings.isPending && <Loading what="settings" />}
      {settings.isError && <Failed error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.isSuccess && (
        <>
          <input
            type="search"
            className="search"
            aria-label="Filter settings"
            placeholder="Filter by name or value"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          <p className="ps-muted" role="status">
            {plural(sections.reduce((sum, [, values]) => sum + values.length, 0), 'setting')}
          </p>
          {sections.length === 0 && <Empty title={`No setting holds “${filter.trim()}”`} />}
          {sections.map(([section, values]) => (
            <Section key={section} name={section} values={values} />
          ))}
        </>
      )}
    </section>
  );
}

function Section({ name, values }: { name: string; values: Value[] }) {
  return (
    <section aria-labelledby={`section-${name}`}>
      <h3 id={`section-${name}`}>{name}</h3>
      <dl className="values">
        {values.map(([key, text]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{text === undefined ? <span className="ps-muted">not set</span> : inPieces(text)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A key, and what it is set to, if it is. */
type Value = [key: string, text: string | undefined];

/** The sections with the settings whose full name (`section.key`) or value holds each word of the filter. */
function matching({ sections }: Settings, filter: string): [section: string, values: Value[]][] {
  const words = filter.toLowerCase().split(/\s+/);
  return Object.entries(sections)
    .map(([section, values]): [string, Value[]] => [
      section,
      Object.entries(values)
        .map(([key, value]): Value => [key, written(value)])
        .filter(([key, text]) => {
          const all = `${section}.${key} ${text ?? 'not set'}`.toLowerCase();
          return words.every((word) => all.includes(word));
        }),
    ])
    .filter(([, values]) => values.length > 0);
}

/** A value as text: the items of a list a line each. */
function written(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((item) => written(item) ?? '').join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Lines under each other. */
function inPieces(text: string) {
  return text.split('\n').map((line, i) => (
    <Fragment key={i}>
      {i > 0 && <br />}
      {line}
    </Fragment>
  ));
}

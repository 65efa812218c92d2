import { ErrorMessage, explainProblem, ProblemError } from '@project-sync/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import { useLocation } from 'wouter';
import { client } from '../api.js';
import { readSource } from '../source.js';

/** Connects a repository and begins its first sync. */
export function AddProject({ isFirst }: { isFirst: boolean }) {
  const id = useId();
  const [typed, setTyped] = useState('');
  const [name, setName] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // There is nothing else to do yet, unless somebody does something else already.
    const at = document.activeElement;
    if (isFirst && (at === document.body || at?.id === 'main')) field.current?.focus();
  }, [isFirst]);
  const [, go] = useLocation();
  const queries = useQueryClient();
  const read = readSource(typed);
  const add = useMutation({
    mutationFn: async () => {
      if (read.kind !== 'source') throw new Error('There is no source yet.');
      const project = await client.projects.create({ name: name.trim() || undefined, source: read.source });
      // The first sync is what people connect for. If it cannot begin, the project's page says why.
      await client.projects.sync.start(project.id).catch(() => {});
      return project;
    },
    onSuccess: (project) => {
      void queries.invalidateQueries({ queryKey: ['projects'] });
      go(`/projects/${project.id}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (read.kind === 'source' && !add.isPending) add.mutate();
  };
  const isOfField = add.error instanceof ProblemError && add.error.field !== undefined;
  return (
    <form className="panel add" onSubmit={submit} noValidate>
      <div className="field grow">
        <label htmlFor={`${id}-source`}>Repository</label>
        <input
          id={`${id}-source`}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            add.reset();
          }}
          placeholder="owner/name, https://…, or /path/on/the/server"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          ref={field}
          aria-invalid={read.kind === 'wrong' || isOfField}
          aria-describedby={`${id}-hint`}
        />
        <p id={`${id}-hint`} className="hint" data-wrong={read.kind === 'wrong' || undefined} role="status">
          {read.kind === 'source' ? read.words : read.kind === 'wrong' ? read.why : 'Connects it and begins the first sync.'}
        </p>
      </div>
      <div className="field">
        <label htmlFor={`${id}-name`}>
          Name <span className="ps-muted">(optional)</span>
        </label>
        <input
          id={`${id}-name`}
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
          placeholder={read.kind === 'source' ? read.name : ''}
          autoComplete="off"
        />
      </div>
      <button type="submit" className="ps-button ps-primary" disabled={read.kind !== 'source' || add.isPending}>
        {add.isPending ? 'Connecting…' : 'Connect and sync'}
      </button>
      {add.isError && (
        <div className="add-error">
          <ErrorMessage explanation={explainProblem(add.error)} />
        </div>
      )}
    </form>
  );
}

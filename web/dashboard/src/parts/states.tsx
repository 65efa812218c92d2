import { ErrorMessage, explainProblem } from '@project-sync/react';
import type { ReactNode } from 'react';

/** Said only after a moment, so that what comes quickly does not flash. */
export function Loading({ what }: { what: string }) {
  return (
    <p className="loading" role="status">
      Loading {what}…
    </p>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <ErrorMessage explanation={explainProblem(error)}>
      <button type="button" className="ps-link" onClick={onRetry}>
        Try again
      </button>
    </ErrorMessage>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children && <div className="ps-muted">{children}</div>}
    </div>
  );
}

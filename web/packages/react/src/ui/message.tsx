import type { ReactNode } from 'react';
import type { Explanation } from '../sync/words.js';
import { WarningIcon } from './icons.js';

/** What went wrong, and what to do about it. */
export function ErrorMessage({ explanation, children }: { explanation: Explanation; children?: ReactNode }) {
  const { title, detail, advice, traceId } = explanation;
  return (
    <div className="ps-error" role="alert">
      <WarningIcon />
      <div>
        <p className="ps-error-title">{title}</p>
        {detail && <p className="ps-error-detail">{detail}</p>}
        {advice && <p>{advice}</p>}
        {traceId && (
          <p className="ps-muted">
            Trace <code>{traceId}</code>
          </p>
        )}
        {children && <div className="ps-error-actions">{children}</div>}
      </div>
    </div>
  );
}

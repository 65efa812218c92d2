import { useState, type ReactNode } from 'react';
import { activePhaseText, announcement, connectionText, stateOf, type BannerState } from './banner-text.js';
import { Dialog } from './dialog.js';
import { formatBytes, formatCount, formatDuration, label } from './format.js';
import { useNow } from './hooks.js';
import {
  CheckIcon,
  CrossIcon,
  DoneIcon,
  FailedIcon,
  RunningIcon,
  StoppedIcon,
  WaitingIcon,
  WarningIcon,
} from './icons.js';
import { ErrorMessage } from './message.js';
import type { PhaseView, Progress, Stats } from '../sync/select.js';
import type { ProjectSync } from '../sync/use-project-sync.js';
import type { SyncView } from '../sync/view.js';

export interface SyncBannerProps {
  projectSync: ProjectSync;
  /** The heading's level on the page. */
  headingLevel?: 2 | 3 | 4;
  /** Shown at the right of the heading. */
  children?: ReactNode;
}

const ICONS: Record<BannerState, () => ReactNode> = {
  loading: RunningIcon,
  none: StoppedIcon,
  pending: WaitingIcon,
  interrupted: WaitingIcon,
  running: RunningIcon,
  completed: DoneIcon,
  failed: FailedIcon,
  cancelled: StoppedIcon,
};

/** How the sync stands: its phases, its progress, what it counted, and how it ended. */
export function SyncBanner({ projectSync, headingLevel = 2, children }: SyncBannerProps) {
  const { sync, phases, progress, stats, error, isRunning } = projectSync;
  const now = useNow(isRunning || projectSync.connection === 'waiting');
  const state = stateOf(projectSync);
  const text = activePhaseText(projectSync, now);
  const Heading = `h${headingLevel}` as const;
  const Icon = ICONS[state];
  return (
    <section className="ps ps-banner" data-state={state} aria-busy={state === 'loading'}>
      <header className="ps-banner-head">
        <span className="ps-banner-icon">
          <Icon />
        </span>
        <div className="ps-banner-title">
          <Heading>{text.title}</Heading>
          <p className="ps-muted">{text.subtitle}</p>
        </div>
        <ConnectionBadge projectSync={projectSync} now={now} />
        {children}
      </header>
      <Phases phases={phases} state={state} progress={progress} />
      <p className="ps-banner-detail">{text.detail}</p>
      {error && state === 'failed' && <ErrorMessage explanation={error} />}
      <Numbers stats={stats} sync={sync} />
      <p className="ps-hidden" role="status">
        {announcement(projectSync)}
      </p>
    </section>
  );
}

/** Says how the connection is when it is not as it should be, and a quiet "live" when it is. */
function ConnectionBadge({ projectSync, now }: { projectSync: ProjectSync; now: number }) {
  const { connection, reconnect } = projectSync;
  const canHurry = connection === 'waiting' || connection === 'failed';
  return (
    <p className="ps-connection" data-connection={connection}>
      <span className="ps-connection-dot" aria-hidden="true" />
      <span>{connectionText(projectSync, now)}</span>
      {canHurry && (
        <button type="button" className="ps-link" onClick={reconnect}>
          Try now
        </button>
      )}
    </p>
  );
}

/** How many phases are drawn, empty, before it is known how many there are: so that nothing jumps. */
const USUAL_PHASES = 4;

function Phases({ phases, state, progress }: { phases: PhaseView[]; state: BannerState; progress: Progress | undefined }) {
  if (phases.length === 0) {
    return (
      <div className="ps-phases" aria-hidden="true" data-empty={state === 'loading' ? 'loading' : 'none'}>
        {Array.from({ length: USUAL_PHASES }, (_, i) => (
          <span className="ps-phase" key={i} data-status="toCome">
            <span className="ps-phase-bar" />
            <span className="ps-phase-name">&nbsp;</span>
            <span className="ps-phase-note" />
          </span>
        ))}
      </div>
    );
  }
  return (
    <ol className="ps-phases" aria-label="Phases">
      {phases.map((phase) => (
        <Phase key={phase.phase} phase={phase} progress={phase.status === 'running' ? progress : undefined} />
      ))}
    </ol>
  );
}

const PHASE_WORDS: Record<PhaseView['status'], string> = {
  toCome: 'to come',
  running: 'running',
  done: 'done',
  failed: 'failed',
  skipped: 'not needed',
  stopped: 'stopped',
};

function Phase({ phase, progress }: { phase: PhaseView; progress: Progress | undefined }) {
  const { status, fraction, durationMs, attempt } = phase;
  const isUnknown = status === 'running' && fraction === undefined;
  return (
    <li className="ps-phase" data-status={status} aria-current={status === 'running' ? 'step' : undefined}>
      <span
        className="ps-phase-bar"
        data-unknown={isUnknown || undefined}
        {...(progress
          ? {
              role: 'progressbar',
              'aria-label': `${label(progress.phase)}, phase ${progress.position} of ${progress.of}`,
              // Without a value it says that nobody knows how far it is.
              ...(fraction === undefined
                ? {}
                : { 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.round(fraction * 100) }),
            }
          : { 'aria-hidden': true })}
      >
        <span style={{ transform: `scaleX(${isUnknown ? 1 : (fraction ?? 0)})` }} />
      </span>
      <span className="ps-phase-name">
        <span className="ps-phase-dot" aria-hidden="true">
          {status === 'done' && <CheckIcon />}
          {status === 'failed' && <CrossIcon />}
        </span>
        <span className="ps-phase-label">{label(phase.phase)}</span>
        <span className="ps-hidden">: {PHASE_WORDS[status]}</span>
      </span>
      <span className="ps-phase-note">
        {durationMs != null ? formatDuration(durationMs) : status === 'skipped' ? 'not needed' : ''}
        {status === 'running' && attempt > 1 ? `try ${attempt}` : ''}
      </span>
    </li>
  );
}

/** Always the same places, so that nothing moves while they count. */
function Numbers({ stats, sync }: { stats: Stats | undefined; sync: SyncView | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const hasWords = sync !== undefined && sync.recentWarnings.length > 0;
  const warnings = stats ? formatCount(stats.warnings) : '–';
  const shown: [string, string][] = [
    ['Files', stats?.files === undefined ? '–' : formatCount(stats.files)],
    ['Received', stats ? formatBytes(stats.bytes) : '–'],
    ['Requests', stats ? formatCount(stats.requests) : '–'],
  ];
  return (
    <>
      <dl className="ps-stats">
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div data-raised={(sync?.warnings ?? 0) > 0 || undefined}>
          <dt>Warnings</dt>
          <dd>
            {hasWords ? (
              <button type="button" className="ps-number" onClick={() => setOpen(true)}>
                {warnings}
                <span className="ps-hidden"> {sync.warnings === 1 ? 'warning' : 'warnings'}: read</span>
              </button>
            ) : (
              warnings
            )}
          </dd>
        </div>
      </dl>
      {isOpen && sync && <Warnings sync={sync} onClose={() => setOpen(false)} />}
    </>
  );
}

function Warnings({ sync, onClose }: { sync: SyncView; onClose: () => void }) {
  const hidden = sync.warnings - sync.recentWarnings.length;
  return (
    <Dialog title={`Warnings of ${sync.branch}`} onClose={onClose}>
      <ul className="ps-warnings">
        {sync.recentWarnings.map((warning, i) => (
          <li key={i}>
            <WarningIcon />
            {warning.message}
          </li>
        ))}
      </ul>
      {hidden > 0 && <p className="ps-muted">{formatCount(hidden)} earlier ones are not shown.</p>}
    </Dialog>
  );
}

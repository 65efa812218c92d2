import type { Right } from '@project-sync/react';
import type { ReactNode } from 'react';
import { Empty } from '../parts/states.js';
import { useTitle } from '../parts/title.js';
import { useSession, type Where } from './context.js';

export interface NeedsProps {
  right: Right;
  of?: Where;
  /** The page's name, which is told even if the page may not be seen. */
  title: string;
  children: ReactNode;
}

/** A page for those who have a right; the others are told why they do not see it. */
export function Needs({ right, of = 'tenant', title, children }: NeedsProps) {
  const { may } = useSession();
  return may(right, of) ? children : <Refused right={right} title={title} />;
}

const WHO: Record<Right, string> = {
  read: 'those who may read here',
  sync: 'members and owners',
  admin: 'owners',
  operate: 'operators of this service',
};

function Refused({ right, title }: { right: Right; title: string }) {
  useTitle(title);
  return (
    <div className="page narrow">
      <h1>{title}</h1>
      <Empty title="Not for you">Only {WHO[right]} may see this page. Ask one of them if you need it.</Empty>
    </div>
  );
}

import { formatDate, label, type Member, type Role } from '@project-sync/react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { Confirm } from '../../parts/confirm.js';
import { SelectField, TextField } from '../../parts/field.js';
import { More, usePaged } from '../../parts/paged.js';
import { Empty, Failed, Loading } from '../../parts/states.js';
import { useTitle } from '../../parts/title.js';
import { useSession } from '../../session/context.js';

const KEY = ['members'];

const ROLES: readonly (readonly [Role, string])[] = [
  ['viewer', 'Viewer: looks'],
  ['member', 'Member: looks and syncs'],
  ['owner', 'Owner: everything here'],
];

type Asked = { act: 'add' } | { act: 'change' | 'remove'; member: Member };

/** Who may look at the tenant, and what each may do. */
export function MembersPage() {
  useTitle('Members');
  const queries = useQueryClient();
  const { session, ask } = useSession();
  const [asked, setAsked] = useState<Asked>();
  const { items, list } = usePaged(KEY, client.members.list);
  const me = session.principal?.kind === 'user' ? session.principal.id : undefined;
  const close = () => setAsked(undefined);
  const done = () => {
    close();
    void queries.invalidateQueries({ queryKey: KEY });
    // It may have been one's own role.
    ask();
  };
  return (
    <section className="panel stack" aria-labelledby="members">
      <div className="row-head">
        <div>
          <h2 id="members">Members</h2>
          <p className="ps-muted">Who logs in here{session.principal?.tenant ? `, to ${session.principal.tenant.name}` : ''}.</p>
        </div>
        <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked({ act: 'add' })}>
          Add somebody…
        </button>
      </div>
      {list.isPending && <Loading what="members" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <Empty title="Nobody yet">Whoever is added here can log in.</Empty>}
      <ul className="list" aria-label="Members">
        {items.map((member) => (
          <Row key={member.userId} member={member} isMe={member.userId === me} onAct={(act) => setAsked({ act, member })} />
        ))}
      </ul>
      <More list={list} />
      {asked?.act === 'add' && <Add onDone={done} onClose={close} />}
      {asked?.act === 'change' && <Change member={asked.member} isMe={asked.member.userId === me} onDone={done} onClose={close} />}
      {asked?.act === 'remove' && (
        <Confirm
          title={`Remove ${asked.member.name}?`}
          action="Remove"
          doing="Removing…"
          keep="Keep"
          isFinal
          act={() => client.members.remove(asked.member.userId)}
          onDone={done}
          onClose={close}
        >
          <p>
            {asked.member.userId === me ? 'You are logged out of this tenant at once, and do' : 'Their sessions here end at once, and they do'}{' '}
            not see it any more. Tokens that they made go on: revoke those apart.
          </p>
        </Confirm>
      )}
    </section>
  );
}

interface RowProps {
  member: Member;
  isMe: boolean;
  onAct: (act: 'change' | 'remove') => void;
}

function Row({ member: { name, role, createdAt, disabled }, isMe, onAct }: RowProps) {
  return (
    <li data-over={disabled || undefined}>
      <div className="list-what">
        <strong>{name}</strong>
        <span className="tags">
          <span className="ps-tag">{label(role)}</span>
          {isMe && <span className="ps-tag">You</span>}
          {disabled && <span className="ps-tag warn">Disabled</span>}
        </span>
        <span className="ps-muted list-facts">since {formatDate(createdAt)}</span>
      </div>
      <span className="list-actions">
        <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={() => onAct('change')}>
          Change role<span className="ps-hidden"> of {name}</span>
        </button>
        <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={() => onAct('remove')}>
          Remove<span className="ps-hidden"> {name}</span>
        </button>
      </span>
    </li>
  );
}

interface AskProps {
  onDone: () => void;
  onClose: () => void;
}

function Add({ onDone, onClose }: AskProps) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('member');
  return (
    <Confirm
      title="Add somebody"
      action="Add"
      doing="Adding…"
      keep="Leave it"
      isIncomplete={name.trim() === ''}
      act={() => client.members.add({ name: name.trim(), role, password: password || undefined })}
      onDone={onDone}
      onClose={onClose}
    >
      <TextField label="Name" value={name} onChange={setName} maxLength={100} autoComplete="off" isCode hint="To log in with." />
      <SelectField label="Role" value={role} onChange={setRole} options={ROLES} />
      <TextField
        label="First password"
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        hint="For somebody new, who changes it later. Leave it empty for somebody who can log in already."
      />
    </Confirm>
  );
}

function Change({ member, isMe, onDone, onClose }: AskProps & { member: Member; isMe: boolean }) {
  const [role, setRole] = useState(member.role);
  return (
    <Confirm
      title={`Role of ${member.name}`}
      action="Change"
      doing="Changing…"
      keep="Keep it"
      isIncomplete={role === member.role}
      act={() => client.members.change(member.userId, role)}
      onDone={onDone}
      onClose={onClose}
    >
      <SelectField
        label="Role"
        value={role}
        onChange={setRole}
        options={ROLES}
        hint={isMe && role !== 'owner' && member.role === 'owner' ? 'You cannot make yourself an owner again: another one has to.' : ''}
      />
    </Confirm>
  );
}

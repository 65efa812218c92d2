import { Route, Switch } from 'wouter';
import { WebhookPage } from './one.js';
import { WebhooksPage } from './list.js';

/** Where the tenant is told over HTTP what happened. */
export default function WebhookPages() {
  return (
    <Switch>
      <Route path="/settings/webhooks" component={WebhooksPage} />
      <Route path="/settings/webhooks/:id">{({ id }) => <WebhookPage key={id} id={id} />}</Route>
    </Switch>
  );
}

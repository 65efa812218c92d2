// Made by `npm run generate` from api/openapi.json. Do not edit.

export interface paths {
    "/api/v1/admin/dead": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was given up
         * @description The latest first.
         */
        get: operations["admin.dead.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/dead/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove dead jobs that a filter matches
         * @description The latest first, at most 1,000. The failed syncs stay in the history.
         */
        post: operations["admin.dead.purge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/dead/requeue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Repeat dead jobs that a filter matches
         * @description The latest first, at most 1,000. Those that are no syncs stay.
         */
        post: operations["admin.dead.requeueAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/dead/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a dead job */
        get: operations["admin.dead.get"];
        put?: never;
        post?: never;
        /**
         * Remove a dead job
         * @description The failed sync stays in the history.
         */
        delete: operations["admin.dead.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/dead/{id}/requeue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Repeat a dead job
         * @description It leaves the dead set, and a new sync does what it was to do.
         */
        post: operations["admin.dead.requeue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that all is well
         * @description Database, migrations, clocks, queue, workers, leases, and what is stuck, dead or paused; and what to do.
         */
        get: operations["admin.doctor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List jobs
         * @description All syncs, the latest first.
         */
        get: operations["admin.jobs.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/jobs/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel jobs that a filter matches
         * @description Of those that wait or run, the latest first, at most 1,000.
         */
        post: operations["admin.jobs.cancelAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/jobs/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove jobs that a filter matches
         * @description Of those that failed, were cancelled, or wait and were never begun, the latest first, at most 1,000.
         */
        post: operations["admin.jobs.removeAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/jobs/requeue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Repeat jobs that a filter matches
         * @description Of those that failed or were cancelled, the latest first, at most 1,000.
         */
        post: operations["admin.jobs.requeueAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/jobs/{syncId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a job
         * @description The sync, who runs it, and what happened last.
         */
        get: operations["admin.jobs.get"];
        put?: never;
        post?: never;
        /**
         * Remove a job
         * @description One that failed, was cancelled, or waits and was never begun. Completed ones are the history, and stay.
         */
        delete: operations["admin.jobs.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/jobs/{syncId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a job */
        post: operations["admin.jobs.cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/jobs/{syncId}/requeue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Repeat a job
         * @description What a sync that has ended was to do is done again, by a new sync.
         */
        post: operations["admin.jobs.requeue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the queue
         * @description How much waits, runs and was given up, who serves it, and what is paused.
         */
        get: operations["admin.queue.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/queue/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause the queue, or a project
         * @description What waits is not begun any more; what runs goes on.
         */
        post: operations["admin.queue.pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/queue/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on after a pause */
        post: operations["admin.queue.resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tenants
         * @description By name.
         */
        get: operations["admin.tenants.list"];
        put?: never;
        /**
         * Make a tenant
         * @description With its first owner: a user that is there, by name; or a new one, with a password.
         */
        post: operations["admin.tenants.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who did what
         * @description In the tenant, the latest first.
         */
        get: operations["audit.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/project-sync/{syncId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a sync
         * @description Server-sent events: first a `snapshot`, the state so far; then every event as it happens, numbered by `id`. A client
         *     that sends the id of the last event it saw gets what it missed instead of the snapshot, or, where that is too much or
         *     not known, a `reset` and the snapshot. After the terminal event the stream ends; who comes again then is answered
         *     with 204, and need not any more. Lines that begin with a colon only show that the server is there.
         */
        get: operations["events.projectSync"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/projects/{projectId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a project
         * @description Server-sent events of all syncs of a project: first a `snapshot` of those that have not ended; then every event of
         *     these and of all that are asked for later. The events of one sync come in order; the stream does not end by itself.
         */
        get: operations["events.project"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/github/repositories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * List what an app reaches
         * @description The repositories of an installation of a GitHub App, to choose from before a project is made. The key is used for
         *     this and not kept.
         */
        post: operations["github.repositories"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List members
         * @description Of the tenant, by name.
         */
        get: operations["members.list"];
        put?: never;
        /**
         * Make a user a member
         * @description One that is there, by name; or a new one, with a password.
         */
        post: operations["members.add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/members/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give a member another role
         * @description It holds from the next request of theirs on, for their sessions and tokens, too.
         */
        put: operations["members.change"];
        post?: never;
        /**
         * Remove a member
         * @description Their sessions and tokens let nobody into this tenant any more. The user stays.
         */
        delete: operations["members.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List projects
         * @description By name.
         */
        get: operations["projects.list"];
        put?: never;
        /**
         * Create a project
         * @description Connects a repository, after looking at it: one that cannot be read is refused. Nothing is synced yet.
         */
        post: operations["projects.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a project
         * @description With the branches that are known here, what the default branch holds, and the latest sync.
         */
        get: operations["projects.get"];
        put?: never;
        post?: never;
        /**
         * Delete a project
         * @description With its whole history and all that was kept of it, in one step. It cannot be undone.
         */
        delete: operations["projects.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/credential": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a project's credential
         * @description What kind it is, and enough to tell it from another one. The secret itself is told to nobody.
         */
        get: operations["projects.credential.get"];
        /**
         * Set a project's credential
         * @description In the place of the one before. It is kept sealed and sent to the project's repository only.
         */
        put: operations["projects.credential.set"];
        post?: never;
        /**
         * Remove a project's credential
         * @description Without one nothing happens.
         */
        delete: operations["projects.credential.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/credential/repositories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what a project's app reaches
         * @description The repositories of the installation that the project's credential names. For those who may decide about all
         *     projects: an installation reaches more than one.
         */
        get: operations["projects.credential.repositories"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List files
         * @description By path: the files of the branch as a sync left it.
         */
        get: operations["projects.files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/hook": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a project's hook
         * @description Where it is to be sent, and what came last. The secret is told to nobody.
         */
        get: operations["projects.hook.get"];
        /**
         * Set a project's hook
         * @description In the place of the one before. The answer says where the host is to send it, and shows the secret if it was made here:
         *     this once. It is kept sealed.
         */
        put: operations["projects.hook.set"];
        post?: never;
        /**
         * Remove a project's hook
         * @description What its host sends is refused from now on. Without one nothing happens.
         */
        delete: operations["projects.hook.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/hook/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what a project's host sent
         * @description As far as it was signed, the latest first. Old ones are forgotten: see `triggers.keep_days`.
         */
        get: operations["projects.hook.deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/memory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List memory
         * @description By path, or, with `query`, the best matches first: the active entries of the branch as a sync left it.
         */
        get: operations["projects.memory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/polling": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show how a project is polled */
        get: operations["projects.polling.get"];
        /**
         * Poll a project
         * @description Its host is asked now and then where the branches stand, and a sync is asked for where one was moved: for those whose
         *     hosts cannot reach this service. Where the host can tell that nothing changed, this costs nothing.
         */
        put: operations["projects.polling.set"];
        post?: never;
        /**
         * Poll a project no more
         * @description If it is not, nothing happens.
         */
        delete: operations["projects.polling.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a project's schedules
         * @description Each with the next five times that it comes due.
         */
        get: operations["projects.schedules.list"];
        put?: never;
        /**
         * Make a schedule
         * @description A sync of the branch is asked for whenever it comes due; one that was missed, because nothing ran, is made up for once.
         *     A pattern with one time of day comes due once on each of its days, whatever is done to the clock.
         */
        post: operations["projects.schedules.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/schedules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a schedule */
        get: operations["projects.schedules.get"];
        /**
         * Change a schedule
         * @description All of it: what the body leaves out is as in a new one. What was due and not done yet is forgotten.
         */
        put: operations["projects.schedules.change"];
        post?: never;
        /**
         * Remove a schedule
         * @description Syncs that it asked for go on.
         */
        delete: operations["projects.schedules.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a sync
         * @description If one of the branch waits or runs, the answer is that one, so that a double click makes one sync.
         */
        post: operations["projects.sync.start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/sync/branches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List branches
         * @description The repository is asked, and each branch is told with what is known of it here.
         */
        get: operations["projects.sync.branches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/sync/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List syncs
         * @description The latest first.
         */
        get: operations["projects.sync.history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/sync/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore an earlier state
         * @description Files and memory become what they were after an earlier sync. It is a sync of its own; nothing is fetched.
         */
        post: operations["projects.sync.restoreMemory"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{projectId}/sync/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show where a branch stands
         * @description The sync that runs, with its progress; else the one that waits; else the latest one.
         */
        get: operations["projects.sync.status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell who asks
         * @description And what they may do; or that nobody is known, and whether the first user is to be set up.
         */
        get: operations["session.get"];
        /** Look at another tenant */
        put: operations["session.switch"];
        /**
         * Log in
         * @description The session is a cookie that scripts do not see. After ten wrong passwords the waits grow.
         */
        post: operations["session.begin"];
        /**
         * Log out
         * @description The session ends, here and at the browser. Without one nothing happens.
         */
        delete: operations["session.end"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the password
         * @description One's own. All other sessions of the user end.
         */
        put: operations["session.password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the settings
         * @description What this process runs with: defaults, file and environment together. What is secret only says whether it is set.
         */
        get: operations["settings.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set up the first user
         * @description Who operates the installation and owns its first tenant. Once, and from the machine of the service only; elsewhere
         *     `project-sync user add` does it.
         */
        post: operations["setup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream-tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a ticket for a stream
         * @description `EventSource` of a page from another origin sends neither a token nor a cookie. A ticket in the URL opens the stream
         *     that it is for, for a minute.
         */
        post: operations["streamTickets.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/syncs/{syncId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a sync */
        get: operations["syncs.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/syncs/{syncId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a sync
         * @description One that waits ends at once; one that runs ends within a second. What was visible before stays.
         */
        post: operations["syncs.cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/syncs/{syncId}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two syncs
         * @description Files by path, memory by key.
         */
        get: operations["syncs.diff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tokens
         * @description Of the tenant, the latest first; those that are good no longer, too.
         */
        get: operations["tokens.list"];
        put?: never;
        /**
         * Make a token
         * @description It is shown this once. Nobody gives more than they have.
         */
        post: operations["tokens.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token
         * @description It is refused from the next request on. It stays in the list.
         */
        delete: operations["tokens.revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhooks
         * @description Of the tenant, the latest first.
         */
        get: operations["webhooks.list"];
        put?: never;
        /**
         * Make a webhook
         * @description Its secret is shown this once.
         */
        post: operations["webhooks.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/gitea/{projectId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a hook
         * @description For the host. Its signature is what shows who sends it; no token is asked for. A push to a branch that is synced
         *     asks for a sync, the deletion of one is noted, everything else is written down and ignored. What was sent before
         *     is not done again.
         */
        post: operations["webhooks.receiveGitea"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/github/{projectId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a hook
         * @description For the host. Its signature is what shows who sends it; no token is asked for. A push to a branch that is synced
         *     asks for a sync, the deletion of one is noted, everything else is written down and ignored. What was sent before
         *     is not done again.
         */
        post: operations["webhooks.receiveGithub"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/gitlab/{projectId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a hook
         * @description For the host. Its signature is what shows who sends it; no token is asked for. A push to a branch that is synced
         *     asks for a sync, the deletion of one is noted, everything else is written down and ignored. What was sent before
         *     is not done again.
         */
        post: operations["webhooks.receiveGitlab"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhookId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a webhook */
        get: operations["webhooks.get"];
        /**
         * Change a webhook
         * @description What the body does not say stays.
         */
        put: operations["webhooks.update"];
        post?: never;
        /**
         * Remove a webhook
         * @description With the log of what was sent to it. What waits for it is not sent.
         */
        delete: operations["webhooks.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhookId}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was and is to be sent to a webhook
         * @description The latest first, without what is sent.
         */
        get: operations["webhooks.deliveries.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhookId}/deliveries/{deliveryId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a delivery
         * @description With what is sent.
         */
        get: operations["webhooks.deliveries.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver again
         * @description Now, whatever came of it before: the same event, with all its attempts anew.
         */
        post: operations["webhooks.deliveries.redeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhookId}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook another secret
         * @description It is shown this once. For 24 hours deliveries bear a signature by the one before, too.
         */
        post: operations["webhooks.rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhookId}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a webhook
         * @description It is sent an event of the kind `project_sync.test`, whatever kinds it gets. What came of it is in its deliveries.
         */
        post: operations["webhooks.test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell that the process lives */
        get: operations["health.live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show metrics
         * @description In Prometheus's text format.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell whether requests can be served
         * @description The database answers and is migrated, and the queue answers.
         */
        get: operations["health.ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description Who is let in without showing who they are.
         * @enum {string}
         */
        Access: "open" | "identity";
        /** @description Who did something. */
        Actor: {
            /**
             * Format: uuid
             * @description The user or the token.
             */
            id?: string | null;
            /** @description `user`, `token`, `local`, `command` or `system`. */
            kind: string;
            /** @description What they were called then. */
            name: string;
        };
        /** @description A page of the audit log. */
        AuditList: {
            /** @description The lines, the latest first. */
            items: components["schemas"]["AuditRecord"][];
            /** @description What to send as `cursor` to get the next page; `null` on the last one. */
            next?: string | null;
        };
        /** @description A line of the audit log. */
        AuditRecord: {
            /**
             * @description What was done: a stable word.
             * @example sync.start
             */
            action: string;
            /** @description Who. */
            actor: components["schemas"]["Actor"];
            /** @description The address that the request came from, as far as it is known. */
            address?: string | null;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description More about it. */
            detail: unknown;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            target?: components["schemas"]["AuditTarget"] | null;
        };
        /** @description What something was done to. */
        AuditTarget: {
            /** @description Which one. */
            id: string;
            /** @description What kind of thing. */
            kind: string;
        };
        /** @description A branch of the repository, as it is there now. */
        Branch: {
            /** @description The commit at its tip. */
            commit: string;
            /**
             * Format: int64
             * @description The number of its latest completed sync here; 0 before the first.
             */
            headSync: number;
            /** @description Whether the repository calls it the default one. */
            isDefault: boolean;
            /** @description Whether what is here shows the commit at the tip. */
            isUpToDate: boolean;
            /** @description Its name. */
            name: string;
            /** @description The commit that this sync shows. */
            syncedCommit?: string | null;
        };
        /** @description Branches of the repository. */
        Branches: {
            /** @description The default branch first, then by name; at most as many as `limit` says. */
            items: components["schemas"]["Branch"][];
            /** @description How many there are that fit the query. At most 10,000 are looked at. */
            total: number;
        };
        /** @description What came of an operation on many things. */
        Bulk: {
            /**
             * Format: int64
             * @description How many were changed; none if it was only tried out.
             */
            changed: number;
            /** @description Those that were changed, or would be. */
            ids: string[];
            /**
             * Format: int64
             * @description How many the filter matched when it began. One call changes at most 1,000.
             */
            matched: number;
        };
        /** @description An operation on many jobs. */
        BulkRequest: {
            /** @description Only tell which it would be. */
            dryRun?: boolean;
            /** @description Which jobs. Something must be said. */
            filter?: components["schemas"]["JobFilter"];
        };
        /**
         * @description How a file changed.
         * @enum {string}
         */
        ChangeKind: "added" | "deleted" | "modified" | "renamed";
        /** @description What was found of one part. */
        Check: {
            /** @description What to do, if something is to be done. */
            advice?: string | null;
            /** @description What was found. */
            detail: string;
            /** @description The part: a stable word. */
            name: string;
            /** @description How well it is. */
            status: components["schemas"]["CheckStatus"];
        };
        /**
         * @description How well a part is.
         * @enum {string}
         */
        CheckStatus: "ok" | "warn" | "fail";
        /** @description How much a state holds. */
        Counts: {
            /**
             * Format: int64
             * @description Files.
             */
            files: number;
            /**
             * Format: int64
             * @description Active memory entries.
             */
            memory: number;
        };
        /** @description What may be told of a credential. */
        Credential: {
            /** @description Enough to tell it from another one: `ghp_…ab12`, or `app 123, installation 456`. */
            hint: string;
            /** @description What it is. */
            kind: components["schemas"]["CredentialKind"];
            /**
             * Format: date-time
             * @description When it was set.
             */
            updatedAt: string;
        };
        /**
         * @description What a project's credential is.
         * @enum {string}
         */
        CredentialKind: "token" | "githubApp";
        /** @description An operation on many of the dead. */
        DeadBulkRequest: {
            /** @description All of them. */
            all?: boolean;
            /** @description Only tell which it would be. */
            dryRun?: boolean;
            /** @description Which ones. Something must be said, unless `all` is. */
            filter?: components["schemas"]["DeadFilter"];
        };
        /** @description Which of the dead are meant. Everything that is said must hold. */
        DeadFilter: {
            /** @description Only those given up for this reason. */
            code?: string | null;
            /**
             * Format: int64
             * @description Only those given up longer ago than this many seconds.
             */
            olderThanSeconds?: number | null;
        };
        /** @description Something that was given up. */
        DeadJob: {
            /**
             * Format: int32
             * @description How often it was begun or delivered.
             */
            attempts: number;
            /** @description A stable word for the reason. */
            code: string;
            /**
             * Format: date-time
             * @description When it was given up.
             */
            createdAt: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The reason in words. */
            message: string;
            /** @description The message, where it is no job. */
            payload?: string | null;
            /**
             * Format: uuid
             * @description The sync that failed; absent of a message that is no job.
             */
            syncId?: string | null;
        };
        /** @description A page of a list. */
        DeadJobPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["DeadJob"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /**
         * @description What came of something that a host sent.
         * @enum {string}
         */
        DeliveryResult: "queued" | "untracked" | "deleted" | "ping" | "ignored" | "otherRepository" | "unreadable" | "unseen";
        /**
         * @description Where the delivery of an event to a webhook stands.
         * @enum {string}
         */
        DeliveryStatus: "pending" | "delivered" | "failed";
        /** @description How many there are in a state. */
        Depth: {
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
            /**
             * Format: int64
             * @description Since how many seconds the oldest one is there.
             */
            oldestAgeSeconds?: number | null;
        };
        /** @description A page of what changed from one sync to another. */
        Diff: {
            /**
             * Format: uuid
             * @description The sync that is compared with. Absent: nothing was there yet.
             */
            against?: string | null;
            /** @description The files that changed, by path, if they were asked for. */
            files?: components["schemas"]["FileChange"][] | null;
            /** @description The memory entries that changed, by key, if they were asked for. */
            memory?: components["schemas"]["MemoryChange"][] | null;
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string | null;
            /**
             * Format: uuid
             * @description The sync whose state is shown as new.
             */
            syncId: string;
        };
        /** @description What was found of all parts. */
        Doctor: {
            /** @description Each of them. */
            checks: components["schemas"]["Check"][];
            /** @description The worst of them. */
            status: components["schemas"]["CheckStatus"];
        };
        /** @description An event of a sync. */
        Event: {
            /**
             * Format: date-time
             * @description When it happened.
             */
            at: string;
            /** @description What happened, as it is streamed. */
            payload: Record<string, never>;
            /**
             * Format: int64
             * @description Its number within the sync, counted from 1.
             */
            seq: number;
        };
        /** @description Why a sync failed. */
        EventError: {
            /** @description A stable word for the kind of error. */
            code: string;
            /** @description In words for the user. */
            message: string;
        };
        /** @description An event of a sync. */
        EventMessage: {
            /** @description The event. */
            data: components["schemas"]["ProgressEvent"];
            /** @description What the event is: the same as its `type`. */
            event: components["schemas"]["EventName"];
            /** @description Where the client is then: what it sends as `Last-Event-ID` when it comes again. */
            id: string;
        };
        /**
         * @description The names of the events of syncs. After `completed`, `failed` or `cancelled` none follows for that sync.
         * @enum {string}
         */
        EventName: "queued" | "phaseStarted" | "phaseProgress" | "phaseCompleted" | "warning" | "interrupted" | "completed" | "failed" | "cancelled";
        /** @description A file of a state. */
        File: components["schemas"]["Path"] & {
            /** @description The content's git id; absent of a submodule. */
            blobId?: string | null;
            /** @description Whether the content is kept here: it is not if it is above the limit. */
            isStored: boolean;
            /** @description What the mode makes of it. */
            kind: components["schemas"]["FileKind"];
            /**
             * @description Its mode as git shows it: six octal digits.
             * @example 100644
             */
            mode: string;
            /**
             * Format: int64
             * @description The content's size in bytes; absent of a submodule.
             */
            size?: number | null;
            /** @description The commit of a submodule. */
            submoduleId?: string | null;
        };
        /** @description A file that changed. */
        FileChange: components["schemas"]["Path"] & {
            after?: components["schemas"]["FileSide"] | null;
            before?: components["schemas"]["FileSide"] | null;
            /** @description How it changed. */
            change: components["schemas"]["ChangeKind"];
            from?: components["schemas"]["Path"] | null;
        };
        /**
         * @description What a mode makes of a file.
         * @enum {string}
         */
        FileKind: "file" | "executable" | "symlink" | "submodule" | "directory";
        /** @description A page of a list. */
        FilePage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["File"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /** @description One side of a changed file. */
        FileSide: {
            /** @description The blob, or the commit of a submodule. */
            id: string;
            /** @description The mode as git shows it. */
            mode: string;
        };
        /** @description That all is well. */
        Health: {
            /** @description `ok`. */
            status: string;
        };
        /** @description The hook that a project's host sends when something is pushed. */
        Hook: {
            /** @description Enough to tell its secret from another one: `…ab12`. */
            hint: string;
            /** @description Which kind of host sends it. */
            kind: components["schemas"]["HookKind"];
            /**
             * Format: date-time
             * @description When the host last sent something that was signed.
             */
            lastDeliveryAt?: string | null;
            lastResult?: components["schemas"]["DeliveryResult"] | null;
            /**
             * Format: date-time
             * @description When it was set.
             */
            updatedAt: string;
            /**
             * @description Where it is to be sent. Without a host where `triggers.public_url` is not set: then put the address of this service
             *     before it.
             */
            url: string;
        };
        /** @description Something that a host sent. */
        HookDelivery: {
            /** @description The branch, where it is about one. */
            branch?: string | null;
            /** @description The commit that the branch was pushed to. */
            commit?: string | null;
            /** @description What the host calls it. */
            delivery: string;
            /** @description The host's word for what happened. */
            event: string;
            /**
             * Format: uuid
             * @description Its id here.
             */
            id: string;
            /**
             * Format: date-time
             * @description When the commit is looked for next, while it was not seen.
             */
            lookAt?: string | null;
            /**
             * Format: date-time
             * @description When it came.
             */
            receivedAt: string;
            /** @description What came of it. */
            result: components["schemas"]["DeliveryResult"];
            /**
             * Format: uuid
             * @description The sync that was asked for.
             */
            syncId?: string | null;
        };
        /** @description A page of a list. */
        HookDeliveryPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["HookDelivery"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /**
         * @description Which kind of host sends a hook.
         * @enum {string}
         */
        HookKind: "github" | "gitlab" | "gitea";
        /** @description What came of a hook. */
        HookReceived: {
            /** @description A word of a delivery's result, or `repeated`: it was sent before, and nothing was done. */
            result: string;
            /**
             * Format: uuid
             * @description The sync that was asked for.
             */
            syncId?: string | null;
        };
        /** @description An installation of a GitHub App, to be asked once. Nothing of it is kept. */
        Installation: {
            /** @description The API's base URL of a GitHub Enterprise server; the public GitHub if absent. */
            apiUrl?: string | null;
            /**
             * Format: int64
             * @description The app's number.
             */
            appId: number;
            /**
             * Format: int64
             * @description The number of its installation.
             */
            installationId: number;
            /**
             * Format: password
             * @description The app's private RSA key, in PEM.
             */
            privateKey: string;
        };
        /** @description A repository that an installation of a GitHub App reaches. */
        InstalledRepository: {
            /** @description Whether nothing can be pushed to it any more. */
            archived: boolean;
            /** @description Its default branch. */
            defaultBranch?: string | null;
            /** @description `owner/name`. */
            fullName: string;
            /** @description Whether it is not open to all. */
            private: boolean;
        };
        /** @description A page of a list. */
        InstalledRepositoryPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["InstalledRepository"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /**
         * @description Why a sync goes no further for now.
         * @enum {string}
         */
        Interruption: "error" | "workerLost" | "handedOver";
        /** @description Why a sync waits to be begun again. */
        InterruptionSnapshot: {
            error?: components["schemas"]["EventError"] | null;
            /** @description Why. */
            reason: components["schemas"]["Interruption"];
            /**
             * Format: date-time
             * @description Not before this time; at once if absent.
             */
            retryAt?: string | null;
        };
        /** @description A hook that was set, with its secret: it is shown this once. */
        IssuedHook: components["schemas"]["Hook"] & {
            /**
             * Format: password
             * @description What the host signs with, if it was made here.
             */
            secret?: string | null;
        };
        /** @description A new token, with its secret, which is shown this once. */
        IssuedToken: components["schemas"]["Token"] & {
            /** @description The token itself: `ps_` and 64 hexadecimal digits. */
            token: string;
        };
        /** @description A webhook with its secret, which is shown this once. */
        IssuedWebhook: {
            /** @description What deliveries are signed with (Standard Webhooks): `whsec_` and base64. */
            secret: string;
            /** @description The webhook. */
            webhook: components["schemas"]["Webhook"];
        };
        /** @description A sync as operators see it. */
        Job: components["schemas"]["Sync"] & {
            /**
             * Format: date-time
             * @description Until when the claim holds without a heartbeat.
             */
            leaseUntil?: string | null;
            /** @description The project's name. */
            project: string;
            /** @description The trace context of the request that asked for it. */
            traceParent?: string | null;
            /** @description The worker that claimed it last. */
            worker?: string | null;
        };
        /** @description A sync with what happened last. */
        JobDetail: components["schemas"]["Job"] & {
            /** @description Its last events, at most 20, in order. */
            events: components["schemas"]["Event"][];
        };
        /** @description Which jobs are meant. Everything that is said must hold. */
        JobFilter: {
            /** @description Only those of branches of this name. */
            branch?: string | null;
            /** @description Only those that ended with this error. */
            errorCode?: string | null;
            /**
             * Format: int64
             * @description Only those asked for longer ago than this many seconds.
             */
            olderThanSeconds?: number | null;
            /**
             * Format: uuid
             * @description Only those of this project.
             */
            project?: string | null;
            status?: components["schemas"]["SyncStatus"] | null;
            trigger?: components["schemas"]["SyncTrigger"] | null;
        };
        /** @description A page of a list. */
        JobPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["Job"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A branch that is known here. */
        KnownBranch: {
            /**
             * Format: date-time
             * @description When it was told, or found, to be deleted at its host. What was synced of it stays.
             */
            deletedAt?: string | null;
            /**
             * Format: int64
             * @description The number of its latest completed sync; 0 before the first.
             */
            headSync: number;
            /**
             * Format: uuid
             * @description Its latest completed sync.
             */
            headSyncId?: string | null;
            /** @description Its name. */
            name: string;
        };
        /** @description A name and a password. */
        Login: {
            /** @description The user's name. */
            name: string;
            /**
             * Format: password
             * @description Their password.
             */
            password: string;
            /**
             * Format: uuid
             * @description The tenant to look at; the first one by name if absent.
             */
            tenantId?: string | null;
        };
        /** @description A member of the tenant. */
        Member: {
            /**
             * Format: date-time
             * @description Since when they are a member.
             */
            createdAt: string;
            /** @description Whether they may not log in. */
            disabled: boolean;
            /** @description What they are called. */
            name: string;
            /** @description Their role in the tenant. */
            role: components["schemas"]["Role"];
            /**
             * Format: uuid
             * @description The user.
             */
            userId: string;
        };
        /** @description Another role. */
        MemberChange: {
            /** @description The role. */
            role: components["schemas"]["Role"];
        };
        /** @description A page of members. */
        MemberList: {
            /** @description The members, by name. */
            items: components["schemas"]["Member"][];
            /** @description What to send as `cursor` to get the next page; `null` on the last one. */
            next?: string | null;
        };
        /** @description A memory entry that changed. */
        MemoryChange: {
            /** @description How it changed. */
            change: components["schemas"]["MemoryChangeKind"];
            /** @description Its key. */
            key: string;
            /** @description What it is. */
            kind: components["schemas"]["MemoryKind"];
            /** @description Its title, the newer one if there are two. */
            title: string;
        };
        /**
         * @description How a memory entry changed.
         * @enum {string}
         */
        MemoryChangeKind: "created" | "retired" | "replaced";
        /** @description A piece of knowledge. */
        MemoryEntry: components["schemas"]["Path"] & {
            /** @description Its text. */
            body: string;
            /** @description The digest of its text. */
            contentHash: string;
            /**
             * Format: date-time
             * @description The date that it bears.
             */
            date?: string | null;
            /** @description The headings above it and its own, outermost first. */
            headingPath: string[];
            /**
             * Format: int64
             * @description The id of this version of it.
             */
            id: number;
            /** @description Whether it is superseded, as seen at the state that was asked for. */
            isSuperseded: boolean;
            /** @description What stays the same while its text changes. */
            key: string;
            /** @description What it is. */
            kind: components["schemas"]["MemoryKind"];
            /** @description Its title. */
            title: string;
            /**
             * Format: int64
             * @description The number of the sync that it came with.
             */
            validFrom: number;
            /**
             * Format: int64
             * @description The number of the sync that superseded it.
             */
            validTo?: number | null;
        };
        /** @description A page of a list. */
        MemoryEntryPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["MemoryEntry"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /**
         * @description What kind of knowledge a memory entry is.
         * @enum {string}
         */
        MemoryKind: "letter" | "guide" | "document";
        /** @description A credential to be kept. It is sealed, and never told again. */
        NewCredential: {
            /** @enum {string} */
            kind: "token";
            /**
             * Format: password
             * @description The token.
             */
            token: string;
        } | {
            /**
             * Format: int64
             * @description The app's number.
             */
            appId: number;
            /**
             * Format: int64
             * @description The number of its installation that reaches the repository.
             */
            installationId: number;
            /** @enum {string} */
            kind: "githubApp";
            /**
             * Format: password
             * @description The app's private RSA key, in PEM.
             */
            privateKey: string;
        };
        /** @description A hook to be taken. */
        NewHook: {
            /** @description Which kind of host sends it. */
            kind: components["schemas"]["HookKind"];
            /**
             * Format: password
             * @description What it signs with: 16 to 1,024 visible characters, such as a signing token of GitLab (`whsec_…`). Without one it is
             *     made.
             */
            secret?: string | null;
        };
        /** @description Somebody to become a member. */
        NewMember: {
            /** @description The user's name. */
            name: string;
            /**
             * Format: password
             * @description The password of a new user, 8 to 1,024 bytes; absent for one that is there.
             */
            password?: string | null;
            /** @description Their role in the tenant. */
            role: components["schemas"]["Role"];
        };
        /** @description The first owner of a tenant. */
        NewOwner: {
            /** @description The user's name. */
            name: string;
            /**
             * Format: password
             * @description The password of a new user, 8 to 1,024 bytes; absent for one that is there.
             */
            password?: string | null;
        };
        /** @description How a project is to be polled. */
        NewPolling: {
            /** @description The branches that are looked at; if absent those that were ever synced. */
            branches?: string[] | null;
            /**
             * Format: int32
             * @description Seconds between two looks, at least as many as `triggers.min_poll_seconds` says, and at most a week.
             */
            everySeconds: number;
        };
        /** @description A project to make. */
        NewProject: {
            /** @description Its name, 1 to 200 characters; made from the source if absent. */
            name?: string | null;
            /** @description The repository that it is connected to. */
            source: components["schemas"]["Source"];
        };
        /** @description What a schedule is to be. */
        NewSchedule: {
            /** @description The branch; the default one if absent. */
            branch?: string | null;
            /**
             * @description The pattern: minute, hour, day of the month, month, day of the week.
             * @example 30 2 * * MON-FRI
             */
            cron: string;
            /** @description Whether it comes due at all. */
            enabled?: boolean;
            /**
             * Format: int32
             * @description Up to how many seconds later it may come due, at most 3,600.
             */
            jitterSeconds?: number;
            /**
             * @description The IANA name of the time zone that it is in.
             * @example Europe/Berlin
             */
            timeZone?: string;
        };
        /** @description A tenant to make. */
        NewTenant: {
            /** @description What it is called; 1 to 200 characters. */
            name: string;
            /** @description Who owns it. */
            owner: components["schemas"]["NewOwner"];
        };
        /** @description A token to make. */
        NewToken: {
            /**
             * Format: date-time
             * @description When it ends; never by itself if absent.
             */
            expiresAt?: string | null;
            /** @description What it is called; 1 to 100 characters. */
            name: string;
            /** @description Whether it operates the installation besides. */
            operator?: boolean;
            /**
             * Format: uuid
             * @description The only project that it is for; all if absent.
             */
            projectId?: string | null;
            /** @description What it may do: of `read`, `sync` and `admin`. */
            scopes: components["schemas"]["Right"][];
        };
        /** @description A webhook to be made. */
        NewWebhook: {
            /** @description The kinds of events that it is to get, such as `project_sync.completed`; all if empty or absent. */
            kinds?: string[];
            /**
             * Format: uuid
             * @description The only project whose events it is to get; all of the tenant's if absent.
             */
            projectId?: string | null;
            /** @description Where to: `https://…` or `http://…`, without user and password, at most 2,000 characters. */
            url: string;
        };
        /** @description Another password. */
        PasswordChange: {
            /**
             * Format: password
             * @description The present one.
             */
            current: string;
            /**
             * Format: password
             * @description The new one; 8 to 1,024 bytes.
             */
            new: string;
        };
        /** @description A path. */
        Path: {
            /** @description The path; what is not UTF-8 in it is U+FFFD. */
            path: string;
            /** @description The path's bytes in base64, if they are not UTF-8. */
            pathBase64?: string | null;
        };
        /** @description A pause. */
        Pause: {
            /**
             * Format: uuid
             * @description The project that is paused; absent: everything is.
             */
            projectId?: string | null;
            /** @description Why, in the operator's words. */
            reason?: string | null;
            /**
             * Format: date-time
             * @description Since when.
             */
            since: string;
        };
        /** @description What to pause. */
        PauseRequest: {
            /**
             * Format: uuid
             * @description The project; the whole queue if absent.
             */
            projectId?: string | null;
            /** @description Why, for others to read; at most 1,000 characters. */
            reason?: string | null;
        };
        /** @description A finished phase. */
        Phase: {
            /**
             * Format: int32
             * @description How often it was tried.
             */
            attempts: number;
            /**
             * Format: int64
             * @description How long it took, in milliseconds, all its attempts together.
             */
            durationMs: number;
            /** @description The phase's name. */
            phase: string;
        };
        /** @description Where a phase of a sync stands. */
        PhaseSnapshot: {
            /**
             * Format: int32
             * @description Which attempt that is, counted from 1; 0 before the first.
             */
            attempt: number;
            /**
             * Format: int64
             * @description How much is done, once it told.
             */
            done?: number | null;
            /**
             * Format: int64
             * @description How long it took, in milliseconds, once it is done.
             */
            durationMs?: number | null;
            /** @description The phase. */
            phase: string;
            /**
             * Format: date-time
             * @description When that attempt began.
             */
            startedAt?: string | null;
            /** @description Where it stands. */
            status: components["schemas"]["PhaseStatus"];
            /**
             * Format: int64
             * @description How much there is, once that is known.
             */
            total?: number | null;
            unit?: components["schemas"]["Unit"] | null;
        };
        /**
         * @description Where a phase stands.
         * @enum {string}
         */
        PhaseStatus: "toCome" | "running" | "done" | "failed";
        /**
         * @description What came of a look at a project's branches.
         * @enum {string}
         */
        PollResult: "same" | "changed" | "failed";
        /** @description How a project is polled. */
        Polling: {
            /** @description The branches that are looked at; if absent those that were ever synced. */
            branches?: string[] | null;
            /**
             * Format: int32
             * @description Seconds between two looks.
             */
            everySeconds: number;
            /**
             * Format: int32
             * @description How many looks failed since the last that did not: each doubles the pause.
             */
            failures: number;
            /**
             * Format: date-time
             * @description When it was looked last.
             */
            lastAt?: string | null;
            /** @description Why it failed. */
            lastError?: string | null;
            lastResult?: components["schemas"]["PollResult"] | null;
            /**
             * Format: date-time
             * @description When it is looked next.
             */
            nextAt: string;
        };
        /**
         * @description Who asks, in which tenant, and what they may do in it. Whoever holds one was let in; whether they may do a certain
         *     thing is for [`Principal::may`] to say.
         */
        Principal: {
            /**
             * Format: uuid
             * @description The id of the user, or of the token.
             */
            id?: string | null;
            /**
             * @description How they are known: `local`, `user` or `token`.
             * @example user
             */
            kind: string;
            /** @description What they are called. */
            name: string;
            /**
             * Format: uuid
             * @description The only project that they may do it to; none if all.
             */
            projectId?: string | null;
            /** @description What they may do. */
            rights: components["schemas"]["Right"][];
            role?: components["schemas"]["Role"] | null;
            /** @description The tenant that they act in. */
            tenant: components["schemas"]["TenantName"];
        };
        /**
         * @description Which of two waiting syncs is begun first.
         * @enum {string}
         */
        Priority: "person" | "push" | "schedule";
        /** @description A problem as it is answered (RFC 9457). */
        Problem: {
            /** @description What is wrong with this very request, in words. */
            detail: string;
            /** @description The field of the body, the query or the path that is wrong; parts are separated by dots. */
            field?: string | null;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /**
             * Format: uuid
             * @description The sync that stands in the way.
             */
            syncId?: string | null;
            /** @description The kind in words, the same for all problems of it. */
            title: string;
            /** @description The trace of the request, where it has one: name it when you ask for help. */
            traceId?: string | null;
            /**
             * @description What kind of problem it is: `urn:project-sync:problem:` and a stable word.
             * @example urn:project-sync:problem:project-not-found
             */
            type: string;
        };
        /** @description How far the phase that runs is. */
        Progress: {
            /**
             * Format: int64
             * @description Bytes received over the network so far, in the whole sync.
             */
            bytes: number;
            /**
             * Format: int64
             * @description How much is done.
             */
            done: number;
            /** @description The phase. */
            phase: string;
            /**
             * Format: int64
             * @description Requests sent so far, in the whole sync.
             */
            requests: number;
            /**
             * Format: int64
             * @description How much there is, once that is known.
             */
            total?: number | null;
            /** @description What is counted: `files`, `blobs` or `directories`. */
            unit: string;
        };
        /** @description One step of one sync, as it is stored and streamed. */
        ProgressEvent: components["schemas"]["SyncEvent"] & {
            /**
             * Format: date-time
             * @description When it happened.
             */
            at: string;
            /**
             * Format: int64
             * @description Its number within the sync, counted from 1.
             */
            seq: number;
            /**
             * Format: uuid
             * @description The sync.
             */
            syncId: string;
        };
        /** @description A project. */
        Project: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt: string;
            /** @description The default branch, as last seen. */
            defaultBranch?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description Its name. */
            name: string;
            /** @description The repository that it is connected to. */
            source: components["schemas"]["Source"];
        };
        /** @description A project with what is known of it. */
        ProjectDetail: components["schemas"]["Project"] & {
            /** @description The branches that were synced, or are being synced, by name; at most 1,000. */
            branches: components["schemas"]["KnownBranch"][];
            /** @description What the default branch holds. */
            counts: components["schemas"]["Counts"];
            latestSync?: components["schemas"]["Sync"] | null;
        };
        /**
         * @description What the stream of a project tells: the fields of a server-sent event, of which `event` says which of these it is. On
         *     the wire, `data` is JSON on one line.
         */
        ProjectMessage: components["schemas"]["ProjectSnapshotMessage"] | components["schemas"]["ResetMessage"] | components["schemas"]["EventMessage"];
        /** @description A page of a list. */
        ProjectPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["Project"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /** @description The state of a project, as far as syncs go: those that have not ended. */
        ProjectSnapshot: {
            /**
             * Format: uuid
             * @description The project.
             */
            projectId: string;
            /** @description Its syncs that have not ended, in the order in which they were asked for. */
            syncs: components["schemas"]["SyncSnapshot"][];
        };
        /** @description The state of a project so far: what a client gets first. */
        ProjectSnapshotMessage: {
            /** @description The state. */
            data: components["schemas"]["ProjectSnapshot"];
            /** @description `snapshot`. */
            event: components["schemas"]["SnapshotName"];
            /** @description Where the client is then: what it sends as `Last-Event-ID` when it comes again. */
            id?: string | null;
        };
        /** @description The queue at one moment. */
        Queue: {
            /** @description Were given up. */
            dead: components["schemas"]["Depth"];
            /** @description Wait for their time. */
            delayed: components["schemas"]["Depth"];
            /** @description Why the queue does not answer. */
            error?: string | null;
            /**
             * Format: int64
             * @description How many messages are on loan to workers.
             */
            lent?: number | null;
            /** @description What is paused, the oldest first. */
            pauses: components["schemas"]["Pause"][];
            /**
             * Format: int64
             * @description How many messages the queue holds that could be lent now. Absent if it does not answer.
             */
            queued?: number | null;
            /** @description Could be begun now. */
            ready: components["schemas"]["Depth"];
            /** @description Run. */
            running: components["schemas"]["Depth"];
            /** @description Who was heard of lately. */
            workers: components["schemas"]["Worker"][];
        };
        /** @description What follows is not the continuation of what the client has: it forgets that, and takes the snapshot that comes next. */
        Reset: {
            /** @description Why. */
            reason: components["schemas"]["ResetReason"];
        };
        /** @description What the client has so far is of no use: it forgets it, and takes the snapshot that follows. */
        ResetMessage: {
            /** @description Why. */
            data: components["schemas"]["Reset"];
            /** @description `reset`. */
            event: components["schemas"]["ResetName"];
        };
        /**
         * @description The name of a reset.
         * @enum {string}
         */
        ResetName: "reset";
        /**
         * @description Why a client that comes again gets the state instead of what it missed.
         * @enum {string}
         */
        ResetReason: "tooOld" | "unknownId" | "lost";
        /** @description Where to go back to. */
        RestoreRequest: {
            /**
             * Format: uuid
             * @description A completed sync of the project: its branch becomes what it was after it.
             */
            syncId: string;
        };
        /** @description What to go on with. */
        ResumeRequest: {
            /**
             * Format: uuid
             * @description The project; the whole queue if absent.
             */
            projectId?: string | null;
        };
        /**
         * @description One thing that somebody may do.
         * @enum {string}
         */
        Right: "read" | "sync" | "admin" | "operate";
        /**
         * @description What a user is in a tenant.
         * @enum {string}
         */
        Role: "owner" | "member" | "viewer";
        /**
         * @description What came of a schedule that was due.
         * @enum {string}
         */
        RunResult: "queued" | "joined" | "noBranch";
        /** @description When syncs are asked for by the clock. */
        Schedule: {
            /** @description The branch; the default one if absent. */
            branch?: string | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt: string;
            /** @description The pattern: minute, hour, day of the month, month, day of the week. */
            cron: string;
            /** @description Whether it comes due at all. */
            enabled: boolean;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: int32
             * @description Up to how many seconds later it comes due; how many is chosen once for each schedule.
             */
            jitterSeconds: number;
            /**
             * Format: date-time
             * @description When it came due last.
             */
            lastAt?: string | null;
            lastResult?: components["schemas"]["RunResult"] | null;
            /**
             * Format: uuid
             * @description The sync that answered.
             */
            lastSyncId?: string | null;
            /** @description The next five times that it comes due. */
            nextRuns: string[];
            /** @description The IANA name of the time zone that it is in. */
            timeZone: string;
            /**
             * Format: date-time
             * @description When it was changed last.
             */
            updatedAt: string;
        };
        /** @description The schedules of a project. */
        ScheduleList: {
            /** @description The oldest first; all of them, which are at most as many as `triggers.max_schedules` allows. */
            items: components["schemas"]["Schedule"][];
        };
        /** @description Who asks, and what they may do. */
        Session: {
            /** @description Who is let in without showing who they are. */
            access: components["schemas"]["Access"];
            principal?: components["schemas"]["Principal"] | null;
            /** @description Whether there is a user. Without one the first is to be set up. */
            setUp: boolean;
            /** @description The tenants that they may act in. */
            tenants: components["schemas"]["SessionTenant"][];
        };
        /** @description A tenant that somebody may act in. */
        SessionTenant: {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What it is called. */
            name: string;
            role?: components["schemas"]["Role"] | null;
        };
        /** @description The first user. */
        SetUp: {
            /** @description What they are called; 1 to 100 characters. */
            name: string;
            /**
             * Format: password
             * @description Their password; 8 to 1,024 bytes.
             */
            password: string;
        };
        /** @description The settings that a process runs with. */
        Settings: {
            /** @description Sections by name, and in them values by key; what is not set is left out. */
            sections: {
                [key: string]: {
                    [key: string]: unknown;
                };
            };
        };
        /**
         * @description The name of a snapshot.
         * @enum {string}
         */
        SnapshotName: "snapshot";
        /** @description Where a repository is. Never holds a secret: a URL with credentials is refused. */
        Source: {
            /** @enum {string} */
            kind: "git";
            /** @description An absolute path on the server's machine, or an `http(s)` URL. */
            url: string;
        } | {
            /** @description The API's base URL; the public GitHub if absent. */
            apiUrl?: string | null;
            /** @enum {string} */
            kind: "github";
            /** @description The repository's name. */
            name: string;
            /** @description The user or organisation. */
            owner: string;
        };
        /** @description What to sync. */
        StartRequest: {
            /** @description The branch; the default one if absent. */
            branch?: string | null;
            /** @description Compare and derive everything anew, whatever is known. */
            force?: boolean;
            /**
             * @description While one runs, let one more follow it, because the branch may have moved since. However often that is asked,
             *     one follows.
             */
            queueNext?: boolean;
        };
        /** @description The sync that answers a request for one. */
        Started: {
            /**
             * @description Where its events can be followed.
             * @example /api/v1/events/project-sync/0190d3f0-0000-7000-8000-000000000001
             */
            eventsUrl: string;
            /** @description Whether the request made it; otherwise it was there already. */
            isNew: boolean;
            /** @description The sync. */
            sync: components["schemas"]["Sync"];
        };
        /** @description The sync of a branch that runs, else the one that waits, else the latest one. */
        Status: {
            /** @description The branch. */
            branch: string;
            next?: components["schemas"]["Sync"] | null;
            /** @description The phases of a sync of this kind, in order. */
            phases: string[];
            progress?: components["schemas"]["Progress"] | null;
            sync: components["schemas"]["Sync"] | null;
        };
        /** @description A ticket that opens a stream: send it as `?ticket=…`. */
        StreamTicket: {
            /**
             * Format: date-time
             * @description When it ends. A stream that was opened before goes on.
             */
            expiresAt: string;
            /** @description The ticket. */
            ticket: string;
        };
        /** @description A stream that is to be opened: of a sync, or of a project. Whatever the bearer may read, if neither is named. */
        StreamTicketRequest: {
            /**
             * Format: uuid
             * @description The project.
             */
            projectId?: string | null;
            /**
             * Format: uuid
             * @description The sync.
             */
            syncId?: string | null;
        };
        /** @description Another tenant to look at. */
        SwitchTenant: {
            /**
             * Format: uuid
             * @description The tenant.
             */
            tenantId: string;
        };
        /** @description A sync. */
        Sync: {
            /**
             * Format: int32
             * @description How often a worker began it, not counting orderly hand-overs.
             */
            attempts: number;
            /** @description The branch's name. */
            branch: string;
            /** @description Whether someone asked for its end. */
            cancelRequested: boolean;
            /** @description The commit whose tree the rows show. */
            commit?: string | null;
            /**
             * Format: date-time
             * @description When it was committed.
             */
            committedAt?: string | null;
            /** @description What it changed and cost, once it has ended. */
            counts: components["schemas"]["SyncCounts"];
            /**
             * Format: date-time
             * @description When it was asked for.
             */
            createdAt: string;
            /**
             * Format: int64
             * @description From its beginning to its end, in milliseconds.
             */
            durationMs?: number | null;
            error?: components["schemas"]["SyncError"] | null;
            /**
             * Format: date-time
             * @description When it ended.
             */
            finishedAt?: string | null;
            /** @description Whether everything is compared and derived anew, whatever is known. */
            forced: boolean;
            /** @description Whether the state that it left is not kept any more. */
            forgotten: boolean;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What it does. */
            kind: components["schemas"]["SyncKind"];
            /**
             * Format: int64
             * @description Its number on the branch, counted from 1; completed syncs only.
             */
            number?: number | null;
            /** @description The phase that runs, or ran last. */
            phase?: string | null;
            /** @description The finished phases, once the sync has ended. */
            phases: components["schemas"]["Phase"][];
            /**
             * Format: uuid
             * @description The completed sync that it followed.
             */
            previousSyncId?: string | null;
            /** @description Which waits first. */
            priority: components["schemas"]["Priority"];
            /**
             * Format: uuid
             * @description The project that it belongs to.
             */
            projectId: string;
            /**
             * Format: int64
             * @description The number of the sync that a restore goes back to.
             */
            restoreOf?: number | null;
            /**
             * Format: date-time
             * @description Until when it waits before it is begun (again).
             */
            runAfter?: string | null;
            /**
             * Format: date-time
             * @description When a worker first began it.
             */
            startedAt?: string | null;
            /** @description Where it stands. */
            status: components["schemas"]["SyncStatus"];
            /** @description The first line of its message. */
            summary?: string | null;
            /** @description That commit's root tree. */
            tree?: string | null;
            /** @description Who asked for it. */
            trigger: components["schemas"]["SyncTrigger"];
        };
        /** @description What a sync changed and cost. */
        SyncCounts: {
            /**
             * Format: int64
             * @description Files that were not there before, renames not counted.
             */
            added: number;
            /**
             * Format: int64
             * @description Blobs whose content was read from the source.
             */
            blobsFetched: number;
            /**
             * Format: int64
             * @description Bytes received over the network.
             */
            bytesFetched: number;
            /**
             * Format: int64
             * @description Files that are gone, renames not counted.
             */
            deleted: number;
            /**
             * Format: int64
             * @description Memory entries made.
             */
            entriesCreated: number;
            /**
             * Format: int64
             * @description Memory entries superseded.
             */
            entriesSuperseded: number;
            /**
             * Format: int64
             * @description Files whose content, mode or kind changed.
             */
            modified: number;
            /**
             * Format: int64
             * @description Files that went away in one place and came up in another with the same content.
             */
            renamed: number;
            /**
             * Format: int64
             * @description HTTP requests sent.
             */
            requests: number;
            /**
             * Format: int64
             * @description Files that stayed as they were.
             */
            unchanged: number;
            /**
             * Format: int64
             * @description Warnings given.
             */
            warnings: number;
        };
        /** @description Why a sync failed. */
        SyncError: {
            /** @description A stable word for the kind of error. */
            code: string;
            /** @description In words for the user. */
            message: string;
        };
        /** @description What happened. */
        SyncEvent: {
            /** @description The branch's name. */
            branch: string;
            /** @description Whether everything is compared and derived anew, whatever is known. */
            forced: boolean;
            /** @description What it does. */
            kind: components["schemas"]["SyncKind"];
            /**
             * Format: int64
             * @description Its number among all syncs of the project, counted from 1.
             */
            ordinal: number;
            /** @description The names of its phases, in order. */
            phases?: string[];
            /**
             * Format: uuid
             * @description The project.
             */
            projectId: string;
            /**
             * Format: int64
             * @description The number of the sync that a restore goes back to.
             */
            restoreOf?: number | null;
            /** @description Who asked for it. */
            trigger: components["schemas"]["SyncTrigger"];
            /** @enum {string} */
            type: "queued";
        } | {
            /**
             * Format: int32
             * @description Counted from 1.
             */
            attempt: number;
            /** @description The phase. */
            phase: string;
            /** @enum {string} */
            type: "phaseStarted";
        } | {
            /**
             * Format: int64
             * @description Bytes received over the network so far, in the whole sync.
             */
            bytes: number;
            /**
             * Format: int64
             * @description How much is done.
             */
            done: number;
            /** @description The phase. */
            phase: string;
            /**
             * Format: int64
             * @description Requests sent so far, in the whole sync.
             */
            requests: number;
            /**
             * Format: int64
             * @description How much there is, once that is known.
             */
            total?: number | null;
            /** @enum {string} */
            type: "phaseProgress";
            /** @description What is counted. */
            unit: components["schemas"]["Unit"];
        } | {
            /**
             * Format: int64
             * @description How long it took.
             */
            durationMs: number;
            /** @description The phase. */
            phase: string;
            /** @enum {string} */
            type: "phaseCompleted";
        } | {
            /** @description A stable word for the kind of warning. */
            code: string;
            /** @description In words for the user. */
            message: string;
            /** @description The phase. */
            phase: string;
            /** @enum {string} */
            type: "warning";
        } | {
            error?: components["schemas"]["EventError"] | null;
            /** @description Why. */
            reason: components["schemas"]["Interruption"];
            /**
             * Format: date-time
             * @description Not before this time; at once if absent.
             */
            retryAt?: string | null;
            /** @enum {string} */
            type: "interrupted";
        } | {
            /** @description The commit that is shown now. */
            commit: string;
            /** @description What it changed and cost. */
            counts: components["schemas"]["SyncCounts"];
            /**
             * Format: int64
             * @description Its number on the branch.
             */
            number: number;
            /** @enum {string} */
            type: "completed";
        } | {
            /** @description Why. */
            error: components["schemas"]["EventError"];
            /** @enum {string} */
            type: "failed";
        } | {
            /** @enum {string} */
            type: "cancelled";
        };
        /**
         * @description What a sync does.
         * @enum {string}
         */
        SyncKind: "sync" | "restore";
        /**
         * @description What the stream of one sync tells: the fields of a server-sent event, of which `event` says which of these it is. On
         *     the wire, `data` is JSON on one line.
         */
        SyncMessage: components["schemas"]["SyncSnapshotMessage"] | components["schemas"]["ResetMessage"] | components["schemas"]["EventMessage"];
        /** @description A page of a list. */
        SyncPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["Sync"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /** @description Where a sync stands after one of its events. */
        SyncSnapshot: {
            /**
             * Format: int32
             * @description How often a worker began it, orderly hand-overs included.
             */
            attempts: number;
            /** @description The branch's name. */
            branch: string;
            /**
             * Format: int64
             * @description Bytes received over the network so far.
             */
            bytes: number;
            /** @description Whether someone asked for its end. */
            cancelRequested: boolean;
            /** @description The commit that is shown, once it completed. */
            commit?: string | null;
            counts?: components["schemas"]["SyncCounts"] | null;
            /**
             * Format: date-time
             * @description When it was asked for.
             */
            createdAt: string;
            error?: components["schemas"]["EventError"] | null;
            /**
             * Format: date-time
             * @description When it ended.
             */
            finishedAt?: string | null;
            /** @description Whether everything is compared and derived anew, whatever is known. */
            forced: boolean;
            interruption?: components["schemas"]["InterruptionSnapshot"] | null;
            /** @description What it does. */
            kind: components["schemas"]["SyncKind"];
            /**
             * Format: int64
             * @description Its number on the branch, once it completed.
             */
            number?: number | null;
            /**
             * Format: int64
             * @description Its number among all syncs of the project, counted from 1.
             */
            ordinal: number;
            /** @description The phase that runs. */
            phase?: string | null;
            /** @description All phases of a sync of this kind, in order. */
            phases: components["schemas"]["PhaseSnapshot"][];
            /**
             * Format: uuid
             * @description The project that it belongs to.
             */
            projectId: string;
            /** @description The last of them, at most 10, in order. */
            recentWarnings: components["schemas"]["WarningSnapshot"][];
            /**
             * Format: int64
             * @description Requests sent so far.
             */
            requests: number;
            /**
             * Format: int64
             * @description The number of the sync that a restore goes back to.
             */
            restoreOf?: number | null;
            /**
             * Format: int64
             * @description The number of the last event that this includes; 0 if there is none.
             */
            seq: number;
            /**
             * Format: date-time
             * @description When its first phase began.
             */
            startedAt?: string | null;
            /** @description Where it stands. */
            status: components["schemas"]["SyncStatus"];
            /**
             * Format: uuid
             * @description The sync.
             */
            syncId: string;
            /** @description Who asked for it. */
            trigger: components["schemas"]["SyncTrigger"];
            /**
             * Format: int64
             * @description Warnings given since a worker began it last.
             */
            warnings: number;
        };
        /** @description The state of a sync so far: what a client gets first. */
        SyncSnapshotMessage: {
            /** @description The state. */
            data: components["schemas"]["SyncSnapshot"];
            /** @description `snapshot`. */
            event: components["schemas"]["SnapshotName"];
            /** @description Where the client is then: what it sends as `Last-Event-ID` when it comes again. */
            id?: string | null;
        };
        /**
         * @description Where a sync stands. It moves from pending to running, and back where a retry may help, until it is one of the
         *     other three.
         * @enum {string}
         */
        SyncStatus: "pending" | "running" | "completed" | "failed" | "cancelled";
        /**
         * @description Who asked for a sync.
         * @enum {string}
         */
        SyncTrigger: "cli" | "api" | "webhook" | "schedule";
        /** @description A tenant. */
        Tenant: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What it is called. */
            name: string;
        };
        /** @description A page of tenants. */
        TenantList: {
            /** @description The tenants, by name. */
            items: components["schemas"]["Tenant"][];
            /** @description What to send as `cursor` to get the next page; `null` on the last one. */
            next?: string | null;
        };
        /** @description A tenant, by id and by name. */
        TenantName: {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What it is called. */
            name: string;
        };
        /** @description Whether something was changed. */
        Toggled: {
            /** @description Whether it was changed; otherwise it was so already. */
            changed: boolean;
        };
        /** @description A token, without its secret. */
        Token: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt: string;
            /**
             * Format: uuid
             * @description The user in whose name it acts; `null` if it was made by a command.
             */
            createdBy?: string | null;
            /**
             * Format: date-time
             * @description When it ends; `null` if it does not by itself.
             */
            expiresAt?: string | null;
            /** @description How it begins. */
            hint: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: date-time
             * @description When it was used last, to the minute.
             */
            lastUsedAt?: string | null;
            /** @description What it is called. */
            name: string;
            /** @description Whether it operates the installation besides. */
            operator: boolean;
            /**
             * Format: uuid
             * @description The only project that it is for; `null` if it is for all.
             */
            projectId?: string | null;
            /**
             * Format: date-time
             * @description Since when it is refused; `null` if it is not.
             */
            revokedAt?: string | null;
            /** @description What it may do: of `read`, `sync` and `admin`. It never does more than the user in whose name it acts. */
            scopes: components["schemas"]["Right"][];
        };
        /** @description A page of tokens. */
        TokenList: {
            /** @description The tokens, the latest first. */
            items: components["schemas"]["Token"][];
            /** @description What to send as `cursor` to get the next page; `null` on the last one. */
            next?: string | null;
        };
        /**
         * @description What a phase counts.
         * @enum {string}
         */
        Unit: "files" | "blobs" | "directories";
        /** @description Something that the user should know. */
        WarningSnapshot: {
            /** @description A stable word for the kind of warning. */
            code: string;
            /** @description In words for the user. */
            message: string;
            /** @description The phase. */
            phase: string;
        };
        /** @description An address that events are sent to. */
        Webhook: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt: string;
            /** @description Why it was switched off, where nobody asked for that; else `null`. */
            disabledReason?: string | null;
            /** @description Whether it is told anything. */
            enabled: boolean;
            /**
             * Format: int32
             * @description How many deliveries in a row were given up.
             */
            failures: number;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The kinds of events that it gets; empty: all. */
            kinds: string[];
            /**
             * Format: uuid
             * @description The only project whose events it gets; `null` if it gets those of all.
             */
            projectId?: string | null;
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updatedAt: string;
            /** @description Where to. */
            url: string;
        };
        /** @description What is to be changed of a webhook; what is absent stays. */
        WebhookChange: {
            /** @description Whether it is to be told anything. What waits for one that is switched off is given up, and can be delivered again. */
            enabled?: boolean | null;
            /** @description The kinds of events that it is to get; all if empty. */
            kinds?: string[] | null;
            /** @description Where to. */
            url?: string | null;
        };
        /** @description An event for a webhook, and what came of it. */
        WebhookDelivery: {
            /**
             * Format: int32
             * @description How often it was tried.
             */
            attempts: number;
            /** @description What is sent, to the byte. Not in lists. */
            body?: string | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt: string;
            /** @description What was wrong with the last attempt, in words. */
            error?: string | null;
            /**
             * Format: uuid
             * @description The event's id: the header `webhook-id`, the same each time it is sent.
             */
            eventId: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            finishedAt?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * @description What happened.
             * @example project_sync.completed
             */
            kind: string;
            /**
             * Format: date-time
             * @description When it was last tried.
             */
            lastTriedAt?: string | null;
            /**
             * Format: date-time
             * @description When it is tried again, or while it is being tried, when others may; `null` once it has ended.
             */
            nextAt?: string | null;
            /**
             * Format: int32
             * @description What the last attempt was answered with.
             */
            responseStatus?: number | null;
            /** @description Where it stands. */
            status: components["schemas"]["DeliveryStatus"];
            /**
             * Format: int64
             * @description How long the last attempt took, in milliseconds.
             */
            tookMs?: number | null;
        };
        /** @description A page of a list. */
        WebhookDeliveryPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["WebhookDelivery"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A page of a list. */
        WebhookPage: {
            /** @description The items, at most as many as `limit` says. */
            items: components["schemas"]["Webhook"][];
            /** @description What to send as `cursor` to get the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /** @description Somebody who serves the queue. */
        Worker: {
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description How long ago it was heard of, in milliseconds.
             */
            seenMsAgo: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "admin.dead.list": {
        parameters: {
            query?: {
                /** @description Only those given up for this reason. */
                code?: string;
                /** @description Only those given up longer ago than this many seconds. */
                olderThanSeconds?: number;
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of dead jobs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadJobPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.dead.purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadBulkRequest"];
            };
        };
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bulk"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `filter-required` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.dead.requeueAll": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadBulkRequest"];
            };
        };
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bulk"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `filter-required` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.dead.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The dead job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The dead job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadJob"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `dead-job-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.dead.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The dead job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `dead-job-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.dead.requeue": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The dead job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sync that does the same already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description The new sync. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `dead-job-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `branch-busy` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `nothing-to-repeat`: it is no sync */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Doctor"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.jobs.list": {
        parameters: {
            query?: {
                /** @description Only those that stand so. */
                status?: components["schemas"]["SyncStatus"];
                /** @description Only those of this project. */
                project?: string;
                /** @description Only those of branches of this name. */
                branch?: string;
                /** @description Only those that were asked for in this way. */
                trigger?: components["schemas"]["SyncTrigger"];
                /** @description Only those that ended with this error. */
                errorCode?: string;
                /** @description Only those asked for longer ago than this many seconds. */
                olderThanSeconds?: number;
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of jobs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.jobs.cancelAll": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bulk"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `filter-required` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.jobs.removeAll": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bulk"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `filter-required` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.jobs.requeueAll": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bulk"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `filter-required` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.jobs.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The sync. */
                syncId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobDetail"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.jobs.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The sync. */
                syncId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-active`: cancel it first; `sync-completed` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.jobs.cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The sync. */
                syncId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sync, which ends. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sync"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already-ended` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.jobs.requeue": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The sync. */
                syncId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sync that does the same already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description The new sync. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-active`, `branch-busy` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.queue.get": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The queue. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.queue.pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PauseRequest"] | null;
            };
        };
        responses: {
            /** @description It is paused. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Toggled"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.queue.resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ResumeRequest"] | null;
            };
        };
        responses: {
            /** @description It is not paused any more. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Toggled"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.tenants.list": {
        parameters: {
            query?: {
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tenants. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantList"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "admin.tenants.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTenant"];
            };
        };
        responses: {
            /** @description The tenant. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name-taken`: there is such a tenant, or such a user and a password was sent */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "audit.list": {
        parameters: {
            query?: {
                /** @description Only those of this action, such as `sync.start`. */
                action?: string;
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the audit log. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "events.projectSync": {
        parameters: {
            query?: {
                /** @description The same, for clients that cannot send the header; the header counts first. */
                lastEventId?: string;
            };
            header?: {
                /** @description The `id` of the last event that the client saw. */
                "Last-Event-ID"?: string | null;
            };
            path: {
                /** @description The sync. */
                syncId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream; the schema is that of one message. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["SyncMessage"];
                };
            };
            /** @description The client has seen the terminal event. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-streams`: of this client */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-room`, `database-away` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "events.project": {
        parameters: {
            query?: {
                /** @description The same, for clients that cannot send the header; the header counts first. */
                lastEventId?: string;
            };
            header?: {
                /** @description The `id` of the last event that the client saw. */
                "Last-Event-ID"?: string | null;
            };
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream; the schema is that of one message. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["ProjectMessage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-streams`: of this client */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-room`, `database-away` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "github.repositories": {
        parameters: {
            query?: {
                /** @description How many items the page holds at most; never more than 100. The pages after it are of the same size. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Installation"];
            };
        };
        responses: {
            /** @description A page of repositories. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstalledRepositoryPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value`, `source-…` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "members.list": {
        parameters: {
            query?: {
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of members. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberList"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "members.add": {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is served once. */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMember"];
            };
        };
        responses: {
            /** @description The member. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name-taken`: they are a member, or there is such a user and a password was sent; `limit-reached`, `request-in-progress` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value`, `idempotency-key-reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "members.change": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The member. */
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberChange"];
            };
        };
        responses: {
            /** @description The member. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `member-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `last-owner` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "members.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The member. */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are no member any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `member-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `last-owner` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.list": {
        parameters: {
            query?: {
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of projects. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is served once. */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description The project. */
            201: {
                headers: {
                    /** @description Where the project is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name-taken`, `request-in-progress` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value`, `source-…`, `idempotency-key-reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectDetail"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.delete": {
        parameters: {
            query: {
                /** @description The project's name, to confirm that it is meant. */
                confirm: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-active`: cancel it first */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `confirmation-required` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.credential.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The credential. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Credential"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `credential-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.credential.set": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCredential"];
            };
        };
        responses: {
            /** @description The credential. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Credential"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-keys`: the service has none to seal it with */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.credential.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is none any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.credential.repositories": {
        parameters: {
            query?: {
                /** @description How many items the page holds at most; never more than 100. The pages after it are of the same size. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of repositories. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstalledRepositoryPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `credential-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-keys`: the service has none to open it with */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value`, `source-…` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.files": {
        parameters: {
            query?: {
                /** @description The branch; the default one if absent. */
                branch?: string;
                /** @description The state: a sync's id, its number on the branch, or `latest`. */
                at?: string;
                /** @description Only those whose path holds this text; capital letters count as small ones. */
                query?: string;
                /** @description Only those whose path begins with this text. */
                prefix?: string;
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of files. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilePage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `branch-not-found`, `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-completed` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-forgotten` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.hook.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `hook-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.hook.set": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewHook"];
            };
        };
        responses: {
            /** @description The hook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedHook"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-keys`: the service has none to seal it with */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.hook.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is none any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.hook.deliveries": {
        parameters: {
            query?: {
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookDeliveryPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.memory": {
        parameters: {
            query?: {
                /** @description The branch; the default one if absent. */
                branch?: string;
                /** @description The state: a sync's id, its number on the branch, or `latest`. */
                at?: string;
                /** @description Words that must all occur in the text, in any form of them. The best matches come first. */
                query?: string;
                /** @description Only entries of this kind. */
                kind?: components["schemas"]["MemoryKind"];
                /** @description Superseded entries too, marked as such: every version of every entry up to the state. */
                all?: boolean;
                /** @description How many items the page holds at most. It holds fewer where their texts come to 4 MiB. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of memory. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemoryEntryPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `branch-not-found`, `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-completed` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-forgotten` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.polling.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it is polled. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Polling"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `polling-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.polling.set": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPolling"];
            };
        };
        responses: {
            /** @description How it is polled. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Polling"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.polling.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is polled no more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.schedules.list": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedules. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleList"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.schedules.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is served once. */
                "Idempotency-Key"?: string | null;
            };
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchedule"];
            };
        };
        responses: {
            /** @description The schedule. */
            201: {
                headers: {
                    /** @description Where the schedule is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `branch-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `limit-reached`, `request-in-progress` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value`, `source-…`, `idempotency-key-reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.schedules.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
                /** @description The schedule. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `schedule-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.schedules.change": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
                /** @description The schedule. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchedule"];
            };
        };
        responses: {
            /** @description The schedule. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `schedule-not-found`, `branch-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value`, `source-…` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.schedules.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
                /** @description The schedule. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `schedule-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.sync.start": {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is served once. */
                "Idempotency-Key"?: string | null;
                /** @description The W3C trace context that the sync belongs to. */
                traceparent?: string | null;
            };
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartRequest"];
            };
        };
        responses: {
            /** @description The sync that was there already. */
            200: {
                headers: {
                    /** @description Where the sync is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description A new sync. */
            202: {
                headers: {
                    /** @description Where the sync is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `branch-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `request-in-progress` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value`, `source-…`, `idempotency-key-reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.sync.branches": {
        parameters: {
            query?: {
                /** @description Only those whose name holds this text; capital letters count as small ones. */
                query?: string;
                /** @description How many are listed at most. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The branches. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Branches"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value`, `source-…` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.sync.history": {
        parameters: {
            query?: {
                /** @description Only those of this branch. */
                branch?: string;
                /** @description Only those that stand so. */
                status?: components["schemas"]["SyncStatus"];
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of syncs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `branch-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.sync.restoreMemory": {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is served once. */
                "Idempotency-Key"?: string | null;
                /** @description The W3C trace context that the sync belongs to. */
                traceparent?: string | null;
            };
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RestoreRequest"];
            };
        };
        responses: {
            /** @description The same restore waits or runs already. */
            200: {
                headers: {
                    /** @description Where the sync is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description A new sync. */
            202: {
                headers: {
                    /** @description Where the sync is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-completed`, `branch-busy`, `request-in-progress` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-forgotten` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency-key-reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "projects.sync.status": {
        parameters: {
            query?: {
                /** @description The branch; the default one if absent. */
                branch?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where it stands. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `branch-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.get": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who asks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.switch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SwitchTenant"];
            };
        };
        responses: {
            /** @description Who asks from now on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: this is for sessions only; `foreign-origin` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `tenant-not-found`: the user is no member of it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description Who asks from now on. */
            200: {
                headers: {
                    /** @description The session. */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `invalid-credentials` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `foreign-origin` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `tenant-not-found`: the user is no member of it, or of any */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is no session any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `foreign-origin` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "session.password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description It is changed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `invalid-credentials`: the present one is another */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: this is for sessions only; `foreign-origin` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "settings.get": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The settings. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetUp"];
            };
        };
        responses: {
            /** @description Who asks from now on. */
            201: {
                headers: {
                    /** @description The session. */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `foreign-origin`: not from this machine */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already-set-up` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "streamTickets.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StreamTicketRequest"] | null;
            };
        };
        responses: {
            /** @description The ticket. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamTicket"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found`, `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "syncs.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The sync. */
                syncId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sync. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sync"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "syncs.cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The sync. */
                syncId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sync, which ends. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sync"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `already-ended` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "syncs.diff": {
        parameters: {
            query?: {
                /** @description The completed sync of the same branch to compare with; the one that it followed if absent. */
                against?: string;
                /** @description Changes of files, or of memory. */
                part?: "files" | "memory";
                /** @description How many changes the page holds at most. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The sync whose state is shown as new. */
                syncId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of changes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Diff"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-not-completed` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sync-forgotten` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tokens.list": {
        parameters: {
            query?: {
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tokens.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description The token. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `limit-reached` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tokens.revoke": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The token. */
                tokenId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `token-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.list": {
        parameters: {
            query?: {
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of webhooks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description The webhook. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedWebhook"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `project-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `limit-reached`; `no-keys`: the service has none to seal the secret with */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.receiveGitea": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        /** @description What the host sends. */
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookReceived"];
                };
            };
            /** @description `unauthorized`: not signed with the secret of the project's hook, or there is no such project */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-timeout` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-ready`, `database-unavailable`: send it again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.receiveGithub": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        /** @description What the host sends. */
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookReceived"];
                };
            };
            /** @description `unauthorized`: not signed with the secret of the project's hook, or there is no such project */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-timeout` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-ready`, `database-unavailable`: send it again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.receiveGitlab": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                projectId: string;
            };
            cookie?: never;
        };
        /** @description What the host sends. */
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookReceived"];
                };
            };
            /** @description `unauthorized`: not signed with the secret of the project's hook, or there is no such project */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-timeout` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-ready`, `database-unavailable`: send it again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook. */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.update": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook. */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook. */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.deliveries.list": {
        parameters: {
            query?: {
                /** @description Only those that stand so. */
                status?: "pending" | "delivered" | "failed";
                /** @description How many items the page holds at most. */
                limit?: number;
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The webhook. */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryPage"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid-value` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.deliveries.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook. */
                webhookId: string;
                /** @description The delivery. */
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-not-found`, `delivery-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.deliveries.redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook. */
                webhookId: string;
                /** @description The delivery. */
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-not-found`, `delivery-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-disabled`: switch it on first */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.rotateSecret": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook. */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedWebhook"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-keys`: the service has none to seal the secret with */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "webhooks.test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook. */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is sent. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-not-found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-disabled`: switch it on first */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "health.live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It lives. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `unauthorized`: nobody is known by what was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: this process keeps none */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: Retry-After tells when to come again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "health.ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They can. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description `not-ready` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem that any request may end with, such as `internal`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}

-- What is there already, from the time when one role did everything, goes to the owner.
DO $$
DECLARE
    command TEXT;
BEGIN
    FOR command IN
        SELECT format('ALTER %s %s OWNER TO project_sync_owner',
                      CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                                     WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
        WHERE n.nspname IN ('public', 'project_sync_guard') AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
          AND r.rolname NOT LIKE 'project\_sync\_%'
          AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND d.deptype IN ('a', 'i', 'e'))
        UNION ALL
        SELECT format('ALTER FUNCTION %s OWNER TO project_sync_owner', p.oid::regprocedure)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.oid = p.proowner
        WHERE n.nspname IN ('public', 'project_sync_guard') AND p.prokind = 'f'
          AND r.rolname NOT LIKE 'project\_sync\_%'
          AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                          AND d.deptype = 'e')
        UNION ALL
        SELECT 'ALTER SCHEMA project_sync_guard OWNER TO project_sync_owner'
        FROM pg_namespace n WHERE n.nspname = 'project_sync_guard'
    LOOP
        EXECUTE command;
    END LOOP;
    -- A service reads which migrations were applied, and nothing more of it.
    IF to_regclass('public.schema_history') IS NOT NULL THEN
        GRANT SELECT ON public.schema_history TO project_sync_app, project_sync_system;
    END IF;
END $$;

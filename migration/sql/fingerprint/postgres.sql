WITH spaces AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('public', 'project_sync_guard')
), relations AS (
    SELECT c.*, CASE s.nspname WHEN 'public' THEN c.relname::text ELSE s.nspname || '.' || c.relname END AS title
    FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
    WHERE c.relname <> 'seaql_migrations' AND NOT EXISTS (
        SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), roles AS (
    SELECT oid, rolname FROM pg_roles
    WHERE rolname IN ('project_sync_app', 'project_sync_system', 'project_sync_relay')
)
SELECT 'table ' || title || CASE WHEN relrowsecurity THEN ' row-security' ELSE '' END
       || CASE WHEN relforcerowsecurity THEN ' forced' ELSE '' END
       || CASE WHEN relpersistence <> 'p' THEN ' not-logged' ELSE '' END AS line
FROM relations WHERE relkind IN ('r', 'p')
UNION ALL
SELECT 'column ' || r.title || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
       || CASE a.attidentity WHEN '' THEN '' ELSE ' identity ' || a.attidentity::text END
       || CASE a.attgenerated WHEN '' THEN '' ELSE ' generated' END
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p')
UNION ALL
SELECT 'constraint ' || r.title || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN relations r ON r.oid = c.conrelid
WHERE c.contype <> 'n'
UNION ALL
SELECT 'index ' || pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END
FROM pg_index i JOIN relations r ON r.oid = i.indrelid
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' state ' || t.tgenabled::text END
FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid
WHERE NOT t.tgisinternal
UNION ALL
-- What a view holds on to, and not its text: versions of Postgres spell that differently.
SELECT 'view ' || r.title || ' ' || coalesce(array_to_string(r.reloptions, ','), '') || ' on '
       || (SELECT string_agg(DISTINCT t.relname || '.' || a.attname, ',')
           FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                JOIN pg_class t ON t.oid = d.refobjid
                JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
           WHERE w.ev_class = r.oid)
FROM relations r WHERE r.relkind IN ('v', 'm')
UNION ALL
SELECT 'function ' || s.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') '
       || CASE WHEN p.prosecdef THEN 'security definer ' ELSE '' END
       || coalesce(array_to_string(p.proconfig, ',') || ' ', '') || p.prosrc
FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
WHERE NOT EXISTS (
    SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'policy ' || r.title || ' ' || p.polname || ' ' || CASE WHEN p.polpermissive THEN '' ELSE 'restrictive ' END
       || p.polcmd::text || ' to '
       || (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE role::regrole::text END, ',' ORDER BY role::regrole::text)
           FROM unnest(p.polroles) role)
       || coalesce(' using ' || pg_get_expr(p.polqual, p.polrelid), '')
       || coalesce(' check ' || pg_get_expr(p.polwithcheck, p.polrelid), '')
FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
UNION ALL
SELECT 'grant ' || r.title || ' to ' || roles.rolname || ' '
       || string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ',' ORDER BY a.privilege_type)
FROM relations r CROSS JOIN LATERAL aclexplode(r.relacl) a JOIN roles ON roles.oid = a.grantee
GROUP BY r.title, roles.rolname
UNION ALL
SELECT 'grant ' || r.title || '.' || c.attname::text || ' to ' || roles.rolname || ' '
       || string_agg(a.privilege_type, ',' ORDER BY a.privilege_type)
FROM relations r JOIN pg_attribute c ON c.attrelid = r.oid CROSS JOIN LATERAL aclexplode(c.attacl) a
     JOIN roles ON roles.oid = a.grantee
GROUP BY r.title, c.attname, roles.rolname
UNION ALL
SELECT 'grant public on ' || r.title || ' ' || a.privilege_type
FROM relations r CROSS JOIN LATERAL aclexplode(r.relacl) a WHERE a.grantee = 0
ORDER BY 1

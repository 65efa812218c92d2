SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type || CASE c."notnull" WHEN 1 THEN ' not null' ELSE '' END
       || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END || coalesce(' default ' || c.dflt_value, '') AS line
FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
WHERE t.schema = 'main' AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
      AND t.name <> 'seaql_migrations'
UNION ALL
SELECT 'foreign key ' || t.name || ' ' || group_concat(f."from", ',') || ' to ' || f."table" || ' '
       || group_concat(coalesce(f."to", ''), ',') || ' on delete ' || f.on_delete || ' on update ' || f.on_update
FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) f
WHERE t.schema = 'main' AND t.type = 'table' AND t.name <> 'seaql_migrations'
GROUP BY t.name, f.id
UNION ALL
SELECT type || ' ' || name || ' ' || coalesce(sql, 'automatic')
FROM sqlite_master
WHERE name NOT LIKE 'sqlite\_stat%' ESCAPE '\' AND tbl_name <> 'seaql_migrations'
      AND tbl_name NOT LIKE 'memory\_contents\_search\_%' ESCAPE '\'
ORDER BY 1

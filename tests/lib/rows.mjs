// What is in the database of one organization, and what an act changed of it.

// Every row of the organization and of its people, but for what the job of the search makes of them behind the
// requests: [{ rel: table, row }].
export async function rowsOf(world, shop) {
	const tables = await world.sql.rows`SELECT c.oid::regclass::text AS rel, CASE WHEN c.oid = 'organizations'::regclass THEN 'id'
			WHEN a.attname IS NOT NULL THEN 'organization_id' WHEN c.oid = 'users'::regclass THEN 'id' ELSE u.attname::text END AS tenant,
			a.attname IS NULL AND c.oid <> 'organizations'::regclass AS people
		FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
		LEFT JOIN pg_attribute u ON u.attrelid = c.oid AND u.attname = 'user_id'
		WHERE c.relkind = 'r' AND c.relname <> 'search_entries' AND c.relnamespace IN ('public'::regnamespace, 'parlor'::regnamespace)
			AND (a.attname IS NOT NULL OR u.attname IS NOT NULL OR c.oid IN ('organizations'::regclass, 'users'::regclass))`;
	const users = `(SELECT user_id FROM members WHERE organization_id = '${shop.id}')`;
	const text = await world.sql.exec([tables.map(({ rel, tenant, people }) => `SELECT json_build_object('rel', '${rel}', 'row', to_jsonb(x))
		FROM ${rel} x WHERE ${tenant} ${people ? `IN ${users}` : `= '${shop.id}'`}`).join(' UNION ALL ').replaceAll('json_build', 'jsonb_build')]);
	return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

// "table.column" that differ between two times, and how many rows each table has more or,
// below zero, less. When somebody was seen last is no matter.
export function difference(before, after) {
	const key = ({ rel, row }) => `${rel} ${row.id ?? row.token_hash ?? ['team_id', 'member_id', 'number'].map((k) => row[k]).join()}`;
	const old = new Map(before.map((one) => [key(one), one.row])), found = new Set(), more = {};
	for (const one of after) {
		const was = old.get(key(one));
		if (!was)
			more[one.rel] = (more[one.rel] ?? 0) + 1;
		for (const column of Object.keys(was ? one.row : {}))
			if (!/^last_(seen|used)_at$/.test(column) && JSON.stringify(was[column]) !== JSON.stringify(one.row[column]))
				found.add(`${one.rel}.${column}`);
	}
	const left = new Set(after.map(key));
	for (const one of before)
		if (!left.has(key(one)))
			more[one.rel] = (more[one.rel] ?? 0) - 1;
	return { columns: [...found].sort(), more };
}

// The list of conversations of the API with 100,000 of them, by what is asked for: the first page of 50, by secret key.
// The first line is the plain list, which the others are set against.
import { grow, line, median, pick, startBench, timed } from './lib.mjs';

const conversations = pick(100000, 5000), times = pick(100, 10);
const stack = await startBench();
await grow(stack, conversations, 4);
await stack.sql(`
	INSERT INTO parlor.teams (id, organization_id, name) VALUES ('benchteam', '${stack.organizationId}', 'Bench');
	WITH n AS (SELECT id, row_number() OVER (ORDER BY last_message_at, id) AS n FROM conversations WHERE organization_id = '${stack.organizationId}')
	UPDATE conversations c SET tags = CASE WHEN n.n % 500 = 0 THEN '["rare"]' WHEN n.n % 2 = 0 THEN '["common"]' END,
			team_id = CASE WHEN n.n % 10 = 0 THEN 'benchteam' END, priority = CASE WHEN n.n = 1 THEN 'urgent' ELSE 'normal' END
		FROM n WHERE n.id = c.id;
	UPDATE chat_users SET metadata = '{"plan":"gold","seats":5}' WHERE organization_id = '${stack.organizationId}';
	VACUUM ANALYZE;`);
const visitor = await stack.sql(`SELECT chat_user_id FROM conversations WHERE organization_id = '${stack.organizationId}' LIMIT 1`);
const queries = { 'all': '', 'of two statuses': 'status=open,waiting', 'of a team': 'team=benchteam', 'of a visitor': `visitor=${visitor}`,
	'with a rare tag': 'tag=rare', 'with a common tag': 'tag=common', 'unread': 'unread=true',
	'with an attribute that all have': 'visitor.plan=gold', 'with an attribute that none has (2,000 looked at)': 'visitor.plan=none',
	'of a priority that one has (2,000 looked at)': 'priority=urgent', 'and the tags': null };
const took = Object.fromEntries(Object.keys(queries).map((name) => [name, []]));
for (let i = -5; i < times; i++)
	for (const [name, query] of Object.entries(queries)) {
		const { ms } = await timed('GET', query === null ? `${stack.url}/api/v1/tags` : `${stack.url}/api/v1/conversations?${query}`,
			{ Authorization: `Bearer ${stack.secretKey}` });
		if (i >= 0)
			took[name].push(ms);
	}
await stack.stop();

for (const [name, all] of Object.entries(took))
	line(`conversations of ${conversations}: ${name}`, median(all), 'ms', name === 'all' ? {} : { reference: median(took.all) });

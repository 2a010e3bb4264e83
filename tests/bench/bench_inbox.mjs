// The dashboard's inbox with 100,000 conversations in one organization: the first page and the last one.
// The references are Live Helper Chat's figures.
import { grow, line, median, pick, signIn, startBench, timed } from './lib.mjs';

const conversations = pick(100000, 5000), times = pick(300, 50);
const stack = await startBench();
await grow(stack, conversations, 4);
const cookie = await signIn(stack);
const end = await stack.sql(`SELECT last_message_at || '~' || id FROM conversations
	WHERE organization_id = '${stack.organizationId}' AND last_message_at IS NOT NULL ORDER BY last_message_at, id OFFSET 30 LIMIT 1`);
const pages = { first: `${stack.url}/inbox?status=any`, last: `${stack.url}/inbox?status=any&after=${encodeURIComponent(end)}` };
const took = { first: [], last: [] };
for (let i = -20; i < times; i++)
	for (const [name, url] of Object.entries(pages)) {
		const { ms, text } = await timed('GET', url, cookie);
		if (text.split('/inbox/c0').length < 20)
			throw new Error(`the ${name} page shows too little`);
		if (i >= 0)
			took[name].push(ms);
	}
await stack.stop();

line(`inbox of ${conversations}: first page`, median(took.first), 'ms', { reference: 24, reach: ['<', 8], absolute: true });
line(`inbox of ${conversations}: last page`, median(took.last), 'ms', { reference: 126, reach: ['<', 8], absolute: true });
line(`inbox of ${conversations}: last page beside the first`, median(took.last), 'ms', { reference: median(took.first), reach: ['<=', 1.5] });

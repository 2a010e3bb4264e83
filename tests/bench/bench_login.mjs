// Whether the time of an answer tells who has an account: unknown addresses, wrong passwords and, with a
// right password, the way to the second factor, mixed at random. Welch's t of each pair of those that
// say the same; below 4.5 means that the samples tell nothing. The right password says so itself, so its figure is for information.
import { randomInt } from 'node:crypto';
import { PASSWORD, World, word } from '../lib/world.mjs';
import { giveFactor } from '../lib/factor.mjs';
import { line, moments, pick, say, startBench, welch } from './lib.mjs';

const samples = pick(500, 40);
const stack = await startBench();
const world = new World(stack);
const shop = await world.organization();
const members = [];
for (let i = 0; i < Math.ceil(samples / 4); i++) // five wrong passwords are let through
	members.push(await world.member(shop.id, 'agent'));
const guarded = await world.member(shop.id, 'agent');
await giveFactor(world, guarded.user);

const kinds = {
	unknown: () => ({ email: `${word(12).toLowerCase()}@example.org`, password: 'wrong password' }),
	wrong: (i) => ({ email: members[i % members.length].email, password: 'wrong password' }),
	factor: () => ({ email: guarded.email, password: PASSWORD }),
};
const took = { unknown: [], wrong: [], factor: [] };

async function ask(kind, keep) {
	const client = world.client({ headers: { Origin: world.url, 'Sec-Fetch-Site': 'same-origin' } });
	const fields = { next: '', ...kinds[kind](took[kind].length) };
	const answer = await client.form('/sign-in', fields);
	if (answer.status !== (kind === 'factor' ? 303 : 401))
		throw new Error(`${kind}: ${answer.status} ${answer.text}`);
	if (keep)
		took[kind].push(answer.ms);
}

for (let i = 0; i < 10; i++)
	await ask('factor', false);
while (Object.values(took).some((times) => times.length < samples)) {
	const open = Object.keys(took).filter((kind) => took[kind].length < samples);
	await ask(open[randomInt(open.length)], true);
}
await world.close();

const t = (a, b) => Math.abs(welch(took[a], took[b]).t);
for (const [kind, times] of Object.entries(took))
	say(`${kind}: mean ${moments(times).mean.toFixed(3)} ms`);

line(`sign-in of ${samples}: unknown address or wrong password`, t('unknown', 'wrong'), '|t|', { reach: ['<', 4.5] });
line(`sign-in of ${samples}: wrong password or second factor to come`, t('wrong', 'factor'), '|t|');

// Whether the time of an answer tells who has an account: unknown addresses, wrong passwords and, with a
// right password, the way to the second factor, mixed at random. Welch's t of each pair of those that
// say the same; below 4.5 means that the samples tell nothing (the tenth that took longest is left out:
// what disturbs them is not ours). The right password says so itself, so its figure is for information.
import { randomInt } from 'node:crypto';
import { PASSWORD, World, word } from '../lib/world.mjs';
import { giveFactor } from '../lib/factor.mjs';
import { line, pick, say, startBench } from './lib.mjs';

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
	const begun = process.hrtime.bigint();
	const answer = await client.form('/sign-in', fields);
	const ms = Number(process.hrtime.bigint() - begun) / 1e6;
	if (answer.status !== (kind === 'factor' ? 303 : 401))
		throw new Error(`${kind}: ${answer.status} ${answer.text}`);
	if (keep)
		took[kind].push(ms);
}

for (let i = 0; i < 10; i++)
	await ask('factor', false);
while (Object.values(took).some((times) => times.length < samples)) {
	const open = Object.keys(took).filter((kind) => took[kind].length < samples);
	await ask(open[randomInt(open.length)], true);
}
await world.close();

function moments(times) {
	const kept = [...times].sort((a, b) => a - b).slice(0, Math.ceil(times.length * 0.9));
	const mean = kept.reduce((sum, t) => sum + t, 0) / kept.length;
	const variance = kept.reduce((sum, t) => sum + (t - mean) ** 2, 0) / (kept.length - 1);
	say(`mean ${mean.toFixed(3)} ms, deviation ${Math.sqrt(variance).toFixed(3)} ms, of ${kept.length}`);
	return { mean, error: variance / kept.length };
}
const of = Object.fromEntries(Object.entries(took).map(([kind, times]) => [kind, moments(times)]));
const t = (a, b) => Math.abs(of[a].mean - of[b].mean) / Math.sqrt(of[a].error + of[b].error);

line(`sign-in of ${samples}: unknown address or wrong password`, t('unknown', 'wrong'), '|t|', { reach: ['<', 4.5] });
line(`sign-in of ${samples}: wrong password or second factor to come`, t('wrong', 'factor'), '|t|');

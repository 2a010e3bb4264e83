// Whether the time of an answer tells that an id is another organization's: each place of a route where an id stands, by
// every kind of caller that may call it, asked for an absent id and for a foreign one, mixed at random. Welch's t of the two; below
// 4.5 means that the samples tell nothing. What is beyond is measured once more, with twice the samples: of so many
// pairs one goes astray at times, and what is real grows with them.
import { randomInt } from 'node:crypto';
import { kinds } from '../lib/examples.mjs';
import { ask, callersOf, ownIds, peopleOf, permissionsOf, routesOf } from '../lib/requests.mjs';
import { World, word } from '../lib/world.mjs';
import { line, pick, say, startBench, welch } from './lib.mjs';

const samples = pick(2000, 20);
const world = new World(await startBench());
const shop = await world.organization(), other = await world.organization();
const here = await peopleOf(shop), abroad = await peopleOf(other);
const callers = await callersOf(shop, here.visitor, ['admin']);
for (const caller of callers)
	caller.may = await permissionsOf(caller);
// Where no credential is needed, the id itself lets in; and an invitation's is shown to anyone who has it.
const isSecret = ({ path, actors }) => !actors.includes('anyone') && !path.startsWith('/invitations/');
const mayCall = (route, { kind, may }) => isSecret(route) && route.actors.includes(kind) && (!['agent', 'key'].includes(kind) || may.includes(route.needs));
const strange = Object.fromEntries(await Promise.all(Object.keys(kinds).map(async (kind) =>
	[kind, await kinds[kind].make(world, other, abroad.who)])));
await world.sql.exec`ANALYZE`;

async function measure({ route, at, of, caller }, count) {
	const own = await ownIds(world, route, shop, { ...here.who, ...caller.who });
	const took = { foreign: [], absent: [] }, ids = { foreign: strange[of], absent: word(26) };
	const send = (whose) => ask(caller.client, route, { shop }, { ...own, [at]: ids[whose] });
	const wanted = (await send('absent')).status;
	if (wanted < 400 && route.method !== 'GET')
		return null; // done, whatever the id
	for (let i = 0; i < 10; i++)
		await send('foreign');
	while (took.foreign.length < count || took.absent.length < count) {
		const open = Object.keys(took).filter((whose) => took[whose].length < count);
		const whose = open[randomInt(open.length)], answer = await send(whose);
		if (answer.status !== wanted)
			throw new Error(`${route.key}: ${whose}: ${answer.status}`);
		took[whose].push(answer.ms);
	}
	return welch(took.foreign, took.absent);
}

const all = (await routesOf(world)).flatMap((route) => route.ids.filter(({ of }) => of !== 'cursor')
	.flatMap(({ in: place, name, of }) => callers.filter((caller) => mayCall(route, caller))
		.map((caller) => ({ route, at: `${place} ${name}`, of, caller }))));
let pairs = 0, most = 0, beyond = 0;
for (const pair of all) {
	const tell = ({ t, difference }) => say(`${pair.route.key}, ${pair.at}, ${pair.caller.name}: t ${t.toFixed(2)}, ${(difference * 1000).toFixed(1)} us`);
	let found = await measure(pair, samples);
	if (!found)
		continue;
	tell(found);
	if (Math.abs(found.t) >= 4.5)
		tell(found = await measure(pair, 2 * samples));
	pairs++;
	most = Math.max(most, Math.abs(found.t));
	beyond += Math.abs(found.t) >= 4.5;
}
await world.close();
line(`foreign or absent id, ${pairs} places and callers: the most`, most, '|t|', { reach: ['<', 4.5] });
line('of them beyond', beyond, 'pairs', { reach: ['=', 0] });

// Many guesses at once: at passwords, codes and backup codes; and how much is hashed at once. These floods
// would disturb others, so they have a stack of their own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import { PASSWORD, eventually, expect, hintsAreOff, useWorld } from '../lib/world.mjs';
import { giveFactor, unseal } from '../lib/factor.mjs';
import { Visit, wordsOf } from '../lib/visit.mjs';

const world = await useWorld({});
const shop = await world.organization();
const PAGE = '/settings/security', CHANGE = '/settings/security/password', STEP = '/sign-in/second-factor';
const fresh = () => world.member(shop.id, 'agent');

// What n people get who do the same at once, from as many addresses. The web server refuses what comes at
// once beyond a pool's places, and the worker what it cannot hash now: they ask again.
const atOnce = (n, ask) => Promise.all(Array.from({ length: n }, (_, i) => eventually('an answer', async () => {
	const { status } = await ask(i);
	return status !== 503 && status;
}, { seconds: 120 })));
const count = (statuses, status) => statuses.filter((s) => s === status).length;

async function halfWay() {
	const member = await fresh();
	Object.assign(member, await giveFactor(world, member.user));
	const person = new Visit(world);
	assert.equal(expect(await person.enter(member.email, PASSWORD), 303).headers.location, STEP);
	return { member, person };
}
const rowOf = async (member) => (await world.sql.rows`SELECT *, locked_until > now() AT TIME ZONE 'UTC' AS locked
	FROM two_factors WHERE id = ${member.id}`)[0];

describe('at once', () => {
	test('200 wrong passwords cost five hashes', async () => {
		const member = await fresh();
		const statuses = await atOnce(200, (i) => new Visit(world).post('/sign-in',
			{ next: '', email: member.email, password: `guess ${i}` }));
		assert.equal(count(statuses, 401), 5);
		assert.equal(count(statuses, 429), 195);
	});

	test('200 wrong codes are ten that are looked at', async () => {
		const { member, person } = await halfWay();
		const statuses = await atOnce(200, (i) => person.elsewhere().post(STEP, { code: String(i).padStart(6, '0') }));
		assert.equal(count(statuses, 401), 10);
		assert.equal(count(statuses, 429), 190);
		const row = await rowOf(member);
		assert.deepEqual([row.failed_verification_count, row.locked], [10, true]);
	});

	test('20 uses of one backup code are one', async () => {
		const { member, person } = await halfWay();
		const statuses = await atOnce(20, () => person.elsewhere().post(STEP, { code: member.codes[0] }));
		assert.equal(count(statuses, 303), 1, statuses.join());
		assert.deepEqual(JSON.parse(unseal(world.secret, (await rowOf(member)).backup_codes)), [member.codes[1]]);
	});
});

describe('hashing', () => {
	// Another program of the host that holds all places: perl, as Node cannot lock bytes of a file.
	async function holdPlaces(file) {
		const perl = spawn('perl', ['-MFcntl=:DEFAULT,:seek', '-e', `
			sysopen(my $f, $ARGV[0], O_RDWR) or die "$!";
			my $lock = pack('s s x4 q q l x4', F_WRLCK, SEEK_SET, 0, 10, 0);
			fcntl($f, F_SETLKW, $lock) or die "$!";
			$| = 1; print "held\\n"; sleep 60;`, file], { stdio: ['ignore', 'pipe', 'inherit'] });
		await new Promise((resolve, reject) => {
			perl.stdout.once('data', resolve);
			perl.once('exit', (code) => reject(new Error(`perl ended: ${code}`)));
		});
		return async () => {
			perl.removeAllListeners('exit');
			const gone = new Promise((resolve) => perl.once('exit', resolve));
			perl.kill('SIGKILL');
			await gone;
		};
	}

	test('has ten places on a host; without one the answer is 503, no attempt is counted, and nothing changes',
		{ skip: hintsAreOff && 'there is no runtime_dir' }, async () => {
			const member = await fresh(), person = new Visit(world);
			expect(await person.enter(member.email, PASSWORD), 303);
			const page = await person.get(PAGE);
			const release = await holdPlaces(path.join(world.stack.run, 'hashing'));
			try {
				for (let i = 0; i < 8; i++) {
					const answer = expect(await new Visit(world).enter(member.email, i % 2 ? PASSWORD : 'wrong'), 503);
					assert.match(wordsOf(answer), /Many people sign in right now/);
					assert.ok(Number(answer.headers['retry-after']) >= 1);
				}
				const nobody = expect(await new Visit(world).enter('nobody@example.org', PASSWORD), 503);
				assert.match(wordsOf(nobody), /Many people sign in right now/);
				const refused = expect(await person.send(page, CHANGE,
					{ current: PASSWORD, password: 'a new password', again: 'a new password' }), 503);
				assert.match(wordsOf(refused), /Nothing was changed/);
			} finally {
				await release();
			}
			expect(await new Visit(world).enter(member.email, PASSWORD), 303);
		});
});

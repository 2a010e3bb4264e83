// What the owner of an account hears by mail when somebody changes what signing in asks for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, expect, useWorld } from '../lib/world.mjs';
import { codeOf, fromBase32 } from '../lib/factor.mjs';
import { Visit, wordsOf } from '../lib/visit.mjs';

const world = await useWorld({ mail: true });
const shop = await world.organization();
const PAGE = '/settings/security', FACTOR = `${PAGE}/two-factor`;

test('a new password, and a second factor that comes or goes', async () => {
	const member = await world.member(shop.id, 'agent'), person = new Visit(world);
	expect(await person.enter(member.email, PASSWORD), 303);
	expect(await person.send(await person.get(PAGE), `${PAGE}/password`, { current: 'wrong', password: 'kingfisher lane 9',
		again: 'kingfisher lane 9' }), 422);
	expect(await person.send(await person.get(PAGE), `${PAGE}/password`, { current: PASSWORD, password: 'kingfisher lane 9',
		again: 'kingfisher lane 9' }), 303);
	const setup = await person.send(await person.get(PAGE), FACTOR, { password: 'kingfisher lane 9' });
	const secret = fromBase32(wordsOf(setup).match(/type this key: ([A-Z2-7 ]+?) Copy/)[1]);
	expect(await person.send(setup, `${FACTOR}/confirm`, { code: codeOf(secret) }), 200);
	expect(await person.send(await person.get(PAGE), `${FACTOR}/disable`, { password: 'kingfisher lane 9',
		code: codeOf(secret, 1) }), 303);

	for (const subject of ['Your password was changed', 'The second factor of your account was switched on',
		'The second factor of your account was switched off']) {
		const mail = await world.stack.mail.to(member.email, { subject });
		assert.ok(mail.text.includes(`Hello ${member.name},`), mail.text);
		assert.match(mail.text.replace(/\s+/g, ' '), /on \d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC, from the network address 127\.[\d.]+\./);
		assert.equal(mail.links[0], `${world.url}/forgot-password`);
		for (const hidden of [secret.toString(), 'kingfisher lane 9', PASSWORD])
			assert.ok(!mail.text.includes(hidden));
	}
	assert.equal((await world.stack.mail.messages()).filter((m) => m.envelope.to.includes(member.email)).length, 3);
});

// Examples are true: they fit their schemas, and what they ask for works on a real server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { contract, operations, resolve } from '../lib/contract.mjs';
import { kinds } from '../lib/examples.mjs';
import { peopleOf } from '../lib/requests.mjs';
import { useWorld } from '../lib/world.mjs';

const ajv = new Ajv2020.default({ strict: false, allErrors: true, validateFormats: true });
addFormats.default(ajv);
ajv.addSchema({ ...contract, $id: 'contract' });

// A schema that is written inside the document has its references there.
const inDocument = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"contract#/components/'));
function fits(schema, example, where) {
	const validate = ajv.compile(inDocument(schema));
	assert.ok(validate(example), `${where}: ${JSON.stringify(example)}: ${ajv.errorsText(validate.errors)}`);
}

function* examples(node, at = '#') {
	if (typeof node !== 'object' || node === null)
		return;
	if (Array.isArray(node.examples) && !/\/properties$/.test(at))
		for (const example of node.examples)
			yield { at, schema: node, example };
	if (node.example !== undefined && node.schema)
		yield { at, schema: node.schema, example: node.example };
	for (const [name, value] of Object.entries(node))
		if (name !== 'examples' && name !== 'example')
			yield* examples(value, `${at}/${name}`);
}

describe('an example', () => {
	const all = [...examples(contract)];
	test('was found', () => assert.ok(all.length >= 40, `${all.length}`));
	test('fits its schema', () => {
		for (const { at, schema, example } of all)
			fits(schema, example, at);
	});
	test('that the reference puts together does, too', () => {
		const root = fileURLToPath(new URL('../../', import.meta.url));
		const { stdout, stderr } = spawnSync('python3', [`${root}scripts/openapi.py`, 'examples', `${root}docs/openapi.yaml`], { encoding: 'utf8', maxBuffer: 16 << 20 });
		const list = JSON.parse(stdout || assert.fail(stderr));
		assert.ok(list.length >= 50, `${list.length}`);
		for (const { where, schema, example } of list)
			fits(schema, example, where);
	});
});

const world = await useWorld();
const clients = { visitorToken: ({ visitor }) => visitor.client, secretKey: ({ shop }) => shop.api, sessionCookie: ({ staff }) => staff };

// Everything that an operation takes besides its example: ids that are there, and the key of the organization.
async function place({ parameters }) {
	const shop = await world.organization(), ids = {};
	const { visitor, who } = await peopleOf(shop);
	for (const { name } of parameters.filter((one) => one.in === 'path'))
		ids[name] = await kinds[name].make(world, shop, who);
	return { shop, visitor, who, ids, staff: await shop.staff('admin') };
}

// What an example cannot know, by the name of its field.
const real = { key: ({ shop }) => shop.key, visitorId: ({ who }) => who.visitor, memberId: ({ who }) => who.member,
	organizationId: ({ shop, who }) => kinds.organization.make(world, shop, who) };
// And by operation: to delete an organization one gives its name.
const realOf = { deleteOrganization: { name: ({ shop }) => shop.name } };

async function bodyOf({ operation }, at, example) {
	const body = { ...example };
	for (const [name, make] of Object.entries({ ...real, ...realOf[operation.operationId] }))
		if (name in body)
			body[name] = await make(at);
	return body;
}

async function address({ path, parameters }, { shop, ids }) {
	const query = new URLSearchParams();
	for (const { name, in: where, required, schema } of parameters)
		if (where === 'path')
			path = path.replace(`{${name}}`, ids[name]);
		else if (where === 'query' && name === 'key')
			query.set('key', shop.key);
		else if (where === 'query' && name === 'wait')
			query.set('wait', '0');
		else if (where === 'query' && required)
			query.set(name, resolve(schema).examples[0]);
	return `${path}${query.size ? '?' : ''}${query}`;
}

// What must be there before.
const before = {
	retireIdentitySecret: async ({ staff }) => {
		for (let i = 0; i < 2; i++)
			await staff.post('/api/v1/organization/identity/secrets', undefined, { secret: true });
	},
	leaveTeam: ({ staff, ids }) => staff.post(`/api/v1/teams/${ids.team}/members`, { memberId: ids.member }),
	mailOwnTranscript: ({ staff, ids }) => staff.post(`/api/v1/conversations/${ids.conversation}/messages`, { clientId: 'answer', content: 'Yes.' }),
};

async function ask(one, at, client) {
	const { method, operation } = one, content = resolve(operation.requestBody)?.content;
	await before[operation.operationId]?.(at);
	const options = { secret: /ApiKey$/.test(operation.operationId) };
	if (content?.['*/*'])
		return client.request(method, await address(one, at), { ...options, body: Buffer.from('a file'), headers: { 'Content-Type': 'text/plain' } });
	const example = content?.['application/json'].example;
	assert.ok(!content || example, `${one.key}: its body has no example`);
	return client.request(method, await address(one, at), { ...options, body: example && await bodyOf(one, at, example) });
}

describe('asked as in its example,', () => {
	for (const one of operations) {
		const callers = (one.operation.security ?? contract.security).flatMap(Object.keys);
		for (const caller of callers.length ? callers : ['nobody'])
			test(`${one.key} answers ${caller}`, async () => {
				const at = await place(one), answer = await ask(one, at, clients[caller]?.(at) ?? at.shop.client());
				assert.ok(answer.status >= 200 && answer.status < 300, `${answer.status} ${answer.text}`);
			});
	}
});

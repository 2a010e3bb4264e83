// Mail goes to a real server (exim, tests/lib/mailserver.sh), and what comes out of the mailbox is read
// by Python's email package. The workers' environment names proxies, which must not matter.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { eventually, startStack } from '../http/stack.mjs';
import { openSql } from '../lib/sql.mjs';

const script = fileURLToPath(new URL('../http/stack', import.meta.url));
const HEADERS = ['From', 'To', 'Subject', 'Date', 'Message-ID', 'Auto-Submitted', 'MIME-Version', 'Content-Type',
	'Content-Transfer-Encoding'];
const LINK = 'https://chat.example.org/act?token=abcDEF-_123&x=1';
const INVITATION = { inviter: 'Mia', organization: 'Tideware', role: 'agent', link: LINK, hours: 48 };

let stack, mail, sql, addresses = 0;

before(async () => {
	stack = await startStack({ web: 1, mail: true,
		place: { '--env': ['all_proxy=http://127.0.0.1:9', 'smtp_proxy=http://127.0.0.1:9'] } });
	mail = stack.mail;
	sql = openSql(stack.databaseUrl);
});
after(async () => {
	sql?.close();
	await stack?.stop();
});

const newAddress = (word = 'ann') => `${word}.${++addresses}@example.net`;

// As mail_queue() of the program does it. Resolves with the number of the job.
async function queuePayload(payload) {
	const out = await sql.exec`BEGIN; SELECT parlor.mail_queue(NULL, ${JSON.stringify(payload)});
		SELECT max(id) FROM parlor.jobs; COMMIT`;
	return Number(out.split('\n').at(-1));
}
const queue = (to, data = INVITATION, template = 'invitation') => queuePayload({ to, template, data });

// The row of a job; undefined when it was done.
const state = async (id) => (await sql.rows`SELECT attempts, last_error AS why, failed_at IS NOT NULL AS failed,
	payload::json AS payload, run_at > parlor.now() AS waits FROM parlor.jobs WHERE id = ${id}`)[0];
const done = (id) => eventually(`job ${id} is done`, async () => !await state(id), { seconds: 20 });
const givenUp = (id) => eventually(`job ${id} is given up`, async () => {
	const now = await state(id);
	assert.ok(now, 'it was done');
	return now.failed && now;
}, { seconds: 20 });
const putOff = (id) => eventually(`job ${id} is put off`, async () => {
	const now = await state(id);
	assert.ok(now && !now.failed, 'it was done or given up');
	return now.why && now.waits && now;
}, { seconds: 30 });
const claimed = (id) => eventually(`job ${id} is being run`, async () => (await state(id)).attempts === 1);
const due = (id) => sql.exec`UPDATE parlor.jobs SET run_at = parlor.now() WHERE id = ${id}`;
const allTo = async (address) => (await mail.messages()).filter((m) => m.envelope.to.includes(address));

function assertForm(m, to) {
	assert.deepEqual(m.headers.map(([name]) => name), HEADERS);
	assert.deepEqual(m.defects, []);
	assert.deepEqual([m.envelope.from, m.envelope.to], ['chat@parlor.test', [to]]);
	assert.deepEqual([m.from, m.to, m.cc], [[['Parlor', 'chat@parlor.test']], [to], []]);
	assert.equal(m.header('Auto-Submitted'), 'auto-generated');
	assert.equal(m.header('MIME-Version'), '1.0');
	assert.deepEqual([m.type, m.charset], ['text/plain', 'utf-8']);
	assert.match(m.header('Message-ID'), /^<[0-9a-f]{40}@parlor\.test>$/);
	assert.ok(Math.abs(new Date(m.header('Date')) - Date.now()) < 120000, m.header('Date'));
	for (const line of m.raw.split('\n'))
		assert.ok(line.length <= 78 || /^Received|^\t/.test(line), line);
}

test('each template becomes a mail with its link and its reasons', async () => {
	const letters = {
		invitation: [INVITATION, 'Mia invites you to Tideware', /Mia invites you to answer chats for Tideware \(role: agent\)\.\n[^]* within 48 hours:[^]*Mia gave your address/],
		'reset-password': [{ name: 'Ann', link: LINK, minutes: 60 }, 'Choose a new password', /^Hello Ann,[^]* within 60 minutes:[^]*If it was not you/],
		'verify-email': [{ name: 'Ann', link: LINK }, 'Confirm your e-mail address', /^Hello Ann,[^]*If it was not you/],
		'password-changed': [{ name: 'Ann', when: '2026-11-25 18:45 UTC', address: '192.0.2.7', link: LINK }, 'Your password was changed',
			/changed on 2026-11-25 18:45 UTC, from the network address 192\.0\.2\.7\.\n[^]*If it was not you/],
		'two-factor-changed': [{ name: 'Ann', enabled: true, when: 'today', address: null, link: LINK },
			'The second factor of your account was switched on', /switched on on today\.\n[^]*If it was not you/],
	};
	for (const [template, letter] of Object.entries(letters))
		await queue(letter[3] = newAddress(), letter[0], template);
	for (const [, subject, text, to] of Object.values(letters)) {
		const m = await mail.to(to);
		assertForm(m, to);
		assert.equal(m.subject, subject);
		assert.match(m.text, text);
		assert.match(m.text, /\nYou get this mail |\nsomebody, most likely you, asked/);
		assert.deepEqual(m.links, [LINK, stack.url]);
		assert.match(m.header('received'), /with esmtpsa /, 'encrypted and logged in');
	}
	const to = newAddress();
	await queue(to, { name: 'Ann', enabled: false, when: 'today', address: '2001:db8::1', link: LINK }, 'two-factor-changed');
	const off = await mail.to(to);
	assert.equal(off.subject, 'The second factor of your account was switched off');
	assert.match(off.text, /switched off on today, from the network address 2001:db8::1\.\n/);
	assert.doesNotMatch(off.text, /switched on/);
});

test('names in every script arrive as they are', async () => {
	const names = ['Ünïcode Ærø', 'שלום עולם', 'مرحبا بالعالم', '株式会社', '👩‍👩‍👧‍👦 🇩🇪 é e\u0301', 'A "quoted", <odd> & \\name\\; 100%',
		'=?utf-8?q?=0D=0ABcc=3A_x?=', `${'word '.repeat(399)}words`, 'a'.repeat(2000), 'ש'.repeat(2000), '😀'.repeat(2000), 'é😀a'.repeat(667)];
	const sent = names.map((name) => [name, newAddress()]);
	for (const [name, to] of sent)
		await queue(to, { ...INVITATION, inviter: name, organization: name });
	for (const [name, to] of sent) {
		const m = await mail.to(to);
		assertForm(m, to);
		assert.equal(m.subject, `${name} invites you to ${name}`);
		assert.ok(m.text.includes(`\n${name} invites you to answer chats for ${name} (role: agent).\n`), `${name}: ${m.text}`);
	}
});

test('lines of dots end nothing', async () => {
	const lines = ['.', '..', '...', '.\u00a0.', '. QUIT', 'From x', '>From x', '.'.repeat(200), `${'x'.repeat(74)}.y`];
	const sent = lines.map((line) => [line, newAddress()]);
	for (const [line, to] of sent)
		await queue(to, { ...INVITATION, link: line });
	for (const [line, to] of sent) {
		const m = await mail.to(to);
		assertForm(m, to);
		assert.ok(m.text.includes(`\n\n${line}\n\n`), line);
	}
});

const BRACES = '{{link}}{{{link}}}';
// Each of them in every place that a mail has for what others wrote.
const HOSTILE = ['\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\r\n ', '\r\n\t', '\t', '\u0001', '\u0008', '\u000b', '\u000c', '\u001b[31m',
	'\u007f', '\u0085', '\u009f', '\u2028', '\u2029', '\u202e', '\u2066', '\r\nBcc: evil@evil.example', '\nBcc: evil@evil.example',
	'\rBcc: evil@evil.example', '\u2028Bcc: evil@evil.example', '\u0085Bcc: evil@evil.example', '\r\nTo: evil@evil.example\r\n',
	'\r\nContent-Type: text/html\r\n\r\n<b>', '\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n', '\n.\nRCPT TO:<evil@evil.example>\n',
	'=?utf-8?B?DQpCY2M6IGV2aWxAZXZpbC5leGFtcGxl?=', '=?utf-8?q?=0D=0ABcc:_evil@evil.example?=', '%0d%0aBcc: evil@evil.example',
	'", "evil" <evil@evil.example>, "', '>, <evil@evil.example', ', evil@evil.example', ' evil@evil.example', BRACES,
	'\\r\\nBcc: evil@evil.example', '--\r\nContent-Disposition: attachment', 'Subject: x\n\nSubject: y'];
const visible = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ');

test(`${4 * HOSTILE.length - 1} attempts to break out of a header: the intended headers and one recipient, or refused`, async () => {
	const refused = [], delivered = [];
	for (const piece of HOSTILE) {
		const address = newAddress();
		if (piece !== BRACES) // which may stand in front of an @
			refused.push([await queue(address.replace('@', `${piece}@`)), piece]);
		refused.push([await queue(`${address}${piece}`), piece]);
		for (const field of ['inviter', 'organization']) {
			const to = newAddress(), data = { ...INVITATION, [field]: `a${piece}b` };
			delivered.push([await queue(to, data), to, data]);
		}
	}
	for (const [id, piece] of refused) {
		const { why, attempts, payload } = await givenUp(id);
		assert.equal(why, 'the recipient is not an address that mail is sent to', JSON.stringify(piece));
		assert.equal(attempts, 1);
		assert.deepEqual(Object.keys(payload), ['to', 'template']);
	}
	for (const [id, to, data] of delivered) {
		await done(id);
		const m = await mail.to(to);
		assertForm(m, to);
		assert.equal(m.subject, visible(`${data.inviter} invites you to ${data.organization}`));
		assert.ok(m.text.includes(`\n${visible(data.inviter)} invites you to answer chats for ${visible(data.organization)} (`));
	}
	const all = await mail.messages();
	assert.ok(all.every((m) => m.envelope.to.length === 1 && /^[a-z]+\.\d+@example\.net$/.test(m.envelope.to[0])));
	assert.ok(refused.length + delivered.length >= 60);
});

test('a job that is no mail is given up, and says why', async () => {
	const to = newAddress();
	const cases = [
		[{ to, template: 'nothing', data: {} }, /^there is no template nothing$/],
		[{ to, template: '../layout', data: {} }, /^there is no template \.\.\/layout$/],
		[{ to, template: 'footer', data: {} }, /^template footer: it does not begin with a line "Subject: /],
		[{ to, template: 'verify-email', data: { name: 'Ann' } }, /^template verify-email:\d+: there is no such name: link$/],
		[{ to, template: 'verify-email', data: { name: 'Ann', link: null } }, /^template verify-email:\d+: null is no text: link$/],
		[{ to, template: 'verify-email', data: { name: 'Ann', link: [LINK] } }, /^template verify-email:\d+: a list or an object is no text: link$/],
		[{ to, template: 'verify-email', data: [] }, /^the job does not hold to, template and data$/],
		[{ to, data: {} }, /^the job does not hold/],
		[{ to: [to, to], template: 'verify-email', data: {} }, /^the job does not hold/],
		[[], /^the job does not hold/],
	];
	for (const [payload, why] of cases)
		assert.match((await givenUp(await queuePayload(payload))).why, why);
	assert.deepEqual(await allTo(to), []);
});

test('a mail that is refused for good is given up with the words of the server', async () => {
	for (const [word, why] of [['refused', 'the mail server answered: 550 5.1.1 nobody here has this address'],
		['unwanted', 'the mail server answered: 554 5.7.1 this message is not wanted']]) {
		const to = newAddress(word), now = await givenUp(await queue(to));
		assert.equal(now.why, why);
		assert.equal(now.attempts, 1);
		assert.deepEqual(now.payload, { to, template: 'invitation' }, 'the link is forgotten');
		assert.deepEqual(await allTo(to), []);
	}
});

test('a mail that is put off is sent by itself a little later', async () => {
	const to = newAddress();
	await mail.putOff(true);
	const id = await queue(to);
	assert.equal((await putOff(id)).why, 'the mail server answered: 451 4.2.1 come back later');
	await mail.putOff(false);
	assertForm(await mail.to(to), to);
	await done(id);
	assert.equal((await allTo(to)).length, 1);
});

test('a server that is away is waited for', async () => {
	const to = newAddress();
	await stack.stopComponent('mail');
	const id = await queue(to);
	assert.match((await putOff(id)).why, /^no mail server: .*[Cc]onnect/);
	await stack.startComponent('mail');
	assertForm(await mail.to(to), to);
	await done(id);
});

async function killWorker() {
	const [pid] = await stack.pids('jobs');
	process.kill(pid, 'SIGKILL');
}

test('a worker that is killed while it hands a mail over: another does it, with the same id', async () => {
	const to = newAddress('slow'), id = await queue(to);
	await claimed(id);
	await killWorker();
	assert.equal((await state(id)).attempts, 1);
	assert.ok((await state(id)).waits, 'nobody takes it while the lease lasts');
	await due(id);
	await done(id);
	await mail.to(to);
	const all = await allTo(to);
	assert.equal(new Set(all.map((m) => m.header('Message-ID'))).size, 1);
	all.forEach((m) => assertForm(m, to));
});

test('a worker that is killed before it could note that a mail was sent: it comes twice, with the same id', async () => {
	const to = newAddress('slow'), id = await queue(to), holder = openSql(stack.databaseUrl);
	await claimed(id);
	await holder.exec`BEGIN; SELECT FROM parlor.jobs WHERE id = ${id} FOR UPDATE`;
	try {
		await mail.to(to);
		// It waits for a second only.
		await eventually('the worker waits for the row', () => sql.value`SELECT count(*) = 1 FROM pg_stat_activity
			WHERE wait_event_type = 'Lock' AND query LIKE '%job_done%' AND pid <> pg_backend_pid()`);
		await killWorker();
		await stack.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%job_done%'");
	} finally {
		await holder.exec`ROLLBACK`;
		holder.close();
	}
	assert.equal((await state(id)).attempts, 1);
	await due(id);
	await mail.to(to, { count: 2 });
	await done(id);
	const all = await allTo(to);
	assert.equal(all.length, 2);
	assert.equal(all[0].header('Message-ID'), all[1].header('Message-ID'));
});

test('different mails have different ids', async () => {
	const ids = (await mail.messages()).filter((m) => !m.envelope.to[0].startsWith('slow')).map((m) => m.header('Message-ID'));
	assert.ok(ids.length > 50);
	assert.equal(new Set(ids).size, ids.length);
});

test('a worker that is asked to end finishes the mail it is at', async () => {
	const to = newAddress('slow'), id = await queue(to);
	await claimed(id);
	await stack.stopComponent('jobs');
	assert.equal(await state(id), undefined, 'its outcome is noted');
	assertForm(await mail.to(to), to);
	assert.match((await readFile(stack.log('jobs'), 'utf8')).trimEnd().split('\n').at(-1), /"message":"ending"/);
});

// From here on the worker is stopped, also when one of these runs alone. Others run once, each with a
// configuration of its own.
let stopped;
const stopWorker = () => stopped ??= stack.stopComponent('jobs');

async function configured(changes) {
	const file = path.join(stack.home, 'other.ini'), lines = (await readFile(path.join(stack.home, 'parlor.ini'), 'utf8')).split('\n');
	for (const [name, value] of Object.entries(changes)) {
		const found = lines.findIndex((line) => line.startsWith(`${name} =`));
		const at = found >= 0 ? found : lines.indexOf('[mail]') + 1;
		lines.splice(at, found >= 0 ? 1 : 0, ...value === null ? [] : [`${name} = ${value}`]);
	}
	await writeFile(file, lines.join('\n'));
	await chmod(file, 0o644);
	return file;
}

async function sendWith(changes) {
	await stopWorker();
	const to = newAddress(), id = await queue(to);
	await stack.parlor('jobs', '--once', '--config', await configured(changes));
	return { to, id, now: await state(id) };
}

const port = (name) => mail.ports[name];
const noLogin = { smtp_user: null, smtp_password: null };

for (const [what, changes, received] of [
	['encrypted from the first byte', () => ({ smtp_url: `smtps://127.0.0.1:${port('smtps')}` }), /with esmtpsa /],
	['with a name of our own', () => ({ smtp_url: `smtp://127.0.0.1:${port('smtp')}/chat.example.org` }), /from \[127\.0\.0\.1\][^]*helo=chat\.example\.org|from chat\.example\.org/],
	['by a relay without encryption', () => ({ ...noLogin, smtp_url: `smtp://127.0.0.1:${port('relay')}`, smtp_tls: 'no' }), /with esmtp /],
	['by a relay that offers none', () => ({ ...noLogin, smtp_url: `smtp://127.0.0.1:${port('relay')}`, smtp_tls: 'offered' }), /with esmtp /],
	['with encryption where it is offered', () => ({ smtp_tls: 'offered' }), /with esmtpsa /],
])
	test(`mail is sent ${what}`, async () => {
		const { to, now } = await sendWith(changes());
		assert.equal(now, undefined);
		const m = await mail.to(to);
		assertForm(m, to);
		assert.match(m.header('received'), received);
	});

for (const [what, changes, why] of [
	['a certificate of another authority', () => ({ smtp_ca_file: path.join(mail.dir, 'tls/other.crt') }), /certificate/],
	['a certificate that the system does not know', () => ({ smtp_ca_file: null }), /certificate/],
	['the same from the first byte', () => ({ smtp_url: `smtps://127.0.0.1:${port('smtps')}`, smtp_ca_file: null }), /certificate/],
	['a certificate for another name', () => ({ smtp_url: `smtp://localhost:${port('smtp')}` }), /no alternative certificate subject name matches/],
	['the same where encryption is only offered', () => ({ smtp_url: `smtp://localhost:${port('smtp')}`, smtp_tls: 'offered' }), /certificate subject name/],
	['an authority that cannot be read', () => ({ smtp_ca_file: '/nonexistent' }), /certificate/],
	['a server that cannot encrypt', () => ({ ...noLogin, smtp_url: `smtp://127.0.0.1:${port('relay')}` }), /STARTTLS|SSL/],
	['a wrong password', () => ({ smtp_password: 'wrong' }), /answered: 535 /],
	['no login', () => noLogin, /answered: 530 5\.7\.0 log in first/],
	['a host that is not there', () => ({ smtp_url: 'smtp://nowhere.invalid' }), /resolve host/],
])
	test(`nothing is sent with ${what}, and the mail waits`, async () => {
		const { to, id, now } = await sendWith(changes());
		assert.match(now.why, why);
		assert.deepEqual([now.failed, now.attempts, now.waits], [false, 1, true]);
		assert.deepEqual(await allTo(to), []);
		await due(id);
		await stack.parlor('jobs', '--once');
		assertForm(await mail.to(to), to); // and goes out when that was mended
	});

test('a server that lets nobody in is waited for', async () => {
	const closed = path.join(mail.dir, 'closed');
	await writeFile(closed, '');
	const { id, now } = await sendWith({});
	await rm(closed);
	await sql.exec`DELETE FROM parlor.jobs WHERE id = ${id}`;
	assert.deepEqual([now.failed, now.why], [false, 'the mail server answered: 554 5.3.2 no mail today']);
});

test('a server that says nothing is not waited for longer than the lease', async () => {
	const server = net.createServer(() => {}).listen(0, '127.0.0.1');
	await eventually('it listens', () => server.listening);
	const changes = { smtp_url: `smtp://127.0.0.1:${server.address().port}` };
	const [{ id, now }, [health]] = await Promise.all([sendWith(changes), finding(changes)]);
	server.close();
	await sql.exec`DELETE FROM parlor.jobs WHERE id = ${id}`;
	assert.match(now.why, /timed? ?out/i);
	assert.match(health.detail, /timed? ?out/i);
});

test('without a mail server mail is given up', async () => {
	const { now } = await sendWith({ smtp_url: null });
	assert.deepEqual([now.failed, now.why], [true, 'no mail server is configured: smtp_url is empty']);
});

test('templates that cannot be read make mail wait', async () => {
	const { now } = await sendWith({ template_dir: '/nonexistent' });
	assert.equal(now.failed, false);
	assert.match(now.why, /^cannot read \/nonexistent\/mail/);
});

test('twenty attempts are made', async () => {
	await stopWorker();
	const id = await queue(newAddress()), file = await configured({ smtp_url: 'smtp://127.0.0.1:1' });
	await sql.exec`UPDATE parlor.jobs SET attempts = 18 WHERE id = ${id}`;
	await stack.parlor('jobs', '--once', '--config', file);
	assert.deepEqual([(await state(id)).attempts, (await state(id)).failed], [19, false]);
	await due(id);
	await stack.parlor('jobs', '--once', '--config', file);
	const now = await state(id);
	assert.deepEqual([now.attempts, now.failed, Object.keys(now.payload)], [20, true, ['to', 'template']]);
});

async function finding(changes) {
	const file = await configured(changes);
	const out = await new Promise((resolve) => execFile(script, ['parlor', stack.dir, 'doctor', '--json', '--config', file],
		(error, stdout) => resolve(stdout)));
	return JSON.parse(out.split('\n').find((line) => line.startsWith('{"sound"'))).findings.filter((f) => f.name.startsWith('mail'));
}

test('parlor doctor says whether mail can be sent', async () => {
	const before = (await mail.messages()).length;
	const health = async (changes) => (await finding(changes))[0];
	assert.deepEqual(await health({}), { name: 'mail', health: 'good', detail: `smtp://127.0.0.1:${port('smtp')} takes the login`, mend: '' });
	assert.match((await health({ ...noLogin, smtp_url: `smtp://127.0.0.1:${port('relay')}`, smtp_tls: 'no' })).detail, / answers$/);
	assert.match((await health({ smtp_url: null })).detail, /^not configured/);
	assert.equal((await health({ smtp_url: null })).health, 'good');
	for (const [changes, detail] of [[{ smtp_password: 'wrong' }, / 535 /], [{ smtp_url: 'smtp://127.0.0.1:1' }, /[Cc]onnect/],
		[{ smtp_ca_file: path.join(mail.dir, 'tls/other.crt') }, /certificate/]]) {
		const now = await health(changes);
		assert.equal(now.health, 'bad');
		assert.match(now.detail, detail);
		assert.match(now.mend, /\[mail\]/);
	}
	assert.equal((await mail.messages()).length, before, 'nothing was sent');
});

test('parlor doctor warns of mail that was given up', async () => {
	const [, now] = await finding({});
	assert.equal(now.health, 'warning');
	assert.match(now.detail, /^\d+ given up within 7 days; the last one: /);
	await sql.exec`UPDATE parlor.jobs SET failed_at = failed_at - interval '8 days' WHERE kind = 'mail'`;
	assert.equal((await finding({})).length, 1);
});

test('what was given up is forgotten after 30 days', async () => {
	await stopWorker();
	const failed = () => sql.value`SELECT count(*)::integer FROM parlor.jobs WHERE failed_at IS NOT NULL`;
	await sql.exec`UPDATE parlor.jobs SET failed_at = parlor.now() - interval '29 days' WHERE failed_at IS NOT NULL`;
	const before = await failed();
	assert.ok(before > 10);
	await sql.exec`UPDATE parlor.jobs SET failed_at = parlor.now() - interval '31 days'
		WHERE id = (SELECT max(id) FROM parlor.jobs WHERE failed_at IS NOT NULL)`;
	await sql.exec`UPDATE parlor.jobs SET run_at = parlor.now() WHERE kind = 'retention'`;
	await stack.parlor('jobs', '--once');
	assert.equal(await failed(), before - 1);
});

test('no address, link or password is in the log', async () => {
	const log = await readFile(stack.log('jobs'), 'utf8');
	assert.ok(log.includes('(mail) attempt 1: failed'));
	for (const secret of ['example.net', LINK, mail.password])
		assert.ok(!log.includes(secret), secret);
});

// Both behind one nginx on one name with https, as docs/better-auth.md shows it: Better Auth under /api/auth/,
// Parlor everywhere else, cookies whose names begin with "__Secure-".
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { eventually } from '../lib/world.mjs';
import { startStack } from '../http/stack.mjs';
import { SESSION, useBoth } from './both.mjs';
import { describeCore } from './core.mjs';

const docs = readFileSync(new URL('../../docs/better-auth.md', import.meta.url), 'utf8');
const SECURE = `__Secure-${SESSION}`;

const freePort = () => new Promise((resolve) => {
	const server = net.createServer().listen(0, '127.0.0.1', () => {
		const { port } = server.address();
		server.close(() => resolve(port));
	});
});

const port = await freePort(), url = `https://127.0.0.1:${port}`;
const both = await useBoth(undefined, { baseURL: url });
// A second host on the same database, whose base_url is the https one.
const second = await startStack({ seed: false, web: 1, place: { '--join': both.world.stack.dir, '--env': `PARLOR_BASE_URL=${url}` } });
const dir = mkdtempSync(path.join(tmpdir(), 'parlor-test-proxy-'));
chmodSync(dir, 0o755);
const nginx = await startNginx();
after(async () => {
	nginx.kill('SIGTERM');
	await second.stop();
	rmSync(dir, { recursive: true, force: true });
});
both.here = both.there = url;

// The location of the documentation, with the address of this run.
function location() {
	const [, block] = /```nginx\n(location \/api\/auth\/ \{[^]*?\n\})\n```/.exec(docs) ?? assert.fail('docs/better-auth.md shows no location /api/auth/');
	return block.replace(/http:\/\/127\.0\.0\.1:3000/, both.auth.url);
}

async function startNginx() {
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
		'/CN=127.0.0.1', '-keyout', `${dir}/key.pem`, '-out', `${dir}/cert.pem`], { stdio: 'ignore' });
	const conf = readFileSync(path.join(second.home, 'nginx/nginx.conf'), 'utf8');
	const share = /set \$parlor_share (.*);/.exec(conf)[1];
	const temporary = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join(' ');
	// Beside the stack's own, because an include is looked for from there.
	writeFileSync(`${second.home}/nginx/front.conf`, `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/log warn;
		${process.getuid() === 0 ? 'user www-data;' : ''}
		events { worker_connections 512; }
		http { ${temporary} access_log off;
			include parlor/http.conf;
			server {
				listen 127.0.0.1:${port} ssl; server_name 127.0.0.1;
				ssl_certificate ${dir}/cert.pem; ssl_certificate_key ${dir}/key.pem;
				${location()}
				set $parlor_share ${share};
				include parlor/server.conf;
			}
		}`);
	const child = spawn('nginx', ['-e', `${dir}/log`, '-c', `${second.home}/nginx/front.conf`, '-p', `${second.home}/nginx`],
		{ stdio: 'ignore', env: { PATH: `${process.env.PATH}:/usr/sbin` } });
	process.once('exit', () => child.kill('SIGKILL'));
	const browser = both.browser.bind({ here: url, there: url });
	await eventually('nginx answers', async () => (await browser().ask(url, 'GET', '/readyz')).status === 200, { seconds: 20 });
	return child;
}

describe('over https behind one nginx', () => {
	describeCore(both, SECURE);

	test('each side has the name of an https site, and neither takes the other name', async () => {
		const owner = await both.owner();
		assert.ok(owner.browser.jar.has(SECURE) && !owner.browser.jar.has(SESSION));
		const plain = owner.browser.clone(), cookie = plain.jar.get(SECURE);
		plain.jar.delete(SECURE);
		plain.jar.set(SESSION, { ...cookie, secure: true });
		assert.equal(await plain.whoHere(), null);
		assert.equal(await plain.whoThere(), null);
	});

	test('Better Auth answers under its path, Parlor under the others', async () => {
		const browser = both.browser();
		assert.deepEqual((await browser.ask(url, 'GET', '/api/auth/ok')).json, { ok: true });
		assert.equal((await browser.get('/sign-in')).status, 200);
		assert.equal((await browser.get('/api/v1/me')).status, 401);
		assert.equal((await browser.get('/api/authority')).status, 404);
	});
});

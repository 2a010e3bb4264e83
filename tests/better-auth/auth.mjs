// A real Better Auth application as small as one can be: node:http, the Drizzle adapter with plural names,
// e-mail and password, the organization and two-factor plugins, and the chat's fields on organizations
// and members. Mails are kept instead of sent.
import http from 'node:http';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { toNodeHandler } from 'better-auth/node';
import { organization, twoFactor } from 'better-auth/plugins';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { auth as schema } from './schema.mjs';

const field = (type, fieldName) => ({ type, required: false, input: true, fieldName });
const fields = (table) => Object.fromEntries(Object.entries(table)
	.filter(([name]) => name.startsWith('chat'))
	.map(([name, column]) => [name, field({ PgText: 'string', PgBoolean: 'boolean', PgInteger: 'number' }[column.columnType], name)]));

// baseURL: the address browsers know, without a path. The secret and the database are Parlor's.
export function makeAuth({ databaseUrl, secret, baseURL, trustedOrigins = [], database, session }) {
	const mails = [], pool = new pg.Pool({ connectionString: databaseUrl, max: 8 });
	pool.on('error', () => {}); // the server may end before us
	const keep = (kind) => async (mail) => {
		mails.push({ kind, ...mail });
	};
	const auth = betterAuth({
		appName: 'Shop', baseURL, secret, trustedOrigins, session,
		database: database?.(pool) ?? drizzleAdapter(drizzle(pool, { schema }), { provider: 'pg', usePlural: true, schema }),
		emailAndPassword: { enabled: true, sendResetPassword: keep('reset') },
		emailVerification: { sendVerificationEmail: keep('verify') },
		user: { deleteUser: { enabled: true } },
		rateLimit: { enabled: false },
		telemetry: { enabled: false },
		plugins: [
			organization({
				sendInvitationEmail: keep('invite'),
				schema: { organization: { additionalFields: fields(schema.organizations) },
					member: { additionalFields: fields(schema.members) } },
			}),
			twoFactor(),
		],
		logger: { level: 'error' },
	});
	return { auth, mails, pool };
}

// The same, listening on a free port of 127.0.0.1.
export async function startAuth(options) {
	const server = http.createServer();
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const url = `http://127.0.0.1:${server.address().port}`;
	const made = makeAuth({ baseURL: url, ...options });
	server.on('request', toNodeHandler(made.auth));
	return {
		...made, url, port: server.address().port,
		// Of one kind, to one address; the newest.
		mailTo: (kind, email) => made.mails.findLast((m) => m.kind === kind && (m.user?.email ?? m.email) === email),
		async stop() {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
			await made.pool.end();
		},
	};
}

// The second factor's formats, made by other means than the server's: Better Auth's sealing
// (XChaCha20-Poly1305 under SHA-256 of the secret) from Node's ChaCha20-Poly1305, and codes (RFC 6238).
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

const rotate = (x, n) => (x << n) | (x >>> (32 - n));

// HChaCha20: from a key and the first 16 bytes of the nonce to the key that ChaCha20 gets.
function subkey(key, nonce) {
	const x = new Uint32Array(16);
	x.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
	for (let i = 0; i < 8; i++)
		x[4 + i] = key.readUInt32LE(4 * i);
	for (let i = 0; i < 4; i++)
		x[12 + i] = nonce.readUInt32LE(4 * i);
	const quarter = (a, b, c, d) => {
		x[a] += x[b]; x[d] = rotate(x[d] ^ x[a], 16);
		x[c] += x[d]; x[b] = rotate(x[b] ^ x[c], 12);
		x[a] += x[b]; x[d] = rotate(x[d] ^ x[a], 8);
		x[c] += x[d]; x[b] = rotate(x[b] ^ x[c], 7);
	};
	for (let i = 0; i < 10; i++) {
		for (const [a, b, c, d] of [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]])
			quarter(a, b, c, d);
		for (const [a, b, c, d] of [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]])
			quarter(a, b, c, d);
	}
	const out = Buffer.alloc(32);
	[0, 1, 2, 3, 12, 13, 14, 15].forEach((word, i) => out.writeUInt32LE(x[word], 4 * i));
	return out;
}

const inner = (secret, nonce) => [subkey(createHash('sha256').update(secret).digest(), nonce),
	Buffer.concat([Buffer.alloc(4), nonce.subarray(16)])];

export function seal(secret, text, nonce = randomBytes(24)) {
	const cipher = createCipheriv('chacha20-poly1305', ...inner(secret, nonce), { authTagLength: 16 });
	return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('hex');
}

export function unseal(secret, hex) {
	const bytes = Buffer.from(hex, 'hex');
	const cipher = createDecipheriv('chacha20-poly1305', ...inner(secret, bytes.subarray(0, 24)), { authTagLength: 16 });
	cipher.setAuthTag(bytes.subarray(-16));
	return Buffer.concat([cipher.update(bytes.subarray(24, -16)), cipher.final()]).toString();
}

// The code of a secret as an app shows it; steps: how many half minutes from now.
export function codeOf(secret, steps = 0) {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
	const mac = createHmac('sha1', secret).update(counter).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

export function fromBase32(text) {
	const bits = [...text.replaceAll(' ', '')]
		.map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
	return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

// A second factor as Better Auth's plugin leaves it when it was set up there.
export async function giveFactor(world, user, { secret = randomBytes(16).toString('hex'), codes = ['aB3dE-fG5hI', 'z9Y8x-W7v6U'],
	verified = true, failures = 0 } = {}) {
	const id = randomBytes(12).toString('hex');
	await world.sql.exec`INSERT INTO two_factors (id, secret, backup_codes, user_id, verified, failed_verification_count)
		VALUES (${id}, ${seal(world.secret, secret)}, ${seal(world.secret, JSON.stringify(codes))}, ${user}, ${verified},
			${failures})`;
	await world.sql.exec`UPDATE users SET two_factor_enabled = true WHERE id = ${user}`;
	return { id, secret, codes };
}

// BLAKE2b (RFC 7693) with 256 bits and without a key, as the program hashes tokens. Node's has 512 bits alone, and
// a process of b2sum for each of thousands takes longer than the rest of what makes a tenant.
const ROUNDS = 12, BLOCK = 128;
const IV = [0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
	0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n];
const SIGMA = ['0123456789abcdef', 'ea489fd61c02b753', 'b8c052fdae367194', '7931dcbe265a40f8', '905724afe1bc683d',
	'2c6a0b834d75fe19', 'c51fed4a0763928b', 'db7ec13950f4862a', '6fe9b308c2d714a5', 'a2847615fb9e3cd0']
	.map((row) => [...row].map((digit) => parseInt(digit, 16)));
const COLUMNS = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
	[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];
const rotated = (x, by) => x >> by | x << 64n - by; // the array that takes it cuts it

function compress(h, block, length, isLast) {
	const v = new BigUint64Array([...h, ...IV]), m = new BigUint64Array(16);
	m.forEach((_, i) => { m[i] = block.readBigUInt64LE(8 * i); });
	v[12] ^= BigInt(length);
	if (isLast)
		v[14] = ~v[14];
	for (let round = 0; round < ROUNDS; round++)
		COLUMNS.forEach(([a, b, c, d], i) => {
			const s = SIGMA[round % 10];
			v[a] = v[a] + v[b] + m[s[2 * i]];
			v[d] = rotated(v[d] ^ v[a], 32n);
			v[c] += v[d];
			v[b] = rotated(v[b] ^ v[c], 24n);
			v[a] = v[a] + v[b] + m[s[2 * i + 1]];
			v[d] = rotated(v[d] ^ v[a], 16n);
			v[c] += v[d];
			v[b] = rotated(v[b] ^ v[c], 63n);
		});
	h.forEach((_, i) => { h[i] ^= v[i] ^ v[i + 8]; });
}

// In hexadecimal.
export function blake2b(text) {
	const bytes = Buffer.from(text), h = new BigUint64Array(IV), blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
	h[0] ^= 0x01010000n ^ 32n;
	for (let i = 0; i < blocks; i++) {
		const block = Buffer.alloc(BLOCK);
		bytes.copy(block, 0, i * BLOCK);
		compress(h, block, Math.min(bytes.length, (i + 1) * BLOCK), i === blocks - 1);
	}
	return Buffer.from(h.buffer).toString('hex').slice(0, 64);
}

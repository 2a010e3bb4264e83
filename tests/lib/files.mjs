// Files for tests: real pictures, made here, and hostile ones that only claim to be something.
import { crc32, deflateSync } from 'node:zlib';

const chunk = (type, data) => {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const size = Buffer.alloc(4), sum = Buffer.alloc(4);
	size.writeUInt32BE(data.length);
	sum.writeUInt32BE(crc(body));
	return Buffer.concat([size, body, sum]);
};

// zlib.crc32 is not in every Node that runs these tests.
function crc(bytes) {
	if (crc32)
		return crc32(bytes);
	let value = ~0;
	for (const byte of bytes) {
		value ^= byte;
		for (let i = 0; i < 8; i++)
			value = value >>> 1 ^ (value & 1 ? 0xedb88320 : 0);
	}
	return ~value >>> 0;
}

// A PNG of one colour. pixels: false leaves the data out, for headers that promise too much.
export function png(width = 2, height = 1, { color = [200, 80, 40], pixels = true } = {}) {
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width);
	head.writeUInt32BE(height, 4);
	head.set([8, 2, 0, 0, 0], 8);
	const line = () => Buffer.concat([Buffer.from([0]), Buffer.alloc(3 * width, Buffer.from(color))]);
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
		...pixels ? [chunk('IDAT', deflateSync(Buffer.concat(Array(height).fill(line()))))] : [], chunk('IEND', Buffer.alloc(0))]);
}

const latin = (text) => Buffer.from(text, 'latin1');
export const gif = latin('GIF89a\x02\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0a\0;');
export const webp = latin('RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0');
export const jpeg = latin('\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x0b\x08\0\x01\0\x02\x01\x01\x11\0\xff\xd9');

const SCRIPT = '<script>top.hit=1;alert(document.domain)</script>';
const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">${SCRIPT}</svg>`;
const html = `<!DOCTYPE html><html><body>${SCRIPT}</body></html>`;

// [name, type that is claimed, content]; none of these is a picture.
const contents = [
	['a.html', 'text/html', html], ['a.htm', 'text/html', `\ufeff${html}`], ['a.xhtml', 'application/xhtml+xml', `<html xmlns="http://www.w3.org/1999/xhtml">${SCRIPT}</html>`],
	['a.svg', 'image/svg+xml', svg], ['a.svgz', 'image/svg+xml', '\x1f\x8b\x08\0\0\0\0\0'], ['a.xml', 'text/xml', `<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?>${svg}`],
	['a.xsl', 'text/xsl', '<xsl:stylesheet version="1.0"/>'], ['a.mht', 'multipart/related', `MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n${html}`],
	['a.pdf', 'application/pdf', '%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj'], ['a.pdf', 'image/png', '%PDF-1.7\n'],
	['a.swf', 'application/x-shockwave-flash', 'FWS\x05\x10\0\0\0'], ['a.js', 'text/javascript', 'alert(1)'], ['a.mjs', 'image/png', 'import "x"'],
	['a.css', 'text/css', '@import "x"'], ['a.json', 'application/json', '{"__proto__":1}'], ['a.hta', 'application/hta', html],
	['a.exe', 'application/octet-stream', 'MZ\x90\0'], ['a.elf', 'image/gif', '\x7fELF\x02\x01\x01'], ['a.sh', 'text/x-sh', '#!/bin/sh\nid\n'],
	['a.php', 'image/png', '<?php system("id");'], ['a.jar', 'application/java-archive', 'PK\x03\x04'], ['a.zip', 'image/jpeg', 'PK\x03\x04'],
	['a.gz', 'application/gzip', '\x1f\x8b\x08\0'], ['a.bmp', 'image/bmp', 'BM\x46\0\0\0'], ['a.ico', 'image/x-icon', '\0\0\x01\0\x01\0'],
	['a.tiff', 'image/tiff', 'II*\0\x08\0\0\0'], ['a.avif', 'image/avif', '\0\0\0\x1cftypavif'], ['a.heic', 'image/heic', '\0\0\0\x18ftypheic'],
	['a.ps', 'image/png', '%!PS-Adobe-3.0\n'], ['a.eml', 'message/rfc822', `From: a\r\n\r\n${html}`], ['a.vbs', 'text/plain', 'MsgBox 1'],
	['a.txt', 'text/html', html], ['a.txt', 'text/plain', `plain ${SCRIPT}`], ['a.utf7', 'text/html; charset=utf-7', '+ADw-script+AD4-alert(1)+ADw-/script+AD4-'],
	['a.utf16', 'text/html', '\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0'], ['a.appcache', 'text/cache-manifest', 'CACHE MANIFEST\n'],
	// MIME lies: the name or the type of a picture with another content
	['a.png', 'image/png', html], ['a.png', 'image/png', svg], ['a.jpg', 'image/jpeg', html], ['a.gif', 'image/gif', `GIF89a${html}`],
	['a.gif', 'image/gif', 'GIF89a/*\x01\x01\0\0*/=1;alert(1)'], ['a.png', 'image/png', '\x89PNG\r\n\x1a\n'], ['a.png', 'image/png', `\x89PNG\r\n\x1a\n${html}`],
	['a.jpg', 'image/jpeg', `\xff\xd8\xff${html}`], ['a.jpg', 'image/jpeg', '\xff\xd8\xff\xe0\xff\xffJFIF'], ['a.jpg', 'image/jpeg', '\xff\xd8\xff\xda\0\x08\x01\x01\0\0\x3f\0'],
	['a.webp', 'image/webp', 'RIFF\x1a\0\0\0WEBPVP8 '], ['a.webp', 'image/webp', `RIFF\xff\xff\xff\xffWAVE${html}`], ['a.png', 'image/png', '\0'.repeat(64)],
	['a.png', 'image/png', ` ${png(1, 1).toString('latin1')}`], ['a.png', 'image/png', `\n\x89PNG\r\n\x1a\n\0\0\0\rIHDR`],
	['a.apng', 'image/apng', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\x01\x08\x02\0\0\0'], ['a.mp4', 'image/png', '\0\0\0\x18ftypmp42'],
];

// Names: [as claimed, as it must be]. The content is a page.
export const names = [
	['../../../etc/passwd', 'passwd'], ['..\\..\\boot.ini', 'boot.ini'], ['/etc/cron.d/x', 'x'], ['C:\\fakepath\\x.html', 'x.html'], ['a/b/../c.svg', 'c.svg'],
	['..', 'file'], ['.', 'file'], ['', 'file'], ['   ', 'file'], ['.htaccess', 'htaccess'], ['a.png.', 'a.png'], ['a.html ', 'a.html'],
	['a\r\nSet-Cookie: a=b.html', 'aSet-Cookie_ a=b.html'], ['a\nb.html', 'ab.html'], ['a"; filename="b.html', 'a_; filename=_b.html'], ['a\x1b[2J.txt', 'a[2J.txt'],
	['a\u202egnp.exe', 'agnp.exe'], ['a\u2066b\u2069.svg', 'ab.svg'], ['a\u200b\ufeff.html', 'a.html'], ['a\u0085\u2028b.txt', 'ab.txt'],
	['CON', '_CON'], ['nul.png', '_nul.png'], ['Com1.txt', '_Com1.txt'], ['lpt9', '_lpt9'], ['photo.png.html', 'photo.png.html'], ['photo.html.png', 'photo.html.png'],
	['a<script>.html', 'a_script_.html'], ['a|b?c*.txt', 'a_b_c_.txt'], [`${'x'.repeat(300)}.png`, `${'x'.repeat(251)}.png`], [`${'é'.repeat(200)}.html`, `${'é'.repeat(125)}.html`],
	['%00.html', '%00.html'], ["a';x=''.png", "a';x=''.png"], ['😀.svg', '😀.svg'], ['مرحبا.html', 'مرحبا.html'],
];

export const hostile = [
	...contents.map(([name, type, content]) => ({ name, type, body: content.includes('\ufeff') ? Buffer.from(content) : latin(content) })),
	...names.map(([name]) => ({ name, type: 'image/png', body: latin(html) })),
];

// Pictures that are something else as well; as pictures they may be shown, and as nothing else.
export const polyglots = [
	{ name: 'a.png', type: 'text/html', body: Buffer.concat([png(), latin(html)]), mime: 'image/png' },
	{ name: 'a.html', type: 'text/html', body: Buffer.concat([gif, latin(html)]), mime: 'image/gif' },
	{ name: 'a.jpg.js', type: 'text/javascript', body: Buffer.concat([jpeg, latin(html)]), mime: 'image/jpeg' },
	{ name: 'a.svg', type: 'image/svg+xml', body: Buffer.concat([webp, latin(svg)]), mime: 'image/webp' },
	{ name: 'a.zip', type: 'application/zip', body: Buffer.concat([gif, latin('PK\x03\x04')]), mime: 'image/gif' },
];

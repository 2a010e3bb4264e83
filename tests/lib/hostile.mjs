// Values that break things, for tests of every field and every parameter.

const escape = (code) => `\\u${code.toString(16).padStart(4, '0')}`;
export const nested = (depth, inner = '1') => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;

// By name: the text of a JSON value that one reader takes for something else than the next; good nowhere.
export const neverGood = {
	'1e400': '1e400', '-1e400': '-1e400', '1e-400': '1e-400', '2^64': '18446744073709551616', '-2^63-1': '-9223372036854775809',
	'10^400': `1${'0'.repeat(400)}`, 'NUL': '"\\u0000"', 'NUL inside': '"a\\u0000b"', 'half a pair': '"\\ud800"', 'the other half': '"x\\udc00"',
	'a pair turned round': '"\\udc00\\ud800"', 'a member twice': '{"a":1,"a":2}', 'NUL in a name': '{"a\\u0000":1}',
	'half a pair in a name': '{"\\ud800":1}', 'a member twice, spelt apart': '{"a":1,"\\u0061":2}', '1e400 in a list': '[1,[1e400]]',
};

// By name: the text of a JSON value that is good in some places.
export const values = {
	'null': 'null', 'true': 'true', 'false': 'false', '0': '0', '-0': '-0', '-1': '-1', '7': '7', '1.5': '1.5', '1e2': '1e2', '0.1e1': '0.1e1',
	'2^31': '2147483648', '2^53+1': '9007199254740993', '2^63-1': '9223372036854775807', '2^63': '9223372036854775808', '2^64-1': '18446744073709551615',
	'-2^63': '-9223372036854775808', '1e308': '1e308', 'empty': '""', 'blank': '" "', 'a word': '"true"', 'a number in quotes': '"12"', 'long': `"${'x'.repeat(20000)}"`,
	'every control character': `"${Array.from({ length: 31 }, (_, i) => escape(i + 1)).join('')}\\u007f\\u0085"`, 'bidi': '"\\u202egnp.exe\\u2069"',
	'not characters': '"\\ufffe\\uffff\\udbff\\udfff"', 'combining': `"${'\u0301'.repeat(100)}"`, 'emoji': '"😀👩‍👩‍👧"', 'SQL': '"\' OR 1=1;--"', 'markup': '"<script>x</script>{{x}}"',
	'a header': '"x\\r\\nSet-Cookie: a=b"', 'a path': '"../../etc/passwd"', 'format': '"%s%n%x"', 'braces': '"{\\"a\\":1}"', 'an array literal': '"{a,NULL,\\"}"',
	'[]': '[]', '[null]': '[null]', '[[]]': '[[]]', '[{}]': '[{}]', 'a list of all': '[1,"x",null,true,{},[]]', 'a long list': `[${'"x",'.repeat(1500)}"x"]`,
	'{}': '{}', '{a}': '{"a":1}', '__proto__': '{"__proto__":{"a":1}}', 'constructor': '{"constructor":{"prototype":{"a":1}}}', 'deep': nested(13), 'an empty name': '{"":1}',
};

// Of a query or a form, encoded as they go over the wire.
export const encoded = {
	'nothing': '', 'blank': '+', 'a word': 'x', '-1': '-1', '0': '0', '1.5': '1.5', '+1': '%2B1', '0x10': '0x10', '1e2': '1e2', '2^63': '9223372036854775808',
	'2^64': '18446744073709551616', '10^100': `1${'0'.repeat(100)}`, 'NUL': '%00', 'NUL inside': 'a%00b', 'bad UTF-8': '%ff', 'overlong': '%c0%af', 'a surrogate': '%ed%a0%80',
	'a broken escape': '%', 'a broken escape of one digit': '%4', 'not hexadecimal': '%zz', 'controls': '%01%1b%7f', 'lines': 'a%0d%0aSet-Cookie:%20a=b', 'huge': 'x'.repeat(3000),
	'SQL': '%27%20OR%201=1;--', 'an array literal': '%7Ba,NULL,%22%7D', 'null': 'null', 'JSON': '%7B%22a%22:1%7D', 'emoji': '%F0%9F%98%80', 'bidi': '%E2%80%AE', 'a path': '../../etc/passwd',
	'a date that is not': '2026-13-01', 'a date with signs': '2026--1-01', 'the end of time': '9999-12-31T23:59:59.999999Z', 'a place': '2026-02-30%2012:00:00~x', 'a place of another list': '2026-01-01%2012:00:00.000001~x',
	'the largest place': '9999-12-31%2023:59:59.999999~x', 'wildcards': '%25_%5C', 'tsquery': "a%20%26%20!(%20:*%20%3C-%3E%20'",
};

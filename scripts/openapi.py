#!/usr/bin/env python3
"""From docs/openapi.yaml, the contract of the API: what the program serves and what people read.

    openapi.py header    C: the JSON, and the data of the page /docs/api
    openapi.py markdown  docs/api-reference.md
    openapi.py examples  every example that these show, with its schema, for tests

The data of the page has every name in every object, since a template looks for what is missing further out.
"""
import json
import re
import sys

import yaml

METHODS = ('get', 'post', 'put', 'patch', 'delete')


def load(path):
	with open(path, encoding='utf-8') as file:
		return yaml.load(file, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))


class Contract:
	def __init__(self, document):
		self.document = document

	def at(self, node):
		"""What a $ref leads to, with what stands beside it; other nodes as they are."""
		while '$ref' in node:
			target = self.document
			for part in node['$ref'].split('/')[1:]:
				target = target[part]
			node = {**target, **{name: value for name, value in node.items() if name != '$ref'}}
		return node

	# ------------------------------------------------------------------ types, as pieces of text

	def type_of(self, schema):
		"""Pieces {text, href} that say what a value may be. Small schemas are written out where they stand."""
		name = schema.get('$ref', '').rpartition('/')[2]
		if name and self.has_section(name):
			return [piece(name, '#schema-' + name)]
		schema = self.at(schema)
		if 'oneOf' in schema:
			return joined([self.type_of(one) for one in schema['oneOf']])
		if 'const' in schema or 'enum' in schema:
			return joined([[piece(text_of(value))] for value in schema.get('enum', [schema.get('const')])])
		types = schema.get('type', 'any')
		types = types if isinstance(types, list) else [types]
		return joined([self.plain_type(one, schema) for one in types])

	def plain_type(self, name, schema):
		if name == 'array':
			return [piece('list of '), *self.type_of(schema.get('items', {}))]
		if name == 'string' and schema.get('format') == 'date-time':
			return [piece('time')]
		return [piece({'any': 'any JSON'}.get(name, name))]

	def has_section(self, name):
		schema = self.document['components']['schemas'][name]
		return 'properties' in schema or 'oneOf' in schema or schema.get('items', {}).get('properties') is not None

	def limits_of(self, schema):
		schema, words = self.at(schema), []
		for low, high, unit in (('minLength', 'maxLength', ' characters'), ('minItems', 'maxItems', ' entries'),
				('minimum', 'maximum', '')):
			least, most = schema.get(low), schema.get(high)
			if least is not None and most is not None:
				words.append(f'{least} to {most}{unit}')
			elif most is not None:
				words.append(f'at most {most}{unit}')
			elif least is not None:
				words.append(f'at least {least}{unit}')
		if 'pattern' in schema:
			words.append(f"`{schema['pattern']}`")
		if 'default' in schema:
			words.append(f"default `{text_of(schema['default'])}`")
		return [word[0].upper() + word[1:] for word in words]

	def row(self, name, schema, required):
		whole = self.at(schema)
		notes = [whole.get('description', '').strip(), '. '.join(self.limits_of(schema))]
		if whole.get('x-sensitive'):
			notes.append('A secret: keep it out of logs.')
		return {'name': name, 'type': self.type_of(schema), 'required': required,
			'text': spans(' '.join(note if note.endswith(('.', ':')) else note + '.' for note in notes if note))}

	def rows(self, schema, prefix=''):
		"""One row for each field; those of objects that have no section of their own follow with their path."""
		rows = []
		for name, field in schema.get('properties', {}).items():
			rows.append(self.row(prefix + name, field, name in schema.get('required', [])))
			if '$ref' not in field:
				rows += self.rows(field, f'{prefix}{name}.')
				if '$ref' not in field.get('items', {}):
					rows += self.rows(field.get('items', {}), f'{prefix}{name}[].')
		return rows

	# ------------------------------------------------------------------------------- examples

	def example(self, schema):
		schema = self.at(schema)
		for name in ('examples', 'enum'):
			if schema.get(name):
				return schema[name][0]
		for name in ('const', 'default'):
			if name in schema:
				return schema[name]
		if 'oneOf' in schema:
			return self.example(schema['oneOf'][0])
		types = schema.get('type')
		kind = types[0] if isinstance(types, list) else types
		if kind == 'object':
			return {name: self.example(field) for name, field in schema.get('properties', {}).items()}
		if kind == 'array':
			return [self.example(schema['items'])]
		return {'string': 'text', 'integer': schema.get('minimum', 1), 'boolean': True}.get(kind)

	def content_of(self, holder):
		"""The first media type of a body or response: its fields, and an example as text."""
		for kind, media in holder.get('content', {}).items():
			schema = media.get('schema')
			if schema is None:
				return {'type': [piece('the bytes of a file')], 'rows': [], 'example': ''}
			example = self.example_of(media)
			return {'type': self.type_of(schema), 'rows': self.rows(self.at(schema)) if '$ref' not in schema else [],
				'example': json.dumps(example, indent=2, ensure_ascii=False) if 'problem' not in kind else ''}
		return {'type': [], 'rows': [], 'example': ''}

	def examples(self):
		shown = [(name, schema, self.example(schema)) for name, schema in self.document['components']['schemas'].items()]
		for path, item in self.document['paths'].items():
			for method in METHODS:
				operation = item.get(method, {})
				holders = [operation.get('requestBody', {}), *operation.get('responses', {}).values()]
				for media in [media for holder in holders for media in self.at(holder).get('content', {}).values() if 'schema' in media]:
					shown.append((f'{method} {path}', media['schema'], self.example_of(media)))
		return [{'where': where, 'schema': schema, 'example': example} for where, schema, example in shown]

	def example_of(self, media):
		return media.get('example', self.example(media['schema']))

	# ----------------------------------------------------------------------------- operations

	def operation(self, method, path, item, operation):
		body = self.at(operation.get('requestBody', {}))
		answers = [(status, self.at(answer)) for status, answer in operation['responses'].items()]
		good = [{'status': status, 'text': spans(answer['description'].strip()), **self.content_of(answer)}
			for status, answer in answers if status < '400']
		for answer in good:
			answer['shown'] = bool(answer['example'])
			answer['any'] = bool(answer['rows'])
			answer['typed'] = bool(answer['type']) and not answer['any']
		parameters = [self.parameter(one) for one in item.get('parameters', []) + operation.get('parameters', [])]
		sent = self.content_of(body)
		return {'id': operation['operationId'], 'method': method.upper(), 'path': path, 'summary': operation['summary'],
			'permission': operation.get('x-permission'), 'callers': self.callers(operation), 'about': paragraphs(operation.get('description', '')),
			'parameters': parameters, 'hasParameters': bool(parameters),
			'body': {**sent, 'optional': not body.get('required', False), 'any': bool(sent['rows']), 'shown': bool(sent['example'])} if body else None,
			'good': good, 'refusals': [{'status': status} for status, _ in answers if status >= '400']}

	def parameter(self, one):
		"""Of what many operations take, the first sentence; the rest has a section."""
		whole = self.at(one)
		about = whole.get('description', '').strip()
		more = '$ref' in one and '\n\n' in about
		words = [about.split(':')[0] + '.'] if more else [about, *[f'{words}.' for words in self.limits_of(whole['schema'])]]
		row = self.row(whole['name'], whole['schema'], whole.get('required', False))
		return {**row, 'place': whole['in'], 'text': spans(' '.join(words).strip()), 'more': '#parameter-' + whole['name'] if more else None}

	def shared(self):
		return [{'name': one['name'], 'about': paragraphs(one['description'])} for one in self.document['components']['parameters'].values()
			if '\n\n' in one.get('description', '')]

	def callers(self, operation):
		names = [name for one in operation.get('security', self.document['security']) for name in one]
		words = {'visitorToken': 'a visitor', 'secretKey': 'a secret key', 'sessionCookie': 'a signed-in agent'}
		return ' or '.join(words[name] for name in names) or 'anybody'

	def reference(self):
		document, groups = self.document, []
		for tag in document['tags']:
			operations = [self.operation(method, path, item, item[method]) for path, item in document['paths'].items()
				for method in METHODS if method in item and item[method]['tags'][0] == tag['name']]
			groups.append({'name': tag['name'], 'about': paragraphs(tag['description']), 'operations': operations})
		return {'title': document['info']['title'], 'version': document['info']['version'], 'about': paragraphs(document['info']['description']),
			'groups': groups, 'shared': self.shared(), 'schemas': [self.section(name, schema) for name, schema in document['components']['schemas'].items()
				if self.has_section(name)],
			'codes': self.codes(),
			'fieldCodes': [{'code': code, 'text': spans(meaning)} for code, meaning in document['x-field-codes'].items()]}

	def codes(self):
		"""The first code of a status is where links to the status lead."""
		rows, seen = [], set()
		for code, facts in self.document['x-codes'].items():
			rows.append({'code': code, 'status': facts['status'], 'text': spans(facts['meaning']), 'anchor': facts['status'] not in seen})
			seen.add(facts['status'])
		return rows

	def section(self, name, schema):
		forms = []
		for form in schema.get('oneOf', [schema if 'properties' in schema else schema.get('items', {})]):
			forms.append({'rows': self.rows(self.at(form))})
		return {'name': name, 'about': paragraphs(schema.get('description', '')), 'forms': forms,
			'example': json.dumps(self.example(schema), indent=2, ensure_ascii=False)}


def piece(text, href=None):
	return {'text': text, 'href': href}


def joined(parts):
	"""a, b or c"""
	out = []
	for number, part in enumerate(parts):
		if number:
			out.append(piece(' or ' if number == len(parts) - 1 else ', '))
		out += part
	return out


def text_of(value):
	return value if isinstance(value, str) else json.dumps(value)


def spans(text):
	"""Text with `code` and **strong** as pieces, each with all three names."""
	out = []
	for part in re.split(r'(`[^`]+`|\*\*[^*]+\*\*)', ' '.join(text.split())):
		if part:
			code, strong = part[0] == '`', part.startswith('**')
			out.append({'code': part[1:-1] if code else None, 'strong': part[2:-2] if strong else None,
				'plain': None if code or strong else part})
	return out


def paragraphs(text):
	return [{'text': spans(part)} for part in text.strip().split('\n\n') if part.strip()]


# ------------------------------------------------------------------------------------ Markdown

def flat(parts):
	"""Spans as Markdown again."""
	return ''.join(f"`{p['code']}`" if p['code'] else f"**{p['strong']}**" if p['strong'] else p['plain'] for p in parts)


def linked(parts):
	return ''.join(f"[{p['text']}]({p['href'].lower()})" if p['href'] else p['text'] for p in parts)


def cell(text):
	return text.replace('|', '\\|')


def table(rows, first, place=False):
	lines = [f"| {first} |{' in |' if place else ''} type | |", f"|---|{'---|' if place else ''}---|---|"]
	for row in rows:
		where = f" {row['place']} |" if place else ''
		must = ' (required)' if row['required'] else ''
		more = f" [More]({row['more'].lower()})." if place and row['more'] else ''
		lines.append(f"| `{row['name']}`{must} |{where} {cell(linked(row['type']))} | {cell(flat(row['text']))}{more} |")
	return '\n'.join(lines) + '\n'


def block(example):
	return f'```json\n{example}\n```\n'


def markdown_operation(operation):
	out = [f"### `{operation['method']} {operation['path']}`\n", f"{operation['summary']}.\n"]
	out += [flat(part['text']) + '\n' for part in operation['about']]
	needs = f" Staff need the permission `{operation['permission']}`." if operation['permission'] else ''
	out.append(f"Asked by {operation['callers']}.{needs} Operation `{operation['id']}`.\n")
	if operation['parameters']:
		out.append(table(operation['parameters'], 'parameter', place=True))
	body = operation['body']
	if body:
		out.append('Body' + (' (may be left out)' if body['optional'] else '') + (':' if body['rows'] else f": {linked(body['type'])}.") + '\n')
		if body['rows']:
			out += [table(body['rows'], 'field'), block(body['example'])]
	for answer in operation['good']:
		kind = f" {linked(answer['type'])}." if answer['typed'] else ''
		out.append(f"**{answer['status']}** {flat(answer['text'])}{kind}\n")
		if answer['rows']:
			out.append(table(answer['rows'], 'field'))
	out.append('Problems: ' + ', '.join(one['status'] for one in operation['refusals']) + '.\n' if operation['refusals'] else '')
	return [part for part in out if part]


def markdown(reference):
	out = ["# The API of Parlor\n", "<!-- Made from docs/openapi.yaml by scripts/openapi.py markdown; change that file. -->\n"]
	out += [flat(part['text']) + '\n' for part in reference['about']]
	for group in reference['groups']:
		out += [f"## {group['name'].capitalize()}\n", *[flat(part['text']) + '\n' for part in group['about']]]
		for operation in group['operations']:
			out += markdown_operation(operation)
	for one in reference['shared']:
		out += [f"### parameter {one['name']}\n", *[flat(part['text']) + '\n' for part in one['about']]]
	out.append('## Schemas\n')
	for schema in reference['schemas']:
		out += [f"### schema {schema['name']}\n", *[flat(part['text']) + '\n' for part in schema['about']]]
		out += [table(form['rows'], 'field') for form in schema['forms']]
	out += ['## Codes of problems\n', '| code | status | |\n|---|---|---|\n' + ''.join(
		f"| `{one['code']}` | {one['status']} | {cell(flat(one['text']))} |\n" for one in reference['codes'])]
	out += ['Codes in `errors`, of single fields:\n', '| code | |\n|---|---|\n' + ''.join(
		f"| `{one['code']}` | {cell(flat(one['text']))} |\n" for one in reference['fieldCodes'])]
	return '\n'.join(out)


# ------------------------------------------------------------------------------------------- C

def c_text(name, text):
	"""A constant. In lines, since no compiler likes one of a hundred thousand characters."""
	lines = [text[at:at + 90] for at in range(0, len(text), 90)]
	quoted = '\n'.join('\t"' + line.replace('\\', '\\\\').replace('"', '\\"').replace('?', '\\?') + '"' for line in lines)
	return f'static const char {name}[] =\n{quoted};\n'


def compact(value):
	return json.dumps(value, separators=(',', ':'))


def main():
	if len(sys.argv) != 3 or sys.argv[1] not in ('header', 'markdown', 'examples'):
		sys.exit('usage: openapi.py header|markdown|examples FILE')
	document = load(sys.argv[2])
	if sys.argv[1] == 'header':
		print('/* Made by scripts/openapi.py. */\n' + c_text('contract_json', compact(document)))
		print(c_text('contract_reference', compact(Contract(document).reference())), end='')
	elif sys.argv[1] == 'examples':
		print(compact(Contract(document).examples()))
	else:
		print(markdown(Contract(document).reference()), end='')


main()

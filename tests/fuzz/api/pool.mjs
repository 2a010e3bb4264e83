// What answers have shown, to be used in later requests: ids by their kind, cursors, tags of versions.

const KINDS = { conversationId: 'conversation', chatUserId: 'visitor', visitorId: 'visitor', assignedAgentId: 'member', agentId: 'member', memberId: 'member',
	messageId: 'message', attachmentIds: 'attachment', next: 'after', cursor: 'cursor', clientId: 'clientId', seq: 'seq', replacedBy: 'key' };
const LISTS = { conversations: 'conversation', messages: 'message', 'api-keys': 'key', visitors: 'visitor', attachments: 'attachment', notes: 'message' };
const KEPT = 60;

export class Pool {
	constructor(random) {
		Object.assign(this, { random, kinds: new Map() });
	}

	add(kind, value) {
		if (typeof value !== 'string' && typeof value !== 'number')
			return;
		const list = this.kinds.get(kind) ?? this.kinds.set(kind, []).get(kind), text = String(value);
		if (!list.includes(text))
			list.length < KEPT ? list.push(text) : list.splice(this.random.between(0, KEPT - 1), 1, text);
	}

	// Of a kind, undefined when none was seen.
	of(kind) {
		return this.random.pick(this.kinds.get(kind) ?? []);
	}

	any() {
		const lists = [...this.kinds.values()];
		return lists.length ? this.random.pick(this.random.pick(lists)) : 'x';
	}

	learn(answer) {
		if (answer.headers.etag)
			this.add('etag', answer.headers.etag);
		if (answer.json && answer.status < 300)
			this.#walk(answer.json, LISTS[answer.path.replace(/\?.*/, '').split('/').at(-1)] ?? 'other');
	}

	#walk(value, kind) {
		if (Array.isArray(value))
			return value.slice(0, 20).forEach((one) => this.#walk(one, kind));
		for (const [name, one] of Object.entries(value ?? {}))
			if (one && typeof one === 'object')
				this.#walk(one, name === 'data' ? kind : LISTS[name] ?? name);
			else
				this.add(name === 'id' ? kind : KINDS[name] ?? 'other', one);
	}
}

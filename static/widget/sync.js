'use strict';

/*
 * The conversation's life: session, outbox, polling. It keeps `state`, which the panel draws, and
 * says `changed` after every change of it.
 *
 * Several tabs of a browser share storage. One of them, the leader, polls and sends for all; it
 * passes what it polled to the others. The tab in use takes the lead, because browsers slow down
 * hidden ones. Without Web Locks (http pages) every tab leads: messages still appear once, because
 * the server knows them by their clientId, and in order, because each waits for the one before.
 */
function createSync(key, changed) {
	const { Thread, request, backoff } = core;
	const store = core.storage('parlor.' + key + '.');
	const state = {
		phase: 'idle',      /* loading, slow (it failed and is tried again), ready, refused */
		settings: null,
		conversation: null,
		thread: new Thread(),
		pending: [],        /* the outbox: {clientId, content, at, error: ''|'passing'|'final'} */
		typing: null,       /* name of the agent who writes */
		readSeq: 0,         /* how far this visitor has read */
		offline: !navigator.onLine,
	};
	const page = { url: '', referrer: '', user: null };
	const channel = window.BroadcastChannel ? new BroadcastChannel('parlor.' + key) : null;
	const nap = { start: core.alarm(), poll: core.alarm(), send: core.alarm() };
	let session = null;     /* {token, cursor}; null until there is one on the server */
	let leader = false;
	let queued = null;      /* our request for the lead */
	let cut = null;         /* ends the request that waits for events */
	let polling = false, sending = false, entering = 0, filling = false;
	let held = [];          /* what other tabs polled while the state was loaded */
	let typingTimer = 0, typedAt = 0;

	/* --- Settings and session --- */

	async function start() {
		if (state.phase === 'loading' || state.phase === 'slow')
			return nap.start.ring();
		state.phase = 'loading';
		for (let tries = 1; state.phase !== 'ready'; tries++) {
			changed();
			try {
				const path = 'settings?key=' + encodeURIComponent(key);
				[state.settings] = await Promise.all([request('GET', path), session || resume()]);
				state.phase = 'ready';
			} catch (error) {
				if (!error.passing) {
					state.phase = 'refused';
					return changed();
				}
				state.phase = 'slow';
				changed();
				await nap.start.wait(backoff(tries, error.retryAfter));
			}
		}
		collect();
		lead(false);
	}

	/* Start-up with a token, another tab's new session, and a cursor that is too old: one path. */
	async function resume() {
		const token = store.get('token');
		if (!token)
			return;
		try {
			await enter(token);
		} catch (error) {
			if (error.status !== 401)
				throw error;
			forget();
		}
	}

	async function enter(token) {
		const turn = ++entering;
		held = [];
		const answer = await request('POST', 'session', { body: { key, token: token || undefined,
			user: page.user || undefined, pageUrl: page.url || undefined,
			referrer: page.referrer || undefined, locale: navigator.language } });
		const conversation = answer.conversation;
		const thread = new Thread();
		if (conversation && conversation.lastSeq) {
			const path = `conversations/${conversation.id}/messages?limit=50&before=${conversation.lastSeq + 1}`;
			thread.merge((await request('GET', path, { token: answer.token })).data);
		}
		if (turn !== entering)
			return; /* overtaken by a newer one */
		entering = 0;
		session = { token: answer.token, cursor: answer.cursor };
		if (store.get('token') !== answer.token)
			store.set('token', answer.token);
		Object.assign(state, { settings: answer.settings || state.settings, conversation, thread,
			readSeq: conversation ? conversation.visitorReadSeq : 0 });
		settle();
		held.splice(0).forEach(apply);
		changed();
		poll();
	}

	/* The session is gone; what was not sent yet stays and will start a new one. */
	function forget() {
		entering = 0;
		session = null;
		store.remove('token');
		Object.assign(state, { conversation: null, thread: new Thread(), typing: null, readSeq: 0 });
		changed();
	}

	/* For a log-out: nothing of the visitor stays in this browser. */
	function leave() {
		for (const name of store.names())
			store.remove(name);
		collect();
		forget();
	}

	/* --- Outbox --- */

	function collect() {
		state.pending = store.names().filter((name) => name.startsWith('out.'))
			.map((name) => JSON.parse(store.get(name)));
		changed();
	}

	function nameOf(item) {
		return 'out.' + item.at + '.' + item.clientId;
	}

	function keep(item) {
		store.set(nameOf(item), JSON.stringify(item));
		collect();
	}

	function discard(item) {
		store.remove(nameOf(item));
		collect();
	}

	function send(content) {
		const last = state.pending[state.pending.length - 1];
		keep({ clientId: core.uuid(), content, at: Math.max(Date.now(), last ? last.at + 1 : 0), error: '' });
		typedAt = 0;
		lead(true);
		deliver();
	}

	function retry(item) {
		if (item.error === 'final')
			keep({ ...item, error: '' });
		lead(true);
		nap.send.ring();
		deliver();
	}

	/* Sends the outbox in order, one at a time, each as often as it takes. */
	async function deliver() {
		if (sending || !leader)
			return;
		sending = true;
		for (let item, tries = 0; leader && (item = state.pending.find(({ error }) => error !== 'final'));) {
			try {
				await post(item);
				tries = 0;
				online(true);
			} catch (error) {
				const gone = error.status === 404 || error.code === 'conversation_closed';
				if (error.status === 401 && tries === 0) {
					forget();
				} else if (gone && state.conversation) {
					state.conversation = null; /* the next try starts another */
				} else if (error.passing || error.status === 401) {
					if (store.get(nameOf(item)))
						keep({ ...item, error: 'passing' });
					if (!error.status)
						online(navigator.onLine && tries < 1);
				} else {
					keep({ ...item, error: 'final' });
					continue;
				}
				await nap.send.wait(backoff(++tries, error.retryAfter));
			}
		}
		sending = false;
	}

	async function post({ clientId, content }) {
		if (!session)
			await begin();
		const { conversation } = state;
		const going = conversation && conversation.status !== 'closed';
		const turn = session;
		const answer = await request('POST', going ? `conversations/${conversation.id}/messages` : 'conversations',
			{ token: turn.token, body: going ? { clientId, content } :
				{ clientId, content, pageUrl: page.url || undefined } });
		if (turn !== session)
			return;
		if (answer.conversation && !(state.conversation && state.conversation.id === answer.conversation.id))
			Object.assign(state, { conversation: answer.conversation, thread: new Thread(), readSeq: 0 });
		state.thread.merge([answer.message]);
		settle();
		fill();
	}

	/* The first message makes the visitor. Under a lock, lest two tabs make two of them. */
	function begin() {
		const make = () => session || enter(store.get('token'));
		return navigator.locks ? navigator.locks.request('parlor.session.' + key, make) : make();
	}

	/* Takes out of the outbox what the thread has: also when the answer to the send was lost. */
	function settle() {
		const arrived = new Set(state.thread.list.map((message) => message.clientId));
		for (const item of state.pending)
			if (arrived.has(item.clientId))
				store.remove(nameOf(item));
		collect();
	}

	/* --- Events --- */

	async function poll() {
		if (polling || !leader || !session)
			return;
		polling = true;
		for (let failures = 0, pause = 0; leader && session; await nap.poll.wait(pause)) {
			const turn = session;
			const asked = Date.now();
			cut = new AbortController();
			try {
				const batch = await request('GET', 'events?wait=25&cursor=' + encodeURIComponent(turn.cursor),
					{ token: turn.token, signal: cut.signal, timeout: 40000 });
				failures = 0;
				online(true);
				if (turn === session) {
					apply(batch);
					if (channel)
						channel.postMessage(batch);
				}
				/* An answer at once and without events, from a server that should hold: no spinning. */
				const empty = !batch.events.length && !batch.live.length;
				pause = batch.pollAfterMs ? batch.pollAfterMs * (1 + Math.random() / 5) :
					empty && Date.now() - asked < 500 ? 1000 : 0;
			} catch (error) {
				pause = 0;
				if (turn !== session || cut.signal.aborted)
					continue;
				if (error.status === 410)
					await resume().catch(() => { failures++; });
				else if (error.status === 401)
					forget();
				else
					failures++;
				if (failures) {
					online(failures < 2 && navigator.onLine);
					pause = backoff(failures, error.retryAfter);
				}
			}
		}
		polling = false;
	}

	function apply(batch) {
		if (entering || !session)
			return void held.push(batch);
		session.cursor = batch.cursor;
		for (const event of batch.events)
			take(event);
		for (const live of batch.live)
			if (live.type === 'typing' && state.conversation && live.conversationId === state.conversation.id &&
				live.senderType !== 'user')
				typing(live.typing ? live.name : null);
		settle();
		fill();
		report();
		changed();
	}

	function take({ type, conversationId, data }) {
		const { conversation, thread } = state;
		if (!conversation || conversationId !== conversation.id) {
			if (type === 'conversation.created' || type === 'message.created')
				resume().catch(() => {}); /* a newer conversation; when it fails, the next start finds it */
		} else if (type === 'message.created' || type === 'message.updated') {
			thread.merge([data.message]);
			if (data.message.senderType !== 'user')
				typing(null);
		} else if (type === 'message.read') {
			const field = data.reader === 'visitor' ? 'visitorReadSeq' : 'agentReadSeq';
			conversation[field] = Math.max(conversation[field], data.seq);
			state.readSeq = Math.max(state.readSeq, conversation.visitorReadSeq);
		} else if (data.conversation) {
			Object.assign(conversation, data.conversation);
		}
	}

	/* Fetches what is missing within the thread or at its end. */
	async function fill() {
		if (filling)
			return;
		filling = true;
		for (let from, last = -1; session && state.conversation; last = from) {
			const { thread, conversation } = state;
			from = thread.hole(conversation.lastSeq);
			if (from === null || from === last)
				break;
			try {
				const path = `conversations/${conversation.id}/messages?limit=100&after=${from}`;
				thread.merge((await request('GET', path, { token: session.token })).data);
			} catch (error) {
				break; /* the next event tries again */
			}
			settle();
		}
		filling = false;
	}

	async function older() {
		const { thread, conversation } = state;
		const path = `conversations/${conversation.id}/messages?limit=50&before=${thread.first}`;
		thread.merge((await request('GET', path, { token: session.token })).data);
		changed();
	}

	/* --- Typing and reading --- */

	function typing(name) {
		clearTimeout(typingTimer);
		state.typing = name;
		if (name)
			typingTimer = setTimeout(() => {
				state.typing = null;
				changed();
			}, 6000);
	}

	function tell(what, body) {
		return request('POST', `conversations/${state.conversation.id}/${what}`, { token: session.token, body });
	}

	/* At most once in 3 s; the other side lets it expire after 6. */
	function typed() {
		if (!session || !state.conversation || Date.now() - typedAt < 3000)
			return;
		typedAt = Date.now();
		tell('typing', { typing: true }).catch(() => {});
	}

	function read() {
		if (state.thread.last <= state.readSeq || !unread())
			return;
		state.readSeq = state.thread.last;
		changed();
		report();
	}

	/* Until the server has it; a failed one is repeated after the next poll. */
	function report() {
		const { conversation, readSeq } = state;
		if (session && conversation && readSeq > conversation.visitorReadSeq)
			tell('read', { seq: readSeq }).then(() => {
				conversation.visitorReadSeq = Math.max(conversation.visitorReadSeq, readSeq);
			}, () => {});
	}

	function unread() {
		return state.thread.list.filter(({ senderType, seq }) => senderType === 'agent' && seq > state.readSeq).length;
	}

	/* --- Tabs and the network --- */

	function lead(steal) {
		if (leader)
			return;
		if (!navigator.locks)
			return take_lead();
		if (queued)
			queued.abort();
		const mine = queued = new AbortController();
		navigator.locks.request('parlor.lead.' + key, steal ? { steal } : { signal: mine.signal }, () => {
			take_lead();
			return new Promise(() => {}); /* until the tab closes or another one takes it */
		}).catch(() => {
			if (queued !== mine)
				return;
			leader = false;
			if (cut)
				cut.abort();
			lead(false);
		});
	}

	function take_lead() {
		leader = true;
		deliver();
		poll();
	}

	function online(yes) {
		if (state.offline === yes) {
			state.offline = !yes;
			changed();
		}
	}

	function wake() {
		nap.start.ring();
		nap.poll.ring();
		nap.send.ring();
	}

	if (channel)
		channel.onmessage = ({ data }) => apply(data);
	window.addEventListener('storage', ({ key: name }) => {
		if (state.phase === 'idle')
			return;
		const token = store.get('token');
		if (!token && session)
			forget();
		else if (token && (!session || session.token !== token))
			resume().catch(() => {});
		if (name && name.includes('.out.')) {
			collect();
			deliver();
		}
	});
	window.addEventListener('online', () => {
		online(true);
		wake();
	});
	window.addEventListener('offline', () => online(false));
	document.addEventListener('visibilitychange', () => {
		if (document.visibilityState !== 'visible' || state.phase !== 'ready')
			return;
		lead(true);
		wake();
	});

	return { state, page, store, start, send, retry, discard, older, typed, read, unread, leave };
}

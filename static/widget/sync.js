'use strict';

/*
 * The conversation's life: session, outbox, polling. It keeps `state`, which the panel draws, and
 * calls changed() after every change of it. What the page around is to know goes to say(). known: the
 * server may know who this is without being told.
 *
 * Several tabs of a browser share storage. One of them, the leader, polls and sends for all and
 * passes on what it polled. The tab in use takes the lead, because browsers slow down hidden ones.
 * Without Web Locks (http pages) every tab leads: messages still appear once, because the server
 * knows them by their clientId, and in order, because each waits for the one before.
 */
function createSync(key, changed, say, known) {
	const { Thread, request, backoff } = core;
	let { locks } = navigator;
	const store = core.storage('parlor.' + key + '.');
	const state = {
		phase: 'idle',  /* loading, slow (failed, tried again), ready, refused, expired (the page's proof) */
		settings: null,
		conversation: null,
		thread: new Thread(),
		pending: [],    /* the outbox: {clientId, content, attachments, attachmentIds, at, error: '' | 'passing' | 'final'} */
		typing: '',     /* name of the agent who writes */
		readSeq: 0,     /* how far this visitor has read */
		offline: !navigator.onLine,
	};
	let page = {};       /* of the website: {pageUrl, referrer, user} */
	let told;            /* the user as the page told it last */
	const channel = window.BroadcastChannel ? new BroadcastChannel('parlor.' + key) : null;
	const starting = core.alarm(), polling = core.alarm(), sending = core.alarm();
	let session = null;  /* {token, cursor}; null until there is one on the server */
	let leader = false;
	let claim = null;    /* our request for the lead */
	let cut = null;      /* ends the request that waits for events */
	let loaded = null;   /* the session that was loaded just to send */
	let held = null;     /* while the state of a token is loaded: what other tabs polled meanwhile */
	let filling = false;
	let typingTimer = 0, typedAt = 0;
	let reported = 0;    /* the readSeq that the server was told */

	/* --- Settings and session --- */

	async function start() {
		if (/loading|slow/.test(state.phase))
			return starting.ring();
		for (let tries = 1; state.phase !== 'ready'; tries++) {
			state.phase = tries > 1 ? 'slow' : 'loading';
			changed();
			try {
				const path = 'settings?key=' + encodeURIComponent(key);
				[state.settings] = await Promise.all([request('GET', path), session || resume()]);
				state.phase = 'ready';
			} catch (error) {
				if (error.passing === false) {
					state.phase = page.user ? 'expired' : 'refused';
					return changed();
				}
				await starting.wait(backoff(tries, error.retryAfter));
			}
		}
		collect();
		lead();
	}

	/* The page around the panel, and who its visitor is, as far as it says. */
	function visit(url, referrer, user) {
		const isNew = told !== (told = JSON.stringify(user));
		page = { pageUrl: url.slice(0, 2000) || undefined, referrer: referrer.slice(0, 2000) || undefined,
			user: isNew ? user : page.user };
		if (isNew && user && /ready|loading|slow/.test(state.phase))
			resume().catch(() => {});
	}

	/* Start-up with a token, another tab's new session, a cursor that is too old: one path. */
	async function resume() {
		const token = store.get('token');
		try {
			if (token || known || page.user?.hash || page.user?.token)
				await enter(token);
		} catch (error) {
			if (error.status !== 401)
				throw error;
			forget();
		}
	}

	/* The cursor is of no use any more: the state is what is asked for, until it comes. */
	async function reload() {
		for (const turn = session; leader && session && session === turn;)
			try {
				return await patient(resume);
			} catch (error) {
				if (error.passing === false)
					return;
			}
	}

	/* A refusal of one part does not throw away the parts before it. */
	async function patient(work) {
		for (let tries = 1; ; tries++)
			try {
				return await work();
			} catch (error) {
				if (error.passing === false || tries === 8)
					throw error;
				await polling.wait(backoff(tries, error.retryAfter));
			}
	}

	async function enter(token) {
		const mine = held = [];
		mine.token = token;
		try {
			/* The key also stands in the address, where the web server sees whose request it is. */
			const open = () => request('POST', 'session?key=' + encodeURIComponent(key),
				{ body: { key, token: token || undefined, locale: navigator.language, ...page } });
			/* A proof that is over: the page may bring another. Who has a token goes on with it. */
			const answer = await open().catch((error) => {
				if (error.status === 403 && page.user) {
					say('refused');
					if (token)
						return page.user = undefined, open();
				}
				throw error;
			});
			const { conversation, visitor } = answer;
			const thread = new Thread();
			if (conversation?.lastSeq)
				thread.merge(await patient(() =>
					messages(conversation, answer.token, 'limit=50&before=' + (conversation.lastSeq + 1))));
			if (mine !== held)
				return; /* a newer one is under way */
			session = { token: answer.token, cursor: answer.cursor };
			reported = 0;
			if (answer.token !== token)
				store.set('token', answer.token);
			/* Somebody else than the one who was known here does not send what that one wrote. */
			if ((store.get('who') || visitor.id) !== visitor.id)
				clear(/^out|^draft|^who/);
			if (visitor.verified)
				store.set('who', visitor.id);
			Object.assign(state, { conversation, thread, readSeq: conversation ? conversation.visitorReadSeq : 0 });
		} finally {
			if (mine === held)
				held = null;
		}
		mine.forEach(apply);
		settle();
		poll();
	}

	async function messages(conversation, token, query) {
		return (await request('GET', `conversations/${conversation.id}/messages?${query}`, { token })).data;
	}

	/* The session is gone; what was not sent yet stays and will start a new one. */
	function forget() {
		session = held = null;
		store.remove('token');
		Object.assign(state, { conversation: null, thread: new Thread(), typing: '', readSeq: 0 });
		changed();
	}

	function clear(names) {
		for (const name of store.names())
			if (names.test(name))
				store.remove(name);
		collect();
		say('cleared');
	}

	/* For a log-out: nothing of the visitor stays in this browser, in any tab, nor is the token good. */
	async function leave() {
		const token = store.get('token');
		drop();
		channel?.postMessage(null);
		if (token)
			await request('DELETE', 'session', { token, timeout: 3000 }).catch(() => {});
	}

	function drop() {
		page.user = undefined;
		forget();
		clear(/./);
	}

	/* --- Outbox: an entry of storage each, so that tabs do not overwrite each other's --- */

	const nameOf = (item) => 'out.' + item.at + '.' + item.clientId;

	function collect() {
		state.pending = store.names().filter((name) => name.startsWith('out.'))
			.map((name) => JSON.parse(store.get(name)));
		changed();
	}

	function keep(item, error) {
		store.set(nameOf(item), JSON.stringify({ ...item, error }));
		collect();
	}

	function discard(item) {
		store.remove(nameOf(item));
		collect();
	}

	function send(content, files) {
		const after = state.pending.reduce((last, item) => Math.max(last, item.at + 1), 0);
		keep({ clientId: core.randomId(), content, ...files, at: Math.max(Date.now(), after) }, '');
		typedAt = 0;
		lead(true);
		deliver();
	}

	function retry(item) {
		keep(item, '');
		lead(true);
		sending.ring();
		deliver();
	}

	/* In order, one at a time, each as often as it takes. */
	async function deliver() {
		if (sending.busy || !leader)
			return;
		sending.busy = true;
		for (let item, tries = 0; leader && (item = state.pending.find(({ error }) => error !== 'final'));) {
			try {
				await post(item);
				tries = 0;
				online(true);
				continue;
			} catch (error) {
				if (error.status === 401 && store.get('token')) {
					forget();
				} else if (error.passing === false && /404|409/.test(error.status) && state.conversation) {
					state.conversation = null; /* gone or closed: the next try starts another */
				} else if (error.passing === false && error.status !== 401) {
					keep(item, 'final');
					continue;
				} else if (store.get(nameOf(item))) {
					keep(item, 'passing');
				}
				tries++;
				if (!error.status)
					online(tries < 2);
				await sending.wait(backoff(tries, error.retryAfter));
			}
		}
		sending.busy = false;
	}

	/* One tab at a time, lest two of them make two visitors or two conversations; or another has sent it. */
	const post = (item) => alone(() => store.get(nameOf(item)) ? put(item) : collect());
	const alone = (work) => locks ? locks.request('parlor.send.' + key, work) : work();

	/* With a token then, of a visitor made for it: a file is uploaded before the first message is sent. */
	const visitor = () => alone(() => session || enter(store.get('token')));

	const isOpen = () => session && state.conversation && state.conversation.status !== 'closed';

	async function put({ at, clientId, content, attachmentIds }) {
		/* The first message makes the visitor. Later another tab may have begun a conversation. */
		if (!session || !isOpen() && session !== loaded) {
			await enter(store.get('token'));
			loaded = session;
		}
		const turn = session;
		if (!turn)
			throw core.failure(0);
		const path = isOpen() ? `conversations/${state.conversation.id}/messages` : 'conversations';
		const answer = await request('POST', path, {
			token: turn.token,
			body: { clientId, content, attachmentIds, pageUrl: isOpen() ? undefined : page.pageUrl },
		});
		if (turn !== session)
			return discard({ at, clientId }); /* it has arrived where it was written, though that is not shown any more */
		if (answer.conversation)
			adopt(answer.conversation);
		state.thread.merge([answer.message]);
		settle();
	}

	function adopt(conversation) {
		if (ours(conversation.id))
			return Object.assign(state.conversation, conversation);
		reported = 0;
		Object.assign(state, { conversation, thread: new Thread(), readSeq: conversation.visitorReadSeq });
	}

	/* Takes out of the outbox what has arrived, also when the answer to the send was lost. */
	function settle() {
		const arrived = new Set(state.thread.list.map((message) => message.clientId));
		for (const item of state.pending)
			if (arrived.has(item.clientId))
				store.remove(nameOf(item));
		collect();
		fill();
	}

	/* --- Events --- */

	async function poll() {
		if (polling.busy || !leader || !session)
			return;
		polling.busy = true;
		for (let failures = 0, pause; leader && session;) {
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
					channel?.postMessage(batch);
				}
				/* Short polling, or an answer that should have been held: no spinning. */
				pause = batch.pollAfterMs * (1 + Math.random() / 5) ||
					(!batch.events.length && !batch.live.length && Date.now() - asked < 500 ? 1000 : 0);
			} catch (error) {
				if (turn !== session || cut.signal.aborted)
					continue;
				online(++failures < 2);
				/* First the pause: after a crash of the server everybody is told at one moment. */
				await polling.wait(backoff(failures, error.retryAfter));
				pause = 0;
				if (/401|410/.test(error.status))
					await reload();
			}
			if (pause) /* no timer without need: they are slow in hidden tabs */
				await polling.wait(pause);
		}
		polling.busy = false;
	}

	function apply(batch) {
		if (held)
			return void held.push(batch);
		if (!session)
			return;
		session.cursor = batch.cursor;
		if (batch.events.filter((event) => !take(event)).length)
			resume().catch(() => {}); /* another conversation; when this fails, the next start finds it */
		for (const { type, conversationId, senderType, typing, name } of batch.live)
			if (type === 'typing' && senderType !== 'user' && ours(conversationId))
				writing(typing ? name : '');
		settle();
		report();
	}

	const ours = (id) => state.conversation && state.conversation.id === id;

	/* Whether the event could be understood with what is known here. */
	function take({ type, conversationId, data }) {
		const { conversation, thread } = state;
		if (type === 'conversation.created' && data.conversation && !isOpen())
			adopt(data.conversation);
		else if (!ours(conversationId))
			return !/\.created$/.test(type);
		else if (data.message) {
			thread.merge([data.message]);
			if (data.message.senderType !== 'user')
				writing('');
		} else if (type === 'message.read') {
			const field = data.reader === 'visitor' ? 'visitorReadSeq' : 'agentReadSeq';
			conversation[field] = Math.max(conversation[field], data.seq);
			state.readSeq = Math.max(state.readSeq, conversation.visitorReadSeq);
		} else if (data.conversation)
			Object.assign(conversation, data.conversation);
		return true;
	}

	/* Fetches what is missing within the thread or at its end. */
	async function fill() {
		if (filling || !session)
			return;
		filling = true;
		try {
			for (let from, last; session && state.conversation; last = from) {
				const { thread, conversation } = state;
				from = thread.hole(conversation.lastSeq);
				if (from === null || from === last)
					break;
				thread.merge(await messages(conversation, session.token, 'limit=100&after=' + from));
				changed();
			}
		} catch (error) {} /* the next event tries again */
		filling = false;
	}

	async function older() {
		const { thread, conversation } = state;
		thread.merge(await messages(conversation, session.token, 'limit=50&before=' + thread.first));
		changed();
	}

	/* --- Typing and reading --- */

	function writing(name) {
		clearTimeout(typingTimer);
		state.typing = name;
		changed();
		if (name)
			typingTimer = setTimeout(writing, 6000, '');
	}

	const tell = (what, body) =>
		request('POST', `conversations/${state.conversation.id}/${what}`, { token: session.token, body });

	/* At most once in 3 s; the other side lets it expire after 6. */
	function typed() {
		if (!session || !state.conversation || Date.now() - typedAt < 3000)
			return;
		typedAt = Date.now();
		tell('typing', { typing: true }).catch(() => {});
	}

	const unread = () => state.thread.list
		.filter(({ senderType, seq }) => senderType === 'agent' && seq > state.readSeq).length;

	function read() {
		if (!unread())
			return;
		state.readSeq = state.thread.last;
		changed();
		report();
	}

	/* A failed report is repeated with the next batch of events. */
	function report() {
		const { conversation, readSeq } = state;
		if (!session || !conversation || readSeq <= Math.max(reported, conversation.visitorReadSeq))
			return;
		reported = readSeq;
		tell('read', { seq: readSeq }).catch(() => {
			reported = 0;
		});
	}

	/* --- Tabs and the network --- */

	function lead(steal) {
		if (leader)
			return;
		claim?.abort();
		const mine = claim = new AbortController();
		const begun = () => {
			leader = true;
			deliver();
			poll();
			return new Promise(() => {}); /* held until the tab closes or another one takes it */
		};
		if (!locks)
			return begun();
		locks.request('parlor.lead.' + key, steal ? { steal } : { signal: mine.signal }, begun).catch(() => {
			if (claim !== mine)
				return; /* we asked again ourselves */
			if (!leader) {
				locks = null; /* they are forbidden here, with all storage */
				return begun();
			}
			leader = false; /* another tab took it */
			cut?.abort();
			lead();
		});
	}

	function online(yes) {
		yes = yes && navigator.onLine;
		if (state.offline === yes) {
			state.offline = !yes;
			changed();
		}
	}

	function wake() {
		for (const alarm of [starting, polling, sending])
			alarm.ring();
	}

	if (channel)
		channel.onmessage = ({ data }) => {
			if (data)
				return apply(data);
			drop();
			say('left');
		};
	addEventListener('storage', ({ key: name }) => {
		if (state.phase !== 'ready' || !store.has(name))
			return;
		const token = store.get('token');
		if (!token && session)
			forget();
		else if (token && (held || session)?.token !== token)
			resume().catch(() => {});
		collect();
		deliver();
	});
	addEventListener('online', () => {
		online(true);
		wake();
	});
	addEventListener('offline', () => online(false));
	document.addEventListener('visibilitychange', () => {
		if (document.visibilityState !== 'visible' || state.phase !== 'ready')
			return;
		lead(true);
		wake();
	});

	return { state, store, start, visit, visitor, send, retry, discard, older, typed, read, unread, leave };
}

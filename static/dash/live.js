/*
 * Live: one long poll for the whole organization. Events only say what changed; what is shown is
 * fetched from the server as it renders it, so there is one way to draw a line.
 */
(() => {
	'use strict';
	const parlor = window.parlor;
	const open = parlor.thread?.id;
	let cursor = parlor.$('meta[name="cursor"]').content;
	let failures = 0, waiting = null, stopped = false;

	const pause = (ms) => new Promise((done) => setTimeout(done, ms));

	parlor.signedOut = () => {
		stopped = true;
		const next = encodeURIComponent(location.pathname + location.search);
		parlor.say('You are signed out.', ['Sign in again', `/sign-in?next=${next}`]);
	};

	function all() {
		parlor.refreshList();
		if (open) {
			parlor.refreshThread();
			parlor.refreshHead();
			parlor.refreshDetails();
		}
	}

	function take(events) {
		let list = false, thread = false, details = false;
		for (const { type, conversationId, data } of events) {
			const here = open && conversationId === open;
			if (type === 'message.read') {
				if (here && data.reader === 'visitor')
					parlor.markRead(data.seq);
				list = list || data.reader === 'agent';
				continue;
			}
			list = true;
			if (here && type === 'message.updated')
				parlor.refreshLine(data.message);
			thread = thread || here && type === 'message.created';
			details = details || here && type.startsWith('conversation.') || type === 'visitor.identified';
		}
		if (list)
			parlor.refreshList();
		if (open && thread)
			parlor.refreshThread();
		if (open && details) {
			parlor.refreshHead();
			parlor.refreshDetails();
		}
	}

	function hear(live) {
		for (const { type, conversationId, senderType, name, typing } of live)
			if (type === 'typing' && conversationId === open)
				parlor.typing(typing ? name || (senderType === 'agent' ? 'A colleague' : 'The visitor') : null);
	}

	async function once() {
		waiting = new AbortController();
		const url = `/api/v1/events?cursor=${encodeURIComponent(cursor)}&wait=${failures ? 0 : 25}`;
		const answer = await parlor.api('GET', url, undefined, { signal: waiting.signal });
		if (failures) {
			failures = 0;
			parlor.say('');
		}
		cursor = answer.cursor;
		take(answer.events);
		hear(answer.live || []);
		if (answer.pollAfterMs)
			await pause(answer.pollAfterMs);
	}

	async function mend(error) {
		if (error.message === 'aborted')
			return;
		if (error.status === 401 || error.status === 403)
			return parlor.signedOut();
		if (error.status === 410) {
			/* After a crash of the server every agent is told at one moment. */
			await pause(parlor.backoff(1, error.retryAfter));
			/* First where we are, then what is there: nothing can fall between. */
			const now = await parlor.api('GET', '/api/v1/events?cursor=&wait=0').catch(() => null);
			if (now) {
				cursor = now.cursor;
				return all();
			}
		}
		failures++;
		if (failures > 1)
			parlor.say(navigator.onLine
				? 'No connection to the server. Trying again…'
				: 'You are offline. What you write is kept here.');
		await Promise.race([pause(parlor.backoff(failures, error.retryAfter)),
			new Promise((done) => addEventListener('online', done, { once: true }))]);
	}

	async function run() {
		while (!stopped)
			await once().catch(mend);
	}

	addEventListener('offline', () => parlor.say('You are offline. What you write is kept here.'));
	addEventListener('online', () => {
		/* A poll of before may hang on a connection that is no more. */
		failures = Math.max(failures, 1);
		waiting?.abort();
	});

	/* A page kept in the back-forward cache has no poll and old contents. */
	addEventListener('pagehide', () => {
		stopped = true;
		waiting?.abort();
	});
	addEventListener('pageshow', (event) => {
		if (!event.persisted)
			return;
		stopped = false;
		all();
		run();
	});
	run();
})();

/*
 * The open conversation. The server renders every line; here lines are added (each once, by
 * its id), days are drawn in the agent's own zone, and what was seen is told to the server.
 */
(() => {
	'use strict';
	const parlor = window.parlor;
	const thread = parlor.$('#thread');
	if (!thread)
		return;
	const { id, query } = thread.dataset;
	const log = parlor.$('.log', thread), messages = parlor.$('#messages'), jump = parlor.$('#jump');
	const api = `/api/v1/conversations/${id}`;
	let read = Number(messages.dataset.agentRead);

	/* The log grows upwards (column-reverse): 0 is the end, above it is negative. */
	const atEnd = () => Math.abs(log.scrollTop) < 40;
	const toEnd = () => (log.scrollTop = 0);
	const lastSeq = () => Number(messages.dataset.lastSeq);

	/* The line above which a day begins is set apart; what is right already is left alone. */
	function days() {
		const kept = new Set();
		let last = '';
		for (const line of parlor.$$('[data-id]', messages)) {
			const date = new Date(parlor.$('time', line).dateTime);
			if (date.toDateString() === last)
				continue;
			last = date.toDateString();
			kept.add(dayAbove(line, parlor.dayOf(date)));
			line.classList.add('leads');
		}
		for (const mark of parlor.$$('.day', messages))
			if (!kept.has(mark))
				mark.remove();
	}

	function dayAbove(line, name) {
		/* The "new" line belongs to its message. */
		const above = line.previousElementSibling;
		const first = above?.classList.contains('fresh') ? above : line;
		let mark = first.previousElementSibling;
		if (mark?.classList.contains('day') && mark.textContent === name)
			return mark;
		const text = document.createElement('span');
		mark = document.createElement('li');
		mark.className = 'day';
		text.textContent = name;
		mark.append(text);
		first.before(mark);
		return mark;
	}

	/* http and https addresses in what people wrote become links; nothing else does. */
	function links(root) {
		for (const text of parlor.$$('.text', root)) {
			if (text.childElementCount)
				continue;
			const parts = text.textContent.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/);
			if (parts.length < 2)
				continue;
			text.replaceChildren(...parts.map((part, i) => {
				if (i % 2 === 0)
					return part;
				const link = document.createElement('a');
				link.href = part;
				link.target = '_blank';
				link.rel = 'noopener noreferrer nofollow';
				link.textContent = part;
				return link;
			}));
		}
	}

	function dress() {
		days();
		links(messages);
		parlor.times(messages);
	}

	const find = (line) => line.dataset.id && messages.querySelector(`[data-id="${line.dataset.id}"]`);
	const pendingOf = (line) =>
		line.dataset.client && messages.querySelector(`.is-pending[data-client="${CSS.escape(line.dataset.client)}"]`);

	/* Lines in order of seq; a note has none and stays behind what it followed. */
	function add(lines) {
		const stay = atEnd();
		let strangers = 0;
		const unseen = !looking();
		for (const line of lines) {
			const seq = Number(line.dataset.seq) || 0;
			if (!line.dataset.id || find(line))
				continue;
			const ours = pendingOf(line);
			ours?.remove();
			const after = seq && [...messages.children].find((one) => Number(one.dataset.seq) > seq);
			const pending = parlor.$('.is-pending', messages);
			messages.insertBefore(document.adoptNode(line), after || pending || null);
			if (unseen && line.classList.contains('is-visitor') && !parlor.$('.fresh', messages))
				line.before(freshLine());
			messages.dataset.lastSeq = Math.max(lastSeq(), seq);
			if (line.classList.contains('is-visitor'))
				strangers++;
		}
		dress();
		if (stay)
			toEnd();
		else if (strangers)
			jump.hidden = false;
		if (strangers)
			parlor.typing(null);
		seen();
	}

	parlor.refreshThread = parlor.coalesce(async () => {
		if (parlor.$('.log-inner > .more:last-of-type:not([data-older])', thread))
			return; /* an older page is shown: it does not change */
		for (let full = true; full;) {
			const part = await parlor.part(`/inbox/${id}/thread?after=${lastSeq()}`).catch(failed);
			const lines = part ? parlor.$$('li[data-id]', part) : [];
			full = lines.length >= 200; /* as much as the server gives at once */
			add(lines);
		}
	});

	/* One line anew: the scanner has looked at its files, say. */
	parlor.refreshLine = async ({ id: message, seq }) => {
		const of = (root) => parlor.$(`li[data-id="${CSS.escape(message)}"]`, root);
		const part = seq && of(messages) && await parlor.part(`/inbox/${id}/thread?after=${seq - 1}`).catch(failed);
		const line = part && of(part), old = of(messages);
		if (!line || !old)
			return;
		line.className = old.className;
		old.replaceWith(document.adoptNode(line));
		dress();
	};

	/* Head and details, after a change of status, priority, assignee. */
	parlor.refreshDetails = parlor.coalesce(async () => {
		const details = parlor.$('#details');
		if (parlor.$('.menu[open]', details))
			return;
		const part = await parlor.part(details.dataset.url).catch(failed);
		if (!part)
			return;
		details.replaceChildren(...[...part.body.childNodes].map((node) => document.adoptNode(node)));
		parlor.times(details);
	}, 300);

	parlor.refreshHead = parlor.coalesce(async () => {
		const part = await parlor.part(`/inbox/${id}${query}`).catch(failed);
		const head = part && parlor.$('.thread-head', part);
		if (head)
			parlor.$('.thread-head', thread).replaceWith(document.adoptNode(head));
	}, 300);

	function failed(error) {
		if (error.status === 401)
			parlor.signedOut();
		return null;
	}

	/* Read: what stands at the end of a visible window is seen. */
	const tell = parlor.coalesce(async () => {
		const seq = lastSeq();
		if (seq <= read || !parlor.$('#composer'))
			return;
		await parlor.api('POST', `${api}/read`, { seq }).then(() => (read = seq), () => null);
	}, 400);

	const looking = () => document.visibilityState === 'visible' && document.hasFocus() && atEnd();

	function seen() {
		if (looking())
			tell();
	}

	/* Above the first line that came while nobody looked; gone with the next answer. */
	function freshLine() {
		const mark = document.createElement('li'), text = document.createElement('span');
		mark.className = 'fresh';
		text.textContent = 'New';
		mark.append(text);
		return mark;
	}

	/* The visitor has read up to seq. */
	parlor.markRead = (seq) => {
		messages.dataset.visitorRead = Math.max(seq, Number(messages.dataset.visitorRead));
		for (const line of parlor.$$('.is-agent[data-seq]', messages))
			if (Number(line.dataset.seq) <= seq)
				parlor.$('.receipt', line)?.removeAttribute('data-unseen');
	};

	let quiet;
	parlor.typing = (name) => {
		const line = parlor.$('#typing');
		clearTimeout(quiet);
		line.textContent = name ? `${name} is writing` : '';
		if (name)
			quiet = setTimeout(() => parlor.typing(null), 6000);
	};

	/* Older lines are put above without leaving the page. */
	thread.addEventListener('click', async (event) => {
		const older = event.target.closest('[data-older]');
		if (!older || event.ctrlKey || event.metaKey || event.shiftKey)
			return;
		event.preventDefault();
		const part = await parlor.part(older.href).catch(failed);
		if (!part)
			return location.assign(older.href);
		const lines = parlor.$$('#messages > li[data-id]', part).filter((line) => !find(line));
		messages.prepend(...lines.map((line) => document.adoptNode(line)));
		const more = parlor.$('[data-older]', part);
		if (more)
			older.href = more.href;
		else
			older.remove();
		dress();
	});

	jump.addEventListener('click', () => {
		toEnd();
		parlor.$('#content')?.focus();
	});
	log.addEventListener('scroll', () => {
		if (atEnd())
			jump.hidden = true;
		seen();
	}, { passive: true });
	addEventListener('focus', seen);
	document.addEventListener('visibilitychange', seen);

	parlor.caughtUp = () => parlor.$('.fresh', messages)?.remove();
	parlor.thread = { id, api, messages, toEnd, dress };
	dress();
	seen();
})();

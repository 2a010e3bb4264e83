'use strict';

/*
 * What the visitor sees and does, and the talk with the website around the frame. Text of people
 * goes in by textContent only.
 */
(() => {
	/* A language is one such table, chosen by the lang of the page. */
	const strings = { en: {
		chat: 'Conversation', close: 'Close chat', send: 'Send', write: 'Write a message…',
		online: 'We are online', away: 'We are away', team: 'Team',
		sending: 'Sending…', sent: 'Sent', seen: 'Seen', passing: 'Not sent.', final: 'Could not be sent.',
		retry: 'Try again', remove: 'Remove', older: 'Earlier messages', newer: '↓ New messages',
		typing: (name) => `${name} is typing`,
		closed: 'This conversation is closed. Write to start a new one.',
		offline: 'Offline. Messages are sent when you are back.',
		slow: 'No connection to the chat. Trying again…',
		refused: 'The chat is not available on this page.',
		expired: 'Load this page again to chat.',
	} };
	const root = document.documentElement;
	const { body } = document;
	const { lang } = root;
	const text = strings[lang] || strings.en;
	const $ = (id) => document.getElementById(id);
	const { legible, accent, links } = core;
	const sync = createSync(body.dataset.key, changed, say, body.dataset.known);
	const { state, store } = sync;
	const dark = matchMedia('(prefers-color-scheme: dark)');
	let site = null; /* origin of the page around us, once it has spoken */
	let shown = false;
	let pageColor = '';
	let focusDue = false;
	let due = false;
	let late = false; /* it takes so long that the empty panel is better than nothing */

	/* --- Drawing: after any number of changes, once --- */

	function changed() {
		if (due)
			return;
		due = true;
		queueMicrotask(() => {
			due = false;
			draw();
		});
	}

	function draw() {
		const { settings, phase, thread, pending } = state;
		const empty = !thread.list.length && !pending.length;
		body.className = classes(phase, settings?.online && 'online', empty && 'empty');
		write('notice', text[phase] || state.offline && text.offline || '');
		if (settings)
			drawSettings(settings);
		if (phase === 'ready')
			drawThread();
		if (phase === 'ready' && focusDue)
			focus();
		tellSite();
	}

	/* Files have a script of their own, which comes when the panel stands and takes over these. */
	const files = window.files = { sync, link, grow, changed, ready: (content) => content, take() {}, show() {} };
	let later = document.currentScript.src.replace('panel', 'files');

	function drawSettings({ name, theme, online, agents, primaryColor }) {
		const isDark = theme === 'dark' || theme !== 'light' && dark.matches;
		const colors = accent(pageColor || primaryColor);
		const { style } = root;
		root.toggleAttribute('data-dark', isDark);
		style.setProperty('--accent', colors.ground);
		style.setProperty('--ink', colors.ink);
		style.setProperty('--link', legible(colors.ground, isDark ? '#252c37' : '#f1f3f6'));
		write('name', name);
		write('presence', online ? text.online : text.away);
		$('faces').replaceChildren(...agents.slice(0, 3).map(({ initials }) => face(initials)));
	}

	/* Only what is new: these are announced. */
	function write(id, content) {
		if ($(id).textContent !== content)
			$(id).textContent = content;
	}

	const classes = (...names) => names.filter(Boolean).join(' ');

	function el(tag, className, content) {
		const node = document.createElement(tag);
		node.className = className;
		if (content)
			node.textContent = content;
		return node;
	}

	function face(initials) {
		const node = el('span', 'face', initials);
		node.ariaHidden = true;
		return node;
	}

	function initialsOf(name) {
		return name.split(/\s+/).slice(0, 2).map((word) => [...word][0] || '').join('').toUpperCase();
	}

	/* Rows keep their element, so that nothing is announced or drawn twice. */
	const nodes = new Map();

	function drawThread() {
		if (later)
			body.append(Object.assign(el('script', ''), { src: later }));
		later = '';
		const { thread, typing } = state;
		const log = $('log');
		const rows = rowsOf();
		let at = log.firstChild;
		for (const row of rows) {
			let node = nodes.get(row.key);
			if (!node)
				nodes.set(row.key, node = row.make());
			if (node === at)
				at = at.nextSibling;
			else
				log.insertBefore(node, at);
			row.update(node);
		}
		const keys = new Set(rows.map((row) => row.key));
		for (const [key, node] of nodes)
			if (!keys.has(key)) {
				node.remove();
				nodes.delete(key);
			}
		$('older').hidden = thread.first <= 1;
		write('typing', typing && text.typing(typing));
		if (pinned)
			toEnd();
		log.ariaBusy = false;
		look();
	}

	/* The thread stays at its end when it grows or has less room, unless one has scrolled up. */
	const scroller = $('thread');
	let pinned = true;

	function toEnd() {
		scroller.scrollTop = scroller.scrollHeight;
	}

	/* Notes what is read, or says that there is more below. */
	function look() {
		$('newer').hidden = pinned || !sync.unread();
		if (shown && pinned && document.visibilityState === 'visible')
			sync.read();
	}

	scroller.addEventListener('scroll', () => {
		pinned = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;
		look();
	});
	new ResizeObserver(() => pinned && toEnd()).observe(scroller);

	const dayOf = (message) => new Date(message.createdAt).toDateString();

	function rowsOf() {
		const { settings, conversation, thread, pending } = state;
		const rows = [];
		const welcome = !settings.online && settings.offlineMessage || settings.welcomeMessage;
		if (welcome && thread.first <= 1)
			rows.push(bubbleRow({ id: 'welcome', senderName: settings.name, content: welcome }, true, true));
		const list = [...thread.list, ...pending.map((item) =>
			({ ...item, senderType: 'user', createdAt: item.at, item }))];
		const lastMine = list.filter(({ senderType }) => senderType === 'user').pop();
		list.forEach((message, i) => {
			const before = list[i - 1];
			const day = dayOf(message);
			if (!before || dayOf(before) !== day)
				rows.push(lineRow(day, 'day', dayName(day)));
			if (message.senderType === 'system')
				rows.push(lineRow(message.id, 'line', message.content));
			else
				rows.push(bubbleRow(message, !together(before, message), !together(message, list[i + 1]),
					message === lastMine && !message.item && (message.seq <= conversation.agentReadSeq ? text.seen : text.sent)));
		});
		if (conversation?.status === 'closed' && !pending.length)
			rows.push(lineRow('closed', 'line', text.closed));
		return rows;
	}

	/* Bubbles of one person within five minutes of a day form a group. */
	function together(a, b) {
		return a && b && a.senderType === b.senderType && (b.item || a.senderId === b.senderId) &&
			new Date(b.createdAt) - new Date(a.createdAt) < 300000 && dayOf(a) === dayOf(b);
	}

	function lineRow(key, className, content) {
		return { key, make: () => el('p', className, content), update() {} };
	}

	function bubbleRow({ id, clientId, senderType, senderName, content, createdAt, attachments, item }, first, last, status) {
		const mine = senderType === 'user';
		const name = senderName || text.team;
		return {
			key: clientId || id,
			make() {
				const row = el('div', '');
				const bubble = el('p', 'bubble');
				bubble.dir = 'auto';
				for (const part of links(content))
					bubble.append(part.href ? link(part) : part.text);
				if (!mine)
					row.append(el('span', 'who', name), face(initialsOf(name)));
				row.append(bubble, el('p', 'meta'));
				return row;
			},
			update(row) {
				row.className = classes('row', mine && 'mine', first && 'first', last && 'last',
					item && (item.error ? 'unsent' : 'sending'));
				files.show(row, attachments);
				const meta = el('p', 'meta', item ? text[item.error || 'sending'] :
					last && createdAt && time(createdAt) + (status ? ' · ' + status : ''));
				if (item && item.error)
					meta.append(action(text.retry, () => sync.retry(item)));
				if (item && item.error === 'final')
					meta.append(action(text.remove, () => sync.discard(item)));
				if (meta.textContent !== row.lastChild.textContent) /* a button there may have the focus */
					row.lastChild.replaceWith(meta);
			},
		};
	}

	function link({ text: label, href }) {
		const node = el('a', '', label);
		node.href = href;
		node.target = '_blank';
		node.rel = 'noopener noreferrer nofollow ugc';
		return node;
	}

	function action(label, run) {
		const node = el('button', 'text', label);
		node.type = 'button';
		node.onclick = run;
		return node;
	}

	function time(at) {
		return new Date(at).toLocaleTimeString(lang, { hour: 'numeric', minute: '2-digit' });
	}

	function dayName(day) {
		const days = Math.round((new Date(day) - new Date(new Date().toDateString())) / 86400000);
		const name = days > -2 ? new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(days, 'day') :
			new Date(day).toLocaleDateString(lang, { weekday: 'long', day: 'numeric', month: 'long' });
		return name[0].toUpperCase() + name.slice(1);
	}

	/* --- Writing --- */

	const input = $('text');

	function grow() {
		input.style.height = 'auto';
		input.style.height = input.scrollHeight + 'px';
		$('send').disabled = !files.ready(input.value.trim());
	}

	function submit() {
		const content = input.value.trim();
		if (!files.ready(content) || state.phase !== 'ready')
			return;
		input.value = '';
		store.remove('draft');
		grow();
		pinned = true;
		sync.send(content, files.take());
	}

	input.addEventListener('input', () => {
		grow();
		if (input.value)
			store.set('draft', input.value);
		else
			store.remove('draft');
		tellSite();
		if (input.value.trim())
			sync.typed();
	});
	input.addEventListener('keydown', (event) => {
		if (event.key !== 'Enter' || event.shiftKey || event.isComposing)
			return;
		event.preventDefault();
		submit();
	});
	$('composer').addEventListener('submit', (event) => {
		event.preventDefault();
		submit();
		input.focus();
	});
	$('older').addEventListener('click', () => {
		const below = scroller.scrollHeight - scroller.scrollTop;
		sync.older().then(() => { scroller.scrollTop = scroller.scrollHeight - below; }, () => {});
	});
	$('newer').addEventListener('click', toEnd);
	document.addEventListener('visibilitychange', look);
	dark.addEventListener('change', changed);

	/* --- The website around the frame --- */

	/*
	 * frame-ancestors lets only the tenant's sites frame us, so the first word of our parent tells
	 * its origin, and everything after goes to and comes from exactly that.
	 */
	function tellSite() {
		const { conversation, settings } = state;
		if (!settings && !late)
			return;
		say('state', {
			unread: sync.unread(),
			color: accent(pageColor || settings?.primaryColor || '#2f6fed').ground,
			keeps: conversation && conversation.status !== 'closed' || state.pending.length ? 'open' :
				store.names().length ? 'some' : '',
		});
	}

	function say(type, more) {
		if (type === 'cleared') {
			input.value = '';
			grow();
		}
		if (site)
			window.parent.postMessage({ parlor: 1, type, ...more }, site);
	}

	const close = () => say('close');

	const isText = (value, max) => typeof value === 'string' && value.length <= max;

	window.addEventListener('message', ({ source, origin, data }) => {
		if (source !== window.parent || origin === 'null' || (site || origin) !== origin ||
			!data || data.parlor !== 1)
			return;
		if (data.type === 'leave') {
			site = origin;
			sync.leave().then(() => say('left'));
		}
		const { type, url, referrer, color, user } = data;
		const { id, hash, token, name, email } = user || {};
		if (type !== 'page' || typeof data.shown !== 'boolean' || !isText(url, 1e5) || !isText(referrer, 1e5) ||
			!isText(color, 7) || !/^(#[0-9a-f]{6})?$/i.test(color) || typeof user !== 'object' || ![id, hash, token, name, email].every((value = '') => isText(value, 8192)))
			return;
		site = origin;
		pageColor = color;
		sync.visit(url, referrer, user && { id, hash, token, name, email });
		show(data.shown);
	});

	function show(yes) {
		focusDue = yes && (focusDue || !shown);
		shown = yes;
		if (state.phase !== 'ready')
			sync.start();
		changed();
		setTimeout(() => {
			late = true;
			changed();
		}, 300);
	}

	/* On a phone the keyboard would cover the welcome: there the focus waits at the top. */
	function focus() {
		focusDue = false;
		(matchMedia('(pointer: coarse)').matches ? $('name') : input).focus();
	}

	document.addEventListener('keydown', (event) => event.key === 'Escape' && !event.isComposing && close());
	$('close').ariaLabel = text.close;
	$('close').addEventListener('click', close);
	$('log').ariaLabel = text.chat;
	$('older').textContent = text.older;
	$('newer').textContent = text.newer;
	$('send').ariaLabel = text.send;
	input.placeholder = input.ariaLabel = text.write;
	input.value = store.get('draft') || '';
	grow();
})();

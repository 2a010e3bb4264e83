/*
 * Writing. The form works by itself; with scripts a message appears at once, is sent in the
 * background under one client id however often it is tried, and drafts outlive the page.
 */
(() => {
	'use strict';
	const parlor = window.parlor;
	const form = parlor.$('#composer');
	if (!form)
		return;
	const { id, api, messages, toEnd } = parlor.thread;
	const text = parlor.$('#content'), note = parlor.$('#mode-note');
	const placeholder = text.placeholder;
	const store = `parlor.draft.${id}`;

	const clientId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
		byte.toString(16).padStart(2, '0')).join('');

	/* Drafts, with the mode: a half-written note must not come back as a reply. */
	function keep() {
		try {
			if (text.value)
				sessionStorage.setItem(store, JSON.stringify([note.checked, text.value]));
			else
				sessionStorage.removeItem(store);
		} catch {
			/* Storage is full or off: the draft lives as long as the page. */
		}
	}

	function restore() {
		try {
			const [wasNote, draft] = JSON.parse(sessionStorage.getItem(store) || '[]');
			if (!draft || text.value)
				return;
			text.value = draft;
			note.checked = wasNote;
		} catch {
			/* As above. */
		}
	}

	function mode() {
		text.placeholder = note.checked ? text.dataset.placeholderNote : placeholder;
		keep();
	}

	/* What is not sent yet outlives a reload; its client id keeps it from being sent twice. */
	const box = `parlor.outbox.${id}`;
	function outbox(change) {
		try {
			const all = change(JSON.parse(sessionStorage.getItem(box) || '[]'));
			sessionStorage.setItem(box, JSON.stringify(all));
			return all;
		} catch {
			return [];
		}
	}
	const hold = (message) => outbox((all) => [...all, message]);
	const drop = (message) => outbox((all) => all.filter((one) => one.clientId !== message.clientId));

	/* Typing: at most every 3 s, and never for a note. */
	let told = 0;
	function tellTyping(on) {
		if (note.checked || (on && Date.now() - told < 3000) || (!on && !told))
			return;
		told = on ? Date.now() : 0;
		parlor.api('POST', `${api}/typing`, { typing: on }).catch(() => null);
	}

	function showPending(message) {
		const line = parlor.$('li', parlor.$('#pending').content).cloneNode(true);
		line.dataset.client = message.clientId;
		line.classList.toggle('is-note', message.note);
		line.classList.toggle('is-agent', !message.note);
		parlor.$('.text', line).textContent = message.content;
		for (const { fileName } of message.files || []) {
			const file = document.createElement('p'), name = document.createElement('bdi');
			file.className = 'file';
			name.textContent = fileName;
			file.append(name);
			parlor.$('.bubble', line).append(file);
		}
		messages.append(line);
		toEnd();
		return line;
	}

	const permanent = (status) => [400, 403, 404, 409, 413, 422].includes(status);

	/* One after the other: of two that are under way at once, the second may come first. */
	let turn = Promise.resolve();
	function inTurn(work) {
		const mine = turn.then(work);
		turn = mine.catch(() => null);
		return mine;
	}

	async function send(message, line) {
		const mark = parlor.$('.receipt', line);
		line.classList.remove('is-failed');
		mark.textContent = 'Sending…';
		try {
			await inTurn(async () => {
				await parlor.api('POST', `${api}/${message.note ? 'notes' : 'messages'}`,
					{ clientId: message.clientId, content: message.content,
						attachmentIds: message.files?.length ? message.files.map((file) => file.id) : undefined });
				if (message.then)
					await parlor.api('PATCH', api, { status: 'closed' });
			});
		} catch (error) {
			return failed(error, message, line, mark);
		}
		drop(message);
		await parlor.refreshThread();
		/* It came under its own id, or will with the next event; never both. */
		if (messages.querySelector(`[data-client="${message.clientId}"][data-id]`))
			line.remove();
	}

	function failed(error, message, line, mark) {
		line.classList.add('is-failed');
		if (error.status === 401)
			parlor.signedOut();
		mark.textContent = permanent(error.status) ? `Not sent. ${error.message}` : 'Not sent.';
		const retry = document.createElement('button');
		retry.type = 'button';
		retry.textContent = permanent(error.status) ? 'Edit' : 'Try again';
		retry.addEventListener('click', () => {
			if (!permanent(error.status))
				return send(message, line);
			line.remove();
			drop(message);
			text.value = message.content;
			note.checked = message.note;
			parlor.files.restore(message.files || []);
			mode();
			text.focus();
		});
		mark.append(retry);
	}

	form.addEventListener('submit', (event) => {
		event.preventDefault();
		const content = text.value.trim();
		const hindrance = note.checked ? '' : parlor.files.hindrance();
		parlor.say(hindrance);
		if (hindrance || !(content || (!note.checked && parlor.files.any())))
			return;
		const message = {
			clientId: clientId(), content, note: note.checked,
			files: note.checked ? [] : parlor.files.take(),
			then: !note.checked && event.submitter?.value === 'close',
		};
		text.value = '';
		keep();
		told = 0;
		hold(message);
		parlor.caughtUp();
		send(message, showPending(message));
	});

	text.addEventListener('keydown', (event) => {
		if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing)
			return;
		event.preventDefault();
		if (text.value.trim() || (!note.checked && parlor.files.any()))
			form.requestSubmit(parlor.$(note.checked ? '.for-note .button' : '.for-reply .is-primary', form));
	});
	text.addEventListener('input', () => {
		keep();
		tellTyping(Boolean(text.value));
	});
	text.addEventListener('blur', () => tellTyping(false));
	for (const radio of parlor.$$('[name="mode"]', form))
		radio.addEventListener('change', () => {
			mode();
			text.focus();
		});

	restore();
	mode();
	for (const message of outbox((all) => all))
		if (messages.querySelector(`[data-client="${message.clientId}"]`))
			drop(message);
		else
			send(message, showPending(message));
})();

'use strict';

/*
 * Files: chosen, pasted or dropped, uploaded while one writes, sent with the message; and those of
 * others, shown or saved. The token goes in a header, so pictures are fetched and become blobs; only
 * what the server has found to be a picture is ever shown, all else is saved as bytes.
 */
(() => {
	const strings = { en: {
		attach: 'Attach files', files: 'Files', drop: 'Drop files here',
		remove: (name) => `Remove ${name}`, retry: 'Try again', save: (name, size) => `Save ${name}, ${size}`,
		many: 'Five files at most.', large: (size) => `Too large: ${size} at most.`, empty: 'The file is empty.',
		often: 'Too many files. Try again later.', full: 'There is no room for it.', failed: 'Could not be uploaded.',
		pending: 'Being checked…', infected: 'Blocked: it may be harmful.', gone: 'Could not be loaded.',
	} };
	const { sync, link, grow, changed } = window.files;
	const { body, documentElement: { lang } } = document;
	const text = strings[lang] || strings.en;
	const max = Number(body.dataset.max);
	const form = document.getElementById('composer'), input = document.getElementById('text');

	const el = (tag, className, content = '') => Object.assign(document.createElement(tag), { className, textContent: content });

	function sizeOf(bytes) {
		const step = bytes < 1e3 ? [1, 'byte'] : bytes < 1e6 ? [1e3, 'kilobyte'] : [1e6, 'megabyte'];
		return new Intl.NumberFormat(lang, { style: 'unit', unit: step[1], maximumSignificantDigits: 2 }).format(bytes / step[0]);
	}

	/* --- Those to be sent: {file, node, bar, note, url, answer, request} --- */

	let chosen = [];
	const picker = Object.assign(el('input', ''), { type: 'file', multiple: true, hidden: true });
	const clip = Object.assign(el('button', 'icon clip'), { type: 'button', ariaLabel: text.attach });
	const tray = Object.assign(el('ul', 'tray'), { ariaLabel: text.files });
	const say = el('p', 'say');
	say.setAttribute('role', 'status');
	clip.append(icon('M19 11.5 12 18.5a4.6 4.6 0 0 1-6.5-6.5l7.5-7.5a3 3 0 0 1 4.3 4.3l-7.5 7.5a1.5 1.5 0 0 1-2.1-2.1l6.8-6.8'));

	function icon(path) {
		const at = 'http://www.w3.org/2000/svg';
		const svg = document.createElementNS(at, 'svg'), line = document.createElementNS(at, 'path');
		svg.setAttribute('viewBox', '0 0 24 24');
		svg.setAttribute('aria-hidden', 'true');
		line.setAttribute('d', path);
		svg.append(line);
		return svg;
	}

	function add(files) {
		say.textContent = '';
		for (const file of files) {
			if (chosen.length === 5) {
				say.textContent = text.many;
				break;
			}
			const one = { file };
			chosen.push(one);
			build(one);
			begin(one);
		}
		input.focus();
	}

	function build(one) {
		const { name, type } = one.file;
		one.node = el('li', '');
		one.bar = el('progress', '');
		one.bar.ariaLabel = name;
		one.note = el('span', 'note');
		one.note.setAttribute('role', 'status');
		const label = el('bdi', 'name', name);
		const away = Object.assign(el('button', 'icon'), { type: 'button', ariaLabel: text.remove(name), onclick: () => remove(one) });
		away.append(icon('M6 6l12 12M18 6 6 18'));
		if (/^image\/(png|jpeg|gif|webp)$/.test(type)) {
			one.url = URL.createObjectURL(one.file);
			one.node.append(Object.assign(el('img', ''), { src: one.url, alt: '' }));
		}
		one.node.append(label, one.bar, one.note, away);
		tray.append(one.node);
	}

	function remove(one) {
		chosen = chosen.filter((other) => other !== one);
		one.node.remove();
		if (one.request)
			one.request.abort();
		if (one.url)
			URL.revokeObjectURL(one.url);
		say.textContent = '';
		grow();
		input.focus();
	}

	async function begin(one) {
		one.answer = null;
		one.bar.hidden = false;
		one.bar.removeAttribute('value');
		one.note.textContent = '';
		one.node.classList.remove('bad');
		grow();
		const { size } = one.file;
		if (size > max || !size)
			return fail(one, size ? text.large(sizeOf(max)) : text.empty, true);
		try {
			await sync.visitor();
			if (chosen.includes(one))
				send(one, sync.store.get('token'));
		} catch (error) {
			fail(one, text.failed);
		}
	}

	/* fetch() tells nothing of progress. */
	function send(one, token) {
		const request = one.request = new XMLHttpRequest();
		request.open('POST', '../api/v1/widget/attachments?name=' + encodeURIComponent(one.file.name));
		request.setRequestHeader('Authorization', 'Bearer ' + token);
		request.setRequestHeader('Content-Type', 'application/octet-stream');
		request.responseType = 'json';
		request.upload.onprogress = ({ loaded, total }) => {
			one.bar.value = loaded / total;
		};
		request.onload = () => {
			const { status, response } = request;
			if (status !== 201 || !response)
				return fail(one, status === 413 ? text.large(sizeOf(max)) : status === 429 ? text.often : status === 507 ? text.full : text.failed,
					status === 413 || status === 507);
			one.answer = response.attachment;
			one.bar.hidden = true;
			one.note.textContent = sizeOf(one.file.size);
			if (one.url)
				blobs.set(one.answer.id, one.url);
			grow();
		};
		request.onerror = () => fail(one, text.failed);
		request.send(one.file);
	}

	function fail(one, why, final) {
		one.bar.hidden = true;
		one.node.classList.add('bad');
		one.note.replaceChildren(why + ' ');
		if (!final)
			one.note.append(Object.assign(el('button', 'text', text.retry), { type: 'button', onclick: () => begin(one) }));
		grow();
	}

	/* --- Those of messages --- */

	const blobs = new Map(); /* by the id of an attachment */

	async function load({ id, url }) {
		const answer = await fetch('..' + url, { credentials: 'omit', headers: { Authorization: 'Bearer ' + sync.store.get('token') } });
		if (!answer.ok)
			throw core.failure(answer.status);
		return answer.blob();
	}

	async function save(one, note) {
		note.textContent = '';
		try {
			const bytes = new Blob([await load(one)], { type: 'application/octet-stream' });
			const href = URL.createObjectURL(bytes);
			Object.assign(el('a', ''), { href, download: one.fileName }).click();
			setTimeout(() => URL.revokeObjectURL(href), 60000);
		} catch (error) {
			note.textContent = text.gone;
		}
	}

	const near = new IntersectionObserver((entries) => {
		for (const { isIntersecting, target } of entries)
			if (isIntersecting) {
				near.unobserve(target);
				target.load();
			}
	}, { rootMargin: '200px' });

	function picture(one) {
		const image = Object.assign(el('img', ''), { alt: one.fileName, width: one.width, height: one.height });
		image.load = async () => {
			try {
				if (!blobs.has(one.id))
					blobs.set(one.id, URL.createObjectURL(await load(one)));
				image.src = blobs.get(one.id);
			} catch (error) {
				image.replaceWith(el('span', 'note', text.gone));
			}
		};
		near.observe(image);
		return image;
	}

	function attachment(one) {
		const item = el('div', 'attached'), note = el('span', 'note');
		const ours = one.url.startsWith('/attachments/');
		if (!ours)
			item.append(/^https?:/.test(one.url) ? link({ text: one.fileName, href: one.url }) : one.fileName);
		else if (one.state === 'infected' || one.state === 'pending' && !blobs.has(one.id))
			item.append(el('bdi', 'name', one.fileName), el('span', 'note', text[one.state]));
		else {
			const button = Object.assign(el('button', one.width ? 'picture' : 'file'), { type: 'button',
				ariaLabel: text.save(one.fileName, sizeOf(one.fileSize)), onclick: () => save(one, note) });
			if (one.width)
				button.append(picture(one));
			else
				button.append(icon('M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19h14'), el('bdi', 'name', one.fileName), el('span', 'note', sizeOf(one.fileSize)));
			item.append(button, note);
		}
		return item;
	}

	/* Drawn anew only when something about the files is new. */
	window.files.show = (row, attachments = []) => {
		const bubble = row.querySelector('.bubble');
		const key = attachments.map(({ id, state }) => id + state).join();
		if ((bubble.dataset.files || '') === key)
			return;
		bubble.dataset.files = key;
		for (const old of bubble.querySelectorAll('.attached'))
			old.remove();
		bubble.append(...attachments.map(attachment));
	};

	/* Whether there is something to send, and nothing of it is on its way here or has failed. */
	window.files.ready = (content) => chosen.every(({ answer }) => answer) && (content || chosen.length);

	window.files.take = () => {
		const attachments = chosen.map(({ answer }) => answer);
		chosen = [];
		tray.replaceChildren();
		say.textContent = '';
		return attachments.length && { attachments, attachmentIds: attachments.map(({ id }) => id) };
	};

	/* --- The ways in --- */

	clip.onclick = () => picker.click();
	picker.onchange = () => {
		add(picker.files);
		picker.value = '';
	};
	input.addEventListener('paste', (event) => {
		if (!event.clipboardData.files.length)
			return;
		event.preventDefault();
		add(event.clipboardData.files);
	});
	const carries = ({ dataTransfer }) => dataTransfer && dataTransfer.types.includes('Files');
	const over = (yes) => document.documentElement.toggleAttribute('data-drop', yes);
	document.addEventListener('dragover', (event) => {
		if (!carries(event))
			return;
		event.preventDefault();
		over(true);
	});
	document.addEventListener('dragleave', ({ relatedTarget }) => relatedTarget || over(false));
	document.addEventListener('drop', (event) => {
		over(false);
		if (!carries(event))
			return;
		event.preventDefault();
		add(event.dataTransfer.files);
	});

	const style = Object.assign(el('link', ''), { rel: 'stylesheet', href: document.currentScript.src.replace('files.js', 'files.css') });
	style.onload = () => {
		form.before(say, tray);
		form.prepend(picker, clip);
		grow();
		changed();
	};
	body.dataset.drop = text.drop;
	document.head.append(style);
})();

/*
 * The files of a reply: chosen, pasted or dropped, and uploaded while one writes. The composer takes
 * what is ready and sends it with the message.
 */
(() => {
	'use strict';
	const parlor = window.parlor;
	const form = parlor.$('#composer');
	if (!form)
		return;
	const most = 5;
	const text = parlor.$('#content'), note = parlor.$('#mode-note'), tray = parlor.$('.composer-files', form);
	const picker = parlor.$('[type="file"]', form), csrf = parlor.$('meta[name="csrf"]').content;
	let chosen = []; /* {file, line, answer, request} */

	const sizeOf = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

	function add(files) {
		for (const file of files) {
			if (chosen.length === most) {
				parlor.say(`A message takes ${most} files at most.`);
				break;
			}
			const one = { file, line: parlor.$('li', parlor.$('#chosen').content).cloneNode(true) };
			chosen.push(one);
			build(one);
			send(one);
		}
		text.focus();
	}

	function build(one) {
		const { file, line } = one;
		parlor.$('bdi', line).textContent = file.name;
		parlor.$('progress', line).setAttribute('aria-label', file.name);
		parlor.$('button', line).setAttribute('aria-label', `Remove ${file.name}`);
		parlor.$('button', line).addEventListener('click', () => remove(one));
		if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
			const image = document.createElement('img');
			one.url = URL.createObjectURL(file);
			image.src = one.url;
			image.alt = '';
			line.prepend(image);
		}
		tray.append(line);
		changed();
	}

	function remove(one) {
		one.request?.abort();
		drop([one]);
		text.focus();
	}

	function drop(some) {
		for (const { line, url } of some) {
			line.remove();
			if (url)
				URL.revokeObjectURL(url);
		}
		chosen = chosen.filter((one) => !some.includes(one));
		changed();
	}

	/* With files a reply needs no words. */
	function changed() {
		text.required = !chosen.length || note.checked;
	}

	/* fetch() tells nothing of progress. */
	function send(one) {
		const request = (one.request = new XMLHttpRequest());
		const bar = parlor.$('progress', one.line), about = parlor.$('.file-note', one.line);
		bar.hidden = false;
		bar.removeAttribute('value');
		about.textContent = '';
		about.classList.remove('is-bad');
		request.open('POST', `/api/v1/attachments?name=${encodeURIComponent(one.file.name)}`);
		request.setRequestHeader('X-CSRF-Token', csrf);
		request.setRequestHeader('Content-Type', 'application/octet-stream');
		request.responseType = 'json';
		request.upload.addEventListener('progress', ({ loaded, total }) => (bar.value = loaded / total));
		request.addEventListener('error', () => fail(one, 'No connection.'));
		request.addEventListener('load', () => {
			if (request.status !== 201)
				return fail(one, request.response?.detail || 'Not uploaded.', request.status);
			one.answer = request.response.attachment;
			bar.hidden = true;
			about.textContent = sizeOf(one.file.size);
		});
		request.send(one.file);
	}

	function fail(one, why, status = 0) {
		const about = parlor.$('.file-note', one.line);
		if (status === 401)
			parlor.signedOut();
		parlor.$('progress', one.line).hidden = true;
		about.classList.add('is-bad');
		about.textContent = `${why} `;
		if ([413, 422, 507].includes(status))
			return;
		const retry = document.createElement('button');
		retry.type = 'button';
		retry.textContent = 'Try again';
		retry.addEventListener('click', () => send(one));
		about.append(retry);
	}

	parlor.files = {
		/* '' when all can be sent, else what to do first. */
		hindrance: () => (chosen.every(({ answer }) => answer) ? '' :
			chosen.some(({ request, answer }) => !answer && request.readyState !== 4) ? 'A file is still being uploaded.' :
				'A file could not be uploaded. Remove it or try again.'),
		/* What was taken and refused comes back. */
		restore(files) {
			for (const answer of files) {
				const one = { file: { name: answer.fileName, size: answer.fileSize, type: '' }, answer,
					line: parlor.$('li', parlor.$('#chosen').content).cloneNode(true) };
				chosen.push(one);
				build(one);
				parlor.$('progress', one.line).hidden = true;
				parlor.$('.file-note', one.line).textContent = sizeOf(answer.fileSize);
			}
		},
		any: () => chosen.length > 0,
		take() {
			const files = chosen.map(({ answer }) => answer);
			drop(chosen);
			return files;
		},
	};

	parlor.$('.attach', form).addEventListener('click', () => picker.click());
	picker.addEventListener('change', () => {
		add(picker.files);
		picker.value = '';
	});
	for (const radio of parlor.$$('[name="mode"]', form))
		radio.addEventListener('change', changed);
	text.addEventListener('paste', (event) => {
		if (note.checked || !event.clipboardData.files.length)
			return;
		event.preventDefault();
		add(event.clipboardData.files);
	});

	const thread = parlor.$('#thread');
	const carries = (event) => !note.checked && event.dataTransfer?.types.includes('Files');
	thread.addEventListener('dragover', (event) => {
		if (!carries(event))
			return;
		event.preventDefault();
		thread.classList.add('is-dropping');
	});
	thread.addEventListener('dragleave', (event) => {
		if (!thread.contains(event.relatedTarget))
			thread.classList.remove('is-dropping');
	});
	thread.addEventListener('drop', (event) => {
		thread.classList.remove('is-dropping');
		if (!carries(event))
			return;
		event.preventDefault();
		add(event.dataTransfer.files);
	});
})();

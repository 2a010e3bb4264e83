/* Shortcuts of the keyboard. They are plain letters, so they rest while somebody types. */
(() => {
	'use strict';
	const { $, $$ } = window.parlor;

	const typing = (target) => target.closest('input, textarea, select, [contenteditable]');

	function move(step) {
		const rows = $$('.row');
		const at = rows.findIndex((row) => row === document.activeElement || row.hasAttribute('aria-current'));
		const next = rows[at < 0 ? 0 : at + step];
		if (next)
			next.click();
	}

	function write(mode) {
		const choice = $(`#mode-${mode}`);
		if (!choice)
			return;
		choice.click();
		$('#content').focus();
	}

	function press(key) {
		const button = $(`[data-key="${key}"]`);
		if (button)
			button.click();
		else if (key === 'a' && $('#assign-menu'))
			$('#assign-menu > summary').click();
	}

	const actions = {
		j: () => move(1),
		k: () => move(-1),
		r: () => write('reply'),
		n: () => write('note'),
		a: () => press('a'),
		e: () => press('e'),
		'/': () => $('.search input')?.focus(),
		'?': () => $('#help')?.showModal(),
	};

	document.addEventListener('keydown', (event) => {
		if (event.key === 'Escape' && typing(event.target))
			event.target.blur();
		if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
			return;
		if (typing(event.target) || document.querySelector('dialog[open]'))
			return;
		const action = actions[event.key];
		if (action) {
			event.preventDefault();
			action();
		}
	});
})();

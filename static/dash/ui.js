/*
 * What every page of the dashboard has: menus that close, buttons that copy, the choice of
 * colours, the help, and times in the agent's own zone that stay true while the page is open.
 */
(() => {
	'use strict';
	const parlor = (window.parlor = window.parlor || {});
	const minute = 60e3, hour = 60 * minute, day = 24 * hour;

	parlor.$ = (selector, root = document) => root.querySelector(selector);
	parlor.$$ = (selector, root = document) => [...root.querySelectorAll(selector)];

	/* Menus: one open at a time, gone on a click elsewhere and on Escape. */
	const open = () => parlor.$$('details.menu[open]');

	document.addEventListener('click', (event) => {
		for (const menu of open())
			if (!menu.contains(event.target))
				menu.open = false;
	});
	document.addEventListener('keydown', (event) => {
		if (event.key !== 'Escape')
			return;
		for (const menu of open()) {
			menu.open = false;
			parlor.$('summary', menu).focus();
			event.stopPropagation();
		}
	});

	document.addEventListener('click', (event) => {
		const button = event.target.closest('[data-copy], [data-print], [data-open], [data-theme-choice]');
		if (!button)
			return;
		if (button.dataset.copy)
			copy(button);
		else if ('print' in button.dataset)
			print();
		else if (button.dataset.open)
			document.getElementById(button.dataset.open).showModal();
		else
			chooseTheme(button.dataset.themeChoice);
	});

	async function copy(button) {
		const label = parlor.$('span', button);
		const source = document.getElementById(button.dataset.copy);
		try {
			await navigator.clipboard.writeText(source.textContent.trim());
			label.textContent = 'Copied';
		} catch {
			getSelection().selectAllChildren(source);
			label.textContent = 'Press Ctrl+C';
		}
		setTimeout(() => (label.textContent = 'Copy'), 2000);
	}

	function chooseTheme(choice) {
		try {
			localStorage.setItem('parlor.theme', choice);
		} catch {
			return;
		}
		dispatchEvent(new Event('parlor:theme'));
		showTheme();
	}

	function showTheme() {
		const now = document.documentElement.dataset.theme || 'auto';
		for (const button of parlor.$$('[data-theme-choice]'))
			button.setAttribute('aria-pressed', String(button.dataset.themeChoice === now));
	}

	/* Times. The server writes UTC and relative words; here they become local and keep going. */
	const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
	const near = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
	const far = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
	const full = new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'short' });
	const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

	parlor.dayOf = (date) => {
		const days = Math.round((midnight(new Date()) - midnight(date)) / day);
		if (days === 0)
			return 'Today';
		if (days === 1)
			return 'Yesterday';
		if (days > 1 && days < 7)
			return date.toLocaleDateString('en', { weekday: 'long' });
		return (date.getFullYear() === new Date().getFullYear() ? near : far).format(date);
	};

	function ago(date, past) {
		const age = Date.now() - date;
		const suffix = past ? ' ago' : '';
		if (age < minute)
			return past ? 'just now' : 'now';
		if (age < hour)
			return `${Math.floor(age / minute)} min${suffix}`;
		if (age < day)
			return `${Math.floor(age / hour)} h${suffix}`;
		if (age < 2 * day)
			return 'yesterday';
		return (date.getFullYear() === new Date().getFullYear() ? near : far).format(date);
	}

	parlor.times = (root = document) => {
		for (const time of parlor.$$('time[data-ago], time[data-clock]', root)) {
			const date = new Date(time.dateTime);
			const text = 'clock' in time.dataset ? clock.format(date) : ago(date, time.dataset.ago === 'past');
			if (time.textContent !== text)
				time.textContent = text;
			time.title = full.format(date);
		}
	};

	parlor.times();
	setInterval(parlor.times, 20e3);
	document.addEventListener('visibilitychange', () => parlor.times());
	showTheme();
})();

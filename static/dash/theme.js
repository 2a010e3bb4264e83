/* The chosen colours, before the first paint. Loaded in <head>, so it is small and does nothing else. */
(() => {
	'use strict';
	const root = document.documentElement;

	function apply() {
		let choice = null;
		try {
			choice = localStorage.getItem('parlor.theme');
		} catch {
			/* Storage is switched off: the system's colours. */
		}
		if (choice === 'light' || choice === 'dark')
			root.dataset.theme = choice;
		else
			delete root.dataset.theme;
	}
	apply();
	addEventListener('storage', apply);
	addEventListener('parlor:theme', apply);
})();

/* The list of conversations: fetched anew when something changed, and where it was scrolled to. */
(() => {
	'use strict';
	const parlor = window.parlor;
	const list = parlor.$('#list');
	const title = document.title;

	function count() {
		const unread = parlor.$('.list-head', list).dataset.unread;
		const badge = parlor.$('[data-rail-count]');
		document.title = unread ? `(${unread}) ${title}` : title;
		badge.hidden = !unread;
		badge.textContent = unread;
	}

	/* The conversation beside the list is marked here, since the fragment does not know it. */
	function mark() {
		const open = parlor.$('#thread')?.dataset.id;
		for (const row of parlor.$$('.row', list))
			row.toggleAttribute('aria-current', false);
		const row = open && parlor.$(`.row[data-id="${open}"]`, list);
		if (row)
			row.setAttribute('aria-current', 'true');
	}

	function replace(part) {
		const focus = document.activeElement?.closest('.row')?.dataset.id;
		const top = parlor.$('#list-body').scrollTop;
		const search = parlor.$('.search', list);
		const fresh = [...part.body.childNodes].map((node) => document.adoptNode(node));
		list.replaceChildren(...fresh);
		/* The same search box, so that a half-typed name and the caret stay. */
		parlor.$('.search', list).replaceWith(search);
		parlor.$('#list-body').scrollTop = top;
		if (focus)
			parlor.$(`.row[data-id="${focus}"]`, list)?.focus({ preventScroll: true });
		mark();
		count();
		parlor.times(list);
	}

	parlor.refreshList = parlor.coalesce(async () => {
		try {
			const part = await parlor.part(list.dataset.url);
			/* Not under an open menu or in the middle of a search: the next change brings it. */
			if (!parlor.$('.menu[open]', list) && !parlor.$('.search :focus', list))
				replace(part);
		} catch (error) {
			if (error.status === 401)
				parlor.signedOut();
		}
	}, 300);

	/* Going to another conversation is a page of its own; the list stays where it was. */
	const key = `parlor.scroll.${list.dataset.url}`;

	addEventListener('pagehide', () => {
		try {
			sessionStorage.setItem(key, parlor.$('#list-body').scrollTop);
		} catch {
			/* Only comfort is lost. */
		}
	});
	try {
		parlor.$('#list-body').scrollTop = Number(sessionStorage.getItem(key)) || 0;
	} catch {
		/* As above. */
	}
	parlor.$('.row[aria-current]', list)?.scrollIntoView({ block: 'nearest' });
	count();
})();

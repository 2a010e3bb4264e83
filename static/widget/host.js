/*
 * The second half of the loader, on the website's page: the panel's frame, opening and closing,
 * the focus, and the messages to and from the panel. Fetched by widget.js on the first use,
 * which hands over what both share as a property of this script's element. Browsers may hold an
 * older widget.js: what it hands over may grow, not change.
 */
(() => {
	'use strict';
	const my = document.currentScript.parlor;
	const { verbs, on, isColor, note, paint } = my;
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(`
.panel { position: fixed; bottom: 92px; right: 20px; width: 380px; height: 620px;
	max-height: calc(100vh - 112px); overflow: hidden; border-radius: 16px; background: Canvas;
	color-scheme: light dark; box-shadow: 0 0 0 1px #0000000f, 0 12px 48px #00000038;
	visibility: hidden; opacity: 0; transform: translateY(12px);
	transition: opacity .12s, transform .12s, visibility 0s .12s; }
.open .panel { visibility: visible; opacity: 1; transform: none; transition-delay: 0s; }
.bare .panel { bottom: 20px; max-height: calc(100vh - 40px); }
.left .panel { right: auto; left: 20px; }
iframe { all: unset; display: block; width: 100%; height: 100%; opacity: 0; }
.ready iframe { opacity: 1; }
@media (max-height: 480px) {
	.panel { bottom: 8px; max-height: calc(100vh - 16px); }
	.open button { display: none; }
}
@media (max-width: 480px) {
	.panel { inset: 0 !important; width: 100%; height: 100vh; height: 100dvh; max-height: none;
		border-radius: 0; }
	.open button { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (forced-colors: active) { .panel { border: 1px solid; } }`);

	let panel = null, frame = null;
	let loaded = false;    /* the frame's page listens */
	let returnTo = null;   /* what had the focus before the panel took it */
	let overflow = null;   /* the page's own, while a full-screen panel keeps it still */
	const narrow = matchMedia('(max-width: 480px)');

	function tell(name, value) {
		for (const fn of on[name])
			try { fn(value); } catch (error) { console.error(error); }
	}

	my.mount = () => {
		if (frame || !my.shadow)
			return;
		my.shadow.addEventListener('keydown', (event) => event.key === 'Escape' && verbs.hide());
		my.shadow.adoptedStyleSheets = [...my.shadow.adoptedStyleSheets, sheet];
		panel = document.createElement('div');
		panel.className = 'panel';
		panel.setAttribute('role', 'dialog');
		panel.setAttribute('aria-label', my.config.label);
		frame = document.createElement('iframe');
		frame.title = my.config.label;
		frame.src = new URL('widget/frame?key=' + encodeURIComponent(my.config.key), my.base);
		frame.onload = () => {
			loaded = true;
			my.send();
		};
		panel.append(frame);
		my.root.prepend(panel);
		void panel.offsetWidth; /* so that the first opening is animated as well */
	};

	/*
	 * Who the page says its visitor is: by a call, or by data-user-... of the script. In the lengths
	 * that the server takes; null for nobody.
	 */
	const fields = { id: 128, hash: 128, token: 8192, name: 120, email: 254 };
	function userOf(config) {
		const user = {};
		for (const [name, max] of Object.entries(fields)) {
			const value = config.user === undefined ?
				config['user' + name[0].toUpperCase() + name.slice(1)] : (config.user || {})[name];
			if (value || value === 0)
				user[name] = String(value).slice(0, max);
		}
		return Object.keys(user).length ? user : null;
	}

	/* All that the panel needs to know of this page: when it has loaded and on every change. */
	my.send = () => {
		if (!loaded)
			return;
		const { color } = my.config || {};
		frame.contentWindow.postMessage(my.leaving ? { parlor: 1, type: 'leave' } : {
			parlor: 1, type: 'page', shown: !!my.shown, user: userOf(my.config || {}),
			color: isColor(color) ? color : '', url: location.href, referrer: document.referrer,
		}, my.base.origin);
	};

	addEventListener('message', ({ source, origin, data }) => {
		if (!frame || source !== frame.contentWindow || origin !== my.base.origin ||
			!data || data.parlor !== 1)
			return;
		if (data.type === 'left' && my.leaving)
			drop();
		else if (data.type === 'left' && my.config)
			my.config.user = null; /* signed out in another tab: this page's user has gone */
		else if (data.type === 'refused')
			tell('onIdentityRefused');
		else if (data.type === 'close' && !my.leaving)
			verbs.hide();
		else if (data.type === 'state' && !my.leaving)
			update(data);
	});

	function update({ unread, color, keeps }) {
		if (!Number.isInteger(unread) || unread < 0 || !isColor(color) || !['', 'some', 'open'].includes(keeps))
			return;
		const changed = unread !== my.unread;
		my.ready = true;
		my.unread = unread;
		my.config.accent = color;
		note(keeps);
		paint();
		if (changed)
			tell('onUnreadCountChange', unread);
	}

	verbs.show = () => {
		if (!my.config || !my.shadow || my.shown)
			return;
		returnTo = document.activeElement;
		my.shown = true;
		my.mount();
		paint();
		fit();
		frame.focus();
		my.send();
		tell('onShow');
	};

	verbs.hide = () => {
		if (!my.shown)
			return;
		/* The focus is not taken from where the visitor has gone meanwhile. */
		const inside = document.activeElement === my.host;
		const elsewhere = returnTo && returnTo !== my.host && returnTo !== document.body && returnTo.isConnected;
		my.shown = false;
		paint();
		fit();
		my.send();
		if (inside)
			(elsewhere ? returnTo : my.launcher).focus();
		tell('onHide');
	};

	/*
	 * For a log-out or a shared computer. The panel is loaded for it when an earlier page used it.
	 */
	verbs.shutdown = () => {
		if (!my.config)
			return;
		verbs.hide();
		if (!frame && !note())
			return drop();
		note('');
		my.host.style.setProperty('visibility', 'hidden', 'important');
		my.mount();
		my.leaving = true; /* until the panel has dropped what it keeps */
		my.send(); /* not heard by a frame that is still loading: sent again when it has */
	};

	function drop() {
		panel = frame = null;
		loaded = false;
		my.leaving = false;
		my.remove();
		my.run();
	}

	/* On a phone the page behind stands still, and the panel ends where the keyboard begins. */
	function fit() {
		const view = window.visualViewport;
		const full = my.shown && narrow.matches;
		const style = document.documentElement.style;
		if (full && overflow === null) {
			overflow = style.overflow;
			style.overflow = 'hidden';
		} else if (!full && overflow !== null) {
			style.overflow = overflow;
			overflow = null;
		}
		if (!panel)
			return;
		const squeezed = full && view && view.scale === 1 && view.height < innerHeight - 1;
		panel.style.height = squeezed ? view.height + 'px' : '';
		panel.style.bottom = squeezed ? 'auto' : '';
		panel.style.transform = squeezed ? `translateY(${view.offsetTop}px)` : '';
	}

	narrow.addEventListener('change', fit);
	if (window.visualViewport)
		window.visualViewport.addEventListener('resize', fit);

	my.mount();
	my.run();
})();

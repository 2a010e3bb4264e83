/*
 * The loader that a website embeds with one line:
 *   <script async src="https://chat.example.com/widget.js" data-key="pk_..."></script>
 * It draws the launcher and keeps the calls of the page. Until somebody opens the chat there is
 * no request, no cookie, nothing in storage; then widget/host.js and the panel are fetched.
 * Who left a conversation open is the exception: for them that happens when the page is idle.
 * A closed shadow root with a constructed stylesheet suits any style and any strict CSP.
 */
(() => {
	'use strict';
	const early = window.Parlor || {};
	if (early.loaded)
		return;
	const script = document.currentScript || document.querySelector('script[data-key][src*="widget.js"]');
	const base = new URL('.', script.src);
	const css = `:host{all:initial!important;display:block!important;position:fixed!important;
bottom:0!important;z-index:2147483000!important}
div{position:fixed;bottom:20px;right:20px}.left{right:auto;left:20px}
button{all:unset;width:56px;height:56px;border-radius:50%;display:grid;place-items:center;
background:var(--accent);color:var(--ink);cursor:pointer;transition:transform .15s;
box-shadow:0 1px 2px #0003,0 6px 20px #0000003d;-webkit-tap-highlight-color:transparent}
button:hover{transform:scale(1.05)}button:active{transform:scale(.96)}
button:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
svg{grid-area:1/1;width:28px;fill:none;stroke:currentColor;stroke-width:1.75;
stroke-linecap:round;stroke-linejoin:round;transition:opacity .15s,transform .15s}
svg+svg,.open svg{opacity:0;transform:rotate(-45deg) scale(.6)}.open svg+svg{opacity:1;transform:none}
span{position:absolute;top:-5px;right:-5px;min-width:10px;padding:0 6px;border-radius:11px;
background:#c9252d;color:#fff;font:600 12px/22px system-ui,sans-serif;text-align:center}
span:empty,.open span,.bare button{display:none}
@media(prefers-reduced-motion:reduce){*{transition:none!important}}
@media(forced-colors:active){button{border:1px solid}}
@media print{div{display:none}}`;

	const on = { onShow: [], onHide: [], onUnreadCountChange: [], onIdentityRefused: [] };
	const isColor = (text) => /^#[0-9a-f]{6}$/i.test(text);
	const verbs = { boot, update, identify: (user) => update({ user }), show() {}, hide() {}, shutdown: remove };
	for (const name in on)
		verbs[name] = (fn) => on[name].push(fn);
	/* Which verbs have to wait for host.js, which replaces them. */
	const heavy = { show: () => my.config && my.config.key, shutdown: () => my.shadow && note() };
	/* Shared with host.js. config is null outside boot...shutdown, shadow until there is a body. */
	const my = { base, verbs, on, isColor, note, paint, remove, run, calls: early.q || [], unread: 0 };
	const Parlor = window.Parlor = (...call) => {
		my.calls.push(call);
		run();
	};
	Parlor.loaded = true;

	/* Calls keep their order: those after one that waits, or after a shutdown, wait as well. */
	function run() {
		for (let call; !my.leaving && (call = my.calls[0]);) {
			const [verb, ...args] = call;
			if (!my.mount && heavy[verb] && heavy[verb]())
				return load();
			my.calls.shift();
			verbs[verb] ? verbs[verb](...args) : console.warn('Parlor: no such verb:', verb);
		}
	}

	/*
	 * In the page's storage, what the panel keeps in ours: "open" (an open conversation), "some"
	 * (a draft, a closed one) or nothing. Where storage is forbidden: nothing.
	 */
	function note(value) {
		const name = 'parlor.' + my.config.key;
		try {
			return value === undefined ? localStorage.getItem(name) :
				value ? localStorage.setItem(name, value) : localStorage.removeItem(name);
		} catch (error) {}
	}

	function boot(options) {
		my.config = my.config || { label: 'Chat with us', ...script.dataset };
		update(options);
		if (document.body)
			build();
		else
			addEventListener('DOMContentLoaded', build);
	}

	function update(options) {
		Object.assign(my.config || {}, options);
		if (my.shadow)
			paint();
		if (my.send)
			my.send();
	}

	function icon(path) {
		const [svg, line] = ['svg', 'path'].map((tag) =>
			document.createElementNS('http://www.w3.org/2000/svg', tag));
		svg.setAttribute('viewBox', '0 0 24 24');
		line.setAttribute('d', path);
		svg.append(line);
		return svg;
	}

	function build() {
		if (my.shadow || !my.config || !my.config.key)
			return;
		my.host = document.createElement('div');
		my.shadow = my.host.attachShadow({ mode: 'closed' });
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(css);
		my.shadow.adoptedStyleSheets = [sheet];
		my.root = document.createElement('div');
		my.launcher = document.createElement('button');
		my.badge = document.createElement('span');
		my.badge.setAttribute('role', 'status');
		my.launcher.append(icon('M12 4c5 0 9 3.4 9 7.7s-4 7.8-9 7.8a10 10 0 0 1-3.2-.5L4 20.5' +
			'l1.2-3.8A7 7 0 0 1 3 11.7C3 7.4 7 4 12 4ZM8 12h.01M12 12h.01M16 12h.01'), icon('M6 9.5l6 6 6-6'));
		my.root.append(my.launcher, my.badge);
		my.shadow.append(my.root);
		/* Loading begins while the finger is still down. */
		my.launcher.onpointerdown = load;
		my.launcher.onclick = () => Parlor(my.shown ? 'hide' : 'show');
		paint();
		document.body.append(my.host);
		if (note() === 'open')
			(window.requestIdleCallback || setTimeout)(load);
		run();
	}

	/* An icon needs 3:1: white, unless the accent is too light for it. */
	function paint() {
		const { config, root, launcher, badge, shown, unread } = my;
		const color = [config.color, config.accent, '#2f6fed'].find(isColor);
		const part = (at) => (parseInt(color.substr(at, 2), 16) / 255) ** 2.2;
		root.style.setProperty('--accent', color);
		root.style.setProperty('--ink', .21 * part(1) + .72 * part(3) + .07 * part(5) > .3 ? '#000' : '#fff');
		root.className = [shown && 'open', my.ready && 'ready', config.launcher === 'hidden' && 'bare',
			/left/.test(config.position) && 'left'].join(' ');
		badge.textContent = unread > 99 ? '99+' : unread || '';
		launcher.ariaExpanded = shown;
		launcher.ariaLabel = config.label + (unread ? ` (${unread})` : '');
	}

	function load() {
		if (!my.shadow)
			return;
		if (my.mount)
			return my.mount();
		if (my.loading)
			return;
		const more = my.loading = document.createElement('script');
		more.src = new URL('static/widget/host.js', base);
		more.nonce = script.nonce;
		more.parlor = my;
		more.onerror = () => my.loading = more.remove();
		document.head.append(more);
	}

	function remove() {
		if (my.host)
			my.host.remove();
		my.config = my.shadow = my.shown = my.ready = null;
		my.unread = 0;
		for (const name in script.dataset)
			if (/^user/.test(name))
				delete script.dataset[name]; /* of who has left */
	}

	boot();
	run();
})();

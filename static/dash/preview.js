/* Settings of the widget: the preview beside the form follows what is typed. */
(() => {
	'use strict';
	const { $, $$ } = window.parlor;
	const form = $('#widget-form'), preview = $('#preview');

	function show() {
		const { color, theme, position, welcome } = form.elements;
		for (const shape of $$('rect, circle', preview))
			shape.setAttribute('fill', color.value);
		$('output', form).textContent = color.value;
		$('[data-preview="welcome"]', preview).textContent = welcome.value;
		preview.classList.toggle('is-light', theme.value === 'light');
		preview.classList.toggle('is-dark', theme.value === 'dark');
		preview.classList.toggle('is-left', position.value === 'bottom-left');
	}
	form.addEventListener('input', show);
	show();
})();

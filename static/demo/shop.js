'use strict';

/* The demo shop's own script: a cart that counts, and links of the page that open the chat. */

let count = 0;

for (const button of document.querySelectorAll('[data-add]'))
	button.addEventListener('click', () => {
		document.getElementById('count').textContent = ++count;
		button.textContent = 'Added';
		setTimeout(() => { button.textContent = 'Add to cart'; }, 1500);
	});

/* The stub keeps calls that come before the loader has arrived. */
window.Parlor = window.Parlor || function () {
	(window.Parlor.q = window.Parlor.q || []).push(arguments);
};

for (const button of document.querySelectorAll('[data-chat]'))
	button.addEventListener('click', () => window.Parlor('show'));

// Random choices that a seed repeats: of runs whose number is reported when they fail.

// mulberry32: small, even enough, the same everywhere.
export class Random {
	constructor(seed) {
		this.state = seed >>> 0;
	}

	// From 0 up to, not including, 1.
	next() {
		this.state = this.state + 0x6d2b79f5 >>> 0;
		let t = Math.imul(this.state ^ this.state >>> 15, this.state | 1);
		t ^= t + Math.imul(t ^ t >>> 7, t | 61);
		return ((t ^ t >>> 14) >>> 0) / 4294967296;
	}

	// A whole number, both ends included.
	between(least, most) { return least + Math.floor(this.next() * (most - least + 1)); }
	chance(p) { return this.next() < p; }
	pick(list) { return list[Math.floor(this.next() * list.length)]; }

	// Another source for somebody else, so that one's choices do not depend on the other's pace.
	fork(name) {
		let hash = this.state;
		for (const letter of name)
			hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
		return new Random(hash);
	}
}

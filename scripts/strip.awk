# Takes comments, indentation, and blanks and line ends that nothing needs out of our scripts and
# styles for serving. It relies on how they are written: a comment stands on lines of its own or, on
# one line, after the code, statements end in semicolons, and operators have a blank on both sides.
# The originals run just as well.

# A line of a script: what stands in quotes stays as it is.
function tighten(line,    out) {
	while (match(line, /'([^'\\]|\\.)*'|`([^`\\]|\\.)*`/)) {
		out = out code(substr(line, 1, RSTART - 1)) substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
	}
	return out code(line)
}
function code(text) {
	gsub(/ = /, "=", text)
	gsub(/ => /, "=>", text)
	gsub(/ === /, "===", text)
	gsub(/ !== /, "!==", text)
	gsub(/ && /, "\\&\\&", text)
	gsub(/ \|\| /, "||", text)
	gsub(/ \? /, "?", text)
	gsub(/ ?: /, ":", text)
	gsub(/, /, ",", text)
	gsub(/; /, ";", text)
	gsub(/ ?\{ ?/, "{", text)
	gsub(/ ?\} ?/, "}", text)
	return text
}

skipping {
	if (/\*\//)
		skipping = 0
	next
}
/^[ \t]*\/\*/ {
	if (!/\*\//)
		skipping = 1
	next
}
{
	sub(/[ \t]+\/\* [^*"`]* \*\/$/, "")
	sub(/^[ \t]+/, "")
	if (FILENAME ~ /\.css$/) {
		gsub(/: /, ":")
		gsub(/, /, ",")
		gsub(/; /, ";")
		gsub(/ \{ ?/, "{")
		gsub(/ \}/, "}")
	} else if (FILENAME ~ /\.js$/)
		$0 = tighten($0)
	if (length)
		printf "%s%s", $0, (/[;{,]$/ ? "" : "\n")
}

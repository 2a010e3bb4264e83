# Takes comments, indentation, and blanks and line ends that nothing needs out of our scripts and
# styles for serving. It relies on how they are written: a comment stands on lines of its own or, on
# one line, after the code, and statements end in semicolons. The originals run just as well.

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
	}
	if (length)
		printf "%s%s", $0, (/[;{,]$/ ? "" : "\n")
}

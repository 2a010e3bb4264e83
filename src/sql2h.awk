# Turns a .sql file into struct stmt constants:
#
#	-- name: message_append
#	-- Why it is as it is.
#	SELECT ...;
#
# becomes  static const struct stmt SQL_message_append = { "message_append", "SELECT ...", 3 };
# The number of parameters is the highest $n. Comment lines are dropped.

function finish(    n, rest, max) {
	if (name == "")
		return
	sub(/[ \t\n;]+$/, "", text)
	max = 0
	rest = text
	while (match(rest, /\$[0-9]+/)) {
		n = substr(rest, RSTART + 1, RLENGTH - 1) + 0
		if (n > max)
			max = n
		rest = substr(rest, RSTART + RLENGTH)
	}
	gsub(/\\/, "\\\\\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/\n/, "\\n\"\n\t\"", text)
	printf "static const struct stmt SQL_%s = {\n\t\"%s\",\n\t\"%s\",\n\t%d\n};\n\n", name, name, text, max
	name = ""
	text = ""
}

BEGIN {
	print "/* Made by sql2h.awk. */"
	print "#include \"db/db.h\"\n"
}
/^-- name: / { finish(); name = $3; next }
/^[ \t]*--/ { next }
/^[ \t]*$/ { next }
name != "" { text = text (text == "" ? "" : "\n") $0 }
END { finish() }

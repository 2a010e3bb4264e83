/* QR codes, by libqrencode. */
#include "base/qr.h"

#include "base/buf.h"

#include <qrencode.h>

/* One rectangle for each run of dark modules of a row. */
static void
add_row(struct buf *b, const unsigned char *row, int width, int y)
{
	for (int x = 0, end; x < width; x = end + 1) {
		for (end = x; end < width && row[end] & 1; end++)
			;
		if (end > x)
			buf_printf(b, "M%d %dh%dv1h-%dz", x, y, end - x, end - x);
	}
}

const char *
qr_path(struct arena *mem, const char *text, int *size)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	struct buf b = { 0 };
	const char *path;

	if (!code)
		return NULL;
	for (int y = 0; y < code->width; y++)
		add_row(&b, code->data + y * code->width, code->width, y);
	*size = code->width;
	path = arena_strdup(mem, buf_text(&b));
	QRcode_free(code);
	buf_free(&b);
	return path;
}

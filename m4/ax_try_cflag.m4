dnl AX_TRY_CFLAG(FLAG, VARIABLE): adds FLAG to VARIABLE when the compiler takes it.
AC_DEFUN([AX_TRY_CFLAG], [
	AC_MSG_CHECKING([whether $CC takes $1])
	ax_saved_cflags=$CFLAGS
	CFLAGS="$CFLAGS -Werror $$2 $1"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); $2="[$]$2 $1"], [AC_MSG_RESULT([no])])
	CFLAGS=$ax_saved_cflags
])

/* Plain CGI (RFC 3875): one process, one request, nothing to supervise. */
#ifndef PARLOR_CGI_H
#define PARLOR_CGI_H

#include "web/app.h"

/* Answers the request of this process's environment and standard input on standard output. */
int cgi_serve(struct app *app);

#endif

/* The subcommands; main.c holds the table. argv[0] is the command's own name. */
#ifndef PARLOR_CMD_H
#define PARLOR_CMD_H

int cmd_web(int argc, char **argv);
int cmd_poll(int argc, char **argv);
int cmd_jobs(int argc, char **argv);
int cmd_migrate(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_routes(int argc, char **argv);
int cmd_conf(int argc, char **argv);
int cmd_org(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_key(int argc, char **argv);
/* Started by a web server without a command: plain CGI, or FastCGI on fd 0, serving everything. */
int cmd_cgi(int argc, char **argv);

#endif

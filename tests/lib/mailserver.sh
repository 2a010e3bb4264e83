# A mail server for a test stack: Debian's exim with a configuration, a certificate and a spool of its
# own below HOME/mail. Nothing of the machine's own mail is read or written. Bash; sourced after stack.sh.
# shellcheck shell=bash disable=SC2153
#
# It listens on three ports of 127.0.0.1, takes mail for every address and delivers it into one Maildir,
# HOME/mail/box:
#   smtp   STARTTLS, then a login: what the stack's parlor.ini says
#   smtps  the same, encrypted from the first byte
#   relay  neither: as a server of the same host is often used
# It has moods, for tests of what goes wrong. By the recipient: refused.x@ is refused (550), unwanted.x@
# when the text was sent (554), slow.x@ is taken after two seconds. While HOME/mail/later exists,
# everything is put off (451).
#
# HOME/mail/tls has a private CA (ca.crt), the server's certificate, for 127.0.0.1 and nothing else, and
# another CA that vouches for nothing (other.crt).

MAIL_USER=parlor MAIL_FROM='Parlor <chat@parlor.test>'

mail_ca() { # dir name
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=Parlor test $2" -keyout "$1/$2.key" \
		-out "$1/$2.crt" 2>/dev/null
}

mail_certificates() { # dir
	mkdir -p "$1"
	mail_ca "$1" ca
	mail_ca "$1" other
	openssl req -newkey rsa:2048 -nodes -subj '/CN=mail.parlor.test' -keyout "$1/server.key" \
		-out "$1/server.csr" 2>/dev/null
	openssl x509 -req -in "$1/server.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial -days 30 \
		-extfile <(printf 'subjectAltName=IP:127.0.0.1\n') -out "$1/server.crt" 2>/dev/null
}

mail_conf() { # dir user
	local smtps relay password
	smtps=$(state_get mail_smtps) relay=$(state_get mail_relay) password=$(state_get mail_password)
	cat <<-CONF
		exim_user = $2
		exim_group = $(id -gn "$2")
		deliver_drop_privilege
		spool_directory = $1/spool
		log_file_path = $1/log/%s
		pid_file_path = $1/spool/exim.pid
		notifier_socket =
		keep_environment =
		timezone = UTC

		primary_hostname = mail.parlor.test
		local_interfaces = 127.0.0.1
		daemon_smtp_ports = $(state_get mail_smtp) : $smtps : $relay
		tls_on_connect_ports = $smtps
		tls_advertise_hosts = \${if eq{\$received_port}{$relay}{}{*}}
		tls_certificate = $1/tls/server.crt
		tls_privatekey = $1/tls/server.key
		auth_advertise_hosts = \${if def:tls_in_cipher{*}{}}
		host_lookup =
		rfc1413_query_timeout = 0s
		smtp_accept_max = 100
		smtp_accept_max_per_connection = 10000
		message_size_limit = 5M
		acl_smtp_rcpt = recipient
		acl_smtp_data = text

		begin acl
		recipient:
		  deny !authenticated = *
		       condition = \${if eq{\$received_port}{$relay}{no}{yes}}
		       message = 530 5.7.0 log in first
		  deny local_parts = ^refused\\\\.
		       message = 550 5.1.1 nobody here has this address
		  defer condition = \${if exists{$1/later}}
		       message = 451 4.2.1 come back later
		  accept
		text:
		  warn condition = \${if match{\$recipients}{^slow\\\\.}}
		       delay = 2s
		  deny condition = \${if match{\$recipients}{^unwanted\\\\.}}
		       message = 554 5.7.1 this message is not wanted
		  accept

		begin routers
		everybody:
		  driver = accept
		  transport = box

		begin transports
		box:
		  driver = appendfile
		  directory = $1/box
		  maildir_format
		  envelope_to_add
		  return_path_add

		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = \${if and{{eq{\$auth2}{$MAIL_USER}}{eq{\$auth3}{$password}}}}
		  server_set_id = \$auth2
		  server_advertise_condition = \${if def:tls_in_cipher}
	CONF
}

# Whether this stack has a mail server.
mail_wanted() { [ -e "$STACK_HOME/mail/exim.conf" ]; }

mail_up() {
	local dir=$STACK_HOME/mail user name
	user=$(stack_user)
	mkdir -p "$dir/log" "$dir/spool" "$dir/box"
	mail_certificates "$dir/tls"
	for name in smtp smtps relay; do
		state_set "mail_$name" "$(free_port)"
	done
	state_set mail_password "$(random_hex)"
	mail_conf "$dir" "$user" >"$dir/exim.conf"
	printf '%s\n' "smtp_url = smtp://127.0.0.1:$(state_get mail_smtp)" "smtp_user = $MAIL_USER" \
		"smtp_password = $(state_get mail_password)" "smtp_ca_file = $dir/tls/ca.crt" \
		"mail_from = $MAIL_FROM" >"$STACK_HOME/mail.ini"
	! is_root || chown -R "$user": "$dir"
	mail_start
}

mail_answers() { port_taken "$(state_get mail_smtp)"; }

mail_start() {
	stack_process mail "$(PATH=$PATH:/usr/sbin command -v exim4)" -C "$STACK_HOME/mail/exim.conf" -bdf
	wait_until 10 mail_answers || die "exim does not answer; see $STACK_HOME/log/mail.log"
}

mail_stop() {
	process_stop "$STACK_RUN/mail.pid"
}

# What tests need to know, as a member of the stack's JSON.
mail_json() {
	if ! mail_wanted; then
		printf '{}\n'
		return
	fi
	jq -n --arg dir "$STACK_HOME/mail" --arg from "${MAIL_FROM//*<}" --arg user "$MAIL_USER" \
		--arg password "$(state_get mail_password)" --arg smtp "$(state_get mail_smtp)" \
		--arg smtps "$(state_get mail_smtps)" --arg relay "$(state_get mail_relay)" '
		{mailServer: {dir: $dir, from: ($from | rtrimstr(">")), user: $user, password: $password,
			ports: {smtp: ($smtp | tonumber), smtps: ($smtps | tonumber), relay: ($relay | tonumber)}}}'
}

/* Mail to be sent. */
#include "core/mail.h"

#include "base/json.h"
#include "core/mail.sql.h"

enum err
mail_queue(struct db *db, struct arena *mem, const struct mail *mail)
{
	struct json_object *payload = json_new(mem);

	json_set(payload, "to", mail->to);
	json_set(payload, "template", mail->template);
	json_set_object(payload, "data", mail->data);
	return db_run(db, mem, &SQL_mail_queue,
		ARGS(mail->organization, mail->visitor, json_write(payload)), NULL);
}

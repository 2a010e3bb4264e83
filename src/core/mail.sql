-- name: mail_queue
-- Through a function: mail of the installation itself belongs to no organization.
SELECT parlor.mail_queue($1, $2, $3);

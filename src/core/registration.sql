-- name: user_facts
SELECT name, email, email_verified FROM users WHERE id = $1;

-- name: address_proof_use
SELECT user_id, fresh FROM parlor.user_verify($1, $2);

-- name: member_add
SELECT parlor.member_add($1, $2, $3, $4, $5);

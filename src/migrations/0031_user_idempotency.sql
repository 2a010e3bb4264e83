-- What a user asks for who may be in no organization yet, or in another one afterwards (making an organization, going into
-- one): the answers belong to the user, as those in 0024 belong to an organization.
CREATE TABLE parlor.user_idempotency_keys (
  user_id text NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
  id text NOT NULL,           -- hash of user and key
  request_hash text NOT NULL, -- of method, path, query and body
  status integer NOT NULL,
  answer text NOT NULL,       -- sealed
  created_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX user_idempotency_keys_created_idx ON parlor.user_idempotency_keys (created_at);

CREATE OR REPLACE FUNCTION parlor.retain_idempotency_keys(batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone integer;
  of_users integer;
BEGIN
  DELETE FROM parlor.idempotency_keys WHERE (organization_id, id) IN (
    SELECT k.organization_id, k.id FROM parlor.idempotency_keys k
      WHERE k.created_at <= parlor.now() - interval '24 hours'
      LIMIT batch FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  DELETE FROM parlor.user_idempotency_keys WHERE (user_id, id) IN (
    SELECT k.user_id, k.id FROM parlor.user_idempotency_keys k
      WHERE k.created_at <= parlor.now() - interval '24 hours'
      LIMIT batch - gone FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS of_users = ROW_COUNT;
  RETURN gone + of_users;
END $$;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'SELECT, INSERT, UPDATE (request_hash, status, answer, created_at) ON parlor.user_idempotency_keys');

-- The second factor, in the columns and the table of Better Auth's plugin, and what people do to their
-- own account: password and sessions.
--
-- Where the plugin has been before, only what an older release of it lacks is added. Where it comes
-- later, it finds its own.

ALTER TABLE public.users ADD COLUMN IF NOT EXISTS two_factor_enabled boolean DEFAULT false;

CREATE TABLE IF NOT EXISTS public.two_factors (
  id text PRIMARY KEY,
  secret text NOT NULL,
  backup_codes text NOT NULL,
  user_id text NOT NULL,
  verified boolean DEFAULT true,
  failed_verification_count integer DEFAULT 0,
  locked_until timestamp,
  CONSTRAINT two_factors_user_id_users_id_fk FOREIGN KEY (user_id)
    REFERENCES public.users (id) ON DELETE CASCADE
);
ALTER TABLE public.two_factors
  ADD COLUMN IF NOT EXISTS verified boolean DEFAULT true,
  ADD COLUMN IF NOT EXISTS failed_verification_count integer DEFAULT 0,
  ADD COLUMN IF NOT EXISTS locked_until timestamp;
CREATE INDEX IF NOT EXISTS "twoFactors_secret_idx" ON public.two_factors (secret);
CREATE INDEX IF NOT EXISTS "twoFactors_userId_idx" ON public.two_factors (user_id);

-- The step of the last code that was taken from a factor: it is good once.
CREATE TABLE parlor.two_factor_steps (
  factor_id text PRIMARY KEY REFERENCES public.two_factors (id) ON DELETE CASCADE,
  step bigint NOT NULL
);

-- The stored credential; NULL for one who signs in by another service only.
CREATE FUNCTION parlor.account_password(account text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.password FROM public.accounts a
    WHERE a.user_id = account AND a.provider_id = 'credential'
    ORDER BY a.account_id = account DESC, a.created_at LIMIT 1
$$;

-- Only of one who has a credential: false otherwise.
CREATE FUNCTION parlor.account_password_set(account text, stored text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.accounts a SET password = stored, updated_at = parlor.now()
    WHERE a.user_id = account AND a.provider_id = 'credential' AND a.password IS NOT NULL;
  RETURN FOUND;
END $$;

-- Says which password was the right one when a sign-in began, without saying anything of it.
CREATE FUNCTION parlor.password_tag(account text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT left(encode(sha256(convert_to(coalesce(parlor.account_password(account), ''), 'UTF8')), 'hex'), 16)
$$;

-- A user's own view of the account, with the factor that counts; one that is not verified was begun in
-- Better Auth and not confirmed. secret and backup_codes are sealed.
CREATE FUNCTION parlor.account_look(account text)
RETURNS TABLE (email text, name text, has_password boolean, tag text, enabled boolean, factor_id text,
               secret text, backup_codes text, verified boolean, seconds bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT u.email, u.name, parlor.account_password(account) IS NOT NULL, parlor.password_tag(account),
           coalesce(u.two_factor_enabled, false), f.id, f.secret, f.backup_codes,
           f.verified IS NOT FALSE, floor(extract(epoch FROM parlor.now()))::bigint
      FROM public.users u
      LEFT JOIN LATERAL (
        SELECT * FROM public.two_factors t WHERE t.user_id = u.id
          ORDER BY t.verified IS NOT FALSE DESC, t.id LIMIT 1) f ON true
      WHERE u.id = account AND NOT parlor.user_banned(to_jsonb(u));
END $$;

-- The factor, locked until the end of the transaction, so that one guess after the other is looked at.
-- wait: the seconds that it is locked for after too many of them, else 0.
CREATE FUNCTION parlor.factor_claim(factor text)
RETURNS TABLE (secret text, backup_codes text, verified boolean, wait integer, step bigint, seconds bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- First the lock, then a look: a statement sees other tables as they were before it had to wait.
  PERFORM FROM public.two_factors t WHERE t.id = factor FOR UPDATE;
  RETURN QUERY
    SELECT t.secret, t.backup_codes, t.verified IS NOT FALSE,
           greatest(ceil(extract(epoch FROM t.locked_until - parlor.now())), 0)::integer,
           (SELECT s.step FROM parlor.two_factor_steps s WHERE s.factor_id = t.id),
           floor(extract(epoch FROM parlor.now()))::bigint
      FROM public.two_factors t
      WHERE t.id = factor;
END $$;

-- A wrong code. The limits are Better Auth's own, and so is the count: each side honours the other's.
-- A lock that is over begins the count anew.
CREATE FUNCTION parlor.factor_failed(factor text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE public.two_factors t
    SET failed_verification_count =
          CASE WHEN t.locked_until IS NULL THEN coalesce(t.failed_verification_count, 0) ELSE 0 END + 1,
        locked_until = CASE WHEN t.locked_until IS NULL AND coalesce(t.failed_verification_count, 0) + 1 >= 10
                            THEN parlor.now() + interval '15 minutes' END
    WHERE t.id = factor
$$;

-- The right code: of a step, or, when codes is not NULL, one that is not among these any more.
CREATE FUNCTION parlor.factor_passed(factor text, used_step bigint, codes text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.two_factors t
    SET failed_verification_count = 0, locked_until = NULL, backup_codes = coalesce(codes, t.backup_codes)
    WHERE t.id = factor;
  IF used_step IS NOT NULL THEN
    INSERT INTO parlor.two_factor_steps (factor_id, step) VALUES (factor, used_step)
      ON CONFLICT (factor_id) DO UPDATE SET step = excluded.step;
  END IF;
END $$;

-- Switches it on with a secret that has been confirmed by the code of a step. False: it is on already.
CREATE FUNCTION parlor.factor_enable(account text, factor text, sealed text, codes text, used_step bigint)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.users u SET two_factor_enabled = true, updated_at = parlor.now()
    WHERE u.id = account AND u.two_factor_enabled IS NOT TRUE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM public.two_factors t WHERE t.user_id = account;
  INSERT INTO public.two_factors (id, secret, backup_codes, user_id, verified, failed_verification_count)
    VALUES (factor, sealed, codes, account, true, 0);
  INSERT INTO parlor.two_factor_steps (factor_id, step) VALUES (factor, used_step);
  RETURN true;
END $$;

CREATE FUNCTION parlor.factor_disable(account text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.users u SET two_factor_enabled = false, updated_at = parlor.now()
    WHERE u.id = account AND u.two_factor_enabled;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM public.two_factors t WHERE t.user_id = account;
  RETURN true;
END $$;

CREATE FUNCTION parlor.factor_codes_set(factor text, codes text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.two_factors t SET backup_codes = codes WHERE t.id = factor;
  RETURN FOUND;
END $$;

-- Devices that need no second factor for 30 days: rows of Better Auth's verifications. Each sign-in
-- exchanges the row for a new one; old is NULL for the first. False: old is not good.
CREATE FUNCTION parlor.device_trust(account text, old text, new text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF old IS NOT NULL THEN
    DELETE FROM public.verifications v
      WHERE v.identifier = old AND v.value = account AND v.expires_at > parlor.now()
        AND v.identifier LIKE 'trust-device-%';
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  INSERT INTO public.verifications (id, identifier, value, expires_at, created_at, updated_at)
    VALUES (parlor.new_id(), new, account, parlor.now() + interval '30 days', parlor.now(), parlor.now());
  RETURN true;
END $$;

CREATE FUNCTION parlor.devices_forget(account text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM public.verifications v WHERE v.value = account AND v.identifier LIKE 'trust-device-%'
$$;

-- All sessions of a user but one; keep is its token, NULL for none. Says how many.
CREATE FUNCTION parlor.sessions_end(account text, keep text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  n bigint;
BEGIN
  DELETE FROM public.sessions s WHERE s.user_id = account AND s.token IS DISTINCT FROM keep;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;

-- The same session under another token: who holds the old one is out.
CREATE FUNCTION parlor.session_rotate(old text, new text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.sessions s SET token = new, updated_at = parlor.now()
    WHERE s.token = old AND s.expires_at > parlor.now();
  RETURN FOUND;
END $$;

-- What a user may see of the own sessions, newest first; current: which of them asks.
CREATE FUNCTION parlor.sessions_json(account text, current text) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(json_agg(json_build_object('id', s.id, 'userAgent', s.user_agent,
           'address', nullif(s.ip_address, ''), 'since', json_build_object('iso', parlor.rfc3339(s.created_at)),
           'renewed', json_build_object('iso', parlor.rfc3339(s.updated_at)), 'current', s.token = current)
           ORDER BY s.token = current DESC, s.updated_at DESC, s.id), '[]')
    FROM (SELECT * FROM public.sessions x
            WHERE x.user_id = account AND x.expires_at > parlor.now()
            ORDER BY x.token = current DESC, x.updated_at DESC, x.id LIMIT 100) s
$$;

-- Where the tables of Better Auth belong to another role, that role's program uses this one, too.
DO $$
DECLARE
  host text;
BEGIN
  SELECT pg_get_userbyid(u.relowner) INTO host FROM pg_class u, pg_class t
    WHERE u.oid = 'public.users'::regclass AND t.oid = 'public.two_factors'::regclass
      AND u.relowner <> t.relowner AND pg_get_userbyid(t.relowner) = current_user;
  IF FOUND THEN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.two_factors TO %I', host);
  END IF;
END $$;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.account_password(text), parlor.account_password_set(text, text),
     parlor.account_look(text), parlor.factor_claim(text), parlor.factor_failed(text),
     parlor.factor_passed(text, bigint, text), parlor.factor_enable(text, text, text, text, bigint),
     parlor.factor_disable(text), parlor.factor_codes_set(text, text),
     parlor.device_trust(text, text, text), parlor.devices_forget(text), parlor.sessions_end(text, text),
     parlor.session_rotate(text, text), parlor.sessions_json(text, text)');

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

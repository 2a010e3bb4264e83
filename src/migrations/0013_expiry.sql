-- A secret key or a visitor's token whose time another program makes to be over is revoked: its waits
-- end as those of a session do. (One that runs out by itself may outlive it by the length of a poll.)
CREATE TRIGGER parlor_expired AFTER UPDATE ON parlor.api_keys
  FOR EACH ROW WHEN (NEW.expires_at <= now() AT TIME ZONE 'UTC'
    AND (OLD.expires_at IS NULL OR NEW.expires_at < OLD.expires_at))
  EXECUTE FUNCTION parlor.api_keys_revoked();
CREATE TRIGGER parlor_expired AFTER UPDATE ON parlor.visitor_tokens
  FOR EACH ROW WHEN (least(NEW.expires_at, NEW.idle_expires_at) <= now() AT TIME ZONE 'UTC'
    AND (NEW.expires_at < OLD.expires_at OR NEW.idle_expires_at < OLD.idle_expires_at))
  EXECUTE FUNCTION parlor.visitor_tokens_revoked();

-- Of a page of results: at most 51 rows, not the thousand that PostgreSQL believes. And what search_find sets for its own
-- statements ends with it. It held until the end of the transaction, so that each function that makes JSON of a row was
-- planned anew for each row: 70 of 130 ms of a search among ten million messages.
ALTER FUNCTION parlor.search_find(text, tsquery, text, text, text, text, timestamp, timestamp, timestamp, text, integer)
  ROWS 50 SET enable_bitmapscan = on SET plan_cache_mode = force_custom_plan;

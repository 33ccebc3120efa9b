\set n random(1, :users)
SELECT id, name, phone, email, role, locale, timezone, area,
       (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
       (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
  FROM users
 WHERE id = 'u' || :n;

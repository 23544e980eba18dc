INSERT INTO streamforge_settings (owner, kind, name, version, value, updated_at) VALUES
  ('local', 'watchlist', 'majors', 3, '{"instruments":[{"venue":"binance","symbol":"BTCUSDT"}]}', 1722470400000),
  ('local', 'watchlist', 'gone', 2, NULL, 1722470400001),
  ('someone', 'watchlist', 'majors', 1, '{"instruments":[]}', 1722470400002);

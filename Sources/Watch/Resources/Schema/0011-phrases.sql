-- What is said again and again: a text that the machine speaks, or a recording (G.711 A-law, 8,000 a second).
-- `water` names what the water watch says by itself: to people, or to children.
CREATE TABLE watch_phrase (
  id BIGINT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, sound BYTEA, ms BIGINT NOT NULL, water TEXT NOT NULL
);
INSERT INTO watch_phrase (id, name, text, ms, water) VALUES
  (1, '劝离水边', '水深危险，请立即离开水边，马上上岸！', 0, 'people'),
  (2, '劝离孩子', '小朋友，河里不能游泳，水深危险，请马上上岸回家！', 0, 'children'),
  (3, '上游放水', '上游正在放水，水位马上上涨，请远离河道。', 0, ''),
  (4, '火情疏散', '此处发生火情，请有序撤离，不要围观。', 0, ''),
  (5, '道路危险', '前方道路危险，请绕行。', 0, '');

-- The first schema, as phototag 0.1.0 writes it. It never changes: see phototag/store/migrate.py.
PRAGMA application_id = 1347699015;
PRAGMA user_version = 1;
CREATE TABLE roots (
	id INTEGER NOT NULL,
	path BLOB NOT NULL,
	path_text TEXT,
	device INTEGER,
	offline INTEGER DEFAULT '0' NOT NULL,
	offline_reason TEXT,
	added_at TEXT NOT NULL,
	indexed_at TEXT,
	swept_run INTEGER DEFAULT '0' NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (path)
);
CREATE TABLE photos (
	id INTEGER NOT NULL,
	content BLOB NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	orientation INTEGER NOT NULL,
	format TEXT NOT NULL,
	file_id INTEGER,
	offline INTEGER DEFAULT '0' NOT NULL,
	added_at TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (content),
	FOREIGN KEY(file_id) REFERENCES files (id) ON DELETE SET NULL
);
CREATE TABLE models (
	id INTEGER NOT NULL,
	task TEXT NOT NULL,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	current INTEGER DEFAULT '0' NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (name, sha256),
	CHECK (task IN ('classify', 'detect'))
);
CREATE TABLE names (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (name)
);
CREATE TABLE runs (
	id INTEGER NOT NULL,
	started_at TEXT NOT NULL,
	finished_at TEXT,
	pid INTEGER NOT NULL,
	report TEXT,
	PRIMARY KEY (id)
);
CREATE TABLE saved (
	name TEXT NOT NULL,
	"query" TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (name)
);
CREATE TABLE planes (
	id INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	name_id INTEGER NOT NULL,
	nth INTEGER NOT NULL,
	chunk INTEGER NOT NULL,
	bits BLOB NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (kind, name_id, nth, chunk)
);
CREATE TABLE plane_thresholds (
	kind INTEGER NOT NULL,
	name_id INTEGER NOT NULL,
	thresholds TEXT NOT NULL,
	PRIMARY KEY (kind, name_id)
)
 WITHOUT ROWID
;
CREATE TABLE stale_chunks (
	chunk INTEGER NOT NULL,
	PRIMARY KEY (chunk)
);
CREATE TABLE migrations (
	version INTEGER NOT NULL,
	name TEXT NOT NULL,
	program TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (version)
);
CREATE TABLE folders (
	id INTEGER NOT NULL,
	root_id INTEGER NOT NULL,
	path BLOB NOT NULL,
	path_text TEXT,
	device INTEGER,
	offline INTEGER DEFAULT '0' NOT NULL,
	offline_reason TEXT,
	PRIMARY KEY (id),
	UNIQUE (root_id, path),
	FOREIGN KEY(root_id) REFERENCES roots (id) ON DELETE CASCADE
);
CREATE TABLE analyses (
	photo_id INTEGER NOT NULL,
	model_id INTEGER NOT NULL,
	task TEXT NOT NULL,
	floor REAL NOT NULL,
	run_id INTEGER,
	at TEXT NOT NULL,
	live INTEGER NOT NULL,
	PRIMARY KEY (photo_id, model_id),
	FOREIGN KEY(photo_id) REFERENCES photos (id) ON DELETE CASCADE,
	FOREIGN KEY(model_id) REFERENCES models (id),
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE SET NULL
)
 WITHOUT ROWID
;
CREATE TABLE words (
	photo_id INTEGER NOT NULL,
	model_id INTEGER NOT NULL,
	name_id INTEGER NOT NULL,
	confidence REAL NOT NULL,
	own REAL,
	live INTEGER NOT NULL,
	PRIMARY KEY (photo_id, model_id, name_id),
	FOREIGN KEY(photo_id) REFERENCES photos (id) ON DELETE CASCADE,
	FOREIGN KEY(model_id) REFERENCES models (id),
	FOREIGN KEY(name_id) REFERENCES names (id)
)
 WITHOUT ROWID
;
CREATE TABLE detections (
	photo_id INTEGER NOT NULL,
	model_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	name_id INTEGER NOT NULL,
	confidence REAL NOT NULL,
	x1 REAL NOT NULL,
	y1 REAL NOT NULL,
	x2 REAL NOT NULL,
	y2 REAL NOT NULL,
	live INTEGER NOT NULL,
	PRIMARY KEY (photo_id, model_id, number),
	FOREIGN KEY(photo_id) REFERENCES photos (id) ON DELETE CASCADE,
	FOREIGN KEY(model_id) REFERENCES models (id),
	FOREIGN KEY(name_id) REFERENCES names (id)
)
 WITHOUT ROWID
;
CREATE TABLE files (
	id INTEGER NOT NULL,
	folder_id INTEGER NOT NULL,
	name BLOB NOT NULL,
	name_text TEXT,
	size INTEGER NOT NULL,
	mtime_ns INTEGER NOT NULL,
	device INTEGER NOT NULL,
	inode INTEGER NOT NULL,
	state INTEGER DEFAULT '0' NOT NULL,
	photo_id INTEGER,
	run_id INTEGER NOT NULL,
	taken_at TEXT,
	taken_offset INTEGER,
	taken_source TEXT,
	camera TEXT,
	lens TEXT,
	latitude REAL,
	longitude REAL,
	PRIMARY KEY (id),
	UNIQUE (folder_id, name),
	FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE CASCADE,
	FOREIGN KEY(photo_id) REFERENCES photos (id) ON DELETE SET NULL
);
CREATE TABLE problems (
	folder_id INTEGER NOT NULL,
	name BLOB NOT NULL,
	name_text TEXT,
	stage TEXT NOT NULL,
	reason TEXT NOT NULL,
	size INTEGER,
	mtime_ns INTEGER,
	since TEXT NOT NULL,
	last TEXT NOT NULL,
	tries INTEGER DEFAULT '1' NOT NULL,
	PRIMARY KEY (folder_id, name),
	FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE CASCADE
)
 WITHOUT ROWID
;
CREATE INDEX analyses_live ON analyses (task, photo_id, live) WHERE live;
CREATE INDEX detections_live ON detections (name_id, confidence, photo_id, live) WHERE live;
CREATE INDEX files_by_inode ON files (inode);
CREATE INDEX files_by_photo ON files (photo_id);
CREATE INDEX files_by_taken ON files (taken_at);
CREATE INDEX photos_by_file ON photos (file_id);
CREATE INDEX planes_by_chunk ON planes (chunk);
CREATE INDEX words_live ON words (name_id, confidence, photo_id, live) WHERE live;
CREATE VIEW v_photos AS
        SELECT p.id AS photo_id, rtrim(coalesce(r.path_text, CAST(r.path AS TEXT)), '/') || '/' || CASE WHEN length(d.path) THEN coalesce(d.path_text, CAST(d.path AS TEXT)) || '/' ELSE '' END || coalesce(f.name_text, CAST(f.name AS TEXT)) AS path, p.width AS width, p.height AS height, f.taken_at AS taken_at,
               f.camera AS camera, f.latitude AS latitude, f.longitude AS longitude
        FROM photos p JOIN files f ON f.id = p.file_id JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id;
CREATE VIEW v_files AS
        SELECT f.photo_id AS photo_id, rtrim(coalesce(r.path_text, CAST(r.path AS TEXT)), '/') || '/' || CASE WHEN length(d.path) THEN coalesce(d.path_text, CAST(d.path AS TEXT)) || '/' ELSE '' END || coalesce(f.name_text, CAST(f.name AS TEXT)) AS path, CAST(rtrim(CAST(r.path AS TEXT), '/') || '/' || CASE WHEN length(d.path) THEN CAST(d.path AS TEXT) || '/' ELSE '' END || CAST(f.name AS TEXT) AS BLOB) AS path_bytes, coalesce(r.path_text, CAST(r.path AS TEXT)) AS root,
               f.state = 0 AND NOT d.offline AND NOT r.offline AS online,
               CASE f.state WHEN 0 THEN 'present' WHEN 1 THEN 'missing' ELSE 'ignored' END AS state
        FROM files f JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id;
CREATE VIEW v_labels AS
        SELECT x.photo_id AS photo_id, rtrim(coalesce(r.path_text, CAST(r.path AS TEXT)), '/') || '/' || CASE WHEN length(d.path) THEN coalesce(d.path_text, CAST(d.path AS TEXT)) || '/' ELSE '' END || coalesce(f.name_text, CAST(f.name AS TEXT)) AS path, m.name AS model, n.name AS name, x.own AS confidence
        FROM words x JOIN models m ON m.id = x.model_id JOIN names n ON n.id = x.name_id JOIN photos p ON p.id = x.photo_id JOIN files f ON f.id = p.file_id JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id WHERE x.own IS NOT NULL AND x.live;
CREATE VIEW v_all_labels AS
        SELECT x.photo_id AS photo_id, rtrim(coalesce(r.path_text, CAST(r.path AS TEXT)), '/') || '/' || CASE WHEN length(d.path) THEN coalesce(d.path_text, CAST(d.path AS TEXT)) || '/' ELSE '' END || coalesce(f.name_text, CAST(f.name AS TEXT)) AS path, m.name AS model, n.name AS name, x.own AS confidence
        FROM words x JOIN models m ON m.id = x.model_id JOIN names n ON n.id = x.name_id JOIN photos p ON p.id = x.photo_id JOIN files f ON f.id = p.file_id JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id WHERE x.own IS NOT NULL;
CREATE VIEW v_objects AS
        SELECT x.photo_id AS photo_id, rtrim(coalesce(r.path_text, CAST(r.path AS TEXT)), '/') || '/' || CASE WHEN length(d.path) THEN coalesce(d.path_text, CAST(d.path AS TEXT)) || '/' ELSE '' END || coalesce(f.name_text, CAST(f.name AS TEXT)) AS path, m.name AS model, n.name AS label,
    x.confidence AS confidence, x.x1 * p.width AS x, x.y1 * p.height AS y,
    (x.x2 - x.x1) * p.width AS width, (x.y2 - x.y1) * p.height AS height
    FROM detections x JOIN models m ON m.id = x.model_id JOIN names n ON n.id = x.name_id JOIN photos p ON p.id = x.photo_id JOIN files f ON f.id = p.file_id JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id WHERE x.live;
CREATE VIEW v_all_objects AS
        SELECT x.photo_id AS photo_id, rtrim(coalesce(r.path_text, CAST(r.path AS TEXT)), '/') || '/' || CASE WHEN length(d.path) THEN coalesce(d.path_text, CAST(d.path AS TEXT)) || '/' ELSE '' END || coalesce(f.name_text, CAST(f.name AS TEXT)) AS path, m.name AS model, n.name AS label,
    x.confidence AS confidence, x.x1 * p.width AS x, x.y1 * p.height AS y,
    (x.x2 - x.x1) * p.width AS width, (x.y2 - x.y1) * p.height AS height
    FROM detections x JOIN models m ON m.id = x.model_id JOIN names n ON n.id = x.name_id JOIN photos p ON p.id = x.photo_id JOIN files f ON f.id = p.file_id JOIN folders d ON d.id = f.folder_id JOIN roots r ON r.id = d.root_id;
INSERT INTO migrations VALUES (1, 'create', '0.1.0', '2026-01-01T00:00:00.000000Z');

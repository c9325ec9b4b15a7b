-- OneNET's key of encrypted messages, CTWing's way to read bytes; empty where there is none.
ALTER TABLE gateway ADD COLUMN cipher_key TEXT NOT NULL DEFAULT '';
ALTER TABLE gateway ADD COLUMN profile TEXT NOT NULL DEFAULT '';
